"""Each element takes less than 300 bytes of status, whatever it says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.element_status import ELEMENT_MAX_BYTES, ElementStatus, ProgressStatus, fitted, size_of

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
texts = st.one_of(st.none(), st.text(max_size=600))


@given(error=texts, message=texts, checkpoint=texts, length=st.integers(1, 63))
def test_an_element_fits_whatever_it_says(
    error: str | None, message: str | None, checkpoint: str | None, length: int
) -> None:
    progress = ProgressStatus(percent=100, message=message, checkpoint=checkpoint)
    element = ElementStatus(
        name="n" * length,
        status="Completed",
        error=error,
        error_code="CONFIGURATION_ERROR",
        retries=100,
        submitted_at=MOMENT,
        started_at=MOMENT,
        finished_at=MOMENT,
        progress=progress,
    )

    after = fitted(element)

    assert size_of(after) <= ELEMENT_MAX_BYTES < 300
    assert fitted(after) == after
    assert (after.name, after.status, after.error_code) == (element.name, element.status, element.error_code)


@pytest.mark.parametrize("letter", ["x", "ü", "\n", '"', "🔋"])
def test_as_much_of_an_error_is_kept_as_there_is_room_for(letter: str) -> None:
    after = fitted(ElementStatus(name="a", status="Failed", error=letter * 500))

    assert size_of(after) > ELEMENT_MAX_BYTES - 8
    assert (after.error or "").endswith("…")


def test_what_fits_is_left_as_it_is() -> None:
    element = ElementStatus(name="a", error="short", progress=ProgressStatus(percent=3, message="m"))

    assert fitted(element) is element

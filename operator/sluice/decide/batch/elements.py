"""The list of elements in a status that is being decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sluice.api.batch import BatchSpec, FailurePolicy
from sluice.api.element_status import (
    BatchStatus,
    ElementCountsStatus,
    ElementErrorCode,
    ElementStatus,
    fitted,
)
from sluice.batch_observation import BatchObserved
from sluice.decide.draft import Draft


def elements(draft: Draft) -> list[ElementStatus]:
    """Where the elements of the present or the last run are."""
    return draft.status.elements or []


def seen(draft: Draft) -> BatchObserved:
    """What is seen of them."""
    return draft.observed.batch or BatchObserved()


def policy(draft: Draft) -> BatchSpec:
    """How they are run."""
    return draft.spec.batch or BatchSpec()


def is_fail_fast(draft: Draft) -> bool:
    """Whether the first failure ends the run."""
    return policy(draft).failure_policy is FailurePolicy.FAIL_FAST


def changed(element: ElementStatus, **changes: Any) -> ElementStatus:
    """The element with these fields, its texts cut to what there is room for."""
    return fitted(element.model_copy(update=changes))


def replace_each(draft: Draft, replace: Callable[[ElementStatus], ElementStatus]) -> None:
    """Replace elements; the list stays the same object where nothing changed."""
    before = elements(draft)
    after = [replace(element) for element in before]
    if any(old is not new for old, new in zip(before, after, strict=True)):
        draft.set(elements=after)


def failed(
    element: ElementStatus, code: ElementErrorCode, message: str, finished_at: datetime
) -> ElementStatus:
    """The element has failed, with its last words."""
    return changed(
        element,
        status=BatchStatus.FAILED.value,
        error_code=code.value,
        error=" ".join(message.split()),
        finished_at=finished_at,
    )


def canceled(element: ElementStatus, finished_at: datetime, error: str | None = None) -> ElementStatus:
    """The element was canceled, or will never be started."""
    return changed(
        element, status=BatchStatus.CANCELED.value, error=error, error_code=None, finished_at=finished_at
    )


def count(found: list[ElementStatus]) -> ElementCountsStatus:
    """How many are where."""
    numbers = dict.fromkeys(BatchStatus, 0)
    for element in found:
        numbers[BatchStatus(element.status)] += 1
    return ElementCountsStatus(total=len(found), **{key.lower(): number for key, number in numbers.items()})


def with_status(draft: Draft, *statuses: BatchStatus) -> list[ElementStatus]:
    """The elements in one of these states."""
    return [element for element in elements(draft) if element.status in statuses]

"""The pages of the reference are those that the code makes, and speak of everything that there is."""

import re
from pathlib import Path

import pytest
from support.pages import ROOT, page_name
from support.reference import generated_pages

from sluice.api.crd import generated_files
from sluice.api.errors import ErrorCode
from sluice.api.events import HAPPENINGS, MOVED
from sluice.api.reasons import ConditionType, Reason, RequestReason, StopReason
from sluice.api.statuses import CombinedStatus, RuntimeStatus
from sluice.cli.program import people
from sluice.decide.decision import tell
from sluice.metrics import FAMILIES

PAGES = generated_pages()
DECIDE = ROOT / "operator" / "sluice" / "decide"


def named(name: str) -> set[str]:
    """What the first columns of the tables of a page name."""
    text = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_a_page_is_the_one_that_the_code_makes(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page], "run `make reference`"


def test_every_page_of_the_reference_is_made() -> None:
    made = {*PAGES, *(ROOT / name for name in generated_files())}

    assert set((ROOT / "docs" / "reference").glob("*.md")) <= made


def test_no_status_condition_or_reason_is_left_out() -> None:
    known = [*CombinedStatus, *RuntimeStatus, *ConditionType, *Reason, *StopReason, *RequestReason]

    assert set(map(str, known)) <= named("statuses.md")


def test_no_error_is_left_out() -> None:
    assert set(map(str, ErrorCode)) <= named("errors.md")


def test_no_metric_is_left_out() -> None:
    assert {family.name for family in FAMILIES} <= named("metrics.md")


def test_no_command_is_left_out() -> None:
    headings = re.findall(r"^## `(.+)`$", (ROOT / "docs" / "reference" / "cli.md").read_text(), re.MULTILINE)

    assert set(headings) == {*people.commands, "gateway", "operator"}


def test_every_event_is_one_of_the_table() -> None:
    code = "\n".join(path.read_text() for path in DECIDE.rglob("*.py"))

    assert code.count("Event(") - code.count("class Event(") == 1, "events are made by tell() alone"
    assert len(re.findall(r"\bevents\.[A-Z_]+\b", code)) >= len(HAPPENINGS)


def test_an_event_has_the_reason_of_its_kind_or_the_one_that_it_is_given() -> None:
    moved = tell(MOVED, Reason.PAUSED, before="Running", now="Paused", message="the pipeline is paused")

    assert (moved.reason, moved.is_warning) == (Reason.PAUSED, False)
    assert moved.message == "Running -> Paused: the pipeline is paused"
    with pytest.raises(ValueError, match="reason"):
        tell(MOVED, before="Running", now="Paused", message="")

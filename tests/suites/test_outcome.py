"""Counts come from pytest's report, and a budget judges the time."""

from pathlib import Path

import pytest

from .outcome import Counts, Result, judge, read_junit
from .suite import Budget

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="passes"/>
<testcase classname="tests.a" name="fails"><failure message="no"/></testcase>
<testcase classname="tests.a" name="breaks"><error message="no"/></testcase>
<testcase classname="tests.a" name="waits"><skipped message="no second node"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_with_the_reason_of_each_skip(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)

    counts = read_junit(report)

    assert (counts.passed, counts.failed) == (1, 2)
    assert counts.skips == ("tests.a::waits: no second node",)


@pytest.mark.parametrize("content", ["", "<testsuites><testcase"], ids=["empty", "torn"])
def test_a_broken_report_counts_nothing(tmp_path: Path, content: str) -> None:
    report = tmp_path / "report.xml"
    report.write_text(content)

    assert read_junit(report) == Counts()


def test_a_report_that_was_never_written_counts_nothing(tmp_path: Path) -> None:
    assert read_junit(tmp_path / "report.xml") == Counts()


def test_a_suite_within_its_budget_passes_and_has_nothing_to_say() -> None:
    outcome = judge("unit", True, Counts(passed=5), 9.0, Budget(20, 10), cold=False)

    assert outcome.result is Result.PASSED
    assert outcome.shortfall == ""


def test_a_suite_over_its_budget_passes_and_falls_short() -> None:
    outcome = judge("unit", True, Counts(passed=5), 15.0, Budget(20, 10), cold=False)

    assert outcome.result is Result.PASSED
    assert outcome.shortfall == "unit took 15 s of 10 s"


def test_a_suite_over_double_its_budget_fails() -> None:
    outcome = judge("unit", True, Counts(passed=5), 21.0, Budget(20, 10), cold=False)

    assert outcome.result is Result.TOO_SLOW
    assert outcome.counts.failed == 1


def test_a_first_run_is_judged_by_the_cold_budget() -> None:
    outcome = judge("unit", True, Counts(passed=5), 19.0, Budget(20, 5), cold=True)

    assert outcome.shortfall == ""


def test_a_runner_that_ends_badly_with_no_failed_test_counts_as_one_failure() -> None:
    outcome = judge("unit", False, Counts(passed=5), 1.0, Budget(20, 10), cold=False)

    assert outcome.result is Result.FAILED
    assert (outcome.counts.passed, outcome.counts.failed) == (5, 1)

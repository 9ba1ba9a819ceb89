"""A run ends with a sentence and with a line of counts that machines read."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from .outcome import Counts, Outcome, Result
from .report import print_report
from .suite import Budget

COUNTS = re.compile(r"\d+ passed, \d+ failed(, \d+ skipped)?")


def outcome(
    name: str,
    result: Result = Result.PASSED,
    counts: Counts | None = None,
    seconds: float = 1.0,
    note: str = "",
) -> Outcome:
    return Outcome(name, result, counts or Counts(1), seconds, Budget(20, 10), note=note)


def report(
    outcomes: Sequence[Outcome],
    directory: Path,
    absent: Sequence[str] = (),
    budget: Budget | None = None,
) -> tuple[bool, list[str]]:
    output = io.StringIO()
    console = Console(file=output, width=110)
    good = print_report(console, outcomes, absent, budget, directory / "summary.txt")
    return good, output.getvalue().splitlines()


def test_a_good_run_says_so_and_ends_with_its_counts_alone(tmp_path: Path) -> None:
    outcomes = [outcome("lint"), outcome("unit", counts=Counts(411))]

    good, lines = report(outcomes, tmp_path)

    assert good
    assert lines[-2] == "Ran 2 of 2 suites in 2 s; nothing fell short."
    assert lines[-1] == "412 passed, 0 failed"
    assert (tmp_path / "summary.txt").read_text().splitlines() == lines[-2:]


def test_skipped_tests_are_counted_and_each_tells_why(tmp_path: Path) -> None:
    good, lines = report([outcome("unit", counts=Counts(3, 0, ("a: one core",)))], tmp_path)

    assert good
    assert "skipped: a: one core" in lines
    assert lines[-1] == "3 passed, 0 failed, 1 skipped"


def test_a_bad_run_names_what_failed_and_what_did_not_run(tmp_path: Path) -> None:
    failed = outcome("unit", Result.FAILED, Counts(3, 2), note="2 failed")
    not_run = outcome("cluster", Result.NOT_RUN, Counts(), 0.0, note="unit comes first")

    good, lines = report([failed, not_run], tmp_path)

    assert not good
    expected = "Ran 1 of 2 suites in 1 s; fell short: unit failed (2 failed). Not run: cluster."
    assert lines[-2] == expected
    assert any("cluster" in line and "unit comes first" in line for line in lines)
    assert lines[-1] == "3 passed, 2 failed"


def test_a_run_over_its_budget_falls_short_and_one_over_double_fails(tmp_path: Path) -> None:
    outcomes = [outcome("unit", seconds=6.0), outcome("lint", seconds=9.0)]

    over, sentence = report(outcomes, tmp_path, budget=Budget(10, 10))
    far_over, _ = report(outcomes, tmp_path, budget=Budget(7, 7))

    assert over
    assert "fell short: the whole run took 15 s of 10 s." in sentence[-2]
    assert not far_over


def test_a_suite_without_files_ends_with_one_sentence_and_no_table(tmp_path: Path) -> None:
    good, lines = report([outcome("soak", Result.MISSING, Counts(failed=1))], tmp_path)

    assert not good
    assert lines == [
        "Nothing is there to run yet for soak: it falls short.",
        "0 passed, 1 failed",
    ]


def test_a_group_names_the_suites_that_are_not_there_yet(tmp_path: Path) -> None:
    _, lines = report([outcome("e2e-pipeline")], tmp_path, absent=["e2e-flink", "e2e-cli"])

    assert lines[-2].endswith("Not there yet: e2e-flink, e2e-cli.")


def test_a_run_of_nothing_is_not_a_success(tmp_path: Path) -> None:
    good, lines = report([], tmp_path)

    assert not good
    assert COUNTS.fullmatch(lines[-1])

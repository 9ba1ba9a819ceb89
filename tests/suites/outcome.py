"""What a suite came to: counts, reasons for skips, time against budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from xml.etree import ElementTree

from .suite import LIMIT_OVER_BUDGET, Budget

NO_BUDGET = Budget(0, 0)


class Result(Enum):
    """The word in the table."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    TOO_SLOW = "too slow"
    MISSING = "nothing there"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Counts:
    """Tests by their result, and why each skipped one was."""

    passed: int = 0
    failed: int = 0
    skips: tuple[str, ...] = ()

    @property
    def skipped(self) -> int:
        """How many did not run."""
        return len(self.skips)

    def __add__(self, other: "Counts") -> "Counts":
        """Add up two suites."""
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skips + other.skips)

    def with_a_failure(self) -> "Counts":
        """For what fails beside the tests: at least one failure, whatever was counted."""
        return self if self.failed else Counts(self.passed, 1, self.skips)


@dataclass(frozen=True)
class Outcome:
    """A suite's line in the table."""

    name: str
    result: Result
    counts: Counts = Counts()
    seconds: float = 0.0
    budget: Budget = NO_BUDGET
    cold: bool = False
    note: str = ""
    is_suite: bool = True
    """Whether the sentence counts it; the virtualenv has a line in the table and is no suite."""

    @property
    def is_over_budget(self) -> bool:
        """Whether it took longer than it may."""
        return self.seconds > self.budget.seconds(cold=self.cold) > 0

    @property
    def shortfall(self) -> str:
        """What the last sentence says of it; empty if it did all that it should, or never began."""
        if self.result is Result.PASSED and self.is_over_budget:
            allowed = self.budget.seconds(cold=self.cold)
            return f"{self.name} took {self.seconds:.0f} s of {allowed} s"
        if self.result in (Result.PASSED, Result.NOT_RUN):
            return ""
        return f"{self.name} {self.result.value}" + (f" ({self.note})" if self.note else "")


def judge(
    name: str, ended_well: bool, counts: Counts, seconds: float, budget: Budget, *, cold: bool
) -> Outcome:
    """Make an outcome of a suite that came to its own end."""
    if not ended_well or counts.failed:
        counts = counts.with_a_failure()
        return Outcome(name, Result.FAILED, counts, seconds, budget, cold, f"{counts.failed} failed")
    if seconds > budget.seconds(cold=cold) * LIMIT_OVER_BUDGET:
        note = f"{seconds:.0f} s of {budget.seconds(cold=cold)} s"
        return Outcome(name, Result.TOO_SLOW, counts.with_a_failure(), seconds, budget, cold, note)
    return Outcome(name, Result.PASSED, counts, seconds, budget, cold)


def read_junit(report: Path) -> Counts:
    """Count the tests in pytest's own report; a report that is missing or torn counts nothing."""
    try:
        root = ElementTree.parse(report).getroot()  # noqa: S314 - pytest wrote it a moment ago
    except (OSError, ElementTree.ParseError):
        return Counts()
    passed, failed, skips = 0, 0, list[str]()
    for case in root.iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            name = f"{case.get('classname', '')}::{case.get('name', '')}"
            skips.append(f"{name}: {skip.get('message') or 'no reason given'}")
        else:
            passed += 1
    return Counts(passed, failed, tuple(skips))


def total(outcomes: Sequence[Outcome]) -> Counts:
    """Add up all suites."""
    return sum((outcome.counts for outcome in outcomes), start=Counts())

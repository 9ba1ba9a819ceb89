"""What a suite is. The table of all of them is in ``catalogue``."""

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path

LIMIT_OVER_BUDGET = 2
"""A suite over its budget falls short; one that takes this many times its budget fails."""


class Stage(IntEnum):
    """A stage that failed keeps the next, dearer ones from starting."""

    STATIC = 1
    UNIT = 2
    CLUSTER = 3
    END_TO_END = 4


class Part(Enum):
    """Whether ``make test`` runs the suite."""

    ALWAYS = "always"
    WHEN_PRESENT = "as soon as its files are there"
    BY_NAME = "only when it is asked for by name"


@dataclass(frozen=True)
class Budget:
    """Seconds on two cores: ``cold`` the first time in a checkout, ``warm`` every time after."""

    cold: int
    warm: int

    def seconds(self, *, cold: bool) -> int:
        """The budget that counts for this run."""
        return self.cold if cold else self.warm


@dataclass(frozen=True)
class Checks:
    """Commands that say yes or no. Each counts as one test, and all of them run."""

    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Step:
    """A command that prepares something for later suites. It counts only when it fails."""

    command: tuple[str, ...]


@dataclass(frozen=True)
class Tests:
    """Tests that pytest runs."""

    paths: tuple[str, ...]
    """Globs from the repository's root, for directories and for files."""
    timeout: int | None = None
    """Seconds for a test that does not set its own; otherwise pyproject's."""

    def found(self, root: Path) -> list[str]:
        """The paths that hold at least one test file."""
        matches = sorted({match for pattern in self.paths for match in root.glob(pattern)})
        return [
            str(match.relative_to(root))
            for match in matches
            if match.is_file() or next(match.rglob("test_*.py"), None) is not None
        ]


@dataclass(frozen=True)
class Suite:
    """One line of the table that ``make test`` prints."""

    name: str
    stage: Stage
    work: Checks | Step | Tests
    budget: Budget
    needs: tuple[str, ...] = ()
    """Suites that run before this one, also when only this one was asked for."""
    part: Part = Part.ALWAYS
    files: tuple[str, ...] = ()
    """Globs, one of which must match for the suite to be there; for tests it is their paths."""

    @property
    def time_limit(self) -> float:
        """When the suite is ended: it has failed by then, whether cold or warm."""
        return self.budget.cold * LIMIT_OVER_BUDGET

    def is_present(self, root: Path) -> bool:
        """Whether there is anything to run."""
        if isinstance(self.work, Tests):
            return bool(self.work.found(root))
        return not self.files or any(next(root.glob(one), None) for one in self.files)

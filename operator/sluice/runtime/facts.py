"""What can be known about the process at one moment: immutable, and whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import STORAGE_REQUIRED, ErrorBody
from sluice.runtime.lifecycle import Desired, RuntimeStatus


class Phase(Enum):
    """Which of the contract's endpoints can be served."""

    INITIALIZING = auto()
    LIVE = auto()
    SUSPENDED = auto()
    INITIALIZATION_FAILED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """The last checkpoint that was asked for and failed."""

    sequence_number: int
    error: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class Copies:
    """What has reached the object store, each by its id."""

    copied: frozenset[str] = frozenset()
    newest: str | None = None
    """The one that was copied last."""
    asked: frozenset[str] = frozenset()
    """Those for which somebody waits since ``POST /checkpoint/sync``."""
    success: str | None = None
    """The last one of them that was copied."""
    failure: tuple[str, str] | None = None
    """The last one of them whose copy failed, and why. It is tried again."""
    trouble: str | None = None
    """What the store said to the last attempt, None once one succeeds."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One moment of the process, whole."""

    desired: Desired
    has_storage: bool
    phase: Phase = Phase.INITIALIZING
    status: RuntimeStatus = RuntimeStatus.INITIALIZING
    reason: str = ""
    terminating: bool = False
    fenced: str | None = None
    error: ErrorBody | None = None
    checkpoints: tuple[Checkpoint, ...] | None = None
    activity: tuple[tuple[str, Any], ...] = (("status", "idle"),)
    requested: int = 0
    """How many checkpoints were asked for; their numbers are 0 to this minus 1."""
    answered: int = 0
    """How many of them have succeeded or failed."""
    success: int | None = None
    failure: Failure | None = None
    processed: int = 0
    steps: int = 0
    complete: bool = False
    description: str = "{}"
    approval_diff: Mapping[str, Any] | None = None
    """What changed in the program, while somebody has to approve of it."""
    approved: bool = False
    copies: Copies = Copies()

    @property
    def permanent_errors(self) -> list[str]:
        """Reasons for which this process can never checkpoint."""
        return [] if self.has_storage else [STORAGE_REQUIRED]

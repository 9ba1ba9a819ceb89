"""What the author of a job writes, and the two things that a job may say by raising."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from sluice.runtime.errors import JobError

Result = TypeVar("Result")


class CheckpointDelayed(Exception):  # noqa: N818 - it is no error: the job says "not yet"
    """Raise it from ``snapshot`` while the state cannot be captured, for instance inside a transaction.

    The checkpoint is tried again until it succeeds; a running job keeps processing meanwhile, since that is
    how most such blockers end. The reason stands in ``/stats`` under ``checkpoint_activity``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EndOfInput(Exception):  # noqa: N818 - it is no error: the job says "done"
    """Raise it from ``process`` when there is nothing left and never will be.

    The process takes a last checkpoint and exits with code 0, which means exactly this and nothing else.
    """


class Job(ABC):
    """A stream job. Only ``process``, ``snapshot`` and ``restore`` have to be written.

    Order of calls: ``open``; ``restore`` when there is a checkpoint; then ``process`` and ``snapshot`` as
    often as needed; ``describe`` between them; ``close`` at the end.
    """

    version: str = ""
    """Names the format of the snapshot; it becomes the ``fingerprint`` of each checkpoint."""

    idle_seconds: float = 0.05
    """How long to wait before the next ``process`` after one that returned 0."""

    def open(self) -> None:  # noqa: B027 - optional: most jobs have nothing to open
        """Acquire what the job needs. Called once, before ``restore``; ``/status`` says Initializing."""

    @abstractmethod
    def process(self) -> int:
        """Take one step and return how many records it consumed; 0 means that none was available.

        Keep a step short: pausing, checkpoints and shutdown wait for its end. Raise ``EndOfInput`` when the
        input is over. Any other exception stops the process without a checkpoint, since nobody can know
        what it left half done.
        """

    @abstractmethod
    def snapshot(self) -> bytes:
        """Return the state, all of it. An exception fails this checkpoint; the job goes on."""

    @abstractmethod
    def restore(self, state: bytes) -> None:
        """Take over a state that an earlier ``snapshot`` returned, possibly of an older ``version``."""

    def describe(self) -> dict[str, Any]:
        """Return a few JSON values about the job for ``/stats``, under the key ``job``. Keep it cheap.

        It is called about ten times a second, between two steps.
        """
        return {}

    def close(self) -> None:  # noqa: B027 - optional, as open is
        """Release what ``open`` acquired. Called once, also after a failure; never after a kill."""


def call_job(method: Callable[[], Result]) -> Result:
    """Call foreign code. Also ``sys.exit`` in it is a failure: exit code 0 must mean the end of the input."""
    try:
        return method()
    except (Exception, SystemExit) as error:
        raise JobError from error

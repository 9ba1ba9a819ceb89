"""SIGTERM as a wish that the main thread looks at between two steps, and how it is woken to look.

A handler runs in the main thread between any two instructions, also while that thread holds a lock. It
therefore takes none: it sets a flag and puts a token into a queue whose ``put`` is safe to re-enter.
"""

import contextlib
import queue
import signal
from collections.abc import Generator
from types import FrameType


class TerminatedError(BaseException):
    """SIGTERM came while nothing was worth saving.

    Not an ``Exception``, so that the job's own handlers let it pass.
    """


class Signals:
    """The wish to end, and the wake-ups of the main thread."""

    def __init__(self) -> None:
        self.termination_requested = False
        self._interruptible = False
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()

    def install(self) -> None:
        """Take over SIGTERM and SIGINT.

        As early as possible: process 1 of a container ignores a signal that has no handler, and Kubernetes
        sends it only once.
        """
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def wake(self) -> None:
        """Let the main thread look again; safe from every thread."""
        self._tokens.put(None)

    def wait(self, seconds: float | None) -> None:
        """Sleep until something happens or the time is over."""
        with contextlib.suppress(queue.Empty):
            self._tokens.get(timeout=None if seconds is None else max(seconds, 0))
            while True:
                self._tokens.get_nowait()

    @contextlib.contextmanager
    def interruptible(self) -> Generator[None]:
        """Let SIGTERM raise ``TerminatedError`` inside the block instead of waiting for its end.

        A block that swallowed or replaced the exception is left with it all the same: what it was doing is
        half done, and nothing may be built on it.
        """
        self._interruptible = True
        try:
            self._raise_if_terminated()
            yield
            self._raise_if_terminated()
        except Exception:
            self._raise_if_terminated()
            raise
        finally:
            self._interruptible = False

    def _raise_if_terminated(self) -> None:
        if self.termination_requested:
            raise TerminatedError

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        repeated = self.termination_requested
        self.termination_requested = True
        self._tokens.put(None)
        if self._interruptible and not repeated:
            raise TerminatedError

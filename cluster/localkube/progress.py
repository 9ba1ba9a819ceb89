"""What a person sees while the tool works: numbered steps, their times, signs of life in long ones.

A failure is one sentence, the end of the log that shows the cause, and a hint: nobody should need a
debugger to learn that a package mirror was out of reach.
"""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HEARTBEAT_SECONDS: Final = 30.0
_TAIL_LINES: Final = 15


class LocalkubeError(Exception):
    """A failure that is told to the user as it stands, without a traceback."""

    def __init__(self, message: str, *, hint: str = "", log: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = log

    def render(self) -> str:
        """Give the whole text: sentence, end of the log, hint."""
        parts = [f"error: {self.message}"]
        if self.log is not None and self.log.is_file():
            lines = self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
            parts += [f"  the end of {self.log}:", *(f"    {line[:300]}" for line in lines)]
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)


class Progress:
    """Prints numbered steps to stderr, so that stdout stays free for answers."""

    def __init__(self, total: int, write: Callable[[str], object] | None = None) -> None:
        self._total = total
        self._done = 0
        self._write = write or _to_stderr

    def note(self, text: str) -> None:
        """Say something that is not a step."""
        self._write(f"      {text}")

    @contextmanager
    def step(self, what: str) -> Generator[None]:
        """Announce a step, show that it lives, and say how long it took."""
        self._done += 1
        label = f"[{self._done}/{self._total}] {what}"
        self._write(f"{label} ...")
        started = time.monotonic()
        finished = threading.Event()
        beat = threading.Thread(target=self._heartbeat, args=(label, started, finished), daemon=True)
        beat.start()
        try:
            yield
        except BaseException:
            self._write(f"{label}: failed after {time.monotonic() - started:.1f} s")
            raise
        finally:
            finished.set()
            beat.join()
        self._write(f"{label}: done in {time.monotonic() - started:.1f} s")

    def _heartbeat(self, label: str, started: float, finished: threading.Event) -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            self._write(f"{label}: still working after {time.monotonic() - started:.0f} s")


def wait_until(
    ready: Callable[[], bool], *, seconds: float, what: str, hint: str = "", log: Path | None = None
) -> None:
    """Ask again and again until the answer is yes; after the deadline fail with a clear sentence."""
    deadline = time.monotonic() + seconds
    pause = 0.05
    while not ready():
        if time.monotonic() > deadline:
            raise LocalkubeError(f"{what} within {seconds:.0f} s", hint=hint, log=log)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

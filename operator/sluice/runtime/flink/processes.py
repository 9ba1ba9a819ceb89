"""The two JVMs as one thing: started together, watched together, ended together."""

import contextlib
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sluice.flink_contract import root_cause

_TAIL_LINES: Final = 200
_LINE_MAX_BYTES: Final = 16 * 1024
_DRAIN_SECONDS: Final = 2.0
_FRAME: Final = ("\tat ", "\t...")


@dataclass(frozen=True, slots=True)
class Death:
    """A JVM that ended although nobody asked it to."""

    name: str
    code: int
    """Exit code, or the negative number of the signal."""
    cause: str

    def describe(self) -> str:
        """One sentence."""
        how = f"with exit code {self.code}" if self.code >= 0 else f"by signal {-self.code}"
        return f"The {self.name} ended {how}: {self.cause}"


class Jvm:
    """One JVM whose output goes to ours, each line with its name."""

    def __init__(self, name: str, command: Sequence[str], lock_descriptor: int | None) -> None:
        self.name = name
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        # It must not outlive us: it would go on writing to a volume that nobody watches over. The kernel
        # kills it when we die, and until it is gone it holds the lock as well.
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=() if lock_descriptor is None else (lock_descriptor,),
            start_new_session=True,
        )
        self._pump = threading.Thread(target=self._copy_output, daemon=True)
        self._pump.start()

    def death(self) -> Death | None:
        """How it ended, ``None`` while it lives."""
        code = self._process.poll()
        if code is None:
            return None
        self._pump.join(_DRAIN_SECONDS)
        return Death(self.name, code, self._last_exception())

    def kill(self) -> None:
        """End it now, and return when it is gone."""
        self._process.kill()
        self._process.wait()
        self._pump.join(_DRAIN_SECONDS)

    def _copy_output(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - given above; tells the type checkers
        with self._process.stdout as output:
            while line := output.readline(_LINE_MAX_BYTES):
                self._tail.append(line.decode(errors="replace").rstrip("\n"))
                # A reader that went away must not take the job with it.
                with contextlib.suppress(OSError, ValueError):
                    sys.stdout.buffer.write(f"{self.name} | ".encode() + line)
                    sys.stdout.buffer.flush()

    def _last_exception(self) -> str:
        """The root cause of the last stack trace that it printed, else its last line."""
        lines = list(self._tail)
        heads = [
            line for line, below in pairwise(lines) if below.startswith(_FRAME) > line.startswith(_FRAME)
        ]
        return root_cause((heads or lines or ["it said nothing"])[-1])


class Cluster:
    """JobManager and TaskManager."""

    def __init__(self) -> None:
        self._jvms: list[Jvm] = []

    def start(self, name: str, command: Sequence[str], lock_descriptor: int | None) -> None:
        """Start one of the two, from the main thread: the kernel ties the JVM's life to the thread's."""
        self._jvms.append(Jvm(name, command, lock_descriptor))

    def death(self) -> Death | None:
        """The first of them that ended."""
        return next((death for jvm in self._jvms if (death := jvm.death()) is not None), None)

    def kill(self) -> None:
        """End both and return when both are gone."""
        for jvm in self._jvms:
            jvm.kill()

"""Jobs that break the rules, one rule each; run by name through ``python -m sluice.runtime``."""

import contextlib
import os
import signal
import sys
import threading
import time
from typing import Any

from sluice.runtime import CheckpointDelayed, EndOfInput, Job


class Plain(Job):
    """Keeps all rules: counts to three and ends."""

    def __init__(self) -> None:
        self.count = 0

    def process(self) -> int:
        if self.count == 3:
            raise EndOfInput
        self.count += 1
        return 1

    def snapshot(self) -> bytes:
        return str(self.count).encode()

    def restore(self, state: bytes) -> None:
        self.count = int(state)


class ExitsWithZero(Plain):
    def process(self) -> int:
        sys.exit(0)


class CountsBackwards(Plain):
    def process(self) -> int:
        return -1


class DelaysAStep(Plain):
    def process(self) -> int:
        raise CheckpointDelayed("a step cannot be delayed")


class CannotOpen(Plain):
    def open(self) -> None:
        raise PermissionError("no access to the source")


class EndsWhileRestoring(Plain):
    def restore(self, state: bytes) -> None:
        raise EndOfInput


class SnapshotsText(Plain):
    def snapshot(self) -> Any:
        return "text"


class CannotDescribe(Plain):
    def describe(self) -> dict[str, Any]:
        raise LookupError("nothing to say")


class CannotClose(Plain):
    def close(self) -> None:
        raise OSError("the source is gone")


class LeavesAThread(Plain):
    def open(self) -> None:
        threading.Thread(target=threading.Event().wait).start()


class DescribesNoNumber(Plain):
    def process(self) -> int:
        return 0

    def describe(self) -> dict[str, Any]:
        return {"rate": float("nan")}


class SwallowsTermination(Plain):
    def open(self) -> None:
        try:
            time.sleep(60)
        except BaseException as error:
            raise RuntimeError("interrupted") from error


class IgnoresTermination(Plain):
    def open(self) -> None:
        with contextlib.suppress(BaseException):
            time.sleep(60)


class NeverEnds(Plain):
    idle_seconds = 5.0

    def process(self) -> int:
        return 0


class DescribesTooMuch(NeverEnds):
    def describe(self) -> dict[str, Any]:
        return {"text": "x" * 1_000_000}


class DescribesObjects(NeverEnds):
    def describe(self) -> dict[str, Any]:
        return {"object": {1, 2}}


class PanicsAtLength(Plain):
    def process(self) -> int:
        raise ValueError("long \N{SNOWMAN}" * 10_000)


class DiesWhileClosing(Plain):
    """Dies at its end, after its last checkpoint and before anybody was told of it."""

    def close(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DiesWhenToldToEnd(DiesWhileClosing, NeverEnds):
    """The same, with an input that has no end."""


not_a_job = dict

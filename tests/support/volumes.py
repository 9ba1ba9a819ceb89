"""A volume, the maintenance that is run on it, and what that left as its last words; for every engine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from sluice import contract
from sluice.runtime import last_words

REPOSITORY: Final = Path(__file__).resolve().parents[2]
Main = Callable[[Sequence[str], Mapping[str, str]], int]


class Volume:
    """A volume under a folder of a test's own, and the last words beside it."""

    def __init__(self, directory: Path, main: Main) -> None:
        self.directory = directory / "volume"
        self.directory.mkdir()
        self.words = directory / "termination-log"
        self._main = main
        self.environment = {
            contract.ENV_STORAGE: str(self.directory),
            contract.ENV_RUN_NUMBER: "5",
            last_words.ENV_TERMINATION_MESSAGE_PATH: str(self.words),
            "SLUICE_LOCK_WAIT_SECONDS": "0",
        }

    def run(self, *arguments: str, **environment: str) -> int:
        """Run one task in this process."""
        return self._main(arguments, {**self.environment, **environment})

    def said(self) -> Any:
        """The last words."""
        return json.loads(self.words.read_bytes())

    def left(self) -> list[str]:
        """Ids of the checkpoints that the last words tell."""
        return [each["uuid"] for each in self.said()["checkpoints"]]

    def files(self) -> dict[str, bytes]:
        """Everything that is there."""
        return {
            str(path.relative_to(self.directory)): path.read_bytes() if path.is_file() else b"a folder"
            for path in self.directory.rglob("*")
        }


def foreign_file(directory: Path) -> None:
    (directory / "data.db").write_bytes(b"somebody else's")


def foreign_checkpoints(directory: Path) -> None:
    (directory / "checkpoints" / "1").mkdir(parents=True)


def foreign_fence(directory: Path) -> None:
    (directory / "run.json").write_text('{"command": "run"}')


def fence_that_is_a_folder(directory: Path) -> None:
    (directory / "run.json").mkdir()
    (directory / "lock").mkdir()
    (directory / "lock" / "file").touch()


FOREIGN: Final = (foreign_file, foreign_checkpoints, foreign_fence, fence_that_is_a_folder)
"""Ways to fill a volume that no engine of ours wrote."""

DYING: Final = """
import importlib, os, signal, sys
maintenance = importlib.import_module(sys.argv[3])

def dying(call, moment, left):
    def wrapped(*arguments, **keywords):
        left[0] -= 1
        if left[0] == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        dies = left[0] == 0 and moment == "after"
        try:
            return call(*arguments, **keywords)
        finally:
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
    return wrapped

def run(task, call):
    left = [call]
    for name in ("open", "fsync", "rename", "unlink", "rmdir", "mkdir"):
        setattr(os, name, dying(getattr(os, name), sys.argv[2], left))
    os._exit(maintenance.main([task], os.environ))

ended = []
for line in sys.stdin:
    process = os.fork()
    if process == 0:
        run(sys.argv[1], int(line))
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


def kill_everywhere(
    volume: Volume,
    command: Sequence[str],
    moment: str,
    fill: Callable[[], object],
    check: Callable[[int], None],
) -> int:
    """Kill a task (its module and name) before or after each call that changes something, in turn.

    The volume is cleared and filled before each, and checked after each. Returns how often it was killed.
    """
    module, task = command
    environment = {**os.environ, **volume.environment, "PYTHONPATH": str(REPOSITORY / "operator")}
    with subprocess.Popen(
        [sys.executable, "-c", DYING, task, moment, module],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for call in range(1, 200):
            volume.run("clear")
            fill()
            process.stdin.write(f"{call}\n")
            process.stdin.flush()
            line = next(line for line in process.stdout if not line.startswith("{"))
            check(call)
            if int(line) == 0:
                return call - 1
            assert int(line) == -signal.SIGKILL
    pytest.fail("the task never came to its end")

"""Maintenance of the volume of a stopped process: what it does, what it never touches, and its last words."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluice import contract
from sluice.runtime import last_words, maintenance
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.lock import StorageLock, read_fence
from sluice.runtime.storage import Storage

from .harness import FIRST_ID, REPOSITORY, Jobs

MEMBERS = {"uuid", "size", "steps", "processed_records", "created_at"}


class Volume:
    """A volume, the task that is run on it, and what that left as its last words."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "volume"
        self.directory.mkdir()
        self.words = directory / "termination-log"
        self.environment = {
            contract.ENV_STORAGE: str(self.directory),
            contract.ENV_RUN_NUMBER: "5",
            last_words.ENV_TERMINATION_MESSAGE_PATH: str(self.words),
            "SLUICE_LOCK_WAIT_SECONDS": "0",
        }

    def run(self, *arguments: str, **environment: str) -> int:
        return maintenance.main(arguments, {**self.environment, **environment})

    def said(self) -> Any:
        return json.loads(self.words.read_bytes())

    def left(self) -> list[str]:
        return [each["uuid"] for each in self.said()["checkpoints"]]

    def fill(self, count: int, run_number: int = 4) -> list[Checkpoint]:
        lock = StorageLock.acquire(self.directory, run_number, wait_seconds=0, on_busy=lambda: None)
        storage = Storage(self.directory, lock)
        made = [
            storage.checkpoints.write(
                b"state %d" % number,
                run_number=run_number,
                deployment_id=FIRST_ID,
                reason="request",
                created_at=f"2026-01-01T00:{number:02d}:00.000Z",
                steps=number,
                processed_records=10 * number,
                fingerprint=1,
            )
            for number in range(count)
        ]
        storage.close()
        return made

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.directory)): path.read_bytes() if path.is_file() else b"a folder"
            for path in self.directory.rglob("*")
        }


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def ids(checkpoints: list[Checkpoint]) -> list[str]:
    return [each.uuid for each in checkpoints]


def test_list_tells_what_is_there_the_newest_last(volume: Volume) -> None:
    made = volume.fill(3)
    assert volume.run("list") == 0
    assert volume.left() == ids(made)
    assert volume.said()["error"] is None
    last = volume.said()["checkpoints"][-1]
    assert set(last) == MEMBERS
    assert (last["size"], last["steps"], last["processed_records"]) == (7, 2, 20)


def test_list_leaves_a_damaged_one_out_and_in_place(volume: Volume) -> None:
    good, bad = volume.fill(2)
    (volume.directory / "checkpoints" / bad.uuid / "state").write_bytes(b"STATE 1")
    assert volume.run("list") == 0
    assert volume.left() == [good.uuid]
    assert (volume.directory / "checkpoints" / bad.uuid).exists()


def test_retain_removes_by_count_and_by_age(volume: Volume) -> None:
    made = volume.fill(4)
    assert volume.run("retain", **{contract.ENV_CHECKPOINT_RETAIN: "2"}) == 0
    assert volume.left() == ids(made[2:])
    age = {contract.ENV_CHECKPOINT_RETAIN: "9", contract.ENV_CHECKPOINT_MAX_AGE_SECONDS: "1"}
    assert volume.run("retain", **age) == 0
    assert volume.left() == ids(made[3:])
    assert volume.run("list") == 0
    assert volume.left() == ids(made[3:])


def test_list_removes_nothing_whatever_the_retention(volume: Volume) -> None:
    made = volume.fill(4)
    assert volume.run("list", **{contract.ENV_CHECKPOINT_RETAIN: "1"}) == 0
    assert volume.left() == ids(made)


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_empty_volume_has_no_checkpoints(volume: Volume, task: str) -> None:
    (volume.directory / "lost+found").mkdir()
    assert volume.run(task) == 0
    assert volume.said() == {"checkpoints": [], "error": None}
    assert volume.run("list") == 0, "and is one of ours from then on"
    assert volume.said() == {"checkpoints": [], "error": None}


def test_clear_leaves_the_fence_and_nothing_else(volume: Volume) -> None:
    volume.fill(2)
    (volume.directory / "status.json").write_text("{}")
    (volume.directory / "lost+found").mkdir()
    (volume.directory / "other" / "folder").mkdir(parents=True)
    (volume.directory / "link").symlink_to(REPOSITORY)

    assert volume.run("clear") == 0

    assert volume.said() == {"checkpoints": [], "error": None}
    assert set(volume.files()) == {"lost+found", "lock", "run.json"}
    assert read_fence(volume.directory).run_number == 5
    assert (REPOSITORY / "Makefile").exists(), "a link is removed, not what it leads to"


def test_clear_keeps_the_name_under_which_the_storage_writes_to_a_store(volume: Volume) -> None:
    lock = StorageLock.acquire(volume.directory, 4, wait_seconds=0, on_busy=lambda: None)
    lock.record(epoch=3, writer="name", folder="folder")
    lock.release()
    assert volume.run("clear") == 0
    fence = read_fence(volume.directory)
    assert (fence.run_number, fence.epoch, fence.writer, fence.folder) == (5, 3, "name", "folder")


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


FOREIGN = (foreign_file, foreign_checkpoints, foreign_fence, fence_that_is_a_folder)


@pytest.mark.parametrize("task", ["list", "retain"])
@pytest.mark.parametrize("fill", FOREIGN)
def test_a_volume_of_another_layout_is_reported_and_not_touched(
    volume: Volume, task: str, fill: Callable[[Path], None]
) -> None:
    fill(volume.directory)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FAILED
    assert volume.said()["checkpoints"] == []
    assert volume.said()["error"]["error_code"] == "UnknownStorageLayout"
    assert volume.files() == before


@pytest.mark.parametrize("fill", FOREIGN)
def test_clear_works_on_any_layout(volume: Volume, fill: Callable[[Path], None]) -> None:
    fill(volume.directory)
    assert volume.run("clear") == 0
    assert set(volume.files()) == {"lock", "run.json"}
    assert read_fence(volume.directory).run_number == 5


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_earlier_run_is_refused_and_touches_nothing(volume: Volume, task: str) -> None:
    volume.fill(2, run_number=6)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FENCED
    assert volume.said()["error"]["error_code"] == "Fenced"
    assert volume.files() == before


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_a_held_volume_is_refused(volume: Volume, task: str) -> None:
    made = volume.fill(2)
    held = StorageLock.acquire(volume.directory, 5, wait_seconds=0, on_busy=lambda: None)
    assert volume.run(task) == contract.EXIT_FENCED
    held.release()
    assert volume.run("list") == 0
    assert volume.left() == ids(made)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [((), {}), (("erase",), {}), (("list", "--unknown"), {}), (("list",), {contract.ENV_STORAGE: ""})],
)
def test_what_cannot_be_done_is_a_bad_configuration(
    volume: Volume, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    assert volume.run(*arguments, **environment) == contract.EXIT_BAD_CONFIGURATION
    assert volume.said()["error"]["error_code"] == "BadConfiguration"


def test_a_volume_that_is_not_mounted_is_an_error(volume: Volume) -> None:
    volume.directory.rmdir()
    assert volume.run("list") == contract.EXIT_FAILED
    assert volume.said()["error"]["error_code"] == "StorageError"
    assert not volume.directory.exists()


def test_of_many_checkpoints_the_newest_are_told(volume: Volume) -> None:
    made = volume.fill(60)
    assert volume.run("list") == 0
    assert len(volume.words.read_bytes()) <= contract.TERMINATION_MESSAGE_MAX_BYTES
    told = volume.left()
    assert len(told) > 10
    assert told == ids(made)[-len(told) :]


def test_the_command_of_the_contract_works_on_what_a_process_left(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.start(SLUICE_RUN_NUMBER="1")
    job.wait_processed(100)
    job.stop()
    words = tmp_path / "words"
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "operator"),
        contract.ENV_STORAGE: str(jobs.storage),
        contract.ENV_RUN_NUMBER: "2",
        last_words.ENV_TERMINATION_MESSAGE_PATH: str(words),
    }
    command = [sys.executable, "-m", contract.MAINTENANCE_MODULE]
    subprocess.run([*command, contract.TASK_LIST], env=environment, check=True, capture_output=True)
    (told,) = json.loads(words.read_bytes())["checkpoints"]
    assert told["uuid"] == job.last_words()["checkpoint"]
    subprocess.run([*command, contract.TASK_CLEAR], env=environment, check=True, capture_output=True)
    assert json.loads(words.read_bytes())["checkpoints"] == []

    late = jobs.start(SLUICE_RUN_NUMBER="1")
    assert late.wait_exit() == contract.EXIT_FENCED, "the run number goes on rising after a clear"
    fresh = jobs.start(SLUICE_RUN_NUMBER="3", SLUICE_INITIAL="paused")
    fresh.wait_status("Paused")
    assert fresh.processed() == 0


DYING = """
import json, os, signal, sys
from sluice.runtime import maintenance

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


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("task", ["retain", "clear"])
def test_a_task_that_was_killed_anywhere_can_be_run_again(volume: Volume, task: str, moment: str) -> None:
    count = {contract.ENV_CHECKPOINT_RETAIN: "1"}
    volume.environment[contract.ENV_RUN_NUMBER] = "4"
    environment = {**os.environ, **volume.environment, **count, "PYTHONPATH": str(REPOSITORY / "operator")}
    kills = 0
    with subprocess.Popen(
        [sys.executable, "-c", DYING, task, moment],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for call in range(1, 200):
            newest = volume.fill(2)[-1].uuid
            process.stdin.write(f"{call}\n")
            process.stdin.flush()
            line = next(line for line in process.stdout if not line.startswith("{"))

            assert volume.run(task, **count) == 0
            assert volume.left() == ([newest] if task == "retain" else []), f"after a kill at call {call}"
            if int(line) == 0:
                break
            assert int(line) == -signal.SIGKILL
            kills += 1
            volume.run("clear")
        else:
            pytest.fail("the task never came to its end")
        process.stdin.close()
    assert kills > 8, "the calls of a task are not intercepted any more"

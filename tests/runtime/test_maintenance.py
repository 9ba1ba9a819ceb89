"""Maintenance of the volume of a stopped process: what it does, what it never touches, and its last words."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.volumes import FOREIGN, Volume, kill_everywhere

from sluice import contract
from sluice.runtime import last_words, maintenance
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.lock import StorageLock, read_fence
from sluice.runtime.storage import Storage

from .harness import FIRST_ID, REPOSITORY, Jobs

MEMBERS = {"uuid", "size", "steps", "processed_records", "created_at"}


class SdkVolume(Volume):
    """A volume of the SDK's, and what fills it."""

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


@pytest.fixture
def volume(tmp_path: Path) -> SdkVolume:
    return SdkVolume(tmp_path, maintenance.main)


def ids(checkpoints: list[Checkpoint]) -> list[str]:
    return [each.uuid for each in checkpoints]


def test_list_tells_what_is_there_the_newest_last(volume: SdkVolume) -> None:
    made = volume.fill(3)
    assert volume.run("list") == 0
    assert volume.left() == ids(made)
    assert volume.said()["error"] is None
    last = volume.said()["checkpoints"][-1]
    assert set(last) == MEMBERS
    assert (last["size"], last["steps"], last["processed_records"]) == (7, 2, 20)


def test_list_leaves_a_damaged_one_out_and_in_place(volume: SdkVolume) -> None:
    good, bad = volume.fill(2)
    (volume.directory / "checkpoints" / bad.uuid / "state").write_bytes(b"STATE 1")
    assert volume.run("list") == 0
    assert volume.left() == [good.uuid]
    assert (volume.directory / "checkpoints" / bad.uuid).exists()


def test_retain_removes_by_count_and_by_age(volume: SdkVolume) -> None:
    made = volume.fill(4)
    assert volume.run("retain", **{contract.ENV_CHECKPOINT_RETAIN: "2"}) == 0
    assert volume.left() == ids(made[2:])
    age = {contract.ENV_CHECKPOINT_RETAIN: "9", contract.ENV_CHECKPOINT_MAX_AGE_SECONDS: "1"}
    assert volume.run("retain", **age) == 0
    assert volume.left() == ids(made[3:])
    assert volume.run("list") == 0
    assert volume.left() == ids(made[3:])


def test_list_removes_nothing_whatever_the_retention(volume: SdkVolume) -> None:
    made = volume.fill(4)
    assert volume.run("list", **{contract.ENV_CHECKPOINT_RETAIN: "1"}) == 0
    assert volume.left() == ids(made)


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_empty_volume_has_no_checkpoints(volume: SdkVolume, task: str) -> None:
    (volume.directory / "lost+found").mkdir()
    assert volume.run(task) == 0
    assert volume.said() == {"checkpoints": [], "error": None}
    assert volume.run("list") == 0, "and is one of ours from then on"
    assert volume.said() == {"checkpoints": [], "error": None}


def test_clear_leaves_the_fence_and_nothing_else(volume: SdkVolume) -> None:
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


def test_clear_keeps_the_name_under_which_the_storage_writes_to_a_store(volume: SdkVolume) -> None:
    lock = StorageLock.acquire(volume.directory, 4, wait_seconds=0, on_busy=lambda: None)
    lock.record(epoch=3, writer="name", folder="folder")
    lock.release()
    assert volume.run("clear") == 0
    fence = read_fence(volume.directory)
    assert (fence.run_number, fence.epoch, fence.writer, fence.folder) == (5, 3, "name", "folder")


def a_flink_volume(directory: Path) -> None:
    StorageLock.acquire(directory, 4, wait_seconds=0, on_busy=lambda: None).release()
    (directory / "runs").mkdir()
    (directory / "runs" / "4.json").write_text("{}")


@pytest.mark.parametrize("task", ["list", "retain"])
@pytest.mark.parametrize("fill", [*FOREIGN, a_flink_volume])
def test_a_volume_of_another_layout_is_reported_and_not_touched(
    volume: SdkVolume, task: str, fill: Callable[[Path], None]
) -> None:
    fill(volume.directory)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FAILED
    assert volume.said()["checkpoints"] == []
    assert volume.said()["error"]["error_code"] == "UnknownStorageLayout"
    assert volume.files() == before


@pytest.mark.parametrize("fill", [*FOREIGN, a_flink_volume])
def test_clear_works_on_any_layout(volume: SdkVolume, fill: Callable[[Path], None]) -> None:
    fill(volume.directory)
    assert volume.run("clear") == 0
    assert set(volume.files()) == {"lock", "run.json"}
    assert read_fence(volume.directory).run_number == 5


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_earlier_run_is_refused_and_touches_nothing(volume: SdkVolume, task: str) -> None:
    volume.fill(2, run_number=6)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FENCED
    assert volume.said()["error"]["error_code"] == "Fenced"
    assert volume.files() == before


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_a_held_volume_is_refused(volume: SdkVolume, task: str) -> None:
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
    volume: SdkVolume, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    assert volume.run(*arguments, **environment) == contract.EXIT_BAD_CONFIGURATION
    assert volume.said()["error"]["error_code"] == "BadConfiguration"


def test_a_volume_that_is_not_mounted_is_an_error(volume: SdkVolume) -> None:
    volume.directory.rmdir()
    assert volume.run("list") == contract.EXIT_FAILED
    assert volume.said()["error"]["error_code"] == "StorageError"
    assert not volume.directory.exists()


def test_of_many_checkpoints_the_newest_are_told(volume: SdkVolume) -> None:
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


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("task", ["retain", "clear"])
def test_a_task_that_was_killed_anywhere_can_be_run_again(volume: SdkVolume, task: str, moment: str) -> None:
    volume.environment |= {contract.ENV_RUN_NUMBER: "4", contract.ENV_CHECKPOINT_RETAIN: "1"}
    made: list[Checkpoint] = []

    def fill() -> None:
        made[:] = volume.fill(2)

    def check(call: int) -> None:
        assert volume.run(task) == 0
        expected = [made[-1].uuid] if task == "retain" else []
        assert volume.left() == expected, f"after a kill at call {call}"

    kills = kill_everywhere(volume, (maintenance.__name__, task), moment, fill, check)
    assert kills > 8, "the calls of a task are not intercepted any more"

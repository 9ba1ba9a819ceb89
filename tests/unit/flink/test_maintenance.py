"""Maintenance of the volume of a stopped application: what is told, what goes, and what never does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.volumes import FOREIGN, REPOSITORY, Volume, kill_everywhere

from sluice import contract
from sluice.api.foreign import read_checkpoint
from sluice.runtime.flink import maintenance
from sluice.runtime.flink.points import Run, finish_run, read_runs, write_run
from sluice.runtime.lock import StorageLock, read_fence

from .volume import JOB, add_checkpoint, add_savepoint, job_folder

SAVEPOINT = "savepoint-012345-"


def fence(directory: Path, run: int = 4) -> None:
    StorageLock.acquire(directory, run, wait_seconds=0, on_busy=lambda: None).release()


def remember(directory: Path, *numbers: int) -> None:
    for number in numbers:
        write_run(directory, Run(number, "d", None, ""))


def remembered(directory: Path) -> list[int]:
    return [run.run_number for run in read_runs(directory)]


def retain(volume: Volume, count: int, **environment: str) -> list[str]:
    """What is left after one that succeeded, as it is told, and as it is found by a look of its own."""
    assert volume.run("retain", **{contract.ENV_CHECKPOINT_RETAIN: str(count), **environment}) == 0
    told = volume.said()
    assert volume.run("list") == 0
    assert volume.said() == told
    return volume.left()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A volume on which something ran."""
    made = Volume(tmp_path, maintenance.main)
    fence(made.directory)
    return made


# --- what is told ----------------------------------------------------------------------------------------


def test_list_tells_checkpoints_and_savepoints_the_newest_last(volume: Volume) -> None:
    add_savepoint(volume.directory, 1, 30)
    made = add_checkpoint(volume.directory, 2, 9)
    add_checkpoint(volume.directory, 1, 31)
    os.utime(made / "_metadata", (1767225600.9, 1767225600.9))
    before = volume.files()

    assert volume.run("list", **{contract.ENV_CHECKPOINT_RETAIN: "1"}) == 0

    assert volume.left() == [f"1-{SAVEPOINT}00000000001e", "1-chk-31", "2-chk-9"]
    assert volume.said()["error"] is None
    size = sum(file.stat().st_size for file in made.iterdir())
    last = volume.said()["checkpoints"][-1]
    assert last == {"uuid": "2-chk-9", "created_at": "2026-01-01T00:00:00.000Z", "size": size}
    assert {**volume.files(), "run.json": b""} == {**before, "run.json": b""}, "list changes nothing"


def test_the_operator_understands_what_is_told(volume: Volume) -> None:
    made = add_savepoint(volume.directory, 1, 30)
    os.utime(made / "_metadata", (1767225600, 1767225600))
    assert volume.run("list") == 0
    (told,) = volume.said()["checkpoints"]
    read = read_checkpoint(told)
    assert read is not None
    assert (read.uuid, read.steps) == (f"1-{SAVEPOINT}00000000001e", None)
    assert read.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_of_a_checkpoint_that_shares_files_no_size_is_told(volume: Volume) -> None:
    shared = job_folder(volume.directory, 1) / "shared" / "file"
    add_checkpoint(volume.directory, 1, 1, shared)
    assert volume.run("list") == 0
    assert "size" not in volume.said()["checkpoints"][0]


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_empty_volume_has_no_checkpoints(tmp_path: Path, task: str) -> None:
    volume = Volume(tmp_path, maintenance.main)
    (volume.directory / "lost+found").mkdir()
    assert volume.run(task) == 0
    assert volume.said() == {"checkpoints": [], "error": None}
    assert volume.run("list") == 0, "and is one of ours from then on"
    assert volume.said() == {"checkpoints": [], "error": None}


# --- what goes -------------------------------------------------------------------------------------------


def test_the_newest_of_both_kinds_together_are_kept(volume: Volume) -> None:
    for number in (1, 2):
        add_savepoint(volume.directory, 1, 10 * number)
    for number in (31, 32, 33):
        add_checkpoint(volume.directory, 1, number)
    add_savepoint(volume.directory, 2, 34)

    assert retain(volume, 3) == ["1-chk-32", "1-chk-33", f"2-{SAVEPOINT}000000000022"]
    assert retain(volume, 1) == [f"2-{SAVEPOINT}000000000022"]
    assert retain(volume, 1) == [f"2-{SAVEPOINT}000000000022"], "the newest is the resume point"
    assert not (volume.directory / "checkpoints" / "1").exists()
    assert not (volume.directory / "savepoints" / "1").exists()


def test_what_is_too_old_goes_but_never_the_newest(volume: Volume) -> None:
    for folder in (add_savepoint(volume.directory, 1, 1), add_checkpoint(volume.directory, 1, 2)):
        os.utime(folder / "_metadata", (0, 0))
    add_checkpoint(volume.directory, 1, 3)
    age = {contract.ENV_CHECKPOINT_MAX_AGE_SECONDS: "3600"}

    assert retain(volume, 9, **age) == ["1-chk-3"]
    os.utime(job_folder(volume.directory, 1) / "chk-3" / "_metadata", (0, 0))
    assert retain(volume, 9, **age) == ["1-chk-3"]


def test_shared_files_stay_until_no_checkpoint_of_their_job_is_left(volume: Volume) -> None:
    folder = job_folder(volume.directory, 1)
    for number in (1, 2):
        add_checkpoint(volume.directory, 1, number, folder / "shared" / "file")
    (folder / "taskowned").mkdir()
    (folder / "shared" / "file").write_bytes(b"state")

    assert retain(volume, 1) == ["1-chk-2"]
    assert {entry.name for entry in folder.iterdir()} == {"chk-2", "shared", "taskowned"}
    assert (folder / "shared" / "file").exists()

    add_savepoint(volume.directory, 2, 3)
    assert retain(volume, 1) == [f"2-{SAVEPOINT}000000000003"]
    assert not folder.exists()


def test_nothing_goes_that_the_newest_names(volume: Volume) -> None:
    # Flink makes no such checkpoint; a state backend of somebody's own might.
    old = add_checkpoint(volume.directory, 1, 1)
    shared = job_folder(volume.directory, 2) / "shared"
    add_checkpoint(volume.directory, 2, 2)
    (shared / "file").write_bytes(b"state")
    add_checkpoint(volume.directory, 3, 3, old / "exclusive", shared / "file")

    assert retain(volume, 1) == ["3-chk-3"]
    assert (old / "exclusive").exists()
    assert (shared / "file").exists()
    assert not (job_folder(volume.directory, 2) / "chk-2").exists()


def test_what_was_never_finished_goes_and_what_is_unknown_stays(volume: Volume) -> None:
    half = (add_checkpoint(volume.directory, 1, 1), add_savepoint(volume.directory, 1, 2))
    for folder in half:
        (folder / "_metadata").unlink()
    damaged = add_checkpoint(volume.directory, 2, 1)
    (damaged / "_metadata").write_bytes(b"damaged")
    copy = volume.directory / "savepoints" / "1" / "savepoint-of-mine"
    copy.mkdir()
    notes = volume.directory / "checkpoints" / "notes"
    notes.mkdir()
    later = add_checkpoint(volume.directory, 6, 1)
    (later / "_metadata").unlink()
    add_checkpoint(volume.directory, 3, 1)

    assert retain(volume, 1) == ["3-chk-1"]
    assert [folder.exists() for folder in half] == [False, False]
    assert damaged.exists(), "for somebody to look at"
    assert (damaged.parent / "shared").exists(), "and all that may belong to it"
    assert copy.exists()
    assert notes.exists()
    assert later.exists(), "a later run may be making it"


def test_runs_before_everything_kept_are_forgotten(volume: Volume) -> None:
    remember(volume.directory, 1, 2, 3)
    for run in (1, 2, 3):
        add_checkpoint(volume.directory, run, run)
    retain(volume, 2)
    assert remembered(volume.directory) == [2, 3]


@pytest.mark.parametrize("has_savepoint", [True, False])
def test_the_last_run_stays_remembered_as_finished(volume: Volume, has_savepoint: bool) -> None:
    remember(volume.directory, 1)
    finish_run(volume.directory, Run(2, "d", None, ""))
    if has_savepoint:
        add_savepoint(volume.directory, 2, 1)
    retain(volume, 1)
    assert read_runs(volume.directory) == [Run(2, "d", None, "", has_finished=True)]


def test_a_damaged_record_of_a_run_is_told_before_anything_goes(volume: Volume) -> None:
    for number in (1, 2):
        add_checkpoint(volume.directory, 1, number)
    (volume.directory / "runs").mkdir()
    (volume.directory / "runs" / "1.json").write_text("damaged")

    assert volume.run("retain", **{contract.ENV_CHECKPOINT_RETAIN: "1"}) == contract.EXIT_FAILED
    assert "1.json is damaged" in volume.said()["error"]["message"]
    assert volume.run("list") == 0
    assert volume.left() == ["1-chk-1", "1-chk-2"]


# --- whose volume it is ----------------------------------------------------------------------------------


def sdk_status(directory: Path) -> None:
    fence(directory)
    (directory / "status.json").write_text("{}")


def sdk_checkpoint(directory: Path) -> None:
    fence(directory)
    folder = directory / "checkpoints" / "0199e000-0000-7000-8000-000000000001"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text("{}")


def flink_without_a_fence(directory: Path) -> None:
    add_checkpoint(directory, 1, 1)


OTHERS = (*FOREIGN, sdk_status, sdk_checkpoint, flink_without_a_fence)


@pytest.mark.parametrize("task", ["list", "retain"])
@pytest.mark.parametrize("fill", OTHERS)
def test_a_volume_of_another_layout_is_reported_and_not_touched(
    tmp_path: Path, task: str, fill: Callable[[Path], None]
) -> None:
    volume = Volume(tmp_path, maintenance.main)
    fill(volume.directory)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FAILED
    assert volume.said()["checkpoints"] == []
    assert volume.said()["error"]["error_code"] == "UnknownStorageLayout"
    assert "those of a Flink application" in volume.said()["error"]["message"]
    assert volume.files() == before


@pytest.mark.parametrize("fill", OTHERS)
def test_clear_works_on_any_layout(tmp_path: Path, fill: Callable[[Path], None]) -> None:
    volume = Volume(tmp_path, maintenance.main)
    (volume.directory / "lost+found").mkdir()
    fill(volume.directory)
    assert volume.run("clear") == 0
    assert set(volume.files()) == {"lock", "run.json", "lost+found"}
    assert read_fence(volume.directory).run_number == 5


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_earlier_run_is_refused_and_touches_nothing(volume: Volume, task: str) -> None:
    for number in range(5):
        add_checkpoint(volume.directory, 1, number)
    fence(volume.directory, 6)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FENCED
    assert volume.said()["error"]["error_code"] == "Fenced"
    assert volume.files() == before


# --- the process -----------------------------------------------------------------------------------------


def fill_well(directory: Path) -> None:
    """Something of every kind that can go."""
    for number in (1, 2):
        shared = job_folder(directory, number) / "shared" / "file"
        add_checkpoint(directory, number, number, shared)
        shared.write_bytes(b"state")
    add_savepoint(directory, 2, 3)
    add_checkpoint(directory, 3, 4)
    add_checkpoint(directory, 3, 5)
    (job_folder(directory, 3) / "taskowned").mkdir()
    remember(directory, 1, 2, 3)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_retain_that_was_killed_anywhere_can_be_run_again(volume: Volume, moment: str) -> None:
    volume.environment[contract.ENV_CHECKPOINT_RETAIN] = "1"
    newest = f"checkpoints/3/{JOB}/chk-5"
    expected = {newest, f"{newest}/_metadata", f"{newest}/exclusive", "runs/3.json", "lock", "run.json"}
    expected |= {f"checkpoints/3/{JOB}/{name}" for name in ("shared", "taskowned")}
    expected |= {"checkpoints", "checkpoints/3", f"checkpoints/3/{JOB}", "savepoints", "runs"}

    def check(call: int) -> None:
        assert volume.run("list") == 0
        assert volume.left()[-1] == "3-chk-5", f"at once after a kill at call {call}"
        assert volume.run("retain") == 0
        assert volume.left() == ["3-chk-5"], f"after a kill at call {call}"
        assert set(volume.files()) == expected, f"after a kill at call {call}"

    command = (maintenance.__name__, "retain")
    kills = kill_everywhere(volume, command, moment, lambda: fill_well(volume.directory), check)
    assert kills > 20, "the calls of a task are not intercepted any more"


def test_the_command_of_the_contract_tells_what_is_left(volume: Volume) -> None:
    for number in (1, 2):
        add_checkpoint(volume.directory, 1, number)
    environment = {**os.environ, **volume.environment, "PYTHONPATH": str(REPOSITORY / "operator")}
    environment[contract.ENV_CHECKPOINT_RETAIN] = "1"
    command = [sys.executable, *contract.FLINK_MAINTENANCE_COMMAND[1:], contract.TASK_RETAIN]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert [json.loads(line)["event"] for line in output.splitlines()] == [
        "checkpoint_removed",
        "maintenance",
    ]
    assert volume.left() == ["1-chk-2"]


def test_a_wrong_task_is_told_how_to_do_it_right(volume: Volume) -> None:
    assert volume.run("erase") == contract.EXIT_BAD_CONFIGURATION
    assert volume.said()["error"]["message"].startswith("usage: python -m sluice.runtime.flink.maintenance")

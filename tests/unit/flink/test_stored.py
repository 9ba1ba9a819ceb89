"""What maintenance removes of a stopped application's volume, and what it never does."""

import os
from pathlib import Path

import pytest
from support.volumes import Volume, kill_everywhere

from sluice import contract
from sluice.runtime.errors import FencedError
from sluice.runtime.flink import maintenance
from sluice.runtime.flink.points import Run, finish_run, read_runs, write_run
from sluice.runtime.flink.stored import retain_stored
from sluice.runtime.lock import StorageLock
from sluice.runtime.retention import Retention

from .volume import JOB, SAVEPOINT, add_checkpoint, add_savepoint, fence, job_folder


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
    beside = job_folder(volume.directory, 1) / "notes"
    beside.touch()
    later = add_checkpoint(volume.directory, 6, 1)
    (later / "_metadata").unlink()
    add_checkpoint(volume.directory, 3, 1)

    assert retain(volume, 1) == ["3-chk-1"]
    assert [folder.exists() for folder in half] == [False, False]
    assert damaged.exists(), "for somebody to look at"
    assert (damaged.parent / "shared").exists(), "and all that may belong to it"
    assert copy.exists()
    assert notes.exists()
    assert beside.exists()
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


def test_one_that_was_replaced_removes_nothing_more(volume: Volume) -> None:
    for number in (1, 2):
        add_checkpoint(volume.directory, 1, number)
    lock = StorageLock.acquire(volume.directory, 5, wait_seconds=0, on_busy=lambda: None)
    # As on a network file system that keeps a lock to one node.
    (volume.directory / "lock").unlink()
    fence(volume.directory, 6)
    before = volume.files()
    with pytest.raises(FencedError):
        retain_stored(volume.directory, lock, Retention(1), 0)
    lock.release()
    assert volume.files() == before


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

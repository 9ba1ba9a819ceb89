"""One writer for a storage, by the lock on this node and by the run number everywhere."""

from pathlib import Path

import pytest

from sluice import contract
from sluice.runtime.errors import FencedError, StorageError
from sluice.runtime.lock import StorageLock, read_fence

from .harness import Jobs


def acquire(directory: Path, run_number: int | None) -> StorageLock:
    return StorageLock.acquire(directory, run_number, wait_seconds=0, on_busy=lambda: None)


def test_a_held_storage_is_refused_whatever_the_number(tmp_path: Path) -> None:
    held = acquire(tmp_path, 2)
    for number in (2, 3, None):
        with pytest.raises(FencedError, match="held by another process"):
            acquire(tmp_path, number)
    held.release()


def test_a_newcomer_that_must_wait_does_not_fence_the_holder(tmp_path: Path) -> None:
    held = acquire(tmp_path, 2)
    with pytest.raises(FencedError):
        acquire(tmp_path, 3)
    held.require_held()
    assert read_fence(tmp_path).run_number == 2
    held.release()


@pytest.mark.parametrize(("number", "stored"), [(5, 5), (6, 6), (None, 5)])
def test_a_free_storage_is_taken_by_the_same_or_a_later_run(
    tmp_path: Path, number: int | None, stored: int
) -> None:
    acquire(tmp_path, 5).release()

    lock = acquire(tmp_path, number)

    assert lock.run_number == read_fence(tmp_path).run_number == stored
    lock.release()


def test_an_earlier_run_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    acquire(tmp_path, 5).release()
    with pytest.raises(FencedError, match="last held by run 5; this is run 4"):
        acquire(tmp_path, 4)
    assert read_fence(tmp_path).run_number == 5


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"run_number": "5"}'])
def test_a_damaged_run_number_lets_nobody_write(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(StorageError, match="damaged"):
        acquire(tmp_path, 5)


def test_an_earlier_run_exits_at_once_and_leaves_the_holder_alone(jobs: Jobs) -> None:
    holder = jobs.start(SLUICE_RUN_NUMBER="7")
    holder.wait_status("Running")

    late = jobs.start(SLUICE_RUN_NUMBER="6")

    assert late.wait_exit() == contract.EXIT_FENCED
    words = late.last_words()
    assert words["checkpoint"] is None
    assert words["error"]["error_code"] == "Fenced"
    assert "run 7" in words["error"]["message"]
    holder.checkpoint()


def test_a_later_run_waits_for_the_last_checkpoint_of_its_predecessor(jobs: Jobs) -> None:
    first = jobs.start(SLUICE_RUN_NUMBER="1")
    first.wait_processed(100)
    second = jobs.start(SLUICE_RUN_NUMBER="2")
    waiting = second.wait_status("Initializing")
    assert waiting["runtime_desired_status"] == "Running"

    assert first.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    second.wait_status("Running")
    assert second.events("resumed")[0]["uuid"] == first.last_words()["checkpoint"]


def test_a_run_that_cannot_get_the_lock_in_time_exits(jobs: Jobs) -> None:
    jobs.start(SLUICE_RUN_NUMBER="1").wait_status("Running")

    second = jobs.start(SLUICE_RUN_NUMBER="1", SLUICE_LOCK_WAIT_SECONDS="0.1")

    assert second.wait_exit() == contract.EXIT_FENCED
    assert "held by another process" in second.last_words()["error"]["message"]


def test_a_killed_holder_gives_the_lock_back(jobs: Jobs) -> None:
    first = jobs.start(SLUICE_RUN_NUMBER="1")
    first.wait_status("Running")
    first.kill()
    jobs.start(SLUICE_RUN_NUMBER="1", SLUICE_LOCK_WAIT_SECONDS="0").wait_status("Running")


def replace_run(jobs: Jobs, number: int) -> None:
    """What a process on another node does where the file system keeps ``flock`` to one node."""
    (jobs.storage / "run.json").write_text(f'{{"run_number": {number}}}')


def test_a_replaced_run_makes_no_checkpoint_and_exits(jobs: Jobs) -> None:
    job = jobs.start(SLUICE_RUN_NUMBER="1")
    job.wait_status("Running")
    known = job.checkpoint()["uuid"]
    replace_run(jobs, 2)

    job.post("/checkpoint")

    assert job.wait_exit() == contract.EXIT_FENCED
    assert [each.name for each in (jobs.storage / "checkpoints").iterdir()] == [known]


def test_a_replaced_run_accepts_no_change_and_exits(jobs: Jobs) -> None:
    job = jobs.start(SLUICE_RUN_NUMBER="1")
    job.wait_status("Running")
    before = (jobs.storage / "status.json").read_text()
    replace_run(jobs, 2)

    answer = job.get("/pause")

    assert (answer.status, answer.body["error_code"]) == (410, "Terminating")
    assert job.wait_exit() == contract.EXIT_FENCED
    assert (jobs.storage / "status.json").read_text() == before


def test_a_replaced_run_does_not_checkpoint_on_sigterm(jobs: Jobs) -> None:
    job = jobs.start(SLUICE_RUN_NUMBER="1")
    job.wait_status("Running")
    replace_run(jobs, 2)

    assert job.stop() == contract.EXIT_FENCED
    assert not list((jobs.storage / "checkpoints").iterdir())

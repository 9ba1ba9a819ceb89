"""How a process starts on a storage that others used before it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import contract

from .harness import FIRST_ID, SECOND_ID, JobProcess, Jobs, wait_for


def start(jobs: Jobs, deployment_id: str, *arguments: str, **environment: str) -> JobProcess:
    return jobs.start("--deployment-id", deployment_id, *arguments, **environment)


def stored_status(jobs: Jobs) -> str:
    desired: str = json.loads((jobs.storage / "status.json").read_text())["desired_status"]
    return desired


def test_an_automatic_restart_keeps_the_desired_status_that_was_stored(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_processed(100)
    first.get("/pause")
    assert stored_status(jobs) == "Paused", "stored before it was acknowledged"
    first.wait_status("Paused")
    position = first.checkpoint()["processed_records"]
    first.kill()

    second = start(jobs, FIRST_ID, "--initial", "running")

    assert second.wait_status("Paused")["runtime_desired_status"] == "Paused"
    assert second.processed() == position


def test_a_new_start_ignores_the_desired_status_that_was_stored(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID, "--initial", "paused")
    first.wait_status("Paused")
    first.stop()

    start(jobs, SECOND_ID, "--initial", "running").wait_status("Running")

    assert stored_status(jobs) == "Running"


def test_after_a_finished_suspend_the_same_id_is_suspended_at_once(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_processed(100)
    first.post("/suspend")
    first.wait_status("Suspended")
    known = first.checkpoint_ids()
    first.kill()

    # The job would need a minute to open: it is not even started.
    second = start(jobs, FIRST_ID, ZONE_CENSUS_TEST_RESTORE_SECONDS="60")

    assert second.wait_status("Suspended")["runtime_desired_status"] == "Suspended"
    assert second.checkpoint_ids() == known
    assert second.get("/start").status == 400
    assert second.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert second.last_words() == {"checkpoint": known[-1], "error": None}


def test_after_a_finished_suspend_another_id_resumes(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_processed(100)
    first.post("/suspend")
    checkpoint = first.wait_status("Suspended")["storage_status_details"]["checkpoints"][-1]
    first.stop()

    second = start(jobs, SECOND_ID, "--initial", "paused")

    second.wait_status("Paused")
    assert second.processed() == checkpoint["processed_records"] >= 100


def test_after_an_unfinished_suspend_the_same_id_is_an_error(jobs: Jobs, tmp_path: Path) -> None:
    unblocked = tmp_path / "unblocked"
    unblocked.touch()
    first = start(jobs, FIRST_ID, ZONE_CENSUS_TEST_DELAYED_UNTIL=str(unblocked))
    first.wait_status("Running")
    first.checkpoint()
    unblocked.unlink()
    first.post("/suspend")
    first.kill()

    second = start(jobs, FIRST_ID, SLUICE_FAILURE_GRACE_SECONDS="60")

    body = second.wait_error()
    assert body["error_code"] == "InitializationError"
    assert body["details"]["error"]["error_code"] == "InvalidInitialStatus"
    assert second.stop() == contract.EXIT_FAILED


def test_sigterm_in_the_middle_of_a_suspend_finishes_the_suspend(jobs: Jobs, tmp_path: Path) -> None:
    unblocked = tmp_path / "unblocked"
    first = start(jobs, FIRST_ID, ZONE_CENSUS_TEST_DELAYED_UNTIL=str(unblocked))
    first.wait_status("Running")
    first.post("/suspend")
    first.terminate()
    wait_for(first.words.exists, bool, "delayed last checkpoint")
    unblocked.touch()
    assert first.wait_exit() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    start(jobs, FIRST_ID).wait_status("Suspended")


@pytest.mark.parametrize(
    ("initial", "error_code"),
    [
        ("standby", "InitialStandbyNotAllowed"),
        ("coordination", "UnsupportedInitialStatus"),
        ("suspended", "InvalidInitialStatus"),
    ],
)
def test_an_initial_status_that_cannot_be_is_an_initialization_error(
    jobs: Jobs, initial: str, error_code: str
) -> None:
    job = start(jobs, FIRST_ID, "--initial", initial)
    assert job.wait_exit() == contract.EXIT_FAILED
    error = job.last_words()["error"]
    assert error["error_code"] == "InitializationError"
    assert error["details"]["error"]["error_code"] == error_code


def test_a_fresh_start_begins_with_nothing_and_a_restart_of_it_too(jobs: Jobs) -> None:
    old = start(jobs, FIRST_ID)
    old.wait_processed(100)
    old.stop()

    fresh = start(jobs, SECOND_ID, "--start-from", "fresh", "--initial", "paused")
    fresh.wait_status("Paused")
    assert fresh.processed() == 0
    fresh.kill()

    restarted = start(jobs, SECOND_ID)
    restarted.wait_status("Paused")
    assert restarted.processed() == 0, "it went back to the state which it was told to leave"


def test_a_restart_prefers_its_own_checkpoint_to_where_it_was_told_to_start(jobs: Jobs) -> None:
    old = start(jobs, FIRST_ID)
    old.wait_processed(100)
    chosen = old.checkpoint()
    old.wait_processed(chosen["processed_records"] + 100)
    old.stop()

    first = start(jobs, SECOND_ID, "--start-from", chosen["uuid"], "--initial", "paused")
    first.wait_status("Paused")
    assert first.processed() == chosen["processed_records"]
    first.get("/start")
    first.wait_processed(chosen["processed_records"] + 10)
    own = first.checkpoint()
    first.kill()

    second = start(jobs, SECOND_ID)
    second.wait_status("Running")
    assert second.events("resumed")[0]["uuid"] == own["uuid"]


def test_an_unknown_checkpoint_is_never_replaced_by_another(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_status("Running")
    first.stop()

    second = start(jobs, SECOND_ID, "--start-from", FIRST_ID)

    assert second.wait_exit() == contract.EXIT_FAILED
    assert second.last_words()["error"]["details"]["error"]["error_code"] == "CheckpointNotFound"


def damage_status(jobs: Jobs) -> None:
    (jobs.storage / "status.json").write_text('{"deployment_id": "')


def damage_run(jobs: Jobs) -> None:
    (jobs.storage / "run.json").write_text("")


@pytest.mark.parametrize("damage", [damage_status, damage_run])
def test_a_damaged_storage_is_reported_and_left_alone(jobs: Jobs, damage: Callable[[Jobs], None]) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_status("Running")
    first.stop()
    damage(jobs)

    second = start(jobs, FIRST_ID)

    assert second.wait_exit() == contract.EXIT_FAILED
    error = second.last_words()["error"]
    assert error["details"]["error"]["error_code"] == "StorageError"
    assert "is damaged" in error["message"]


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID)
    first.wait_processed(100)
    good = first.checkpoint()
    bad = first.checkpoint()
    first.kill()
    state = jobs.storage / "checkpoints" / bad["uuid"] / "state"
    state.write_bytes(state.read_bytes()[:-1])

    second = start(jobs, FIRST_ID)

    second.wait_status("Running")
    assert second.events("checkpoint_skipped")[0]["path"].endswith(bad["uuid"])
    assert second.events("resumed")[0]["uuid"] == good["uuid"]
    assert state.exists()


def test_a_process_that_periodically_checkpoints_resumes_where_it_last_did(jobs: Jobs) -> None:
    first = start(jobs, FIRST_ID, SLUICE_CHECKPOINT_INTERVAL_SECONDS="1")
    first.wait_status("Running")
    (checkpoint, *_) = wait_for(lambda: first.events("checkpoint"), bool, "periodic checkpoint")
    first.kill()
    assert checkpoint["reason"] == "periodic"
    second = start(jobs, FIRST_ID)
    second.wait_status("Running")
    assert second.events("resumed")[0]["processed_records"] >= checkpoint["processed_records"] > 0

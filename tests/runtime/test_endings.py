"""Every way in which a process ends: exit code, last words, and what is durable then."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import contract

from .harness import FIRST_ID, JobProcess, Jobs, wait_for


def test_sigterm_takes_a_last_checkpoint(jobs: Jobs) -> None:
    job = jobs.start()
    job.wait_processed(100)

    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    words = job.last_words()
    assert words["error"] is None
    after = jobs.start("--initial", "paused")
    status = after.wait_status("Paused")
    (checkpoint,) = status["storage_status_details"]["checkpoints"]
    assert checkpoint["uuid"] == words["checkpoint"]
    assert checkpoint["processed_records"] == after.processed() >= 100


def test_sigterm_while_paused_takes_a_last_checkpoint(jobs: Jobs) -> None:
    job = jobs.start("--initial", "paused")
    job.wait_status("Paused")
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words()["checkpoint"] is not None


def test_sigterm_while_suspended_has_nothing_to_do(jobs: Jobs) -> None:
    job = jobs.start()
    job.wait_status("Running")
    job.post("/suspend")
    job.wait_status("Suspended")
    (known,) = job.checkpoint_ids()

    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    assert job.last_words() == {"checkpoint": known, "error": None}
    assert [each.name for each in (jobs.storage / "checkpoints").iterdir()] == [known]


def test_sigterm_interrupts_a_long_initialization(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RESTORE_SECONDS="60")
    wait_for(
        lambda: job.get("/status").body["runtime_status_details"],
        lambda seen: seen.get("reason") == "opening the job",
        "restoring job",
    )
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words() == {"checkpoint": None, "error": None}


def test_sigterm_without_storage_has_nothing_to_save(jobs: Jobs) -> None:
    job = jobs.start_without_storage()
    job.wait_status("Running")
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words() == {"checkpoint": None, "error": None}


def test_sigterm_whose_checkpoint_fails_is_a_failure(jobs: Jobs, tmp_path: Path) -> None:
    flag = tmp_path / "fail"
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=str(flag))
    job.wait_status("Running")
    known = job.checkpoint()["uuid"]
    flag.touch()

    assert job.stop() == contract.EXIT_FAILED

    words = job.last_words()
    assert words["checkpoint"] == known, "the newest durable one is still named"
    assert "told to fail" in words["error"]["message"]


def test_sigterm_after_a_failed_suspend_tries_once_more(jobs: Jobs, tmp_path: Path) -> None:
    flag = tmp_path / "fail"
    flag.touch()
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=str(flag))
    job.wait_status("Running")
    job.post("/suspend")
    job.wait_error()
    flag.unlink()

    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    words = job.last_words()
    assert words["error"] is None
    assert words["checkpoint"] is not None


def test_a_delayed_last_checkpoint_leaves_word_and_then_succeeds(jobs: Jobs, tmp_path: Path) -> None:
    blocker_ended = tmp_path / "ended"
    job = jobs.start(ZONE_CENSUS_TEST_DELAYED_UNTIL=str(blocker_ended))
    job.wait_status("Running")
    job.terminate()
    wait_for(job.words.exists, bool, "last words ahead of time")
    status = job.get("/status").body
    assert status["runtime_status"] == "Running"
    assert status["runtime_status_details"] == {"reason": "taking the last checkpoint"}
    answer = job.post("/checkpoint")
    assert (answer.status, answer.body["error_code"]) == (410, "Terminating")
    assert job.get("/pause").status == 410
    assert job.last_words()["error"]["error_code"] == "CheckpointDelayed"
    job.terminate()

    blocker_ended.touch()

    assert job.wait_exit() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words()["error"] is None


def test_what_is_processed_during_a_delay_is_in_the_last_checkpoint(jobs: Jobs, tmp_path: Path) -> None:
    blocker_ended = tmp_path / "ended"
    job = jobs.start("--rows-per-second", "0", ZONE_CENSUS_TEST_DELAYED_UNTIL=str(blocker_ended))
    job.wait_status("Running")
    job.terminate()
    wait_for(lambda: len(job.events("checkpoint_delayed")), bool, "delay")
    blocker_ended.touch()
    assert job.wait_exit() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    after = jobs.start("--initial", "paused")
    after.wait_status("Paused")
    assert after.processed() == after.get("/stats").body["job"]["total"]


def test_further_sigterms_do_not_disturb_the_last_checkpoint(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="0.3")
    job.wait_status("Running")
    job.terminate()
    wait_for(
        lambda: job.get("/stats").status, lambda seen: seen == 410, "process that takes its last checkpoint"
    )
    for _ in range(20):
        job.terminate()
    assert job.wait_exit() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words()["checkpoint"] is not None


def test_the_end_of_the_input_is_the_only_way_to_code_0(jobs: Jobs) -> None:
    job = jobs.start("--laps", "2")
    assert job.wait_exit() == contract.EXIT_END_OF_INPUT
    words = job.last_words()
    assert words["error"] is None
    (checkpoint,) = job.events("checkpoint")
    assert checkpoint["uuid"] == words["checkpoint"]
    assert checkpoint["reason"] == "end_of_input"

    again = jobs.start("--laps", "2")
    assert again.wait_exit() == contract.EXIT_END_OF_INPUT
    assert again.events("checkpoint")[0]["processed_records"] == checkpoint["processed_records"]


def test_the_end_of_the_input_without_storage_is_still_the_end(jobs: Jobs) -> None:
    job = jobs.start_without_storage("--laps", "1")
    assert job.wait_exit() == contract.EXIT_END_OF_INPUT
    assert job.last_words() == {"checkpoint": None, "error": None}


def test_an_exception_can_be_read_for_a_while_and_is_never_checkpointed(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RAISE_AT="500", SLUICE_FAILURE_GRACE_SECONDS="60")
    known = wait_for(lambda: job.get("/status"), lambda seen: seen.status == 500, "/status 500")
    assert known.body["error_code"] == "RuntimeError.WorkerPanic"
    assert known.body["message"] == "The job failed: RuntimeError: told to fail at record 500"
    assert known.body["details"]["function"] == "_test_step"
    assert job.get("/stats").body == known.body
    assert job.get("/checkpoints").body == []

    assert job.stop() == contract.EXIT_FAILED

    assert job.last_words() == {"checkpoint": None, "error": known.body}
    assert not list((jobs.storage / "checkpoints").iterdir())


def test_after_the_grace_a_failed_process_ends_by_itself(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RAISE_AT="0", SLUICE_FAILURE_GRACE_SECONDS="0.2")
    assert job.wait_exit() == contract.EXIT_FAILED
    assert job.last_words()["error"]["error_code"] == "RuntimeError.WorkerPanic"
    assert "Traceback" in job.output.read_text()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("ExitsWithZero", "SystemExit: 0"),
        ("CountsBackwards", "process() returned -1, not a count of records"),
        ("DelaysAStep", "CheckpointDelayed: a step cannot be delayed"),
        ("PanicsAtLength", "ValueError: long"),
    ],
)
def test_a_job_that_breaks_a_rule_fails(jobs: Jobs, name: str, part: str) -> None:
    job = jobs.start_odd(name)
    assert job.wait_exit() == contract.EXIT_FAILED
    error = job.last_words()["error"]
    assert error["error_code"] == "RuntimeError.WorkerPanic"
    assert part in error["message"]
    assert len(error["message"].encode()) <= 2048


def test_a_job_that_cannot_open_fails_to_initialize(jobs: Jobs) -> None:
    job = jobs.start_odd("CannotOpen", SLUICE_FAILURE_GRACE_SECONDS="60")
    body = job.wait_error()
    assert body["error_code"] == "InitializationError"
    assert body["message"] == (
        "Operation failed because the pipeline failed to initialize. "
        "Error details: PermissionError: no access to the source"
    )
    assert body["details"]["error"]["error_code"] == "JobError"
    assert job.stop() == contract.EXIT_FAILED


def test_a_job_cannot_end_while_it_is_restored(jobs: Jobs) -> None:
    assert jobs.start_odd("Plain").wait_exit() == contract.EXIT_END_OF_INPUT
    job = jobs.start_odd("EndsWhileRestoring")
    assert job.wait_exit() == contract.EXIT_FAILED
    assert job.last_words()["error"]["error_code"] == "InitializationError"


def test_a_snapshot_that_is_not_bytes_fails_the_checkpoint(jobs: Jobs) -> None:
    job = jobs.start_odd("SnapshotsText")
    assert job.wait_exit() == contract.EXIT_FAILED
    assert "snapshot() returned str, not bytes" in job.last_words()["error"]["message"]


def test_a_job_that_cannot_close_has_ended_all_the_same(jobs: Jobs) -> None:
    job = jobs.start_odd("CannotClose")
    assert job.wait_exit() == contract.EXIT_END_OF_INPUT
    assert job.events("close_failed")[0]["error"] == "OSError: the source is gone"


def test_a_thread_of_the_job_does_not_keep_the_process(jobs: Jobs) -> None:
    assert jobs.start_odd("LeavesAThread").wait_exit() == contract.EXIT_END_OF_INPUT


@pytest.mark.parametrize("name", ["SwallowsTermination", "IgnoresTermination"])
def test_a_job_that_hides_a_termination_is_not_checkpointed_half_open(jobs: Jobs, name: str) -> None:
    job = jobs.start_odd(name)
    wait_for(
        lambda: job.get("/status").body["runtime_status_details"],
        lambda seen: seen.get("reason") == "opening the job",
        "opening job",
    )
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words() == {"checkpoint": None, "error": None}
    assert not list((jobs.storage / "checkpoints").iterdir())


def test_a_job_that_cannot_describe_itself_keeps_its_state(jobs: Jobs) -> None:
    job = jobs.start_odd("CannotDescribe")
    assert job.wait_exit() == contract.EXIT_END_OF_INPUT
    assert job.events("checkpoint")[0]["processed_records"] == 3


def test_a_port_that_is_taken_is_a_failure_with_last_words(jobs: Jobs) -> None:
    first = jobs.start()
    port = str(first.wait_event("listening")["port"])
    second = jobs.start("--default-port", port, "--deployment-id", FIRST_ID)
    assert second.wait_exit() == contract.EXIT_FAILED
    assert second.last_words()["error"]["error_code"] == "CannotListen"
    assert second.events("cannot_listen")[0]["port"] == int(port)
    assert "Traceback" not in second.output.read_text()


def reach_the_end(jobs: Jobs) -> JobProcess:
    return jobs.start_odd("DiesWhileClosing")


def suspend(jobs: Jobs) -> JobProcess:
    job = jobs.start_odd("DiesWhenToldToEnd")
    job.wait_status("Running")
    job.post("/suspend")
    return job


def terminate(jobs: Jobs) -> JobProcess:
    job = jobs.start_odd("DiesWhenToldToEnd")
    job.wait_status("Running")
    job.terminate()
    return job


@pytest.mark.parametrize("end", [reach_the_end, suspend, terminate])
def test_a_process_that_dies_after_its_last_checkpoint_has_left_word_of_it(
    jobs: Jobs, end: Callable[[Jobs], JobProcess]
) -> None:
    job = end(jobs)

    assert job.wait_exit() == -signal.SIGKILL

    (made,) = (jobs.storage / "checkpoints").iterdir()
    assert job.last_words() == {"checkpoint": made.name, "error": None}


def test_word_of_a_suspend_is_left_before_it_is_reported(jobs: Jobs) -> None:
    job = jobs.start()
    job.wait_status("Running")
    job.post("/suspend")
    job.wait_status("Suspended")
    (made,) = job.checkpoint_ids()
    assert job.last_words() == {"checkpoint": made, "error": None}
    job.kill()
    assert job.last_words() == {"checkpoint": made, "error": None}


def test_a_checkpoint_on_the_way_leaves_no_last_words(jobs: Jobs) -> None:
    job = jobs.start()
    job.wait_status("Running")
    job.checkpoint()
    assert not job.words.exists(), "an operator would take them for the end"

"""The contract over HTTP, above all where a job is slow, fails or cannot be captured."""

import time
from pathlib import Path
from typing import Any

import pytest

from sluice import contract

from .harness import Answer, JobProcess, Jobs, wait_for

LONG = "60"
PROMPT_SECONDS = 2.0
"""Far below LONG and far above what an answer takes on a busy machine."""


def activity(job: JobProcess) -> dict[str, Any]:
    activity: dict[str, Any] = job.get("/stats").body["checkpoint_activity"]
    return activity


def assert_error(answer: Answer, status: int, error_code: str) -> dict[str, Any]:
    assert answer.status == status, answer
    assert set(answer.body) == {"message", "error_code", "details"}
    assert answer.body["error_code"] == error_code, answer
    body: dict[str, Any] = answer.body
    return body


def test_status_answers_while_the_job_is_restoring(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RESTORE_SECONDS=LONG)
    seen = wait_for(
        lambda: job.get("/status").body,
        lambda seen: seen["runtime_status_details"].get("reason") == "opening the job",
        "restoring job",
    )
    assert seen["runtime_status"] == "Initializing"
    for method, path in (("GET", "/stats"), ("POST", "/checkpoint"), ("GET", "/suspendable")):
        answer = job.get(path) if method == "GET" else job.post(path)
        body = assert_error(answer, 503, "Initializing")
        assert body["message"] == "Operation failed because the pipeline has not finished initializing."


@pytest.mark.parametrize("knob", ["ZONE_CENSUS_TEST_STEP_SECONDS", "ZONE_CENSUS_TEST_SNAPSHOT_SECONDS"])
def test_no_answer_waits_for_a_step_or_a_snapshot(jobs: Jobs, knob: str) -> None:
    job = jobs.start(**{knob: LONG})
    job.wait_status("Running")
    started = time.monotonic()
    job.post("/checkpoint")
    for path in ("/status", "/stats", "/checkpoints", "/checkpoint_status", "/metrics", "/pause", "/start"):
        assert job.get(path).status in {200, 202}
    assert time.monotonic() - started < PROMPT_SECONDS


def test_a_checkpoint_in_progress_is_visible(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_SECONDS=LONG)
    job.wait_status("Running")
    job.post("/checkpoint")
    seen = wait_for(lambda: activity(job), lambda seen: seen["status"] == "in_progress", "checkpoint")
    assert "started_at" in seen


def test_a_wish_during_initialization_is_kept(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RESTORE_SECONDS="0.5")
    answer = job.get("/pause")
    assert answer == (202, "Pipeline transitioning from Running to Paused")
    assert job.wait_status("Paused")["runtime_desired_status"] == "Paused"
    assert job.processed() == 0


def test_a_suspend_during_initialization_processes_nothing_and_checkpoints(jobs: Jobs) -> None:
    job = jobs.start(ZONE_CENSUS_TEST_RESTORE_SECONDS="0.5")
    assert job.post("/suspend").status == 202
    status = job.wait_status("Suspended")
    (checkpoint,) = status["storage_status_details"]["checkpoints"]
    assert checkpoint["processed_records"] == 0


def test_without_storage_a_checkpoint_fails_and_the_job_goes_on(jobs: Jobs) -> None:
    job = jobs.start_without_storage()
    status = job.wait_status("Running")
    assert status["storage_status_details"] is None
    assert job.get("/suspendable").body == {"suspendable": False, "reasons": ["StorageRequired"]}
    assert job.get("/stats").body["permanent_checkpoint_errors"] == ["StorageRequired"]
    number = job.post("/checkpoint").body["checkpoint_sequence_number"]
    seen = wait_for(lambda: job.get("/checkpoint_status").body, lambda seen: seen["failure"], "failure")
    assert seen["success"] is None
    assert seen["failure"]["sequence_number"] == number == 0
    assert seen["failure"]["error"] == "Storage must be configured"
    job.wait_processed(job.processed() + 1)


def test_without_storage_a_suspend_ends_in_an_error(jobs: Jobs) -> None:
    job = jobs.start_without_storage()
    job.wait_status("Running")
    assert job.post("/suspend").status == 202
    body = job.wait_error()
    assert body["error_code"] == "SuspendError"
    assert body["message"] == (
        "The pipeline does not support checkpointing for the following reasons: Storage must be configured"
    )
    assert body["details"] == {"Permanent": ["StorageRequired"]}
    assert job.stop() == contract.EXIT_FAILED
    assert job.last_words()["error"]["error_code"] == "SuspendError"


def test_a_failed_checkpoint_is_reported_and_the_next_one_succeeds(jobs: Jobs, tmp_path: Path) -> None:
    flag = tmp_path / "fail"
    flag.touch()
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=str(flag))
    job.wait_status("Running")
    job.post("/checkpoint")
    failed = wait_for(lambda: job.get("/checkpoint_status").body, lambda seen: seen["failure"], "failure")
    assert failed["success"] is None
    assert failed["failure"]["error"].startswith("OSError: told to fail")

    flag.unlink()
    job.checkpoint()

    after = job.get("/checkpoint_status").body
    assert after["success"] == 1
    assert after["failure"] == failed["failure"], "a later success does not clear the failure"


def test_a_suspend_whose_checkpoint_fails_ends_in_an_error(jobs: Jobs, tmp_path: Path) -> None:
    flag = tmp_path / "fail"
    flag.touch()
    job = jobs.start(ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=str(flag))
    job.wait_status("Running")
    job.post("/suspend")
    body = job.wait_error()
    assert body["error_code"] == "SuspendError"
    assert "told to fail" in body["message"]
    assert_error(job.get("/start"), 400, "InvalidTransition")
    assert_error(job.get("/stats"), 500, "SuspendError")
    assert_error(job.post("/checkpoint"), 500, "SuspendError")


def test_a_delayed_suspend_goes_on_processing_until_the_blocker_ends(jobs: Jobs, tmp_path: Path) -> None:
    blocker_ended = tmp_path / "ended"
    job = jobs.start(ZONE_CENSUS_TEST_DELAYED_UNTIL=str(blocker_ended))
    job.wait_status("Running")
    job.post("/suspend")
    delayed = wait_for(lambda: activity(job), lambda seen: seen["status"] == "delayed", "delay")
    assert delayed["reasons"] == [f"waiting for {blocker_ended}"]
    assert job.get("/stats").body["suspend_error"] == {"Temporary": delayed["reasons"]}
    status = job.get("/status").body
    assert (status["runtime_status"], status["runtime_desired_status"]) == ("Running", "Suspended")
    job.wait_processed(job.processed() + 100)

    blocker_ended.touch()

    assert len(job.wait_status("Suspended")["storage_status_details"]["checkpoints"]) == 1


def test_a_delayed_suspend_of_a_paused_job_processes_nothing(jobs: Jobs, tmp_path: Path) -> None:
    blocker_ended = tmp_path / "ended"
    job = jobs.start("--initial", "paused", ZONE_CENSUS_TEST_DELAYED_UNTIL=str(blocker_ended))
    job.wait_status("Paused")
    job.post("/suspend")
    wait_for(lambda: activity(job), lambda seen: seen["status"] == "delayed", "delay")
    assert job.get("/status").body["runtime_status"] == "Paused"

    blocker_ended.touch()

    (checkpoint,) = job.wait_status("Suspended")["storage_status_details"]["checkpoints"]
    assert checkpoint["processed_records"] == 0


def test_old_checkpoints_are_removed_once_newer_ones_are_durable(jobs: Jobs) -> None:
    job = jobs.start("--checkpoint-retain", "2")
    job.wait_status("Running")
    made = [job.checkpoint()["uuid"] for _ in range(4)]
    assert job.checkpoint_ids() == made[-2:]
    assert sorted(each.name for each in (jobs.storage / "checkpoints").iterdir()) == sorted(made[-2:])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_errors_of_the_http_library_have_the_form_of_the_contract(jobs: Jobs, method: str) -> None:
    job = jobs.start()
    job.wait_status("Running")
    if method == "GET":
        assert_error(job.get("/nowhere"), 404, "NotFound")
        for path in ("/checkpoint", "/suspend", "/activate", "/approve"):
            assert_error(job.get(path), 405, "MethodNotAllowed")
        assert_error(job.get("/checkpoints/remote"), 501, "NotSupported")
    else:
        for path in ("/status", "/start", "/pause", "/stats"):
            assert_error(job.post(path), 405, "MethodNotAllowed")
        for path in ("/checkpoint/sync", "/ingress/table", "/input_endpoints/a/pause"):
            assert_error(job.post(path), 501, "NotSupported")
        assert_error(job.post("/suspend", b"x" * 100_000), 413, "PayloadTooLarge")
    assert job.get("/status").body["runtime_desired_status"] == "Running"


def test_a_description_that_is_no_plain_json_does_no_harm(jobs: Jobs) -> None:
    large = jobs.start_odd("DescribesTooMuch")
    large.wait_status("Running")
    assert "omitted" in large.get("/stats").body["job"]
    large.kill()
    strange = jobs.start_odd("DescribesObjects")
    strange.wait_status("Running")
    assert strange.get("/stats").body["job"] == {"object": "{1, 2}"}
    strange.kill()
    unreadable = jobs.start_odd("DescribesNoNumber")
    unreadable.wait_status("Running")
    assert unreadable.get("/stats").body["job"]["error"].startswith("describe() failed: ValueError")


def test_an_idle_job_pauses_at_once(jobs: Jobs) -> None:
    job = jobs.start_odd("NeverEnds")
    job.wait_status("Running")
    started = time.monotonic()
    job.get("/pause")
    job.wait_status("Paused")
    assert time.monotonic() - started < PROMPT_SECONDS, "the idle time of five seconds was waited for"

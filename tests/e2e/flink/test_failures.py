"""Stops and jobs that fail, and what status then says."""

from support.installation import kill_operator, wait_for_operator
from support.kubectl import Kubectl, wait_until
from support.pipeline import PipelineAtWork

from .job import (
    FAILING,
    START_SECONDS,
    flink_manifest,
    in_container,
    verdict,
    wait_for_own_checkpoint,
)

FAST_RESTART = {"backoffSeconds": 1, "maxBackoffSeconds": 2}
KILL_TASKMANAGER = """
import os, pathlib
for process in pathlib.Path('/proc').glob('[0-9]*'):
    if b'TaskManagerRunner' in (process / 'cmdline').read_bytes() and int(process.name) != os.getpid():
        os.kill(int(process.name), 9)
"""


def is_stop_heard(job: PipelineAtWork) -> tuple[bool, object]:
    status = job.status()
    return status.get("deploymentStatus") == "Suspending", status


def test_a_savepoint_that_fails_is_shown_and_made_again_until_it_succeeds(job: PipelineAtWork) -> None:
    job.apply(flink_manifest(job.name, "--test-snapshot-fails-while", FAILING))
    job.wait_for("Running", START_SECONDS)
    wait_for_own_checkpoint(job)
    in_container(job, f"open({FAILING!r}, 'w').close()")

    job.stop()
    job.wait_until("a failed attempt", lambda status: bool(status["stop"].get("lastError")))
    assert job.pod() is not None, "nothing is deleted before there is a savepoint"
    in_container(job, f"import os; os.unlink({FAILING!r})")
    status = job.wait_for("Stopped", START_SECONDS)

    assert status["stop"]["attempt"] > 1
    assert status["stop"]["checkpoint"].startswith("1-savepoint-")
    assert "deploymentError" not in status
    assert verdict(job).endswith("nothing is lost and nothing doubled.")


def test_an_operator_that_dies_in_the_middle_of_a_stop_finishes_that_very_stop(
    system: Kubectl, job: PipelineAtWork
) -> None:
    job.apply(flink_manifest(job.name, "--test-snapshot-millis", "4000"))
    job.wait_for("Running", START_SECONDS)
    wait_for_own_checkpoint(job)
    job.stop()
    wait_until("the stop to begin", lambda: is_stop_heard(job), 30)
    kill_operator(system)
    wait_for_operator(system)
    status = job.wait_for("Stopped", START_SECONDS)

    assert status["stop"]["checkpoint"].startswith("1-savepoint-")
    assert status["stop"]["attempt"] == 1, "the savepoint under way was recognized"
    assert verdict(job).endswith("nothing is lost and nothing doubled.")


def test_a_taskmanager_that_dies_in_the_middle_of_a_stop_is_started_again_and_stopped_anew(
    job: PipelineAtWork,
) -> None:
    slow = ("--test-snapshot-millis", "4000")
    manifest = flink_manifest(job.name, *slow, stop={"onError": "KeepTrying"}, restart=FAST_RESTART)
    job.apply(manifest)
    job.wait_for("Running", START_SECONDS)
    wait_for_own_checkpoint(job)
    job.stop()
    wait_until("the stop to begin", lambda: is_stop_heard(job), 30)
    in_container(job, KILL_TASKMANAGER)
    status = job.wait_for("Stopped", START_SECONDS)

    assert status["stop"]["checkpoint"].startswith("2-savepoint-")
    assert verdict(job).endswith("nothing is lost and nothing doubled.")


def test_a_stop_before_the_job_runs_does_not_wait_for_a_savepoint_that_cannot_be(job: PipelineAtWork) -> None:
    job.apply(flink_manifest(job.name, "--test-open-millis", "600000"))
    job.wait_for("Initializing", START_SECONDS)
    job.stop()
    job.wait_until("a refusal", lambda status: "not all of its tasks run" in str(status["stop"]))
    assert job.pod() is not None

    job.stop(force=True)
    status = job.wait_for("Stopped")

    assert status["stop"]["mode"] == "Force"
    assert "checkpoint" not in status["stop"]


def test_a_job_that_keeps_failing_is_restarted_and_then_given_up_with_its_root_cause(
    job: PipelineAtWork,
) -> None:
    manifest = flink_manifest(job.name, "--test-fail-at", "900", restart=FAST_RESTART | {"maxRestarts": 1})
    manifest["spec"]["flink"]["configuration"] = {"restart-strategy.type": "none"}
    job.apply(manifest)
    job.wait_for("Running", START_SECONDS)
    wait_for_own_checkpoint(job)
    status = job.wait_for("Stopped", START_SECONDS)

    assert status["restart"]["count"] == 1
    assert "told to fail at 900" in status["deploymentError"]["message"]

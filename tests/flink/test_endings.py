"""How a run ends, what its exit code is, and what it says last. No JVM is ever left: ``wait_exit`` looks."""

import json
import signal

import pytest

from sluice import contract
from sluice.observation import RuntimeFailed

from .application import Applications


def test_a_job_that_keeps_failing_ends_with_its_root_cause(applications: Applications) -> None:
    once = ("-D", "restart-strategy.failure-rate.max-failures-per-interval=1")
    run = applications.start("--test-fail-at", "120", options=once)
    run.wait_status("Running")
    restarted = run.wait_observed(lambda seen: "reason" in (seen.details or {}), "the restart")

    assert restarted.status == "Initializing"
    assert restarted.details is not None
    assert restarted.details["reason"].endswith("IllegalStateException: told to fail at 120")
    # The process ends a moment after the job: it is frozen, so that the engine certainly sees the job failed.
    run.signal(signal.SIGSTOP)
    seen = run.wait_failure()
    assert isinstance(seen, RuntimeFailed)
    assert seen.error.message == "The job failed: java.lang.IllegalStateException: told to fail at 120"
    run.signal(signal.SIGCONT)

    assert run.wait_exit() == contract.EXIT_FAILED
    assert run.words["error"] == {**seen.error.model_dump(), "details": {}}
    assert run.words["checkpoint"].startswith("1-chk-"), "what a restart resumes from"


def test_the_end_of_a_taskmanager_is_the_end_of_the_run(applications: Applications) -> None:
    run = applications.start()
    run.wait_checkpoints(1)
    (taskmanager,) = (jvm for jvm in run.jvms() if "TaskManagerRunner" in run.command(jvm))
    run.kill_jvm(taskmanager)

    assert run.wait_exit() == contract.EXIT_FAILED
    assert run.words["error"]["message"].startswith("The taskmanager ended by signal 9")

    # A run that a later one has replaced ends at once, and does not write again.
    fenced = applications.start()
    fenced.wait_checkpoints(1)
    (applications.storage / "run.json").write_text(json.dumps({"run_number": 99}))

    assert fenced.wait_exit() == contract.EXIT_FENCED
    assert fenced.words["error"]["error_code"] == "Fenced"


def test_main_that_throws_is_told_by_its_own_exception(applications: Applications) -> None:
    run = applications.start("--rate", "fast")

    assert run.wait_exit() == contract.EXIT_FAILED
    assert run.words["error"]["error_code"] == "InitializationError"
    assert "NumberFormatException" in run.words["error"]["message"]


def test_a_class_that_is_not_there_is_named(applications: Applications) -> None:
    run = applications.start(options=("--job-class", "no.such.Job"))

    assert run.wait_exit() == contract.EXIT_FAILED
    assert "The jobmanager ended with exit code" in run.words["error"]["message"]
    assert "ClassNotFoundException: no.such.Job" in run.words["error"]["message"]


def test_sigterm_before_the_job_runs_ends_it_at_once(applications: Applications) -> None:
    run = applications.start()
    run.wait_event("resume_point")

    assert run.terminate() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert run.words == {"checkpoint": None, "error": None}


def test_two_runs_never_share_a_volume(applications: Applications) -> None:
    holder = applications.start()
    holder.wait_event("resume_point")
    other = applications.start(environment={"SLUICE_LOCK_WAIT_SECONDS": "0"})

    assert other.wait_exit() == contract.EXIT_FENCED
    holder.signal(signal.SIGKILL)
    holder.wait_exit()


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        (("--parallelism", "0"), {}, "--parallelism"),
        (("-D", "rest.port=1"), {}, "-D rest.port is for the entrypoint to set"),
        (("--jar", "/no/such.jar"), {}, "--jar /no/such.jar: there is no such file"),
        ((), {"SLUICE_RUN_NUMBER": "-1"}, "SLUICE_RUN_NUMBER cannot be '-1'"),
        ((), {"SLUICE_DEPLOYMENT_ID": ""}, "SLUICE_DEPLOYMENT_ID has to be set"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_used_is_refused_before_anything_is_touched(
    applications: Applications, options: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    run = applications.start(options=options, environment=environment)

    assert run.wait_exit() == contract.EXIT_BAD_CONFIGURATION
    assert sentence in run.words["error"]["message"]
    assert not applications.storage.exists()


def test_a_checkpoint_that_is_not_there_is_an_error_and_no_fresh_start(applications: Applications) -> None:
    run = applications.start(environment={contract.ENV_START_FROM: "7-chk-1"})

    assert run.wait_exit() == contract.EXIT_FAILED
    assert run.words["error"]["details"]["error"]["error_code"] == "CheckpointNotFound"

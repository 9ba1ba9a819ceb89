"""What becomes of a graceful stop that can make no checkpoint, as its policies declare."""

import subprocess

from support.kubectl import KUBECTL, Manifest, wait_until
from support.pipeline import PipelineAtWork, example_manifest, killable, with_environment

FLAG = "/var/lib/sluice/refuse"
FAST_RESTART = {"backoffSeconds": 1, "maxBackoffSeconds": 2}


def refusing(manifest: Manifest) -> Manifest:
    """The manifest of a process whose checkpoints fail as long as a file is on its volume."""
    return with_environment(manifest, ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=FLAG)


def set_flag(pipeline: PipelineAtWork) -> None:
    in_container(pipeline, f"open({FLAG!r}, 'w').close()")


def in_container(pipeline: PipelineAtWork, code: str) -> None:
    pipeline.kubectl.must("exec", pipeline.pod_name, "--", "python3", "-c", code)


def test_by_default_an_error_ends_the_stop_with_that_error_as_the_seed_has_it(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(refusing(example_manifest(pipeline.name)))
    pipeline.wait_for("Running")
    set_flag(pipeline)

    pipeline.stop()
    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["errorCode"] == "SuspendError"
    assert "told to fail" in status["deploymentError"]["message"]
    assert status["stop"]["reason"] == "Failed"
    assert "checkpoint" not in status["stop"]
    assert pipeline.condition("CheckpointCurrent")["status"] == "False"


def test_a_stop_that_keeps_trying_succeeds_as_soon_as_the_checkpoint_can_be_made(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name, stop={"onError": "KeepTrying"}, restart=FAST_RESTART)
    pipeline.apply(refusing(manifest))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=5)
    set_flag(pipeline)

    pipeline.stop()
    pipeline.wait_until(
        "a failed attempt", lambda status: "told to fail" in status["stop"].get("lastError", "")
    )
    assert "deploymentError" not in pipeline.status()
    _remove_flag(pipeline)
    status = pipeline.wait_for("Stopped", seconds=90)

    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
    assert "deploymentError" not in status
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() >= min(counted, pipeline.last_checkpoint_records())


def test_a_stop_that_fails_is_given_up_where_the_pipeline_is_to_keep_running(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name, stop={"onError": "KeepRunning"}, restart=FAST_RESTART)
    pipeline.apply(refusing(manifest))
    pipeline.wait_for("Running")
    set_flag(pipeline)

    pipeline.stop()
    stalled = pipeline.wait_for_condition("Stalled", "StopFailed")
    status = pipeline.wait_for("Running")

    assert "told to fail" in stalled["message"]
    assert status["stop"]["reason"] == "GivenUp"
    assert "deploymentError" not in status
    _remove_flag(pipeline)
    pipeline.patch(provisioningTimeoutSeconds=599)
    stopped = pipeline.wait_for("Stopped")
    assert stopped["stop"]["checkpoint"], "another wish is tried anew"


def test_a_declared_deadline_forces_a_stop_whose_checkpoint_waits_for_ever(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, stop={"timeoutSeconds": 4, "onTimeout": "Force"})
    pipeline.apply(with_environment(manifest, ZONE_CENSUS_TEST_DELAYED_UNTIL="/never"))
    pipeline.wait_for("Running")

    pipeline.stop()
    suspending = pipeline.wait_until("the blocker", lambda status: bool(status["stop"].get("blockers")))
    status = pipeline.wait_for("Stopped")

    assert suspending["stop"]["blockers"] == ["waiting for /never"]
    assert suspending["stop"]["deadlineAt"]
    assert status["deploymentError"]["errorCode"] == "SuspendTimeout"
    assert status["stop"]["reason"] == "DeadlineExceeded"


def test_a_checkpoint_made_just_before_a_kill_is_found_on_the_volume_and_is_no_error(
    pipeline: PipelineAtWork,
) -> None:
    """A process that leaves no words is killed as soon as its checkpoint is durable."""
    manifest = killable(example_manifest(pipeline.name, checkpoint={}))
    pipeline.apply(with_environment(manifest, SLUICE_TERMINATION_MESSAGE_PATH="/tmp/nobody-reads-this"))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=5)
    in_container(pipeline, ASSASSIN)

    pipeline.stop()
    status = pipeline.wait_for("Stopped", seconds=90)

    assert "deploymentError" not in status, status
    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
    assert "reason" not in status["stop"]
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() >= counted


# Beside the process: waits for the next checkpoint, and kills the process in that very moment.
ASSASSIN = """
import os, pathlib, signal, time

if os.fork():
    os._exit(0)
os.setsid()
nothing = os.open(os.devnull, os.O_RDWR)
for stream in range(3):
    os.dup2(nothing, stream)
folder = pathlib.Path("/var/lib/sluice/checkpoints")
known = len(list(folder.glob("[!.]*")))
while len(list(folder.glob("[!.]*"))) == known:
    time.sleep(0.001)
for place in pathlib.Path("/proc").glob("[0-9]*"):
    if b"zone_census/job.py" in (place / "cmdline").read_bytes() and int(place.name) != os.getpid():
        os.kill(int(place.name), signal.SIGKILL)
"""


def _remove_flag(pipeline: PipelineAtWork) -> None:
    """Whichever pod of the pipeline is there: it may be starting again just now."""

    def is_removed() -> tuple[bool, object]:
        done = subprocess.run(
            [
                KUBECTL,
                f"--namespace={pipeline.kubectl.namespace}",
                "exec",
                pipeline.pod_name,
                "--",
                "rm",
                "-f",
                FLAG,
            ],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.returncode == 0, done.stderr

    wait_until("the flag to be removed", is_removed, 60)

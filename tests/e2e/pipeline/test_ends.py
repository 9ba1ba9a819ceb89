"""Ends that nobody asked for: killed, crashed, drained, refused, and the operator itself gone."""

import time
from collections.abc import Callable

import pytest
from support.installation import kill_operator, wait_for_operator
from support.kubectl import Kubectl, Manifest
from support.pipeline import PipelineAtWork, example_manifest, killable, with_environment

FAST_RESTART = {"backoffSeconds": 1, "maxBackoffSeconds": 2}


@pytest.fixture(scope="module")
def force_deleted(system: Kubectl, namespace: Kubectl) -> tuple[PipelineAtWork, Manifest]:
    """A pipeline whose pod somebody took from the API while its container may still run, and its status."""
    lost = PipelineAtWork(namespace, "lost")
    manifest = example_manifest("lost")
    # The proof waits for this besides: a kubelet gives it to containers whose pod is gone from the API.
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 10
    lost.apply(manifest)
    before = lost.wait_for("Running")
    lost.wait_for_records(more_than=5)
    namespace.must("delete", "pod", lost.pod_name, "--grace-period=0", "--force")
    return lost, before


def test_a_force_deleted_pod_is_not_followed_by_another_before_its_end_is_proved(
    force_deleted: tuple[PipelineAtWork, Manifest],
) -> None:
    """First in this file: see the last one."""
    lost, _ = force_deleted

    lost.wait_until("the loss", lambda status: status["deploymentStatus"] == "Unavailable")

    assert lost.condition("Ready")["reason"] == "NodeLost"
    for _ in range(10):
        assert lost.pod() is None, "a second pod while the first one's container may still run"
        time.sleep(0.5)


def test_a_pod_deleted_while_running_checkpoints_and_comes_back_in_the_same_start(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)

    pipeline.kubectl.must("delete", "pod", pipeline.pod_name, "--wait=false")
    pipeline.wait_until("the next run", lambda status: status["runNumber"] == before["runNumber"] + 1)
    after = pipeline.wait_for("Running")

    assert after["deploymentId"] == before["deploymentId"]
    assert after["restart"]["count"] == 0, "being moved is no failure"
    assert pipeline.must_be_exact() >= counted


def test_a_pod_deleted_while_suspending_still_ends_stopped_with_its_checkpoint(
    pipeline: PipelineAtWork,
) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="3")
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=10)
    pipeline.stop()
    pipeline.wait_for("Suspending")

    pipeline.kubectl.must("delete", "pod", pipeline.pod_name, "--wait=false")
    status = pipeline.wait_for("Stopped")

    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
    assert "deploymentError" not in status
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() > 10


def test_a_process_killed_while_suspending_ends_stopped_with_the_error_and_resumes_exactly(
    pipeline: PipelineAtWork,
) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="20")
    pipeline.apply(killable(manifest))
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Suspending")

    _kill_process(pipeline)
    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["errorCode"] == "SuspendError"
    assert status["stop"]["reason"] == "Failed"
    assert "checkpoint" not in status["stop"]
    pipeline.start()
    status = pipeline.wait_for("Running")
    assert "deploymentError" not in status, "a start that a person asked for replaces the error"
    pipeline.must_be_exact()


def test_a_crashing_process_is_restarted_with_its_last_error_kept(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart=FAST_RESTART, checkpoint={"intervalSeconds": 1})
    pipeline.apply(killable(manifest))
    before = pipeline.wait_for("Running")
    pipeline.wait_until("a checkpoint", lambda _: pipeline.stats()["global_metrics"]["storage_bytes"] > 0)

    _kill_process(pipeline)
    pipeline.wait_until("a restart", lambda status: status["runNumber"] == before["runNumber"] + 1)
    after = pipeline.wait_for("Running")

    assert after["deploymentId"] == before["deploymentId"]
    assert after["restart"]["count"] == 1
    assert after["restart"]["lastError"]["errorCode"] == "RunnerCheckError"
    assert after["restart"]["lastError"]["details"]["exitCode"] == 137
    assert pipeline.must_be_exact() > 0


def test_after_the_last_restart_the_error_stands_and_a_changed_spec_starts_anew(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name, restart={**FAST_RESTART, "maxRestarts": 1})
    pipeline.apply(
        with_environment(manifest, ZONE_CENSUS_TEST_RAISE_AT="3", SLUICE_FAILURE_GRACE_SECONDS="1")
    )

    status = pipeline.wait_for("Stopped")

    assert status["restart"]["count"] == 1
    assert status["deploymentError"]["errorCode"] == "RuntimeError.WorkerPanic"
    assert "told to fail at record 3" in status["deploymentError"]["message"]
    assert pipeline.condition("Stalled")["status"] == "True"
    assert pipeline.condition("Ready")["status"] == "False"
    pipeline.apply(example_manifest(pipeline.name, restart=FAST_RESTART))
    status = pipeline.wait_for("Running")
    assert "deploymentError" not in status


def test_a_process_at_the_end_of_its_input_completes_the_pipeline(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name)
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["args"] = ["--laps", "2", "--rows-per-second", "0"]
    pipeline.apply(manifest)

    status = pipeline.wait_for("Completed")

    assert "deploymentError" not in status
    assert pipeline.condition("Ready")["status"] == "True"
    assert pipeline.pod() is None
    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]


def test_a_drain_without_force_moves_the_pipeline_and_loses_nothing(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)
    node = before["runtime"]["nodeName"]
    try:
        pipeline.kubectl.must(
            "drain", node, f"--pod-selector=sluice.dev/name={pipeline.name}", "--timeout=15s"
        )
        pipeline.wait_until("the next run", lambda status: status["runNumber"] == before["runNumber"] + 1)
    finally:
        pipeline.kubectl.must("uncordon", node)

    after = pipeline.wait_for("Running")

    assert after["deploymentId"] == before["deploymentId"]
    assert pipeline.must_be_exact() >= counted


def test_the_operator_killed_in_the_middle_of_a_stop_carries_it_to_its_end(
    pipeline: PipelineAtWork, system: Kubectl
) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="4")
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=10)
    pipeline.stop()
    pipeline.wait_for("Suspending")

    kill_operator(system)
    status = pipeline.wait_for("Stopped")

    wait_for_operator(system)
    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
    assert "deploymentError" not in status
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() > 10


def _unreadable(manifest: Manifest) -> None:
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "not a number"}}


def _clashing(manifest: Manifest) -> None:
    with_environment(manifest, SLUICE_PORT="1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(_unreadable, "quantities must match", id="the API server refuses it"),
        pytest.param(_clashing, "the template sets SLUICE_PORT", id="the operator refuses it"),
    ],
)
def test_a_template_that_can_never_run_ends_stopped_with_the_reason_and_a_mended_one_runs(
    pipeline: PipelineAtWork, spoil: Callable[[Manifest], None], words: str
) -> None:
    manifest = example_manifest(pipeline.name)
    spoil(manifest)
    pipeline.apply(manifest)

    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["errorCode"] == "RunnerProvisionError"
    assert words in status["deploymentError"]["message"]
    assert pipeline.condition("Stalled")["status"] == "True"
    pipeline.kubectl.must("replace", "-f", "-", manifest=example_manifest(pipeline.name))
    pipeline.wait_for("Running")


def test_a_quota_that_refuses_the_pod_is_named_and_once_raised_the_pipeline_runs(
    pipeline: PipelineAtWork,
) -> None:
    quota: Manifest = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-pods"},
        "spec": {"hard": {"pods": "0"}},
    }
    pipeline.kubectl.must("create", "-f", "-", manifest=quota)
    try:
        pipeline.apply(example_manifest(pipeline.name))
        pipeline.wait_until("the refusal", lambda _: "no-pods" in pipeline.condition("Ready")["message"])
        assert pipeline.condition("Ready")["reason"] == "Refused"
    finally:
        pipeline.kubectl.must("delete", "quota", "no-pods")
    pipeline.wait_for("Running", seconds=60)


def test_an_image_that_is_not_there_is_named_and_a_force_stop_still_works(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name)
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "sluice.dev/never-built:1"
    pipeline.apply(manifest)

    pipeline.wait_until(
        "the reason", lambda status: "Image" in str(status.get("deploymentRuntimeStatusDetails")), 30
    )
    pipeline.stop(force=True)

    pipeline.wait_for("Stopped", seconds=15)


def test_a_force_deleted_pod_is_followed_by_another_once_its_end_is_proved(
    force_deleted: tuple[PipelineAtWork, Manifest],
) -> None:
    """Last in this file: the proof takes a minute, in which the other tests ran."""
    lost, before = force_deleted

    lost.wait_until(
        "the next run", lambda status: status["runNumber"] == before["runNumber"] + 1, seconds=100
    )
    after = lost.wait_for("Running")

    assert after["deploymentId"] == before["deploymentId"]
    lost.must_be_exact()
    lost.stop(force=True)
    lost.wait_for("Stopped")


KILL_SCRIPT = """
import os, pathlib, signal
for place in pathlib.Path("/proc").glob("[0-9]*"):
    if b"job.py" in (place / "cmdline").read_bytes():
        os.kill(int(place.name), signal.SIGKILL)
"""


def _kill_process(pipeline: PipelineAtWork) -> None:
    """SIGKILL: the process gets no chance to do anything."""
    pipeline.kubectl.run("exec", pipeline.pod_name, "--", "python3", "-c", KILL_SCRIPT)

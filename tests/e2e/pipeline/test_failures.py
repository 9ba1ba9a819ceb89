"""Failures that Kubernetes has a name for, really brought about: told in its words, and nothing is lost."""

import json

import pytest
from support.kubectl import Manifest
from support.pipeline import PipelineAtWork, example_manifest, runtime_container, with_environment

ONE_RESTART = {"backoffSeconds": 1, "maxBackoffSeconds": 1, "maxRestarts": 1}
HOG = """
from sluice.runtime import Job, run


class Hog(Job):
    def process(self):
        self.eaten = getattr(self, "eaten", []) + [bytearray(8 << 20)]
        return 1

    def snapshot(self):
        return b"{}"

    def restore(self, state):
        pass


run(Hog())
"""


def test_a_process_that_runs_out_of_memory_is_told_as_oomkilled(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart=ONE_RESTART)
    container = runtime_container(manifest)
    container["command"] = ["python3", "-c", HOG]
    container["resources"] = {"limits": {"memory": "80Mi"}}
    pipeline.apply(manifest)

    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["errorCode"] == "RunnerCheckError"
    assert status["deploymentError"]["details"] == {"reason": "OOMKilled", "exitCode": 137}
    assert status["restart"]["count"] == 1
    assert status["restart"]["lastError"]["details"]["reason"] == "OOMKilled"
    assert pipeline.condition("Stalled")["reason"] == "Failed"
    assert "OOMKilled" in pipeline.kubectl.must("describe", "slpl", pipeline.name)


def test_an_evicted_pod_makes_its_checkpoint_and_is_replaced_in_the_same_start(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name)
    manifest["spec"]["template"]["spec"]["volumes"] = [{"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}]
    runtime_container(manifest)["volumeMounts"] = [{"name": "scratch", "mountPath": "/scratch"}]
    pipeline.apply(manifest)
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)

    fill = "open('/scratch/much', 'wb').write(bytes(8 << 20))"
    pipeline.kubectl.must("exec", pipeline.pod_name, "--", "python3", "-c", fill)
    pipeline.wait_until(
        "the next run", lambda status: status["runNumber"] == before["runNumber"] + 1, seconds=120
    )
    after = pipeline.wait_for("Running")

    assert after["deploymentId"] == before["deploymentId"]
    assert pipeline.must_be_exact() >= counted
    events = pipeline.kubectl.get("events", "--field-selector", f"involvedObject.name={pipeline.pod_name}")
    assert "Evicted" in {event["reason"] for event in events["items"]}, "the kubelet did it"


def _nowhere(manifest: Manifest) -> None:
    manifest["spec"]["template"]["spec"]["nodeSelector"] = {"example.com/there-is": "no-such-node"}


def _without_image(manifest: Manifest) -> None:
    runtime_container(manifest)["image"] = "localhost/there-is:no-such-image"


def _without_secret(manifest: Manifest) -> None:
    runtime_container(manifest)["envFrom"] = [{"secretRef": {"name": "no-such-secret"}}]


@pytest.mark.parametrize(
    ("spoil", "reason", "words"),
    [
        pytest.param(_nowhere, "MachineNotFound", ("Unschedulable",), id="unschedulable"),
        pytest.param(_without_image, "ImageMissing", ("ErrImagePull", "ImagePullBackOff"), id="no image"),
        pytest.param(
            _without_secret, "ConfigurationMissing", ("CreateContainerConfigError",), id="no secret"
        ),
    ],
)
def test_a_pod_that_cannot_start_is_told_in_kubernetes_words_and_ends_at_its_deadline(
    pipeline: PipelineAtWork, spoil: object, reason: str, words: tuple[str, ...]
) -> None:
    assert callable(spoil)
    manifest = example_manifest(pipeline.name, provisioningTimeoutSeconds=12)
    spoil(manifest)
    pipeline.apply(manifest)

    waiting = pipeline.wait_for_condition("Ready", reason)
    status = pipeline.wait_for("Stopped")

    assert any(word in waiting["message"] for word in words), waiting
    assert status["deploymentError"]["errorCode"] == "AutomatonProvisioningTimeout"
    assert any(word in status["deploymentError"]["message"] for word in words)
    assert pipeline.condition("Stalled")["status"] == "True"
    assert pipeline.pod() is None


def test_a_wrong_image_is_mended_by_an_edit_alone(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name)
    _without_image(manifest)
    pipeline.apply(manifest)
    pipeline.wait_for_condition("Ready", "ImageMissing")

    pipeline.apply(example_manifest(pipeline.name))

    pipeline.wait_for("Running")
    pipeline.must_be_exact()


def test_a_process_that_answers_with_a_panic_ends_with_its_own_error(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart={"policy": "Never"})
    settings = {"ZONE_CENSUS_TEST_RAISE_AT": "5", "SLUICE_FAILURE_GRACE_SECONDS": "30"}
    pipeline.apply(with_environment(manifest, **settings))

    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["errorCode"] == "RuntimeError.WorkerPanic"
    assert status["deploymentError"]["details"]["file"].endswith("job.py")
    assert "told to fail at record 5" in status["deploymentError"]["message"]


def test_a_pipeline_with_a_disruption_budget_is_drained_only_when_it_is_stopped(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    node = before["runtime"]["nodeName"]
    budget: Manifest = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": pipeline.name},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"sluice.dev/name": pipeline.name}}},
    }
    pipeline.kubectl.must("create", "-f", "-", manifest=budget)
    drain = ("drain", node, f"--pod-selector=sluice.dev/name={pipeline.name}", "--timeout=4s")
    try:
        refused = pipeline.kubectl.run(*drain)
        assert refused.code != 0
        assert "disruption budget" in refused.err
        assert pipeline.status()["deploymentId"] == before["deploymentId"]
        pipeline.must_be_exact()
        pipeline.stop()
        pipeline.wait_for("Stopped")
        pipeline.kubectl.must(*drain)
    finally:
        pipeline.kubectl.must("uncordon", node)


def test_everything_that_status_says_of_a_failure_can_be_read_by_a_program(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart={"policy": "Never"})
    runtime_container(manifest)["command"] = ["python3", "-c", "raise SystemExit(7)"]
    pipeline.apply(manifest)

    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["details"] == {"reason": "Error", "exitCode": 7}
    row = pipeline.kubectl.must("get", "slpl", pipeline.name, "--no-headers").split()
    assert row[1:3] == ["Running", "Stopped"]
    assert "RunnerCheckError" in row
    events = pipeline.kubectl.get("events", "--field-selector", f"involvedObject.name={pipeline.name}")
    warnings = [event for event in events["items"] if event["type"] == "Warning"]
    assert [event["reason"] for event in warnings] == ["Failed"], json.dumps(warnings)

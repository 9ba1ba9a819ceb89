"""What was lost outside of the operator: its status, its schema, its owner."""

import json
from collections.abc import Generator

import pytest
from support.cluster import CRD_FILES
from support.kubectl import Kubectl, wait_until
from support.pipeline import PipelineAtWork, example_manifest

CRD = "crd/pipelines.sluice.dev"


def test_a_running_pipeline_whose_status_was_lost_takes_over_its_pod_as_it_is(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=5)

    _lose_status(pipeline)
    after = pipeline.wait_until(
        "the pod to be known again",
        lambda status: (
            status.get("deploymentId") == before["deploymentId"]
            and status.get("deploymentStatus") == "Running"
        ),
    )

    assert after["runNumber"] == before["runNumber"]
    assert pipeline.must_be_exact() >= counted
    pipeline.stop()
    assert pipeline.wait_for("Stopped")["stop"]["checkpoint"]


def test_a_stopped_pipeline_whose_status_was_lost_is_started_from_claim_and_volume(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=5)
    pipeline.stop()
    pipeline.wait_for("Stopped")

    _lose_status(pipeline)
    pipeline.start()
    after = pipeline.wait_for("Running")

    assert after["runNumber"] == before["runNumber"] + 1, "the claim remembers the last run number"
    assert pipeline.must_be_exact() >= counted


def test_a_pipeline_whose_finalizer_was_removed_by_hand_leaves_nothing_behind_for_long(
    pipeline: PipelineAtWork, system: Kubectl
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    system.must("scale", "deployment/sluice-operator", "--replicas=0")
    wait_until("no operator", lambda: (not _operators(system), _operators(system)), 30)

    pipeline.kubectl.must("delete", "slpl", pipeline.name, "--wait=false")
    pipeline.kubectl.must(
        "patch", "slpl", pipeline.name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'
    )
    pipeline.wait_until_gone()
    assert pipeline.pod() is not None
    system.must("scale", "deployment/sluice-operator", "--replicas=1")

    wait_until("the orphaned pod to be gone", lambda: (pipeline.pod() is None, pipeline.pod()), 60)
    assert pipeline.claim() is not None, "its data is kept"


@pytest.fixture
def schema_without_checks(crds: Kubectl) -> Generator[None]:
    """A CRD that lets everything through, as an older or a foreign one might."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    operations = [
        {"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations"},
        {"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec", "value": schema},
    ]
    try:
        crds.must("patch", CRD, "--type=json", "-p", json.dumps(operations))
        yield
    finally:
        for path in CRD_FILES:
            crds.must("apply", "--server-side", "--force-conflicts", "-f", str(path))


def test_a_spec_that_cannot_be_understood_stops_nothing_and_can_itself_be_stopped(
    pipeline: PipelineAtWork, schema_without_checks: None
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")

    def garbage_is_taken() -> tuple[bool, object]:
        answer = pipeline.kubectl.run(
            "patch", "slpl", pipeline.name, "--type=merge", "-p", '{"spec":{"restart":"never ever"}}'
        )
        return answer.code == 0, answer.err

    wait_until("the relaxed schema to be in force", garbage_is_taken, 20)
    pipeline.wait_until("Stalled", lambda _: pipeline.condition("Stalled")["reason"] == "InvalidSpec")

    assert "restart" in pipeline.condition("Stalled")["message"]
    assert pipeline.status()["deploymentStatus"] == "Running"
    pipeline.must_be_exact()
    pipeline.stop()
    assert pipeline.wait_for("Stopped")["stop"]["checkpoint"]
    # Once the checks are back, the API server would refuse every further change of such a spec.
    pipeline.patch(restart=None)


def _lose_status(pipeline: PipelineAtWork) -> None:
    """As a backup restores an object: without its status."""
    arguments = ("--subresource=status", "--type=merge", "-p", '{"status":null}')
    pipeline.kubectl.must("patch", "slpl", pipeline.name, *arguments)


def _operators(system: Kubectl) -> list[str]:
    return [pod["metadata"]["name"] for pod in system.get("pods")["items"]]

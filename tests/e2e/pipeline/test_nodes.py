"""A node is lost and found again: never two processes on one volume, and nothing is lost."""

from collections.abc import Iterator

import pytest
from support.kubectl import Kubectl, wait_until
from support.localkube import ROOT, embedded_status, localkube
from support.pipeline import PipelineAtWork, example_manifest

NODE = "node-2"


@pytest.fixture(scope="module")
def second_node(system: Kubectl) -> Iterator[str]:
    """A node that the operator is not on; afterwards nothing new comes there any more."""
    embedded_status()
    localkube("up", "--nodes", "2")
    localkube("load", str(ROOT / "build" / "image" / "archive.tar"))
    system.must("uncordon", NODE)
    yield NODE
    localkube("node", "start", NODE)
    system.must("cordon", NODE)


def test_a_pipeline_on_a_lost_node_is_unavailable_until_the_node_is_back_and_a_force_stop_waits_for_proof(
    pipeline: PipelineAtWork, second_node: str
) -> None:
    manifest = example_manifest(pipeline.name, checkpoint={"intervalSeconds": 1})
    manifest["spec"]["template"]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": second_node}
    pipeline.apply(manifest)
    before = pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=20)
    assert before["runtime"]["nodeName"] == second_node

    localkube("node", "stop", second_node)
    pipeline.wait_for("Unavailable", seconds=120)
    pipeline.stop(force=True)
    pipeline.wait_for("Stopping")
    pod = pipeline.pod()
    assert pod is not None
    assert "deletionTimestamp" in pod["metadata"], "asked to end, and nobody knows whether it has"
    assert pipeline.status()["deploymentStatus"] == "Stopping"
    localkube("node", "start", second_node)
    stopped = pipeline.wait_for("Stopped", seconds=120)

    assert stopped["stop"]["mode"] == "Force"
    wait_until("the pod to be gone", lambda: (pipeline.pod() is None, pipeline.pod()), 30)
    pipeline.start()
    pipeline.wait_for("Running", seconds=90)
    assert pipeline.must_be_exact() > 0

"""The ``fda`` command line drives a pipeline on real pods through the gateway, over TLS.

Its build takes longer than continuous integration has: this suite runs by its name (`make e2e SUITE=fda`).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.fda import Fda, gateway_with_tls
from support.gateway import CLERK, make_people
from support.kubectl import Kubectl
from support.pipeline import PipelineAtWork, example_manifest

NAME = "fda-census"


@pytest.fixture
def fda(system: Kubectl, namespace: Kubectl, tmp_path: Path) -> Iterator[Fda]:
    """Somebody with a token of the cluster, at a gateway of the test's own."""
    make_people(namespace)
    template = yaml.safe_dump(example_manifest("template")["spec"])
    namespace.must(
        "create", "configmap", "sluice-pipeline-template", f"--from-literal=pipelineTemplate={template}"
    )
    token = namespace.must("create", "token", CLERK).strip()
    with gateway_with_tls(tmp_path, "--rate=0") as (url, certificate):
        yield Fda(url, certificate, token, str(namespace.namespace))


def test_a_pipeline_is_created_started_paused_checkpointed_stopped_and_deleted(
    fda: Fda, namespace: Kubectl
) -> None:
    at_work = PipelineAtWork(namespace, NAME)

    def must(*arguments: str) -> str:
        code, said = fda.run(*arguments)
        assert code == 0, f"fda {' '.join(arguments)} ended with {code}: {said}"
        return said

    must("create", NAME)
    assert NAME in must("pipelines")
    must("start", NAME)
    at_work.wait_for("Running")
    at_work.wait_for_records(more_than=5)
    must("pause", NAME)
    assert at_work.status()["deploymentStatus"] == "Paused"
    must("resume", NAME)
    must("checkpoint", NAME)
    assert at_work.checkpoints()
    must("stop", NAME, "--checkpoint")
    stopped = at_work.wait_for("Stopped")
    assert (stopped["stop"]["mode"], stopped["stop"]["checkpoint"]) == ("Graceful", at_work.checkpoints()[-1])
    must("start", NAME)
    must("stop", NAME)
    assert at_work.wait_for("Stopped")["stop"]["mode"] == "Force"
    assert json.loads(must("--format=json", "status", NAME))["deployment_status"] == "Stopped"
    refused, said = fda.run("delete", NAME)
    assert refused != 0
    assert "Clear storage first" in said
    must("clear", NAME)
    must("delete", NAME)
    unknown, said = fda.run("start", NAME)
    assert unknown != 0
    assert "Unknown pipeline name" in said

"""Why a container does not run on its machine: each a reason that says what to do."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest
from support.deployment import DeploymentAtWork, deployment_manifest, with_resource
from support.kubectl import Kubectl, Manifest
from support.pipeline import runtime_container

Spoil = Callable[[Manifest], object]


def _ask_for_much(manifest: Manifest) -> None:
    runtime_container(manifest)["resources"] = {"requests": {"cpu": "512"}}


def _ask_for_an_accelerator(manifest: Manifest) -> None:
    with_resource(manifest, "nvidia.com/gpu")


def _without_image(manifest: Manifest) -> None:
    runtime_container(manifest)["image"] = "localhost/there-is-none:1"


def _with_credential(manifest: Manifest) -> None:
    manifest["spec"]["credentials"] = {"secretRef": {"name": "nobody-made-it"}, "sendTo": ["Container"]}


def _nowhere(manifest: Manifest) -> None:
    manifest["spec"]["machine"] = {"nodeName": "nowhere"}


@pytest.mark.parametrize(
    ("spoil", "reason", "words"),
    [
        pytest.param(_nowhere, "MachineNotFound", "correct the spec's machine", id="no such machine"),
        pytest.param(_ask_for_much, "MachineFull", "Insufficient cpu", id="full"),
        pytest.param(
            _ask_for_an_accelerator, "MachineFull", "Insufficient nvidia.com/gpu", id="no accelerator"
        ),
        pytest.param(_without_image, "ImageMissing", "correct its name", id="no image"),
        pytest.param(_with_credential, "Refused", "make it, with a key CLORE_API_KEY", id="no credential"),
    ],
)
def test_it_is_pending_with_the_reason_and_an_edit_alone_mends_it(
    deployment: DeploymentAtWork, node: str, spoil: Spoil, reason: str, words: str
) -> None:
    manifest = deployment_manifest(deployment.name, {"nodeName": node})
    spoil(manifest)
    deployment.apply(manifest)

    told = deployment.wait_for_condition("Ready", reason)
    assert words in told["message"]
    assert deployment.status()["deploymentStatus"] == "Pending"

    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, credentials=None))
    deployment.wait_for("Running")


@contextmanager
def _cordoned(cluster: Kubectl, node: str) -> Generator[None]:
    cluster.must("cordon", node)
    try:
        yield
    finally:
        cluster.must("uncordon", node)


@contextmanager
def _tainted(cluster: Kubectl, node: str) -> Generator[None]:
    cluster.must("taint", "node", node, "sluice.dev/test=1:NoSchedule")
    try:
        yield
    finally:
        cluster.must("taint", "node", node, "sluice.dev/test-")


@pytest.mark.parametrize(
    ("spoiled", "reason", "words"),
    [
        pytest.param(_cordoned, "MachineCordoned", "kubectl uncordon", id="cordoned"),
        pytest.param(_tainted, "MachineTainted", "template.spec.tolerations", id="tainted"),
    ],
)
def test_it_waits_for_a_machine_that_takes_no_pods_and_goes_on_when_it_does(
    deployment: DeploymentAtWork,
    node: str,
    crds: Kubectl,
    spoiled: Callable[[Kubectl, str], AbstractContextManager[None]],
    reason: str,
    words: str,
) -> None:
    with spoiled(crds, node):
        deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}))
        told = deployment.wait_for_condition("Ready", reason)
        assert words in told["message"]
    deployment.wait_for("Running")


def test_one_that_does_not_get_its_machine_in_time_has_failed_and_a_request_starts_it_again(
    deployment: DeploymentAtWork, node: str
) -> None:
    manifest = deployment_manifest(deployment.name, {"nodeName": node}, provisioningTimeoutSeconds=8)
    _ask_for_much(manifest)
    deployment.apply(manifest)
    failed = deployment.wait_for("Failed")

    assert failed["deploymentError"]["errorCode"] == "AutomatonProvisioningTimeout"
    assert failed["deploymentError"]["message"].startswith("Deployment could not be provisioned")
    assert "Insufficient cpu" in failed["deploymentError"]["message"]
    assert deployment.condition("Stalled")["status"] == "True"
    assert deployment.pod() is None

    deployment.request("restart", "again")
    deployment.wait_for("Pending")
    deployment.patch(template=deployment_manifest("x", {"nodeName": node})["spec"]["template"])
    deployment.wait_for("Running")

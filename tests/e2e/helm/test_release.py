"""A release through its life, with pipelines at work: installed, upgraded, rolled back, uninstalled."""

import json
from collections.abc import Iterator

import pytest
from support.chart import CHART, NAMESPACE, RELEASE, helm_must
from support.installation import (
    DEPLOYMENT,
    IMAGE,
    apply_release,
    install_operator,
    prepare_namespace,
    wait_for_operator,
)
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork, example_manifest

CRDS = ("pipelines.sluice.dev", "deployments.sluice.dev")
GONE_SECONDS = 60
GATEWAY = "deployment/sluice-gateway"


def uninstall() -> None:
    if f"{RELEASE}\t" in helm_must("list", "--namespace", NAMESPACE):
        helm_must("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout", "60s")


def remove_what_is_left(cluster: Kubectl) -> None:
    """What a demo applied as plain manifests, and the CRDs: their objects' tests sent those away."""
    ours = ("-l", f"app.kubernetes.io/instance={RELEASE}")
    cluster.must("delete", "clusterroles,clusterrolebindings", *ours)
    cluster.in_namespace(NAMESPACE).must("delete", "deployments.apps,services,serviceaccounts", *ours)
    cluster.must("delete", "crd", *CRDS, "--ignore-not-found", "--wait=true", "--timeout=20s")


def arguments(system: Kubectl) -> list[str]:
    found: list[str] = system.get(DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["args"]
    return found


def pods_of(pipelines: list[PipelineAtWork]) -> dict[str, tuple[str, int]]:
    """Uid and restarts of each pipeline's pod."""
    found: dict[str, tuple[str, int]] = {}
    for each in pipelines:
        pod = each.pod()
        assert pod is not None, each.status()
        restarts = sum(entry["restartCount"] for entry in pod["status"]["containerStatuses"])
        found[each.name] = pod["metadata"]["uid"], restarts
    return found


@pytest.fixture(scope="module", autouse=True)
def left_installed(cluster: Kubectl) -> Iterator[None]:
    """Whatever runs next on this cluster finds an operator."""
    yield
    install_operator(cluster)


@pytest.fixture
def bare(cluster: Kubectl) -> Kubectl:
    """The cluster without anything of ours but an empty namespace, which Pod Security restricts."""
    uninstall()
    remove_what_is_left(cluster)
    prepare_namespace(cluster)
    return cluster


def test_one_command_on_a_bare_cluster_is_enough(bare: Kubectl) -> None:
    helm_must(
        "install", RELEASE, str(CHART), "--namespace", NAMESPACE, "--wait", "--timeout", "90s", values=IMAGE
    )
    system = bare.in_namespace(NAMESPACE)

    # --wait goes by readiness, which is more than a process that has started.
    assert system.get(DEPLOYMENT)["status"]["availableReplicas"] == 1
    created = bare.must("create", "--dry-run=server", "-f", "-", manifest=example_manifest("probe"))
    assert "probe" in created
    metrics = metrics_of(system)
    assert "sluice_build_info" in metrics
    assert 'sluice_api_requests_total{code="201",verb="POST"}' in metrics, "the permissions were asked for"


def metrics_of(system: Kubectl) -> str:
    return system.must("get", "--raw", pod_path(system, "sluice-operator", 8081, "metrics"))


def pod_path(system: Kubectl, name: str, port: int, path: str) -> str:
    """Where the API server passes requests on to the one pod of this name that is not just ending."""
    found: list[str] = []

    def look() -> tuple[bool, object]:
        pods = system.get("pods", "-l", f"app.kubernetes.io/name={name}")["items"]
        found[:] = [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        return len(found) == 1, found

    wait_until(f"one pod of {name}", look, 30)
    return f"/api/v1/namespaces/{NAMESPACE}/pods/{found[0]}:{port}/proxy/{path}"


def test_an_upgrade_a_rollback_and_a_reinstallation_touch_no_pod(system: Kubectl, namespace: Kubectl) -> None:
    pipelines = [PipelineAtWork(namespace, f"kept-{number}") for number in range(2)]
    for each in pipelines:
        each.apply(example_manifest(each.name))
    for each in pipelines:
        each.wait_for("Running")
    before = pods_of(pipelines)

    apply_release(values={**IMAGE, "operator": {"workers": 7, "logFormat": "json"}})
    wait_for_operator(system)
    assert "--workers=7" in arguments(system)
    assert pods_of(pipelines) == before

    helm_must("rollback", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout", "90s")
    wait_for_operator(system)
    assert "--workers=32" in arguments(system)
    assert pods_of(pipelines) == before

    # Without the operator nothing is deleted, nothing hangs, and everything that was to be kept is there.
    uninstall()
    assert system.look(DEPLOYMENT) is None
    assert pods_of(pipelines) == before
    assert all(each.get() is not None and each.claim() is not None for each in pipelines)

    install_operator(system)
    first = pipelines[0]
    first.stop()
    first.wait_for("Stopped")
    assert first.status()["stop"]["checkpoint"], "the new operator goes on where the old one left off"
    assert pods_of(pipelines[1:]) == {"kept-1": before["kept-1"]}
    for each in pipelines:
        each.send_away()
        each.wait_until_gone()


def test_helm_waits_for_an_intended_stop_as_for_anything_that_is_done(
    system: Kubectl, namespace: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del system
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: stopped\nversion: 0.1.0\n")
    manifest = example_manifest("at-rest", desiredStatus="Stopped")
    (folder / "templates" / "pipeline.yaml").write_text(json.dumps(manifest))
    where = ("--namespace", str(namespace.namespace))

    helm_must("install", "stopped", str(folder), *where, "--wait", "--timeout", "60s")

    assert PipelineAtWork(namespace, "at-rest").status()["deploymentStatus"] == "Stopped"
    helm_must("uninstall", "stopped", *where, "--wait", "--timeout", "60s")
    assert PipelineAtWork(namespace, "at-rest").get() is None


def test_an_operator_of_some_namespaces_works_there_and_nowhere_else(
    system: Kubectl, namespace: Kubectl, crds: Kubectl
) -> None:
    values: Manifest = {**IMAGE, "watchNamespaces": [str(namespace.namespace)], "rbac": {"aggregate": False}}
    apply_release(values=values)
    wait_for_operator(system)
    inside = PipelineAtWork(namespace, "inside")
    outside = PipelineAtWork(crds.in_namespace("default"), "outside")
    outside.apply(example_manifest("outside", desiredStatus="Stopped"))
    inside.apply(example_manifest("inside", storage=None, checkpoint=None))
    inside.wait_for("Running")

    assert "status" not in (outside.get() or {})
    account = f"system:serviceaccount:{NAMESPACE}:sluice-operator"
    elsewhere = crds.run("auth", "can-i", "list", "pipelines.sluice.dev", "-n", "default", f"--as={account}")
    assert elsewhere.out.strip() == "no"

    inside.send_away()
    inside.wait_until_gone()
    outside.kubectl.must("delete", "slpl", "outside")
    install_operator(crds)


def test_the_gateway_comes_and_goes_with_its_switch(system: Kubectl, namespace: Kubectl) -> None:
    resting = PipelineAtWork(namespace, "told")
    resting.apply(example_manifest("told", desiredStatus="Stopped"))
    resting.wait_for("Stopped")
    values = {**IMAGE, "gateway": {"enabled": True, "replicas": 1, "namespace": str(namespace.namespace)}}
    apply_release("--wait", "--timeout", "90s", values=values)

    refused = system.run("get", "--raw", pod_path(system, "sluice-gateway", 8080, "v0/pipelines"))
    assert "You must be logged in" in refused.err, refused

    def look() -> tuple[bool, object]:
        read = system.run("get", "--raw", pod_path(system, "sluice-gateway", 8081, "metrics"), seconds=5)
        counted = 'sluice_gateway_requests_total{code="401",method="GET",route="/v0/pipelines"} 1.0'
        return counted in read.out, read.err or read.out[-2000:]

    wait_until("the gateway to count that request", look, 30)

    apply_release(values=IMAGE)
    wait_until(
        "the gateway to be gone", lambda: (system.look(GATEWAY) is None, system.look(GATEWAY)), GONE_SECONDS
    )
    resting.send_away()


def test_crds_that_are_to_go_take_running_pipelines_with_them_and_leave_their_volumes(
    bare: Kubectl, namespace: Kubectl
) -> None:
    apply_release("--wait", "--timeout", "90s", values={**IMAGE, "crds": {"keep": False}})
    running = PipelineAtWork(namespace, "last-one")
    running.apply(example_manifest("last-one"))
    running.wait_for("Running")
    running.wait_for_records(more_than=5)

    helm_must("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout", "120s")

    assert all(bare.look(f"crd/{name}") is None for name in CRDS)
    assert running.pod() is None
    assert running.claim() is not None, "its data was to be kept"

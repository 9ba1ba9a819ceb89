"""The operator, installed in the cluster by its chart, as a person would install it."""

import time
from pathlib import Path

from support.chart import CHART, NAMESPACE, RELEASE, helm_must
from support.kubectl import Kubectl, Manifest, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
DEPLOYMENT = "deployment/sluice-operator"
GATEWAY = "deployment/sluice-gateway"
SELECTOR = "app.kubernetes.io/name=sluice-operator"
READY_SECONDS = 60
ROLLOUT_SECONDS = 120
LABEL = "pod-security.kubernetes.io/enforce=restricted"
IMAGE: Manifest = {"image": {"tag": "dev"}}


def prepare_namespace(cluster: Kubectl, name: str = NAMESPACE) -> Kubectl:
    """kubectl in a namespace that holds its pods to the profile ``restricted``."""
    if cluster.look(f"namespace/{name}") is None:
        cluster.must("create", "namespace", name)
    cluster.must("label", "--overwrite", "namespace", name, LABEL)
    return cluster.in_namespace(name)


def install_operator(cluster: Kubectl, values: Manifest | None = None) -> Kubectl:
    """Install or upgrade the release, and run the image as it is now; kubectl in the operator's namespace."""
    system = prepare_namespace(cluster)
    # The image keeps its name, so only another pod brings a new one in.
    stamp = {"operator": {"podAnnotations": {"installed-at": str(time.time_ns())}}}
    apply_release(values={**IMAGE, **stamp, **(values or {})})
    wait_for_operator(system)
    return system


def apply_release(*more: str, values: Manifest, release: str = RELEASE, namespace: str = NAMESPACE) -> None:
    """``helm upgrade --install``. What the manifests of a demo or the tests' own CRDs left is taken over."""
    taking = ("--take-ownership", "--force-conflicts")
    place = (release, str(CHART), "--namespace", namespace)
    helm_must("upgrade", "--install", *taking, *place, *more, values=values)


def wait_for_operator(system: Kubectl) -> None:
    """Wait until one operator of the present template is available and no other is left."""

    def is_ready() -> tuple[bool, object]:
        status = system.get(DEPLOYMENT)["status"]
        generation = system.get(DEPLOYMENT)["metadata"]["generation"]
        pods = system.get("pods", "-l", SELECTOR)["items"]
        there = status.get("availableReplicas") == 1 and status.get("observedGeneration") == generation
        return there and len(pods) == 1, [status, [pod["metadata"]["name"] for pod in pods]]

    wait_until("the operator to be available", is_ready, READY_SECONDS)


def install_gateway(system: Kubectl) -> None:
    """Apply the gateway's manifest and run the image as it is now, in as many replicas as it says."""
    is_there = system.look(GATEWAY) is not None
    system.must("apply", "-f", str(DEPLOY / "gateway.yaml"))
    if is_there:
        system.must("rollout", "restart", GATEWAY)
    system.must("rollout", "status", GATEWAY, f"--timeout={ROLLOUT_SECONDS}s", seconds=ROLLOUT_SECONDS)


def kill_operator(system: Kubectl) -> None:
    """End the operator at once, as a lost machine would; its Deployment makes another."""
    system.must("delete", "pods", "-l", SELECTOR, "--grace-period=0", "--force", "--wait=false")


def send_operator_home(cluster: Kubectl) -> None:
    """End the operator that a demo left behind; whoever installs it next brings it back."""
    system = cluster.in_namespace(NAMESPACE)
    if system.look(DEPLOYMENT) is None:
        return
    system.must("scale", DEPLOYMENT, "--replicas=0")

    def is_gone() -> tuple[bool, object]:
        pods = [pod["metadata"]["name"] for pod in system.get("pods", "-l", SELECTOR)["items"]]
        return not pods, pods

    wait_until("the operator to be gone", is_gone, READY_SECONDS)

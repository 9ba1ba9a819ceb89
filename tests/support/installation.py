"""The operator, installed in the cluster as a person would install it."""

from pathlib import Path

from support.kubectl import Kubectl, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
NAMESPACE = "sluice-system"
DEPLOYMENT = "deployment/sluice-operator"
GATEWAY = "deployment/sluice-gateway"
SELECTOR = "app.kubernetes.io/name=sluice-operator"
READY_SECONDS = 60
ROLLOUT_SECONDS = 120


def install_operator(cluster: Kubectl) -> Kubectl:
    """Apply the manifests and run the image as it is now; kubectl in the operator's namespace."""
    cluster.must("apply", "-f", str(DEPLOY / "operator.yaml"))
    system = cluster.in_namespace(NAMESPACE)
    # The image keeps its name, so only a restart brings a new one in.
    system.must("rollout", "restart", DEPLOYMENT)
    wait_for_operator(system)
    return system


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

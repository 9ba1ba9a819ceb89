"""A deployment at work: what a pipeline at work is, under its own names, and machines to put it on."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from support.database import database_manifest
from support.kubectl import Kubectl, Manifest
from support.pipeline import PipelineAtWork, runtime_container

MakeDeployment = Callable[[], "DeploymentAtWork"]
SHARED = ("desiredStatus", "storage", "template", "hook")


@dataclass(frozen=True)
class DeploymentAtWork(PipelineAtWork):
    """One deployment in a test's namespace."""

    resource: ClassVar[str] = "sldep"

    @property
    def pod_name(self) -> str:
        return f"{self.name}-deployment-0"


def deployment_manifest(
    name: str,
    machine: Manifest,
    hook: Manifest | None = None,
    environment: dict[str, str] | None = None,
    **spec: Any,
) -> Manifest:
    """The test's database, deployed on this machine."""
    pipeline = database_manifest(name, hook or {}, environment)
    fields = {field: pipeline["spec"][field] for field in SHARED}
    return {
        **pipeline,
        "kind": "Deployment",
        "spec": {**fields, "machine": machine, **spec},
    }


def with_resource(manifest: Manifest, name: str) -> Manifest:
    """The manifest, asking for one of this resource."""
    runtime_container(manifest)["resources"] = {"limits": {name: "1"}}
    return manifest


def node_name(kubectl: Kubectl) -> str:
    """The node on which pods really run."""
    name: str = kubectl.get("nodes", "-l", "!sluice.dev/ghost")["items"][0]["metadata"]["name"]
    return name


@contextmanager
def extended_resource(cluster: Kubectl, node: str, name: str, count: int) -> Generator[None]:
    """A resource that the node has so often, as a device plugin would tell of it."""
    field = name.replace("/", "~1")

    def patch(operation: Manifest) -> None:
        for place in ("capacity", "allocatable"):
            change = json.dumps([{**operation, "path": f"/status/{place}/{field}"}])
            cluster.must("patch", "node", node, "--subresource=status", "--type=json", "-p", change)

    patch({"op": "add", "value": str(count)})
    try:
        yield
    finally:
        patch({"op": "remove"})


@contextmanager
def ghost_node(cluster: Kubectl, name: str, labels: dict[str, str]) -> Generator[None]:
    """A node that only the API server knows: pods can be bound to it, and nothing runs on it."""
    resources = {"cpu": "64", "memory": "256Gi", "pods": "110", "ephemeral-storage": "1Ti"}
    condition = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "it says"}
    manifest = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"sluice.dev/ghost": "true", **labels}},
    }
    status = {"capacity": resources, "allocatable": resources, "conditions": [condition]}
    cluster.must("create", "-f", "-", manifest=manifest)
    try:
        patch = json.dumps({"status": status})
        cluster.must("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch)
        yield
    finally:
        cluster.must("delete", "node", name, "--ignore-not-found")

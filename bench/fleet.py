"""The objects that a run works with: fake nodes, bare StatefulSets, pipelines, volumes."""

from typing import Any, Final

from sluice.api.kinds import PIPELINE

Json = dict[str, Any]

STORAGE_CLASS: Final = "bench"
MAIN_PORT: Final = 8080
VICTIM_PORT: Final = 8081
"""Pods of a phase of their own use a port of their own: kwok gives addresses out again, and the runtime
server knows a process by its address and port."""
LIFECYCLE_PORT: Final = 8082
RUNTIME_PORTS: Final = (MAIN_PORT, VICTIM_PORT, LIFECYCLE_PORT)
LATER: Final = "bench.later"
FIRST_RANGE: Final = 10
PODS_OF_A_NODE: Final = 500


def name(number: int) -> str:
    """The name of an object of a series."""
    return f"p{number:05d}"


def nodes_for(pods: int) -> int:
    """How many nodes hold so many pods."""
    return max(4, -(-pods // PODS_OF_A_NODE) + 1)


def build_node(number: int) -> Json:
    """A node of kwok's whose pods have addresses inside 127.0.0.0/8."""
    node = f"fake-{number}"
    resources = {"cpu": "1000", "memory": "4Ti", "pods": "2000"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": node, "type": "kwok"},
        },
        "spec": {"podCIDR": f"127.{FIRST_RANGE + number}.0.0/16"},
        "status": {"allocatable": resources, "capacity": resources},
    }


def build_pipeline(name: str, *, port: int = MAIN_PORT, has_storage: bool = False) -> Json:
    """A pipeline that is to run."""
    spec: Json = {
        "desiredStatus": "Running",
        "feldera": {"port": port},
        "template": {"spec": {"containers": [_container()]}},
    }
    if has_storage:
        spec["storage"] = {"size": "1Gi", "storageClassName": STORAGE_CLASS}
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": spec,
    }


def build_stateful_set(name: str, *, has_storage: bool = False) -> Json:
    """A bare StatefulSet of one pod: what any operator pays underneath."""
    labels = {"app": name}
    container = _container()
    spec: Json = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    if has_storage:
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": _claim_spec()}]
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": spec}


def build_graph(name_: str, count: int) -> Json:
    """A batch pipeline of so many elements, all of which may run at once."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name_},
        "spec": {
            "desiredStatus": "Running",
            "elements": [{"name": name(number)} for number in range(count)],
            "batch": {"parallelism": count},
            "template": {"spec": {"containers": [_container()]}},
        },
    }


def build_job(name: str, *, is_later: bool) -> Json:
    """A bare Job; ``is_later`` marks those that are deleted while they run."""
    labels = {"bench/name": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"restartPolicy": "Never", "containers": [_container()]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {LATER: "yes"} if is_later else {}},
        "spec": {"backoffLimit": 0, "template": template},
    }


def pipeline_claim(name: str) -> str:
    """The claim that the operator makes for a pipeline."""
    return PIPELINE.claim_name(name, None)


def stateful_set_claim(name: str) -> str:
    """The claim that the StatefulSet controller makes."""
    return f"data-{name}-0"


def build_storage_class() -> Json:
    """Volumes are there already, and are bound when a pod needs them."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def build_volume(namespace: str, claim: str) -> Json:
    """A volume that waits for this claim: Kubernetes' own controllers do the binding."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-{claim}", "labels": {"bench": namespace}},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": namespace,
                "name": claim,
            },
            "hostPath": {"path": "/nowhere"},
        },
    }


def _container() -> Json:
    return {"name": "runtime", "image": "fake", "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}}}


def _claim_spec() -> Json:
    return {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": STORAGE_CLASS,
        "resources": {"requests": {"storage": "1Gi"}},
    }

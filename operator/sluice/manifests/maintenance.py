"""The pod that works on the volume of a stopped pipeline, with the operator's own image.

It stands in the runtime's place: the same name, the same volume, the same user and the same kind of node, so
that it can read what the runtime wrote.
"""

from dataclasses import dataclass
from typing import Any, Final

from sluice import contract
from sluice.api import constants
from sluice.api.json_values import Json, child, children
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import MaintenanceTask
from sluice.manifests.identity import Identity
from sluice.manifests.pod import STORAGE_VOLUME, owner_reference, volume_environment

TASKS: Final = {
    MaintenanceTask.LIST: contract.TASK_LIST,
    MaintenanceTask.RETAIN: contract.TASK_RETAIN,
    MaintenanceTask.CLEAR: contract.TASK_CLEAR,
}
DEADLINE_SECONDS: Final = 240
GRACE_SECONDS: Final = 10
TAKEN_OVER: Final = (
    "affinity",
    "imagePullSecrets",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "tolerations",
)
"""What of the template's pod spec decides where the pod may run, and as whom."""
RESOURCES: Final = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """Everything of a maintenance pod that does not stand in the spec."""

    name: str
    image: str
    module: str
    """Of the runtime's kind, in the image."""
    task: MaintenanceTask
    run_number: int
    claim: str
    owner: dict[str, Any]


def build_maintenance_pod(identity: Identity, spec: PipelineSpec, plan: MaintenancePlan) -> dict[str, Any]:
    """The pod of one attempt at one task."""
    template: Json = spec.template.spec.model_dump(by_alias=True) if spec.template else {}
    labels = {
        **identity.labels,
        constants.LABEL_ROLE: constants.MAINTENANCE_ROLE,
        constants.LABEL_RUN_NUMBER: str(plan.run_number),
    }
    body: dict[str, Any] = {key: template[key] for key in TAKEN_OVER if template.get(key) is not None}
    body |= {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": DEADLINE_SECONDS,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "containers": [_container(spec, plan, template)],
        "volumes": [{"name": STORAGE_VOLUME, "persistentVolumeClaim": {"claimName": plan.claim}}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": plan.name,
            "namespace": identity.namespace,
            "labels": labels,
            "ownerReferences": [owner_reference(plan.owner)],
        },
        "spec": body,
    }


def _container(spec: PipelineSpec, plan: MaintenancePlan, template: Json) -> dict[str, Any]:
    runtime = next(iter(children(template, "containers")), Json())
    mount_path = spec.storage.mount_path if spec.storage else ""
    environment = volume_environment(spec, plan.run_number, has_storage=True)
    container: dict[str, Any] = {
        "name": constants.MAINTENANCE_ROLE,
        "image": plan.image,
        "command": ["python3", "-m", plan.module, TASKS[plan.task]],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": RESOURCES,
        "volumeMounts": [{"name": STORAGE_VOLUME, "mountPath": mount_path}],
        "terminationMessagePath": contract.TERMINATION_MESSAGE_PATH,
        "terminationMessagePolicy": "File",
    }
    security = child(runtime, "securityContext")
    return {**container, "securityContext": security} if security else container

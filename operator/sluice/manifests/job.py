"""The Job of one element of a batch pipeline, and the claim that its pods share."""

import copy
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sluice import contract
from sluice.api import constants
from sluice.api.batch import ElementSpec
from sluice.api.json_values import Json, child
from sluice.api.pod_template import PodTemplate
from sluice.api.spec import PipelineSpec
from sluice.manifests.identity import Identity
from sluice.manifests.pod import STORAGE_VOLUME, entries, owner_reference

JOB_NAME_MAX_LENGTH: Final = 63
PROGRESS_VOLUME: Final = "sluice-progress"
PROGRESS_DIRECTORY: Final = "/var/run/sluice"
PROGRESS_FILE: Final = f"{PROGRESS_DIRECTORY}/progress.json"
CHECKER: Final = constants.OUTPUTS_CONTAINER
"""A side container that ends after the element, and then looks for what it was to make."""
CHECK: Final = (
    'look() { for path do [ -e "$path" ] || printf \'%s \' "${path#"$SLUICE_STORAGE"/}"; done'
    " >/dev/termination-log; exit 0; }; trap 'look \"$@\"' TERM; while :; do sleep 3600 & wait $!; done"
)
CHECKER_RESOURCES: Final = {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "32Mi"}}


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Everything of a Job that does not stand in the spec."""

    element: ElementSpec
    run_number: int
    run_id: str
    owner: dict[str, Any]
    """Name and uid of the revision that owns the Job."""
    claim: str | None
    image: str | None
    """The operator's own, for the side container that looks for outputs."""


def job_name(identity: Identity, run_number: int, element: str) -> str:
    """Name of the Job: the same for the same element of the same run, and another for any other."""
    content = f"{identity.uid}/{run_number}/{element}".encode()
    digest = hashlib.blake2b(content, digest_size=5).hexdigest()
    room = JOB_NAME_MAX_LENGTH - len(digest) - 1
    return f"{f'{identity.name}-{element}'[:room].rstrip('-')}-{digest}"


def build_job(identity: Identity, spec: PipelineSpec, plan: JobPlan) -> dict[str, Any]:
    """The Job of one element.

    Raises ``LookupError`` when the template cannot be completed; the message says what to write instead.
    """
    element = plan.element
    labels = _labels(identity, plan)
    body: dict[str, Any] = {
        "backoffLimit": element.retries or 0,
        # Somebody took the pod away (a drain, an eviction): that is no failure of the element.
        "podFailurePolicy": {
            "rules": [
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
            ]
        },
        "template": build_element_template(identity, spec, plan),
    }
    if element.timeout_seconds is not None:
        body["activeDeadlineSeconds"] = element.timeout_seconds
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(identity, plan.run_number, element.name),
            "namespace": identity.namespace,
            "labels": labels,
            "ownerReferences": [owner_reference(plan.owner)],
        },
        "spec": body,
    }


def build_element_template(identity: Identity, spec: PipelineSpec, plan: JobPlan) -> dict[str, Any]:
    """The pod template of an element, completed. Raises ``LookupError`` as :func:`build_job` does."""
    template = plan.element.template or spec.template
    if template is None:
        raise LookupError("the element has no pod template: write template, or one of its own")
    body: dict[str, Any] = copy.deepcopy(template.spec.model_dump(by_alias=True))
    _complete_container(body["containers"][0], identity, spec, plan)
    body["volumes"] = [
        *entries(body, "volumes"),
        {"name": PROGRESS_VOLUME, "emptyDir": {"sizeLimit": "1Mi"}},
        *_claim_volume(plan),
    ]
    if plan.element.outputs:
        # Last: it has to be there when the element begins, and for nothing else.
        body["initContainers"] = [*entries(body, "initContainers"), _checker(body, spec, plan)]
    # Every retry is the Job's, as a pod of its own.
    body["restartPolicy"] = "Never"
    grace = body.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace < 1:
        # Such a pod leaves the API at once, while its containers may still run.
        body["terminationGracePeriodSeconds"] = 1
    return {"metadata": _metadata(template, _labels(identity, plan)), "spec": body}


def _labels(identity: Identity, plan: JobPlan) -> dict[str, str]:
    return {
        **identity.labels,
        constants.LABEL_ROLE: constants.ELEMENT_ROLE,
        constants.LABEL_ELEMENT: plan.element.name,
        constants.LABEL_RUN_NUMBER: str(plan.run_number),
        constants.LABEL_DEPLOYMENT_ID: plan.run_id,
    }


def _metadata(template: PodTemplate, labels: dict[str, str]) -> dict[str, Any]:
    given = template.metadata
    metadata: dict[str, Any] = {"labels": {**(given.labels if given else {}), **labels}}
    if given and given.annotations:
        metadata["annotations"] = dict(given.annotations)
    return metadata


def _claim_volume(plan: JobPlan) -> list[Json]:
    if plan.claim is None:
        return []
    return [{"name": STORAGE_VOLUME, "persistentVolumeClaim": {"claimName": plan.claim}}]


def _complete_container(
    container: dict[str, Any], identity: Identity, spec: PipelineSpec, plan: JobPlan
) -> None:
    own = _environment(identity, spec, plan)
    given = {str(entry.get("name")) for entry in entries(container, "env")}
    extra = plan.element.env or {}
    clash = sorted((given | extra.keys()) & own.keys())
    if clash:
        raise LookupError(f"{', '.join(clash)} is set, which the operator sets: remove it")
    kept = [entry for entry in entries(container, "env") if entry.get("name") not in extra]
    # First, so that the template's own variables and arguments can refer to them as $(NAME).
    variables = [{"name": name, "value": value} for name, value in {**own, **extra}.items()]
    container["env"] = [*variables, *kept]
    if plan.element.args is not None:
        container["args"] = list(plan.element.args)
    mounts = [{"name": PROGRESS_VOLUME, "mountPath": PROGRESS_DIRECTORY}, *_storage_mount(spec, plan)]
    container["volumeMounts"] = [*entries(container, "volumeMounts"), *mounts]
    container["terminationMessagePath"] = contract.TERMINATION_MESSAGE_PATH
    container["terminationMessagePolicy"] = "File"


def _storage_mount(spec: PipelineSpec, plan: JobPlan) -> list[Json]:
    if spec.storage is None or plan.claim is None:
        return []
    return [{"name": STORAGE_VOLUME, "mountPath": spec.storage.mount_path}]


def _environment(identity: Identity, spec: PipelineSpec, plan: JobPlan) -> dict[str, str]:
    values = {
        contract.ENV_PIPELINE_NAME: identity.name,
        contract.ENV_DEPLOYMENT_ID: plan.run_id,
        contract.ENV_RUN_NUMBER: str(plan.run_number),
        contract.ENV_ELEMENT: plan.element.name,
        contract.ENV_PROGRESS_FILE: PROGRESS_FILE,
    }
    if spec.storage is not None:
        values[contract.ENV_STORAGE] = spec.storage.mount_path
    return values


def _checker(body: Json, spec: PipelineSpec, plan: JobPlan) -> Json:
    """It runs beside the element and gets SIGTERM once that has ended. Its last words name what is missing.

    Whether the element succeeded the Job can tell only by its exit code, and nobody else sees the volume.
    """
    if plan.image is None:
        raise LookupError("this operator has no image to look for outputs with: set SLUICE_IMAGE")
    where = spec.storage.mount_path if spec.storage else ""
    checker: Json = {
        "name": CHECKER,
        "image": plan.image,
        "restartPolicy": "Always",
        "command": ["sh", "-c", CHECK, CHECKER, *(f"{where}/{path}" for path in plan.element.outputs or ())],
        "env": [{"name": contract.ENV_STORAGE, "value": where}],
        "resources": CHECKER_RESOURCES,
        "volumeMounts": [{**mount, "readOnly": True} for mount in _storage_mount(spec, plan)],
        "terminationMessagePath": contract.TERMINATION_MESSAGE_PATH,
        "terminationMessagePolicy": "File",
    }
    security = child(body["containers"][0], "securityContext")
    return {**checker, "securityContext": copy.deepcopy(security)} if security else checker

"""The runtime's pod: the user's template, and what the contract and the rules add to it."""

import copy
from dataclasses import dataclass
from typing import Any, cast

import orjson

from sluice import contract
from sluice.api import constants
from sluice.api.json_values import Json, children
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import BOOTSTRAP_POLICIES, LATEST, BootstrapPolicy
from sluice.manifests.identity import Identity

STORAGE_VOLUME = "sluice-storage"
GRACE_SECONDS = 600
"""So long a process may take for its checkpoint on SIGTERM: a drain must not cut it short."""


@dataclass(frozen=True, slots=True)
class PodPlan:
    """Everything of a pod that does not stand in the template."""

    name: str
    run_number: int
    deployment_id: str
    initial: str
    start_from: str
    bootstrap_policy: str
    port: int
    container: str | None
    probes: dict[str, Any]
    arguments: tuple[str, ...] | None
    """Of the runtime's container; ``None`` leaves them to the template."""
    claim: str | None
    owner: dict[str, Any] | None
    """Name and uid of the revision that owns the pod; ``None`` for a dry run, which needs none."""
    run_id: str | None = None
    grace_seconds: int | None = None
    """Where the template says nothing; ``None`` means :data:`GRACE_SECONDS`."""


def build_pod(identity: Identity, spec: PipelineSpec, plan: PodPlan) -> dict[str, Any]:
    """The pod of one run.

    Raises ``LookupError`` when the template cannot be completed; the message says what to write instead.
    """
    template = spec.template
    if template is None:
        raise LookupError("the spec has no pod template: write template.spec.containers")
    body: dict[str, Any] = copy.deepcopy(template.spec.model_dump(by_alias=True))
    body["containers"] = _runtime_first(body["containers"], plan.container)
    _complete_container(body["containers"][0], identity, spec, plan)
    if plan.claim is not None:
        claim = {"name": STORAGE_VOLUME, "persistentVolumeClaim": {"claimName": plan.claim}}
        body["volumes"] = [*entries(body, "volumes"), claim]
    # Every restart is the operator's, so that back-off, resume point and error are its own, and a process
    # that has suspended never comes back by itself.
    body["restartPolicy"] = "Never"
    body["terminationGracePeriodSeconds"] = _grace_seconds(body, plan)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(identity, spec, plan),
        "spec": body,
    }


def _grace_seconds(body: Json, plan: PodPlan) -> Any:
    """Never 0: such a pod leaves the API at once, while its containers may still run."""
    given = body.get("terminationGracePeriodSeconds")
    if given is None:
        return plan.grace_seconds or GRACE_SECONDS
    return max(given, 1) if isinstance(given, int) else given


def entries(holder: Json, field: str) -> list[Json]:
    """The list under ``field`` of a template, which nobody has checked yet."""
    given: object = holder.get(field)
    if not given:
        return []
    entries = [entry for entry in children(holder, field) if entry]
    if not isinstance(given, list) or len(entries) != len(cast("list[object]", given)):
        raise LookupError(f"the template's {field} is not a list of objects: write a list, or leave it out")
    return entries


def _metadata(identity: Identity, spec: PipelineSpec, plan: PodPlan) -> dict[str, Any]:
    given = spec.template.metadata if spec.template else None
    labels = {
        **(given.labels if given else {}),
        **identity.labels,
        constants.LABEL_ROLE: constants.RUNTIME_ROLE,
        constants.LABEL_RUN_NUMBER: str(plan.run_number),
        constants.LABEL_DEPLOYMENT_ID: plan.deployment_id,
    }
    if plan.run_id is not None:
        labels[constants.LABEL_RUN_ID] = plan.run_id
    metadata: dict[str, Any] = {"name": plan.name, "namespace": identity.namespace, "labels": labels}
    if plan.owner is not None:
        metadata["ownerReferences"] = [owner_reference(plan.owner)]
    if given and given.annotations:
        metadata["annotations"] = dict(given.annotations)
    return metadata


def owner_reference(revision: dict[str, Any]) -> dict[str, Any]:
    """The revision as the controller that owns a pod."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "name": revision["name"],
        "uid": revision["uid"],
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _runtime_first(containers: list[dict[str, Any]], name: str | None) -> list[dict[str, Any]]:
    """The runtime's container comes first: that is how it is told from the others later."""
    if name is None:
        return containers
    found = [container for container in containers if container.get("name") == name]
    if not found:
        known = ", ".join(str(container.get("name")) for container in containers)
        raise LookupError(f"the template has no container {name!r}: name one of {known}")
    return found + [container for container in containers if container.get("name") != name]


def _complete_container(
    container: dict[str, Any], identity: Identity, spec: PipelineSpec, plan: PodPlan
) -> None:
    given = {str(entry.get("name")) for entry in entries(container, "env")}
    own = _environment(identity, spec, plan)
    clash = sorted(given & own.keys())
    if clash:
        raise LookupError(f"the template sets {', '.join(clash)}, which the operator sets: remove it")
    # First, so that the template's own variables and arguments can refer to them as $(NAME).
    variables = [{"name": name, "value": value} for name, value in own.items()]
    container["env"] = variables + entries(container, "env")
    sync = spec.storage.sync if spec.storage is not None else None
    if sync is not None and sync.secret_name is not None:
        secret = {"secretRef": {"name": sync.secret_name}}
        container["envFrom"] = [*entries(container, "envFrom"), secret]
    if plan.arguments is not None:
        if container.get("args"):
            raise LookupError("the template sets args, which the operator makes of the spec: remove them")
        container["args"] = list(plan.arguments)
    for probe, settings in plan.probes.items():
        container.setdefault(probe, settings)
    container["terminationMessagePath"] = contract.TERMINATION_MESSAGE_PATH
    container["terminationMessagePolicy"] = "File"
    if plan.claim is not None and spec.storage is not None:
        mount = {"name": STORAGE_VOLUME, "mountPath": spec.storage.mount_path}
        container["volumeMounts"] = [*entries(container, "volumeMounts"), mount]


def _environment(identity: Identity, spec: PipelineSpec, plan: PodPlan) -> dict[str, str]:
    values = {
        contract.ENV_PIPELINE_NAME: identity.name,
        contract.ENV_DEPLOYMENT_ID: plan.deployment_id,
        contract.ENV_INITIAL: plan.initial.lower(),
        contract.ENV_BOOTSTRAP_POLICY: BOOTSTRAP_POLICIES[BootstrapPolicy(plan.bootstrap_policy)],
        contract.ENV_PORT: str(plan.port),
    }
    if plan.run_id is not None:
        values[contract.ENV_RUN_ID] = plan.run_id
    if plan.start_from != LATEST:
        values[contract.ENV_START_FROM] = plan.start_from
    if spec.checkpoint.interval_seconds is not None:
        values[contract.ENV_CHECKPOINT_INTERVAL_SECONDS] = str(spec.checkpoint.interval_seconds)
    has_storage = plan.claim is not None and spec.storage is not None
    return values | volume_environment(spec, plan.run_number, has_storage=has_storage) | _sync(spec)


def volume_environment(spec: PipelineSpec, run_number: int, *, has_storage: bool) -> dict[str, str]:
    """What a process needs to know of the volume that it works on."""
    retain = spec.checkpoint.retain
    values = {
        contract.ENV_RUN_NUMBER: str(run_number),
        contract.ENV_CHECKPOINT_RETAIN: str(retain.count),
    }
    if retain.max_age_seconds is not None:
        values[contract.ENV_CHECKPOINT_MAX_AGE_SECONDS] = str(retain.max_age_seconds)
    if has_storage and spec.storage is not None:
        values[contract.ENV_STORAGE] = spec.storage.mount_path
    return values


def _sync(spec: PipelineSpec) -> dict[str, str]:
    sync = spec.storage.sync if spec.storage is not None else None
    if sync is None:
        return {}
    return {
        contract.ENV_SYNC_URL: sync.url,
        contract.ENV_SYNC_OPTIONS: orjson.dumps(sync.options, option=orjson.OPT_SORT_KEYS).decode(),
        contract.ENV_SYNC_INTERVAL_SECONDS: str(sync.interval_seconds),
    }

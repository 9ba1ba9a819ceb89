"""From an object as the API server sends it to the few facts that decisions need.

A pod of 8 KB becomes a record of some 500 bytes; ten thousand of them stay cheap.
"""

from dataclasses import dataclass

import orjson

from sluice.api import constants
from sluice.api.foreign import read_checkpoint, read_foreign_error
from sluice.api.json_values import Json, as_object, child, children, texts
from sluice.api.status import CheckpointStatus
from sluice.contract import DEFAULT_PORT, ENV_PORT, TERMINATION_MESSAGE_MAX_BYTES
from sluice.observation import Exit, LastWords, Pod
from sluice.store.keys import Key, owner_key

KUBERNETES_GRACE_SECONDS = 30
DISRUPTION_CONDITION = "DisruptionTarget"
HARMLESS_WAITING = frozenset({"ContainerCreating", "PodInitializing"})
"""Steps of every start: no reason that a person would want to read."""


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A pod that carries the operator's labels."""

    namespace: str
    name: str
    resource_version: int
    owner: Key
    """The custom resource that it belongs to, if it is its pod: the uid tells."""
    owner_uid: str
    container: str
    """Name of the runtime's container."""
    address: str | None
    port: int
    """Where the process was told to serve when the pod was made; the spec may say something else by now."""
    is_ready: bool
    """What the kubelet's probe found, or the control plane, where it no longer hears from the kubelet."""
    pod: Pod
    """``is_ours`` says only that it carries labels; whose it is, the uid tells."""


def project_pod(body: Json) -> PodRecord:
    """The record of a pod."""
    metadata, spec, status = child(body, "metadata"), child(body, "spec"), child(body, "status")
    labels = texts(metadata, "labels")
    container = runtime_container(spec)
    main = container_status(container, status)
    address: str | None = status.get("podIP")
    is_running = "running" in child(main, "state")
    return PodRecord(
        namespace=metadata["namespace"],
        name=metadata["name"],
        resource_version=int(metadata.get("resourceVersion") or 0),
        owner=owner_key(metadata["namespace"], labels),
        owner_uid=labels.get(constants.LABEL_UID, ""),
        container=container,
        address=address,
        port=_port(spec),
        is_ready=is_true(status, "Ready"),
        pod=Pod(
            uid=metadata["uid"],
            is_ours=True,
            run_number=number(labels.get(constants.LABEL_RUN_NUMBER)),
            deployment_id=labels.get(constants.LABEL_DEPLOYMENT_ID, ""),
            run_id=labels.get(constants.LABEL_RUN_ID),
            node_name=spec.get("nodeName"),
            is_deleting="deletionTimestamp" in metadata,
            grace_seconds=metadata.get("deletionGracePeriodSeconds"),
            has_ended=has_ended(status),
            is_started=is_running and address is not None,
            own_grace_seconds=_grace_seconds(spec),
            exit=_exit(metadata, status, main),
            is_maintenance=labels.get(constants.LABEL_ROLE) == constants.MAINTENANCE_ROLE,
            waiting=waiting(status, main),
        ),
    )


def number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _grace_seconds(spec: Json) -> int:
    given: object = spec.get("terminationGracePeriodSeconds")
    return given if isinstance(given, int) else KUBERNETES_GRACE_SECONDS


def _port(spec: Json) -> int:
    for container in children(spec, "containers")[:1]:
        for variable in children(container, "env"):
            if variable.get("name") == ENV_PORT:
                return number(str(variable.get("value"))) or DEFAULT_PORT
    return DEFAULT_PORT


def runtime_container(spec: Json) -> str:
    """Name of the first container: the manifest puts the runtime's there."""
    return next((str(container.get("name")) for container in children(spec, "containers")), "")


def container_status(name: str, status: Json) -> Json:
    found = (entry for entry in children(status, "containerStatuses") if entry.get("name") == name)
    return next(found, Json())


def has_ended(status: Json) -> bool:
    """Whether nothing of the pod runs any more.

    The phase alone does not tell: an evicted pod is Failed while its containers are still being ended.
    """
    entries = children(status, "initContainerStatuses") + children(status, "containerStatuses")
    is_over = status.get("phase") in ("Succeeded", "Failed")
    return is_over and not any("running" in child(entry, "state") for entry in entries)


def _exit(metadata: Json, status: Json, main: Json) -> Exit | None:
    ended = child(child(main, "state"), "terminated")
    if not ended and not has_ended(status):
        return None
    return Exit(
        code=ended.get("exitCode"),
        reason=str(status.get("reason") or ended.get("reason") or "Unknown"),
        message=str(status.get("message") or "")[:512],
        is_disruption=is_true(status, DISRUPTION_CONDITION) or "deletionTimestamp" in metadata,
        words=parse_last_words(ended.get("message")),
    )


def is_true(status: Json, kind: str) -> bool:
    conditions = children(status, "conditions")
    return any(entry.get("type") == kind and entry.get("status") == "True" for entry in conditions)


def parse_last_words(message: str | None) -> LastWords:
    """The termination message as the contract has it; anything else is no words at all."""
    if not message or len(message) > TERMINATION_MESSAGE_MAX_BYTES:
        return LastWords()
    try:
        fields = as_object(orjson.loads(message))
        error, checkpoint = fields.get("error"), fields.get("checkpoint")
        return LastWords(
            checkpoint=checkpoint if isinstance(checkpoint, str) and checkpoint else None,
            error=read_foreign_error(as_object(error)),
            checkpoints=_checkpoints(fields),
        )
    except orjson.JSONDecodeError:
        return LastWords()


def _checkpoints(fields: Json) -> tuple[CheckpointStatus, ...] | None:
    if not isinstance(fields.get("checkpoints"), list):
        return None
    found = (read_checkpoint(entry) for entry in children(fields, "checkpoints"))
    return tuple(checkpoint for checkpoint in found if checkpoint is not None)


def waiting(status: Json, main: Json) -> str | None:
    """Kubernetes' own reason why the runtime does not run yet."""
    for condition in children(status, "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _reason(condition)
    waiting = child(child(main, "state"), "waiting")
    if waiting.get("reason") and waiting["reason"] not in HARMLESS_WAITING:
        return _reason(waiting)
    return None


def _reason(entry: Json) -> str:
    return f"{entry.get('reason', 'Unknown')}: {entry.get('message', '')}".rstrip(": ")[:512]

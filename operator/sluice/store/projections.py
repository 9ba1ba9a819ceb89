"""From an object as the API server sends it to the few facts that decisions need.

A pod of 8 KB becomes a record of some 500 bytes; ten thousand of them stay cheap.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from sluice.api import constants
from sluice.api.status import ErrorStatus
from sluice.contract import TERMINATION_MESSAGE_MAX_BYTES
from sluice.observation import Exit, LastWords, Pod

Json = dict[str, Any]

DISRUPTION_CONDITION = "DisruptionTarget"
HARMLESS_WAITING = frozenset({"ContainerCreating", "PodInitializing"})
"""Steps of every start: no reason that a person would want to read."""


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A pod that carries the operator's labels."""

    namespace: str
    name: str
    resource_version: int
    owner_name: str
    owner_uid: str
    address: str | None
    pod: Pod
    """``is_ours`` says only that it carries labels; whose it is, the uid tells."""


def project_pod(body: Json) -> PodRecord:
    """The record of a pod."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    labels: dict[str, str] = metadata.get("labels") or {}
    main = _runtime_container_status(spec, status)
    address: str | None = status.get("podIP")
    is_running = "running" in (main.get("state") or {})
    return PodRecord(
        namespace=metadata["namespace"],
        name=metadata["name"],
        resource_version=int(metadata.get("resourceVersion") or 0),
        owner_name=labels.get(constants.LABEL_NAME, ""),
        owner_uid=labels.get(constants.LABEL_UID, ""),
        address=address,
        pod=Pod(
            uid=metadata["uid"],
            is_ours=True,
            run_number=_number(labels.get(constants.LABEL_RUN_NUMBER)),
            deployment_id=labels.get(constants.LABEL_DEPLOYMENT_ID, ""),
            node_name=spec.get("nodeName"),
            is_deleting="deletionTimestamp" in metadata,
            grace_seconds=metadata.get("deletionGracePeriodSeconds"),
            has_ended=_has_ended(status),
            is_started=is_running and address is not None,
            exit=_exit(metadata, status, main),
            waiting=_waiting(status, main),
        ),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _runtime_container_status(spec: Json, status: Json) -> Json:
    """Status of the first container: the manifest puts the runtime's there."""
    containers: list[Json] = spec.get("containers") or [{}]
    name = containers[0].get("name")
    statuses: list[Json] = status.get("containerStatuses") or []
    return next((entry for entry in statuses if entry.get("name") == name), {})


def _has_ended(status: Json) -> bool:
    """Whether nothing of the pod runs any more.

    The phase alone does not tell: an evicted pod is Failed while its containers are still being ended.
    """
    entries: list[Json] = [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]
    is_over = status.get("phase") in ("Succeeded", "Failed")
    return is_over and not any("running" in (entry.get("state") or {}) for entry in entries)


def _exit(metadata: Json, status: Json, main: Json) -> Exit | None:
    ended: Json | None = (main.get("state") or {}).get("terminated")
    if ended is None and status.get("phase") not in ("Succeeded", "Failed"):
        return None
    conditions: list[Json] = status.get("conditions") or []
    taken = any(c.get("type") == DISRUPTION_CONDITION and c.get("status") == "True" for c in conditions)
    ended = ended or {}
    return Exit(
        code=ended.get("exitCode"),
        reason=str(status.get("reason") or ended.get("reason") or "Unknown"),
        message=str(status.get("message") or "")[:512],
        is_disruption=taken or "deletionTimestamp" in metadata,
        words=parse_last_words(ended.get("message")),
    )


def parse_last_words(message: str | None) -> LastWords:
    """The termination message as the contract has it; anything else is no words at all."""
    if not message or len(message) > TERMINATION_MESSAGE_MAX_BYTES:
        return LastWords()
    try:
        fields: Any = orjson.loads(message)
        error = fields.get("error")
        checkpoint = fields.get("checkpoint")
        return LastWords(
            checkpoint=checkpoint if isinstance(checkpoint, str) and checkpoint else None,
            error=ErrorStatus.model_validate(error) if error else None,
        )
    except (orjson.JSONDecodeError, AttributeError, ValidationError):
        return LastWords()


def _waiting(status: Json, main: Json) -> str | None:
    """Kubernetes' own reason why the runtime does not run yet."""
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _reason(condition)
    waiting: Json = (main.get("state") or {}).get("waiting") or {}
    if waiting.get("reason") and waiting["reason"] not in HARMLESS_WAITING:
        return _reason(waiting)
    return None


def _reason(entry: Json) -> str:
    return f"{entry.get('reason', 'Unknown')}: {entry.get('message', '')}".rstrip(": ")[:512]

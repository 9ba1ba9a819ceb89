"""A pipeline and its events as the published API's JSON (reference 4.1)."""

import re
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sluice import __version__
from sluice.api.json_values import Json, child
from sluice.api.status import CheckpointStatus
from sluice.api.statuses import (
    CombinedStatus,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
)
from sluice.api.timing import to_kubernetes_time
from sluice.gateway.kept import read_kept
from sluice.gateway.picture import Picture
from sluice.telling.recorded import recorded_at

PROGRAM_STATUS: Final = "Success"
"""There is no compiler here: the image that the pipeline runs is what was compiled."""
CHECKPOINT_IDS: Final = uuid.UUID("0d7cf0a6-3f0e-5d39-8c52-6a6f1c6f4a10")
"""Namespace of the UUIDs that stand for ids of another form."""
UNKNOWN_FINGERPRINT: Final = 0
"""Of the program: the status does not keep it."""


class Selector(StrEnum):
    """How much of a pipeline is told."""

    ALL = "all"
    STATUS = "status"
    STATUS_WITH_CONNECTORS = "status_with_connectors"


def present(picture: Picture, selector: Selector) -> Json:
    """The pipeline object: all required fields, and no value that a client does not know."""
    shown = {**_identity(picture), **_axes(picture), **_state(picture)}
    if selector is Selector.ALL:
        shown.update(_program(picture), deployment_resources_status_details=_resources_details(picture))
    elif selector is Selector.STATUS_WITH_CONNECTORS:
        shown["connectors"] = []
    return shown


def _identity(picture: Picture) -> Json:
    metadata, kept = picture.metadata, read_kept(picture)
    generation = int(metadata.get("generation") or 1)
    created = str(metadata.get("creationTimestamp"))
    return {
        "id": picture.uid,
        "name": picture.name,
        "description": kept["description"],
        "tags": kept["tags"],
        "created_at": created,
        "version": generation,
        "refresh_version": _refresh_version(metadata, generation),
        "platform_version": __version__,
        "program_version": generation,
        "program_status": PROGRAM_STATUS,
        "program_status_since": created,
    }


def _refresh_version(metadata: Json, generation: int) -> int:
    """It rises with every visible change, as the resource version does where it is a number."""
    version = str(metadata.get("resourceVersion"))
    return int(version) if version.isdecimal() else generation


def _axes(picture: Picture) -> Json:
    status, created = picture.status, str(picture.metadata.get("creationTimestamp"))

    def since(moment: datetime | None) -> str:
        return created if moment is None else to_kubernetes_time(moment)

    runtime, wanted = picture.runtime, picture.runtime_desired
    return {
        "deployment_status": picture.combined,
        "deployment_status_since": since(status.deployment_status_since),
        "deployment_desired_status": picture.desired.value,
        "deployment_desired_status_since": since(status.deployment_desired_status_since),
        "deployment_resources_status": picture.resources.value,
        "deployment_resources_status_since": since(status.deployment_resources_status_since),
        "deployment_resources_desired_status": picture.resources_desired.value,
        "deployment_resources_desired_status_since": since(status.deployment_resources_desired_status_since),
        "deployment_runtime_status": runtime,
        "deployment_runtime_status_since": since(status.deployment_runtime_status_since) if runtime else None,
        "deployment_runtime_status_details": status.deployment_runtime_status_details if runtime else None,
        "deployment_runtime_desired_status": wanted,
        "deployment_runtime_desired_status_since": (
            since(status.deployment_runtime_desired_status_since) if wanted else None
        ),
    }


def _state(picture: Picture) -> Json:
    error, checkpoints = picture.error, picture.checkpoints
    return {
        "deployment_id": picture.status.deployment_id,
        "deployment_initial": picture.initial,
        "bootstrap_policy": picture.bootstrap_policy,
        "silent_bootstrap": None,
        "concurrent_bootstrap": None,
        "deployment_error": None if error is None else error.model_dump(mode="json"),
        "storage_status": picture.storage.value,
        "storage_status_details": (
            None if checkpoints is None else {"checkpoints": [_checkpoint(each) for each in checkpoints]}
        ),
    }


def _checkpoint(known: CheckpointStatus) -> Json:
    """As typed clients read it: they take no other id than a UUID, and no checkpoint without a fingerprint.

    An engine with ids of its own has them as ``identifier``.
    """
    try:
        told, identifier = str(uuid.UUID(known.uuid)), None
    except ValueError:
        told, identifier = str(uuid.uuid5(CHECKPOINT_IDS, known.uuid)), known.uuid
    return {
        "uuid": told,
        "identifier": identifier,
        "fingerprint": UNKNOWN_FINGERPRINT,
        "size": known.size,
        "steps": known.steps,
        "processed_records": known.processed_records,
    }


def _resources_details(picture: Picture) -> Json | None:
    """Kubernetes' own words on the pod, in the place where clients show them."""
    pod = picture.status.runtime
    return None if pod is None else {"pod": pod.name, "node": pod.node_name}


def _program(picture: Picture) -> Json:
    """What belongs to a compiler, and is empty here, and the configurations as they were written."""
    kept = read_kept(picture)
    return {
        "program_code": "",
        "udf_rust": "",
        "udf_toml": "",
        "runtime_config": kept["runtime_config"],
        "program_config": kept["program_config"],
        "program_error": {"sql_compilation": None, "rust_compilation": None, "system_error": None},
        "program_info": None,
    }


# --- Events ----------------------------------------------------------------------------------------------

TRANSITION: Final = re.compile(r"^\w+ -> (?P<place>\w+): ")
"""How the operator's events tell a new place on the combined axis."""
FAILED: Final = "Failed"


def present_event(event: Json, picture: Picture, *, is_full: bool) -> Json | None:
    """One of the operator's events as a monitor event, or ``None`` for one that tells of no status.

    What it does not tell is shown as it is now: the storage, and the program.
    """
    found = TRANSITION.match(str(event.get("message") or ""))
    has_error = event.get("reason") == FAILED
    if found is None and not has_error:
        return None
    resources, runtime = _read_place(found["place"] if found else CombinedStatus.STOPPING.value)
    is_stopping = resources in (ResourcesStatus.STOPPED, ResourcesStatus.STOPPING)
    desired = ResourcesDesiredStatus.STOPPED if is_stopping else ResourcesDesiredStatus.PROVISIONED
    shown: Json = {
        "event_id": str(child(event, "metadata").get("uid")),
        "recorded_at": recorded_at(event),
        "deployment_resources_status": resources,
        "deployment_resources_desired_status": desired,
        "deployment_runtime_status": runtime,
        "deployment_runtime_desired_status": None,
        "deployment_has_error": has_error,
        "program_status": PROGRAM_STATUS,
        "storage_status": picture.storage,
    }
    return {**shown, **_event_details(event, has_error=has_error)} if is_full else shown


def _event_details(event: Json, *, has_error: bool) -> dict[str, Any]:
    message = str(event.get("message") or "")
    error: Json = {"message": message, "error_code": str(event.get("reason")), "details": {}}
    return {
        "deployment_resources_status_details": {"reason": message},
        "deployment_runtime_status_details": None,
        "deployment_error": error if has_error else None,
        "storage_status_details": None,
    }


def _read_place(word: str) -> tuple[ResourcesStatus, RuntimeStatus | None]:
    """The two axes behind a combined status."""
    if word == CombinedStatus.COMPLETED:
        return ResourcesStatus.STOPPED, None
    if word in list(ResourcesStatus):
        return ResourcesStatus(word), None
    is_known = word in list(RuntimeStatus)
    return ResourcesStatus.PROVISIONED, RuntimeStatus(word) if is_known else None

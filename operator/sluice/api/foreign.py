"""Errors and details that a runtime wrote, brought into a form that status can hold.

A runtime is not to be trusted: what it says may have any type, any size and any depth.
"""

from typing import Final, cast

import orjson
from pydantic import ValidationError

from sluice.api.json_values import Json, as_object, child
from sluice.api.status import CheckpointStatus, ErrorStatus

DETAILS_MAX_BYTES: Final = 4096
DETAILS_MAX_LEVELS: Final = 20
ERROR_CODE_MAX_LENGTH: Final = 128
CHECKPOINT_ID_MAX_LENGTH: Final = 64


def read_foreign_error(fields: Json) -> ErrorStatus | None:
    """An error body ``{message, error_code, details}``, or ``None`` when it is none."""
    given: object = fields.get("details")
    # The contract has two forms of details and sometimes none; status has one.
    details = child(fields, "details") or ({"values": given} if given else {})
    try:
        error = ErrorStatus.model_validate({**fields, "details": presentable(details) or {}})
    except ValidationError:
        return None
    return error.model_copy(update={"error_code": error.error_code[:ERROR_CODE_MAX_LENGTH]})


def read_checkpoint(entry: Json) -> CheckpointStatus | None:
    """A checkpoint as the contract lists it, or ``None`` when it has no id or a field of the wrong type."""
    try:
        return CheckpointStatus(
            uuid=str(entry["uuid"])[:CHECKPOINT_ID_MAX_LENGTH],
            size=entry.get("size"),
            steps=entry.get("steps"),
            processed_records=entry.get("processed_records"),
            created_at=entry.get("created_at"),
        )
    except (KeyError, ValidationError):
        return None


def presentable(details: Json) -> Json | None:
    """``details`` as they can stand in status, or ``None`` when they are too many for it.

    Without nulls: a merge patch reads them as deletions, and every look would find them missing again.
    """
    try:
        found = as_object(_without_nulls(details, DETAILS_MAX_LEVELS))
    except ValueError:
        return None
    return found if len(orjson.dumps(found)) <= DETAILS_MAX_BYTES else None


def _without_nulls(value: object, levels: int) -> object:
    if not levels:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        fields = cast("Json", value).items()
        return {key: _without_nulls(inner, levels - 1) for key, inner in fields if inner is not None}
    if isinstance(value, list):
        entries = cast("list[object]", value)
        return [_without_nulls(inner, levels - 1) for inner in entries if inner is not None]
    return value

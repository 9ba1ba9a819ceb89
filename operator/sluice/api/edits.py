"""What an edit of a spec does to a pipeline that has compute or data: one table, as data.

Whether to restart is decided on what people wrote, never on the rendered pod, so that a newer operator
restarts nothing. The documents show the same table (``docs/lifecycle.md``).
"""

import copy
from enum import StrEnum
from typing import Final, NamedTuple

from sluice.api.errors import ErrorCode, describe
from sluice.api.json_values import Json, as_object
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import BootstrapPolicy


class Effect(StrEnum):
    """When an edited field takes effect."""

    AT_ONCE = "at once"
    NEXT_POD = "at the next pod: the next start or automatic restart"
    NEXT_START = "at the next start"
    STOP_AND_START = "by a graceful stop and a start"
    NEXT_RUN = "at the next run"
    HELD_UNTIL_STOPPED = "held until the pipeline is stopped"
    HELD_UNTIL_CLEARED = "held until the storage is cleared"


EDITS: Final[dict[str, Effect]] = {
    "desiredStatus": Effect.AT_ONCE,
    "force": Effect.AT_ONCE,
    "bootstrapPolicy": Effect.HELD_UNTIL_STOPPED,
    "startFrom": Effect.NEXT_START,
    "provisioningTimeoutSeconds": Effect.AT_ONCE,
    "stop": Effect.AT_ONCE,
    "restart": Effect.AT_ONCE,
    "checkpoint.intervalSeconds": Effect.NEXT_POD,
    "checkpoint.schedule": Effect.AT_ONCE,
    "checkpoint.retain": Effect.NEXT_POD,
    "checkpoint.beforeDelete": Effect.AT_ONCE,
    "storage": Effect.NEXT_POD,
    "storage.size": Effect.AT_ONCE,
    "storage.onDelete": Effect.AT_ONCE,
    "storage.mountPath": Effect.STOP_AND_START,
    "storage.sync": Effect.STOP_AND_START,
    "storage.storageClassName": Effect.HELD_UNTIL_CLEARED,
    "storage.existingClaim": Effect.HELD_UNTIL_CLEARED,
    "template": Effect.STOP_AND_START,
    "feldera": Effect.STOP_AND_START,
    "flink.jobClass": Effect.STOP_AND_START,
    "flink.jobArguments": Effect.STOP_AND_START,
    "flink.jars": Effect.STOP_AND_START,
    "flink.parallelism": Effect.STOP_AND_START,
    "flink.jobManagerHeapMiB": Effect.STOP_AND_START,
    "flink.taskManagerHeapMiB": Effect.STOP_AND_START,
    "flink.configuration": Effect.STOP_AND_START,
    "flink.initialSavepoint": Effect.NEXT_START,
    "flink.allowNonRestoredState": Effect.NEXT_POD,
    "hook.container": Effect.STOP_AND_START,
    "hook.exec": Effect.AT_ONCE,
    "hook.http": Effect.AT_ONCE,
    "hook.timeoutSeconds": Effect.AT_ONCE,
    "elements": Effect.NEXT_RUN,
    "batch.parallelism": Effect.AT_ONCE,
    "batch.failurePolicy": Effect.AT_ONCE,
    "batch.ttlSecondsAfterFinished": Effect.AT_ONCE,
    "batch.inputs": Effect.NEXT_RUN,
    "options": Effect.AT_ONCE,
}
"""``storage`` itself is its being there at all: removing it is held until it is cleared."""


DEFAULTS: Final[Json] = {"bootstrapPolicy": BootstrapPolicy.AWAIT_APPROVAL.value}


class PendingChange(NamedTuple):
    """Something in the spec that is not in force yet, with the published API's reason."""

    code: ErrorCode
    message: str


class Holding(NamedTuple):
    """A spec as it is in force, and what was held back."""

    spec: Json
    pending: tuple[PendingChange, ...] = ()


def hold_back(spec: Json, run: Json, *, is_up: bool, is_in_use: bool) -> Holding:
    """``spec`` with what may not change now as it was in ``run``, the spec of the present or the last run.

    ``is_up``: there is compute. ``is_in_use``: the volume holds state.
    """
    effective = copy.copy(spec)
    pending: list[PendingChange] = []
    if is_up and _take_back(effective, run, "bootstrapPolicy"):
        code = ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE
        pending.append(PendingChange(code, describe(code)))
    edits = _hold_storage(effective, run) if is_in_use else []
    if edits:
        pending.append(pending_edits(edits))
    return Holding(effective, tuple(pending))


def pending_edits(edits: list[str]) -> PendingChange:
    """Edits that have to wait until the storage is cleared."""
    names = ", ".join(f"`{name}`" for name in edits)
    return PendingChange(ErrorCode.EDIT_RESTRICTED, describe(ErrorCode.EDIT_RESTRICTED, edits=names))


def hold_for_run(spec: Json, run: Json) -> Holding:
    """The spec of a batch pipeline's run with what of ``spec`` takes effect at once."""
    effective = copy.deepcopy(run)
    for path, effect in EDITS.items():
        head, _, rest = path.partition(".")
        if effect is Effect.AT_ONCE and (head in run or head in RUN_POLICIES):
            _take_over(effective, spec, head, rest)
    waiting = [field for field in RUN_FIELDS if effective.get(field) != spec.get(field)]
    if not waiting:
        return Holding(effective)
    names = ", ".join(f"`{field}`" for field in waiting)
    code = ErrorCode.RUN_IMMUTABLE
    return Holding(effective, (PendingChange(code, describe(code, edits=names)),))


RUN_FIELDS: Final = ("elements", "template", "storage", "batch")
"""What a run is made from."""
RUN_POLICIES: Final = ("batch", "options")
"""Of these, what the run had none of may be added too."""


def _take_over(effective: Json, spec: Json, head: str, field: str) -> None:
    """Make a field what it is in ``spec``: ``head`` itself, or ``field`` below it."""
    if not field:
        _set(effective, head, spec.get(head))
        return
    given = as_object(spec.get(head))
    if given or head in effective:
        effective[head] = dict(as_object(effective.get(head)))
        _set(effective[head], field, given.get(field))
    if not effective.get(head) and head not in spec:
        effective.pop(head, None)


def _set(holder: Json, field: str, value: object) -> None:
    if value is None:
        holder.pop(field, None)
    else:
        holder[field] = value


def _hold_storage(effective: Json, run: Json) -> list[str]:
    """Put back what the volume in use was made with; returns the names of the edits that wait."""
    before, after = run.get("storage"), effective.get("storage")
    if before is None:
        return []
    if after is None:
        effective["storage"] = before
        return ["storage"]
    storage = effective["storage"] = dict(as_object(after))
    held = (path for path, effect in EDITS.items() if effect is Effect.HELD_UNTIL_CLEARED)
    fields = (path.removeprefix("storage.") for path in held)
    return [f"storage.{field}" for field in fields if _take_back(storage, as_object(before), field)]


def _take_back(after: Json, before: Json, field: str) -> bool:
    """Make ``field`` what it was; whether it was anything else."""
    was: object = before.get(field)
    # An older version's revision lacks what a newer CRD fills in: that is no edit.
    if after.get(field) == was or (was is None and after.get(field) == DEFAULTS.get(field)):
        return False
    if was is None:
        after.pop(field)
    else:
        after[field] = was
    return True


def needs_new_start(spec: PipelineSpec, run: PipelineSpec) -> bool:
    """Whether a process that was started with ``run`` has to be stopped and started for ``spec``.

    Storage that is added is none of these: a stop without storage would lose what the process holds.
    """
    if spec == run:
        return False
    before, after = run.model_dump(by_alias=True), spec.model_dump(by_alias=True)
    has_both = spec.storage is not None and run.storage is not None
    paths = (path for path, effect in EDITS.items() if effect is Effect.STOP_AND_START)
    return any(
        _value(after, path) != _value(before, path)
        for path in paths
        if has_both or not path.startswith("storage.")
    )


def _value(fields: Json, path: str) -> object:
    value: object = fields
    for part in path.split("."):
        value = as_object(value).get(part)
    return value

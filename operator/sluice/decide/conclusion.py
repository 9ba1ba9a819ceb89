"""The last part of every decision: combined status, times, conditions and events follow from the axes."""

from datetime import datetime

from sluice.api import events
from sluice.api.edits import PendingChange
from sluice.api.errors import STOPPING_HINT, ErrorCode
from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import ConditionStatus, PipelineStatus
from sluice.api.statuses import (
    CombinedDesiredStatus,
    CombinedStatus,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StopCause,
)
from sluice.decide.batch import conclusion as batch
from sluice.decide.currency import checkpoint_currency
from sluice.decide.decision import Decision, Event, tell
from sluice.decide.draft import Draft
from sluice.decide.serving import SERVING
from sluice.decide.stopping import ROLLS

AXES = (
    "deployment_status",
    "deployment_desired_status",
    "deployment_resources_status",
    "deployment_resources_desired_status",
    "deployment_runtime_status",
    "deployment_runtime_desired_status",
)
OPERATORS_WORDS = frozenset(word.value for word in CombinedStatus)
ENDED = (Reason.FAILED, Reason.RUN_FAILED, Reason.CANCELED)
"""It stopped, and nothing moves before a person asks for something."""
GOING_ON = (*ROLLS, StopCause.ELEMENT_FAILED)
"""Causes of a stop that is not against what people want."""
REACHED = {
    RuntimeStatus.RUNNING: Reason.RUNNING,
    RuntimeStatus.PAUSED: Reason.PAUSED,
    RuntimeStatus.STANDBY: Reason.STANDBY,
}


def conclude(draft: Draft, before: PipelineStatus) -> Decision:
    """Complete the draft: derived fields, times, conditions, and the events that the change is worth."""
    if draft.intent.spec_error is not None and draft.stalled is None:
        draft.stall(Reason.INVALID_SPEC, draft.intent.spec_error)
    _name_place(draft)
    is_batch = draft.intent.is_batch
    draft.set(
        observed_generation=draft.intent.generation,
        deployment_status=batch.phase(draft).value if is_batch else _phase(draft),
        deployment_desired_status=batch.target(draft).value if is_batch else _combined_desired_status(draft),
        **(batch.progress(draft) if is_batch else {}),
    )
    _stamp_times(draft, before)
    draft.set(conditions=_conditions(draft, before))
    return Decision(
        status=draft.status,
        actions=tuple(draft.actions),
        events=(*_events(draft.status, before), *draft.events),
        requeue_after=draft.look_again,
    )


def conclude_untouched(draft: Draft) -> Decision:
    """The operator was told to leave the pipeline alone: nothing is said but that."""
    known = {condition.type: condition for condition in draft.status.conditions}
    reason = Reason.RECONCILIATION_PAUSED
    finding = "False", reason, draft.sentence(reason)
    kind = ConditionType.RECONCILING
    generation = draft.status.observed_generation
    known[kind] = _condition(kind, finding, known.get(kind), generation, draft.now)
    return Decision(
        status=draft.status.model_copy(update={"conditions": list(known.values())}),
        actions=(),
        events=(),
        requeue_after=None,
    )


def _name_place(draft: Draft) -> None:
    """Where an object with an identity of its own is, whether it runs or not."""
    if draft.intent.lasting_id is None:
        return
    runtime = draft.status.runtime
    node = runtime.node_name if runtime is not None else None
    draft.set(deployment_id=draft.intent.lasting_id, machine=node or draft.status.machine)


def _phase(draft: Draft) -> str:
    """The combined status in its kind's own words."""
    kind, word = draft.intent.kind, _combined_status(draft)
    is_failed = word == CombinedStatus.STOPPED and draft.status.deployment_error and not draft.is_stop_wanted
    return kind.failed if is_failed and kind.failed else kind.phases.get(word, word)


def _combined_status(draft: Draft) -> str:
    status = draft.status
    match draft.resources:
        case ResourcesStatus.PROVISIONED if draft.is_suspending:
            return CombinedStatus.SUSPENDING
        case ResourcesStatus.PROVISIONED:
            said = status.deployment_runtime_status
            # A process cannot say of itself what only the operator may say, above all not Stopped.
            return RuntimeStatus.UNAVAILABLE if said is None or said in OPERATORS_WORDS else said
        case ResourcesStatus.STOPPED if is_completed(status):
            return CombinedStatus.COMPLETED
        case resources:
            return resources.value


def is_completed(status: PipelineStatus) -> bool:
    """Whether the process reached the end of its input and nobody asked for anything since."""
    return status.held_generation is not None and status.deployment_error is None


def _combined_desired_status(draft: Draft) -> str:
    status = draft.status
    if draft.is_suspending:
        return CombinedDesiredStatus.SUSPENDED
    if status.deployment_resources_desired_status != ResourcesDesiredStatus.PROVISIONED:
        return CombinedDesiredStatus.STOPPED
    if draft.is_stop_wanted:
        return CombinedDesiredStatus.STOPPED
    return draft.wanted_runtime.value


def _stamp_times(draft: Draft, before: PipelineStatus) -> None:
    for axis in AXES:
        value = getattr(draft.status, axis)
        since = f"{axis}_since"
        if value is None:
            draft.set(**{since: None})
        elif value != getattr(before, axis) or getattr(before, since) is None:
            draft.set(**{since: draft.now})


def _conditions(draft: Draft, before: PipelineStatus) -> list[ConditionStatus]:
    known = {condition.type: condition for condition in before.conditions}
    findings: dict[ConditionType, Told] = {
        ConditionType.READY: _told(_ready(draft)),
        ConditionType.AVAILABLE: _told(_available(draft)),
        ConditionType.RECONCILING: _told(_reconciling(draft)),
        ConditionType.STALLED: _told(_stalled(draft)),
        ConditionType.CHECKPOINT_CURRENT: checkpoint_currency(draft),
        ConditionType.CHANGES_PENDING: _pending(draft),
    }
    if draft.intent.is_batch:
        # Elements make checkpoints of their own, or none.
        del findings[ConditionType.CHECKPOINT_CURRENT]
    return [
        _condition(kind, finding, known.get(kind), draft.intent.generation, draft.now)
        for kind, finding in findings.items()
    ]


Finding = tuple[bool, Reason, str]
Told = tuple[str, str, str]
"""Status, reason and message of a condition."""


def _told(finding: Finding) -> Told:
    is_true, reason, message = finding
    return "True" if is_true else "False", reason, message


def _condition(
    kind: ConditionType,
    finding: Told,
    known: ConditionStatus | None,
    generation: int,
    now: datetime,
) -> ConditionStatus:
    status, reason, message = finding
    since = known.last_transition_time if known and known.status == status else now
    return ConditionStatus(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=generation,
    )


def _pending(draft: Draft) -> Told:
    """What of the spec is not in force, with the published API's own code and words."""
    changes = [*draft.intent.pending, *draft.pending, *_waiting_wishes(draft)]
    if not changes:
        return "False", Reason.NONE_PENDING, draft.sentence(Reason.NONE_PENDING)
    return "True", changes[0].code, " ".join(dict.fromkeys(change.message for change in changes))


def _waiting_wishes(draft: Draft) -> list[PendingChange]:
    """A start that is asked for while something must come to its end first."""
    if draft.is_stop_wanted or draft.is_stop_given_up:
        return []
    stop = draft.active_stop
    if stop is not None and stop.cause not in GOING_ON and draft.resources is not ResourcesStatus.STOPPED:
        suspending = draft.is_suspending
        values = {
            "status": CombinedStatus.SUSPENDING if suspending else draft.resources,
            "current_desired_status": CombinedDesiredStatus.SUSPENDED if suspending else "Stopped",
            "new_desired_status": ResourcesDesiredStatus.PROVISIONED,
            "hint": STOPPING_HINT,
        }
        return [PendingChange(ErrorCode.ILLEGAL_ACTION, draft.describe(ErrorCode.ILLEGAL_ACTION, **values))]
    if draft.is_clearing:
        code = ErrorCode.START_WHILE_CLEARING
        return [PendingChange(code, draft.describe(code))]
    return []


def _ready(draft: Draft) -> Finding:
    """Whether the desired state is reached, and if not, what is being waited for."""
    if draft.intent.is_batch:
        return batch.finding(draft)
    if draft.stalled is not None:
        cause, detail = draft.stalled
        return False, cause, draft.sentence(cause, detail=detail)
    reason = _reached(draft)
    if reason is not None:
        return True, reason, draft.sentence(reason)
    error = draft.status.deployment_error
    if draft.resources is ResourcesStatus.STOPPED and error is not None:
        return False, Reason.FAILED, draft.sentence(Reason.FAILED, detail=error.message)
    reason, values = draft.note or (Reason.STARTING, {})
    return False, reason, draft.sentence(reason, **values)


def _reached(draft: Draft) -> Reason | None:
    status = draft.status
    if draft.intent.is_deleting:
        return None
    if draft.resources is ResourcesStatus.STOPPED:
        if draft.is_stop_wanted:
            return Reason.STOPPED
        return Reason.COMPLETED if is_completed(status) else None
    if status.deployment_status == draft.intent.desired_status:
        return REACHED.get(RuntimeStatus(status.deployment_runtime_status or "Unavailable"))
    return None


def _available(draft: Draft) -> Finding:
    serves = (
        draft.resources is ResourcesStatus.PROVISIONED and draft.status.deployment_runtime_status in SERVING
    )
    reason = Reason.SERVING if serves else Reason.NOT_SERVING
    return serves, reason, draft.sentence(reason)


def _reconciling(draft: Draft) -> Finding:
    is_ready, reason, message = _ready(draft)
    is_over = is_ready or draft.stalled is not None or reason in ENDED
    return not is_over, reason, message


def _stalled(draft: Draft) -> Finding:
    is_ready, reason, message = _ready(draft)
    return draft.stalled is not None or (reason in ENDED and not is_ready), reason, message


def _events(status: PipelineStatus, before: PipelineStatus) -> list[Event]:
    """At most one event: for a new place on the combined axis, or for a new error there."""
    error = status.deployment_error
    if error is not None and error != before.deployment_error:
        return [tell(events.FAILED, message=error.message)]
    if status.deployment_status == before.deployment_status:
        return []
    ready = next(c for c in status.conditions if c.type == ConditionType.READY)
    place = {"before": before.deployment_status or "New", "now": status.deployment_status}
    return [tell(events.MOVED, Reason(ready.reason), **place, message=ready.message)]

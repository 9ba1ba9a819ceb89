"""An object as the page shows it: a row of the list, or everything that there is to say of it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sluice.api.json_values import Json, child
from sluice.api.kinds import DEPLOYMENT
from sluice.api.reasons import ConditionType
from sluice.api.status import ConditionStatus, PipelineStatus
from sluice.api.timing import to_kubernetes_time
from sluice.gateway.page.actions import show_actions
from sluice.gateway.page.history import show_durations, show_spans
from sluice.gateway.picture import Picture
from sluice.telling.explaining import Account, explain
from sluice.telling.subject import Subject, UnreadableStatusError
from sluice.telling.timeline import collect
from sluice.telling.tones import tone_of
from sluice.telling.words import Words

CLI: Final = "kubectl sluice"
"""How sentences spell the command line: whoever has a browser only can still pass them on."""
NEW: Final = "New"
"""The state of what the operator has not looked at yet."""
ENGINES: Final = ("feldera", "flink", "hook")
MOMENTS_MAX: Final = 300
ELEMENTS_MAX: Final = 200


def show_row(picture: Picture) -> Json:
    """What the list says of it."""
    status, ready = picture.status, _condition(picture.status, ConditionType.READY)
    stalled = _condition(status, ConditionType.STALLED)
    error, state = status.deployment_error, status.deployment_status or NEW
    return {
        "kind": picture.kind.plural,
        "sort": _sort(picture),
        "name": picture.object_name,
        "uid": picture.uid,
        "state": state,
        "tone": tone_of(state),
        "since": _time(status.deployment_status_since),
        "wanted": picture.wish.desired_status.value,
        "isForced": picture.wish.force,
        "isOverridden": picture.wish.override is not None,
        "isDeleting": picture.is_deleting,
        "isReady": ready is not None and ready.status == "True",
        "isStalled": stalled is not None and stalled.status == "True",
        "message": ready.message if ready is not None and ready.status != "True" else "",
        "error": error and f"{error.error_code}: {error.message}",
        "checkpointAt": _time(status.last_checkpoint_time),
        "checkpointEverySeconds": _interval(picture.spec),
        "progress": status.element_progress,
    }


def show_object(picture: Picture, events: Sequence[Json], events_problem: str | None, now: datetime) -> Json:
    """What its own view says of it."""
    status, subject = picture.status, Subject(picture.body)
    spans = show_spans(status, events)
    return {
        **show_row(picture),
        "facts": _show_facts(picture),
        "conditions": [_show_condition(each) for each in status.conditions],
        "explanation": _show_explanation(subject, now),
        "elements": _show_elements(status),
        "spans": spans,
        "durations": show_durations(status, spans),
        "checkpoints": _show_checkpoints(status),
        "moments": _show_moments(subject, events),
        "eventsProblem": events_problem,
        "actions": show_actions(picture, now),
    }


def _sort(picture: Picture) -> str:
    """What people call an object of its kind, and its engine where it has one."""
    if picture.kind is DEPLOYMENT:
        return "Deployment"
    if picture.is_batch:
        return "Batch pipeline"
    engine = next((name for name in ENGINES if name in picture.spec), None)
    return f"Pipeline, {engine}" if engine else "Pipeline"


def _interval(spec: Json) -> int | None:
    given: object = child(spec, "checkpoint").get("intervalSeconds")
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def _condition(status: PipelineStatus, kind: ConditionType) -> ConditionStatus | None:
    return next((each for each in status.conditions if each.type == kind), None)


def _show_condition(condition: ConditionStatus) -> Json:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "since": _time(condition.last_transition_time),
    }


def _show_facts(picture: Picture) -> list[tuple[str, str]]:
    """What people need to find the rest of it in the cluster."""
    status = picture.status
    pod = status.runtime
    found = (
        ("Created", str(picture.metadata.get("creationTimestamp") or "")),
        ("Pod", pod.name if pod else None),
        ("Node", (pod.node_name if pod else None) or status.machine),
        ("Start", status.run_id or status.deployment_id),
        ("Run number", str(status.run_number) if status.run_number else None),
        ("Storage", status.storage_status and f"{status.storage_status}{_size(status)}"),
        ("Restarts in a row", str(status.restart.count) if status.restart and status.restart.count else None),
    )
    return [(name, value) for name, value in found if value]


def _size(status: PipelineStatus) -> str:
    return f", {status.storage_size}" if status.storage_size else ""


def _show_explanation(subject: Subject, now: datetime) -> Json:
    """The answers of ``sluice explain``."""
    words = Words(CLI, subject.name, f" -n {subject.namespace}" if subject.namespace else "")
    try:
        account = explain(subject, words, now)
    except UnreadableStatusError as error:
        account = Account(why=[str(error)])
    return {"why": account.why, "waitsFor": account.awaits, "canDo": account.do}


def _show_elements(status: PipelineStatus) -> Json | None:
    if status.element_counts is None:
        return None
    listed = status.elements or []
    shown = [
        {
            "name": each.name,
            "state": each.status,
            "tone": tone_of(each.status),
            "startedAt": _time(each.started_at),
            "finishedAt": _time(each.finished_at),
            "percent": each.progress.percent if each.progress else None,
            "message": each.error or (each.progress.message if each.progress else None),
        }
        for each in listed[:ELEMENTS_MAX]
    ]
    return {"counts": status.element_counts.model_dump(), "shown": shown}


def _show_checkpoints(status: PipelineStatus) -> list[Json]:
    details = status.storage_status_details
    return [
        {
            "uuid": each.uuid,
            "at": _time(each.created_at),
            "bytes": each.size,
            "records": each.processed_records,
        }
        for each in (details.checkpoints if details is not None else ())
    ]


def _show_moments(subject: Subject, events: Sequence[Json]) -> list[Json]:
    """The timeline of ``sluice history``, the newest last."""
    try:
        moments = collect(subject, events)
    except UnreadableStatusError:
        return []
    return [{"at": _time(each.time), "kind": each.kind, "text": each.text} for each in moments[-MOMENTS_MAX:]]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_kubernetes_time(moment)

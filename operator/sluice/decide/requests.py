"""Requests: what people ask for by an annotation. Each token is carried out once; its outcome is recorded.

That it was seen stands in status before anything is done for it. What takes longer than one look is open
until then, and the rooms of the lifecycle ask here what is open: a restart, a checkpoint, an approval, a
clearing.
"""

from sluice.api import events
from sluice.api.errors import ErrorCode
from sluice.api.reasons import Reason, RequestReason
from sluice.api.requests import Request
from sluice.api.status import REQUESTS_MAX, RequestStatus
from sluice.api.statuses import (
    RequestState,
    RequestVerb,
    ResourcesStatus,
)
from sluice.decide.decision import tell
from sluice.decide.draft import Draft

FOR_ELEMENTS = (RequestVerb.RESTART, RequestVerb.OVERRIDE)
"""What a batch pipeline can be asked for: its elements make their own checkpoints."""


def take_requests(draft: Draft) -> None:
    """Record the requests that are new, and the end of an override."""
    for request in draft.intent.requests:
        if _find(draft, request.verb, request.token) is None:
            _take(draft, request)
    _follow_override(draft)


def open_request(draft: Draft, verb: RequestVerb) -> RequestStatus | None:
    """The request of this kind that is under way; the oldest, should there be several."""
    return next(
        (each for each in draft.status.requests if each.verb == verb and _is_open(each)),
        None,
    )


def finish(
    draft: Draft,
    verb: RequestVerb,
    state: RequestState,
    message: str | None = None,
    *,
    reason: str | None = None,
    token: str | None = None,
) -> None:
    """The requests of this kind that are under way, or the one with this token, have their outcome."""
    for entry in draft.status.requests:
        if entry.verb == verb and _is_open(entry) and token in (None, entry.token):
            changes = {"state": state, "reason": reason, "message": message, "finished_at": draft.now}
            done = entry.model_copy(update=changes)
            draft.set(requests=[done if each is entry else each for each in draft.status.requests])
            _tell(draft, done)


def is_held(draft: Draft) -> bool:
    """Whether the pipeline ended by itself and stays stopped until something is asked for."""
    return draft.status.held_generation == draft.intent.generation


def _take(draft: Draft, request: Request) -> None:
    if request.problem is not None:
        _refuse(draft, request, ErrorCode.INVALID_REQUEST, problem=request.problem)
    elif draft.intent.is_batch and request.verb not in FOR_ELEMENTS:
        _refuse(draft, request, ErrorCode.NOT_FOR_ELEMENTS, verb=request.verb)
    elif request.uid not in (None, draft.intent.uid):
        message = draft.describe(ErrorCode.OTHER_OBJECT, uid=request.uid)
        _record(draft, request, RequestState.IGNORED, ErrorCode.OTHER_OBJECT, message)
    else:
        _TAKERS[request.verb](draft, request)


def _record(
    draft: Draft,
    request: Request,
    state: RequestState = RequestState.IN_PROGRESS,
    reason: str | None = None,
    message: str | None = None,
) -> None:
    entry = RequestStatus(
        verb=request.verb,
        token=request.token,
        state=state,
        reason=reason,
        message=message,
        requested_at=draft.now,
        finished_at=None if state is RequestState.IN_PROGRESS else draft.now,
    )
    same = [each for each in draft.status.requests if each.verb == request.verb]
    surplus = [each for each in same if not _is_open(each)][: max(0, len(same) + 1 - REQUESTS_MAX)]
    kept = [each for each in draft.status.requests if each not in surplus]
    draft.set(requests=[*kept, entry])
    if not _is_open(entry):
        _tell(draft, entry)


def _refuse(draft: Draft, request: Request, code: ErrorCode, **values: object) -> None:
    _record(draft, request, RequestState.REFUSED, code, draft.describe(code, **values))


def _tell(draft: Draft, entry: RequestStatus) -> None:
    is_done = entry.state == RequestState.SUCCEEDED
    outcome = f"{entry.state}: {entry.message}" if entry.message else entry.state
    happening = events.REQUEST_DONE if is_done else events.REQUEST_FAILED
    draft.events.append(tell(happening, verb=entry.verb, token=entry.token, outcome=outcome))


def _find(draft: Draft, verb: RequestVerb, token: str) -> RequestStatus | None:
    return next((e for e in draft.status.requests if (e.verb, e.token) == (verb, token)), None)


def _is_open(entry: RequestStatus) -> bool:
    return entry.state == RequestState.IN_PROGRESS


# --- What each kind needs to be taken --------------------------------------------------------------------


def _take_checkpoint(draft: Draft, request: Request) -> None:
    if draft.resources is not ResourcesStatus.PROVISIONED or draft.active_stop is not None:
        _refuse(draft, request, ErrorCode.NOT_DEPLOYED, **_where_it_is(draft))
    elif draft.inability is not None:
        _refuse(draft, request, ErrorCode.CHECKPOINT_FAILED, reason=draft.sentence(Reason(draft.inability)))
    else:
        _record(draft, request)


def _take_clear(draft: Draft, request: Request) -> None:
    is_rest = draft.resources is ResourcesStatus.STOPPED and (draft.is_stop_wanted or is_held(draft))
    if is_rest:
        _record(draft, request)
        return
    values = {
        "current": "in_use" if draft.has_storage else "cleared",
        "new": "clearing",
        "resources": draft.resources.lower(),
        "desired": "stopped" if draft.is_stop_wanted else "provisioned",
    }
    _refuse(draft, request, ErrorCode.STORAGE_IMMUTABLE, **values)


def _take_dismissal(draft: Draft, request: Request) -> None:
    if draft.resources is not ResourcesStatus.STOPPED:
        _refuse(draft, request, ErrorCode.DISMISS_RESTRICTED)
        return
    if draft.status.deployment_error is not None:
        draft.set(deployment_error=None, held_generation=None)
    _record(draft, request, RequestState.SUCCEEDED)


def _take_approval(draft: Draft, request: Request) -> None:
    if draft.resources is ResourcesStatus.PROVISIONED and draft.active_stop is None:
        _record(draft, request)
    else:
        _refuse(draft, request, ErrorCode.NOT_DEPLOYED, **_where_it_is(draft))


def _take_restart(draft: Draft, request: Request) -> None:
    if draft.is_stop_wanted:
        _refuse(draft, request, ErrorCode.NOT_WANTED)
        return
    if draft.intent.is_batch and draft.resources is not ResourcesStatus.STOPPED:
        _refuse(draft, request, ErrorCode.RUN_UNDER_WAY)
        return
    if draft.resources is ResourcesStatus.STOPPED:
        draft.set(held_generation=None)
    _record(draft, request)


def _take_override(draft: Draft, request: Request) -> None:
    override = draft.intent.override
    if override is not None and override.token == request.token:
        _record(draft, request, message=f"desiredStatus {override.desired_status}, force {override.force}")
        return
    reason, problem = draft.intent.override_problem or (RequestReason.SUPERSEDED, "it is not in force")
    _record(draft, request, RequestState.REFUSED, reason, problem)


def _follow_override(draft: Draft) -> None:
    before, now = draft.status.override, draft.intent.override
    if before == now:
        return
    if before is not None and (now is None or now.token != before.token):
        finish(
            draft,
            RequestVerb.OVERRIDE,
            RequestState.SUCCEEDED,
            reason=RequestReason.ENDED,
            token=before.token,
        )
    draft.set(override=now)


def _where_it_is(draft: Draft) -> dict[str, object]:
    return {
        "status": draft.status.deployment_status or ResourcesStatus.STOPPED,
        "pipeline_name": draft.intent.name,
    }


_TAKERS = {
    RequestVerb.CHECKPOINT: _take_checkpoint,
    RequestVerb.CLEAR_STORAGE: _take_clear,
    RequestVerb.DISMISS_ERROR: _take_dismissal,
    RequestVerb.APPROVE: _take_approval,
    RequestVerb.RESTART: _take_restart,
    RequestVerb.OVERRIDE: _take_override,
}

"""What a pipeline that is up can be asked for: pause, resume, activate, approve, checkpoint (section 2.1)."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Final

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json
from sluice.api.status import RequestStatus
from sluice.api.statuses import (
    CombinedDesiredStatus,
    DesiredStatus,
    RequestState,
    RequestVerb,
    RuntimeStatus,
)
from sluice.api.timing import to_kubernetes_time
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import Ask, Outcome, override, require_deployed
from sluice.gateway.picture import ENDING, Picture
from sluice.gateway.starting import check_bootstrap
from sluice.gateway.stopping import invalid_transition

APPROVED: Final = "Bootstrap approved"
TOKEN: Final = re.compile(r"^gateway-(\d{1,18})$")
"""Of the checkpoints that were asked for here: the published API's sequence number stands in it, so that a
gateway that knows nothing finds it again in ``status.requests``."""


def pause(picture: Picture) -> Outcome:
    """Process nothing, and stay up."""
    if not picture.can_pause:
        require_deployed(picture)
        raise refusal(ErrorCode.UNSUPPORTED_ACTION, action="/pause", reason="Flink cannot pause a job")
    return _transition(picture, "pause", DesiredStatus.PAUSED)


def resume(picture: Picture) -> Outcome:
    """Go on. The process's own name for it is start."""
    return _transition(picture, "start", DesiredStatus.RUNNING)


def activate(picture: Picture, initial: str) -> Outcome:
    """Take over from Standby."""
    targets = {"running": DesiredStatus.RUNNING, "paused": DesiredStatus.PAUSED}
    require_deployed(picture)
    target = targets.get(initial)
    if target is None:
        raise refusal(ErrorCode.INVALID_ACTIVATION, initial=initial.title()[:64])
    return _transition(picture, "activate", target)


def _transition(picture: Picture, action: str, target: DesiredStatus) -> Outcome:
    require_deployed(picture)
    if picture.desired in ENDING:
        raise invalid_transition(action, CombinedDesiredStatus.SUSPENDED)
    present = picture.runtime_desired or RuntimeStatus.UNAVAILABLE
    if present is RuntimeStatus.STANDBY and action != "activate":
        raise invalid_transition(action, present)
    text = f"Pipeline transitioning from {present} to {target}"
    is_wanted = picture.wish.desired_status is target and picture.desired.value == target.value
    return Outcome(text, asks=() if is_wanted else (override(picture, target),))


def approve(picture: Picture, *, silent: bool, concurrent: bool) -> Outcome:
    """Let a process with a changed program take the state over."""
    check_bootstrap(silent=silent, concurrent=concurrent)
    require_deployed(picture)
    if picture.desired in ENDING:
        raise refusal(ErrorCode.SUSPENDED)
    is_awaited = picture.runtime is RuntimeStatus.AWAITING_APPROVAL
    is_asked = picture.is_pending(RequestVerb.APPROVE)
    asks = (Ask(RequestVerb.APPROVE),) if is_awaited and not is_asked else ()
    return Outcome(APPROVED, HTTPStatus.OK, asks)


def checkpoint(picture: Picture, now: datetime) -> Outcome:
    """Ask for a checkpoint; its sequence number is the moment in milliseconds."""
    require_deployed(picture)
    if picture.desired in ENDING:
        raise refusal(ErrorCode.SUSPENDED)
    if picture.runtime is RuntimeStatus.INITIALIZING:
        raise refusal(ErrorCode.INITIALIZING)
    known = _unbegun(picture)
    number = int(now.timestamp() * 1000) if known is None else known
    asks = (Ask(RequestVerb.CHECKPOINT, token=f"gateway-{number}"),) if known is None else ()
    content = {"checkpoint_sequence_number": number, "incarnation_uuid": incarnation(picture)}
    return Outcome(content, HTTPStatus.OK, asks)


def _unbegun(picture: Picture) -> int | None:
    """A checkpoint that was asked for here and not begun: it will hold what is asked for now, too."""
    request = picture.request(RequestVerb.CHECKPOINT)
    if request is None or any(
        entry.verb == RequestVerb.CHECKPOINT and entry.token == request.token
        for entry in picture.status.requests
    ):
        return None
    return _number(request.token)


def incarnation(picture: Picture) -> str:
    """A request for a checkpoint belongs to one start, and ends with it."""
    return picture.status.deployment_id or picture.uid


def checkpoint_status(picture: Picture, asked: str | None) -> Json:
    """What became of the checkpoints that were asked for here (reference 2.1)."""
    require_deployed(picture)
    expected = incarnation(picture)
    if asked is not None and asked.lower() != expected.lower():
        raise refusal(ErrorCode.INCARNATION_MISMATCH, in_request=asked[:64], expected=expected)
    entries = [
        (number, entry)
        for entry in picture.status.requests
        if entry.verb == RequestVerb.CHECKPOINT and (number := _number(entry.token)) is not None
    ]
    made = [number for number, entry in entries if entry.state == RequestState.SUCCEEDED]
    failed = [pair for pair in entries if pair[1].state in (RequestState.FAILED, RequestState.REFUSED)]
    return {"success": max(made, default=None), "failure": _failure(failed)}


def _failure(failed: list[tuple[int, RequestStatus]]) -> Json | None:
    if not failed:
        return None
    number, entry = max(failed, key=lambda pair: pair[0])
    moment = entry.finished_at or entry.requested_at
    return {
        "sequence_number": number,
        "error": entry.message or entry.reason or "",
        "failed_at": to_kubernetes_time(moment),
    }


def _number(token: str) -> int | None:
    found = TOKEN.match(token)
    return int(found[1]) if found else None

"""What is read of a pipeline beside its state: its process's own numbers, its log, its events."""

import uuid
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json as JsonObject
from sluice.gateway.access import Access
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import require_deployed
from sluice.gateway.picture import Picture
from sluice.gateway.pipelines import Name
from sluice.gateway.plumbing import NO_CACHE, NO_SNIFFING, SECURED, Caller, Gateway, Json, errors, no_cache
from sluice.gateway.presenting import present_event
from sluice.gateway.process import LogStream, ask, ask_for_json
from sluice.telling.recorded import in_order

router = APIRouter(prefix="/v0/pipelines", dependencies=SECURED, tags=["Metrics and debugging"])

EVENTS_MAX: Final = 720
"""As many as the published API keeps (reference 1.5)."""


class MetricsFormat(StrEnum):
    """Formats that a process may write its metrics in."""

    PROMETHEUS = "prometheus"
    JSON = "json"


class EventSelector(StrEnum):
    """How much of an event is told."""

    ALL = "all"
    STATUS = "status"


@router.get("/{name}/stats", responses=errors(400, 404, 410, 501))
async def get_stats(access: Caller, name: Name) -> Response:
    """The process's own statistics."""
    return await ask_for_json(access, await access.observe(name), "/stats")


@router.get("/{name}/checkpoints", responses=errors(400, 404, 410, 501))
async def get_checkpoints(access: Caller, name: Name) -> Response:
    """The checkpoints that the process has."""
    return await ask_for_json(access, await access.observe(name), "/checkpoints")


@router.get(
    "/{name}/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **errors(400, 404, 410, 501)},
)
async def get_metrics(
    access: Caller,
    name: Name,
    format: Annotated[MetricsFormat, Query()] = MetricsFormat.PROMETHEUS,  # noqa: A002 - the API's name
) -> Response:
    """The process's own metrics."""
    picture = await access.observe(name)
    request = f"/metrics?format={format}"
    if format is MetricsFormat.JSON:
        return await ask_for_json(access, picture, request)
    body = await ask(access, picture, request)
    # To the letter: the published SDK takes what names its characters, too, for JSON.
    return Response(body, headers={"Content-Type": "text/plain", **NO_CACHE, **NO_SNIFFING})


@router.get(
    "/{name}/logs",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **errors(400, 404)},
)
async def follow_logs(request: Request, access: Caller, name: Name) -> Response:
    """The log of the process, from its last lines on, as it is written."""
    gateway: Gateway = request.app.state.gateway
    picture = await access.observe(name)
    if picture.status.runtime is None:
        require_deployed(picture)
    return LogStream(access, picture, gateway.log_streams, gateway.settings.log_seconds)


@router.get("/{name}/events", responses=errors(400, 404))
async def list_events(
    access: Caller, name: Name, selector: Annotated[EventSelector, Query()] = EventSelector.STATUS
) -> Json:
    """What the pipeline went through, the newest first, as far as the cluster still knows."""
    picture = await access.observe(name)
    return no_cache(await _observe_events(access, picture, selector))


@router.get("/{name}/events/{event_id}", responses=errors(400, 404))
async def get_event(
    access: Caller,
    name: Name,
    event_id: str,
    selector: Annotated[EventSelector, Query()] = EventSelector.STATUS,
) -> Json:
    """One event, or the ``latest``."""
    if event_id != "latest":
        _check_uuid(event_id)
    found = await _observe_events(access, await access.observe(name), selector)
    for event in found:
        if event_id in ("latest", event["event_id"]):
            return no_cache(event)
    raise refusal(ErrorCode.UNKNOWN_EVENT, event_id=event_id[:64])


def _check_uuid(given: str) -> None:
    try:
        uuid.UUID(given)
    except ValueError as error:
        raise refusal(
            ErrorCode.INVALID_REQUEST, problem="the event's id is neither a UUID nor `latest`"
        ) from error


async def _observe_events(access: Access, picture: Picture, selector: EventSelector) -> list[JsonObject]:
    listed = in_order(await access.observe_events(picture))[::-1]
    shown = (present_event(event, picture, is_full=selector is EventSelector.ALL) for event in listed)
    return [event for event in shown if event is not None][:EVENTS_MAX]

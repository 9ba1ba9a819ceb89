"""``/pipelines``: following and cancelling a graph of jobs (seed 003)."""

import asyncio
import time
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json as JsonObject
from sluice.api.kinds import PIPELINE
from sluice.api.statuses import DesiredStatus
from sluice.gateway.access import Access
from sluice.gateway.batch_words import (
    ENDS,
    Element,
    FollowedPipeline,
    PipelinePage,
    PipelineStatus,
    present_batch,
    present_elements,
    read_state,
)
from sluice.gateway.errors import Unprocessable, refusal
from sluice.gateway.identity import NAMESPACE
from sluice.gateway.outcome import Outcome, override
from sluice.gateway.picture import Picture
from sluice.gateway.plumbing import SECURED, Caller, Gateway, Json, errors, no_cache

PREFIX: Final = "/pipelines"
router = APIRouter(prefix=PREFIX, dependencies=SECURED, tags=["Batch pipelines"])

CANCEL_SECONDS: Final = 5.0
"""How long a cancel waits for its effect before it answers with what is there."""
POLL_SECONDS: Final = 0.25
LIMIT_MAX: Final = 1000
PipelineId = Annotated[str, Path(title="Pipeline Id", max_length=253)]


class Order(StrEnum):
    """Which way a list goes."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class OrderBy(StrEnum):
    """What a list is sorted by."""

    ID = "id"
    NAME = "name"
    STATUS = "status"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"


SERVED: Final = frozenset({"project_id", "limit", "skip", "id", "name", "status", "order_by", "order"})


@router.get("", response_model=PipelinePage, responses=errors(400, 422))
async def list_batches(
    request: Request,
    access: Caller,
    project_id: Annotated[str | None, Query(description="The namespace.")] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 100,
    skip: Annotated[int, Query(ge=0)] = 0,
    id: Annotated[str | None, Query()] = None,  # noqa: A002 - the API's name
    name: Annotated[str | None, Query()] = None,
    status: Annotated[PipelineStatus | None, Query()] = None,
    order_by: Annotated[OrderBy, Query()] = OrderBy.CREATED_AT,
    order: Annotated[Order, Query()] = Order.DESCENDING,
) -> Json:
    """The batch pipelines of a namespace. Filters compare whole values."""
    for parameter in request.query_params:
        if parameter not in SERVED:
            raise Unprocessable(["query", parameter[:64]], "this filter is not served")
    place = access if project_id is None else _in_project(access, project_id)
    wanted = {"id": id, "name": name, "status": status}
    shown = [
        entry
        for entry in (_present(request, seen) for seen in await place.observe_all() if seen.is_batch)
        if all(value is None or entry[key] == value for key, value in wanted.items())
    ]
    shown.sort(key=lambda entry: (entry[order_by], entry["id"]), reverse=order is Order.DESCENDING)
    page = shown[skip : skip + limit]
    return no_cache({"pipelines": page, "count": len(page), "total": len(shown)})


@router.get("/{pipeline_id}", response_model=FollowedPipeline, responses=errors(400, 404, 422))
async def get_batch(request: Request, access: Caller, pipeline_id: PipelineId) -> Json:
    """One batch pipeline."""
    return no_cache(_present(request, await _observe(access, pipeline_id)))


@router.get("/{pipeline_id}/elements", response_model=list[Element], responses=errors(400, 404, 422))
async def list_elements(access: Caller, pipeline_id: PipelineId) -> Json:
    """Its elements, in the order of its manifest."""
    return no_cache(present_elements(await _observe(access, pipeline_id)))


@router.post(
    "/{pipeline_id}/cancel",
    operation_id="cancel_pipeline_pipelines__pipeline_id__cancel_post",
    summary="Cancel a pipeline",
    response_model=FollowedPipeline,
    responses=errors(400, 404, 422),
)
async def cancel_batch(request: Request, access: Caller, pipeline_id: PipelineId) -> Json:
    """Cancel a running pipeline and all its non-terminal elements.

    Answers as soon as it is canceled, or after five seconds with what is there then.
    """
    await access.apply_to(lambda: _observe(access, pipeline_id), cancel)
    until = time.monotonic() + CANCEL_SECONDS
    seen = await _observe(access, pipeline_id)
    while read_state(seen) not in ENDS and time.monotonic() < until:
        await asyncio.sleep(POLL_SECONDS)
        seen = await _observe(access, pipeline_id)
    return no_cache(_present(request, seen))


def cancel(picture: Picture) -> Outcome:
    """Want it canceled. One that has ended stays as it is."""
    is_over = read_state(picture) in ENDS
    return Outcome(
        {}, asks=() if is_over or picture.is_stop_wanted else (override(picture, DesiredStatus.CANCELED),)
    )


def _in_project(access: Access, project_id: str) -> Access:
    if NAMESPACE.match(project_id) is None:
        raise Unprocessable(["query", "project_id"], "a project is a namespace, and this is no name of one")
    return Access(access.kube, project_id, access.hints)


async def _observe(access: Access, pipeline_id: str) -> Picture:
    found = await access.observe_by_uid(PIPELINE, pipeline_id)
    if found is None or found.is_gone or not found.is_batch:
        raise refusal(ErrorCode.UNKNOWN_PIPELINE, pipeline_name=pipeline_id[:253])
    return found


def _present(request: Request, picture: Picture) -> JsonObject:
    gateway: Gateway = request.app.state.gateway
    return present_batch(picture, gateway.settings.cluster)

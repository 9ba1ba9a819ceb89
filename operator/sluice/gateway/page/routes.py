"""``/ui``: the page's files, what it reads, and its buttons.

No part of the published APIs and of no document: page and gateway are of one version, and change together.
"""

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json as JsonObject
from sluice.api.kinds import DEPLOYMENT, PIPELINE, Kind
from sluice.gateway.access import Access
from sluice.gateway.errors import from_cluster, refusal, unauthorized
from sluice.gateway.page.actions import actions_for, tell_what_was_written
from sluice.gateway.page.files import INDEX, answer_file, digest, is_known, read_files
from sluice.gateway.page.showing import show_object, show_row
from sluice.gateway.picture import Picture
from sluice.gateway.plumbing import NO_CACHE, NO_SNIFFING, Caller, Gateway, Json
from sluice.kube import ApiError

PREFIX: Final = "/ui"
BY_ITSELF: Final = "Without a token this page only reads: give one that the cluster accepts."

router = APIRouter(include_in_schema=False)

Known = Annotated[str | None, Header(alias="If-None-Match")]


class KindName(StrEnum):
    """Kinds by the names that paths have for them."""

    PIPELINES = PIPELINE.plural
    DEPLOYMENTS = DEPLOYMENT.plural

    @property
    def kind(self) -> Kind:
        """The kind."""
        return DEPLOYMENT if self is KindName.DEPLOYMENTS else PIPELINE


# --- Files -----------------------------------------------------------------------------------------------


@router.get("/")
@router.get(PREFIX)
async def lead_to_page() -> Response:
    """Relative, so that it leads to the page behind any prefix that a proxy takes away."""
    return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": "ui/"})


@router.get(f"{PREFIX}/")
async def get_page(if_none_match: Known = None) -> Response:
    """The page."""
    return answer_file(read_files()[INDEX], if_none_match)


@router.get(f"{PREFIX}/{{file}}")
async def get_file(file: str, if_none_match: Known = None) -> Response:
    """One of its files."""
    found = read_files().get(file)
    if found is None:
        raise refusal(ErrorCode.NO_ENDPOINT)
    return answer_file(found, if_none_match)


# --- What is read ----------------------------------------------------------------------------------------


@router.get(f"{PREFIX}/data/session")
async def get_session(request: Request, access: Caller) -> Json:
    """Who looks, and at which namespace. Raises for a token that the cluster does not know."""
    gateway: Gateway = request.app.state.gateway
    user = None if access.is_anonymous else await access.observe_user()
    return _answer({"user": user, "namespace": access.namespace, "cluster": gateway.settings.cluster})


@router.get(f"{PREFIX}/data/objects")
async def list_objects(access: Caller, if_none_match: Known = None) -> Response:
    """Every pipeline and deployment of the namespace, each with its state.

    Where one of the two kinds may not be listed, the other is shown, and why it is alone.
    """
    rows: list[JsonObject] = []
    problems: list[ApiError] = []
    for kind in (PIPELINE, DEPLOYMENT):
        try:
            rows += [show_row(picture) for picture in await access.observe_everything(kind)]
        except ApiError as error:
            if not error.is_forbidden:
                raise
            problems.append(error)
    if len(problems) > 1:
        raise problems[0]
    told = [str(from_cluster(error).body["message"]) for error in problems]
    return _answer_if_changed({"namespace": access.namespace, "rows": rows, "problems": told}, if_none_match)


@router.get(f"{PREFIX}/data/objects/{{kind}}/{{name}}")
async def get_object(access: Caller, kind: KindName, name: str, if_none_match: Known = None) -> Response:
    """Everything that there is to say of one object."""
    picture = await _observe(access, kind, name)
    events, problem = await _observe_events(access, picture)
    shown = show_object(picture, events, problem, datetime.now(UTC))
    return _answer_if_changed({"namespace": access.namespace, **shown}, if_none_match)


async def _observe(access: Access, kind: KindName, name: str) -> Picture:
    found = await access.observe_object(kind.kind, name)
    if found is None:
        raise refusal(
            ErrorCode.UNKNOWN_DEPLOYMENT if kind is KindName.DEPLOYMENTS else ErrorCode.UNKNOWN_PIPELINE,
            pipeline_name=name[:253],
            deployment_id=name[:253],
        )
    return found


async def _observe_events(access: Access, picture: Picture) -> tuple[list[JsonObject], str | None]:
    """Who may see the object need not see events: then the page says so beside what it shows."""
    try:
        return await access.observe_events(picture), None
    except ApiError as error:
        if not error.is_forbidden:
            raise
        return [], str(from_cluster(error).body["message"])


# --- Buttons ---------------------------------------------------------------------------------------------


@router.post(f"{PREFIX}/data/objects/{{kind}}/{{name}}/{{action}}")
async def act(access: Caller, kind: KindName, name: str, action: str) -> Json:
    """Do what the button says, with the person's own rights, and tell what was written."""
    if access.is_anonymous:
        raise unauthorized(BY_ITSELF)
    now = datetime.now(UTC)

    def decide(picture: Picture) -> Any:
        found = actions_for(picture).get(action)
        if found is None:
            raise refusal(ErrorCode.NO_ENDPOINT)
        return found.act(picture, now)

    outcome = await access.apply_to(lambda: _observe(access, kind, name), decide)
    return _answer({"told": tell_what_was_written(name, outcome), "isWritten": bool(outcome.asks)})


# --- Answers ---------------------------------------------------------------------------------------------


def _answer(content: JsonObject) -> Json:
    return Json(content, headers=NO_CACHE)


def _answer_if_changed(content: JsonObject, if_none_match: str | None) -> Response:
    body = orjson.dumps(content)
    headers = {**NO_CACHE, **NO_SNIFFING, "ETag": digest(body)}
    if is_known(headers["ETag"], if_none_match):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)

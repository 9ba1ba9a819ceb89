"""The application: every route, every error in the published API's form, and a guard around all of it."""

import logging
import time
import traceback
import uuid
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sluice import __version__
from sluice.api.errors import ErrorCode
from sluice.gateway import api_keys, batch, installation, observing, pipelines, vendors
from sluice.gateway.errors import (
    GatewayError,
    Unprocessable,
    from_cluster,
    invalid,
    refusal,
    unprocessable,
)
from sluice.gateway.page import routes as page
from sluice.gateway.plumbing import Gateway, Json
from sluice.gateway.settings import MAX_BODY_BYTES
from sluice.kube import ApiError, ApiUnreachableError

logger = logging.getLogger("sluice.gateway")

FRAMEWORKS_OWN: Final = str(HTTPStatus.UNPROCESSABLE_ENTITY.value)
UNAVAILABLE: Final = str(HTTPStatus.SERVICE_UNAVAILABLE.value)
VALIDATION: Final = {
    "description": "Validation Error",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}},
}
VALIDATION_SCHEMAS: Final[dict[str, Any]] = {
    "HTTPValidationError": {
        "type": "object",
        "title": "HTTPValidationError",
        "properties": {
            "detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}
        },
    },
    "ValidationError": {
        "type": "object",
        "title": "ValidationError",
        "required": ["loc", "msg", "type"],
        "properties": {
            "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            "msg": {"type": "string"},
            "type": {"type": "string"},
        },
    },
}
METHODS: Final = frozenset(HTTPMethod)
NO_METHOD: Final = "other"
NO_ROUTE: Final = "none"
"""Labels of requests that no endpoint is for."""
DESCRIPTION: Final = (
    "The lifecycle endpoints of three published APIs, served over Sluice's Pipeline and Deployment resources."
)


class Service(FastAPI):
    """The application, whose document declares the errors that it answers with and no others."""

    def openapi(self) -> dict[str, Any]:
        """Each API's own errors: the framework's form of wrong parameters (422) is that of seed 003 alone."""
        document = super().openapi()
        for path, methods in document["paths"].items():
            for operation in methods.values():
                responses = operation["responses"]
                if _is_of(path, batch.PREFIX):
                    responses[FRAMEWORKS_OWN] = VALIDATION
                else:
                    responses.pop(FRAMEWORKS_OWN, None)
                if _is_of(path, vendors.PREFIX):
                    responses.pop(UNAVAILABLE, None)
        document["components"]["schemas"] |= VALIDATION_SCHEMAS
        return document


def _is_of(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def build_app(gateway: Gateway) -> FastAPI:
    """The whole service. It holds no state: any number of these may serve side by side."""
    app = Service(
        title="Sluice gateway", version=__version__, description=DESCRIPTION, redirect_slashes=False
    )
    app.state.gateway = gateway
    for router in (
        pipelines.router,
        observing.router,
        api_keys.router,
        vendors.router,
        batch.router,
        installation.router,
        installation.secured,
    ):
        app.include_router(router)
    if gateway.settings.has_page:
        app.include_router(page.router)
    app.add_middleware(Guard)
    app.add_exception_handler(GatewayError, _answer_refusal)
    app.add_exception_handler(ApiError, _answer_cluster)
    app.add_exception_handler(ApiUnreachableError, _answer_cluster)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(Unprocessable, _answer_unprocessable)
    app.add_exception_handler(HTTPException, _answer_no_route)
    return app


def _answer(error: GatewayError, path: str = "") -> Json:
    """The error, with a status code that the API of this path has: seed 002's has no 503."""
    is_internal = error.status == HTTPStatus.SERVICE_UNAVAILABLE and _is_of(path, vendors.PREFIX)
    status = HTTPStatus.INTERNAL_SERVER_ERROR if is_internal else error.status
    return Json(error.body, status, error.headers)


async def _answer_refusal(request: Request, error: Exception) -> Json:
    assert isinstance(error, GatewayError)  # noqa: S101 - the handler is registered for nothing else
    return _answer(error, request.scope["path"])


async def _answer_cluster(request: Request, error: Exception) -> Json:
    assert isinstance(error, ApiError | ApiUnreachableError)  # noqa: S101 - as above
    login, gateway = getattr(request.state, "login", None), request.app.state.gateway
    is_refused = isinstance(error, ApiError) and error.status == HTTPStatus.UNAUTHORIZED
    if is_refused and login is not None and gateway.keyring is not None:
        gateway.keyring.forget(login)
    return _answer(from_cluster(error), request.scope["path"])


async def _answer_invalid(request: Request, error: Exception) -> Json:
    """Which parameter it is and what is wrong with it; never what the client wrote there."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    if _is_of(request.scope["path"], batch.PREFIX):
        return Json(unprocessable(error.errors()), HTTPStatus.UNPROCESSABLE_ENTITY)
    return _answer(invalid(error.errors()))


async def _answer_unprocessable(request: Request, error: Exception) -> Json:
    del request
    assert isinstance(error, Unprocessable)  # noqa: S101 - as above
    return Json(unprocessable(error.problems), HTTPStatus.UNPROCESSABLE_ENTITY)


async def _answer_no_route(request: Request, error: Exception) -> Json:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = ErrorCode.NO_ENDPOINT
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        code = ErrorCode.NO_METHOD
    return _answer(refusal(code, headers=error.headers))


class Guard:
    """Bounds bodies, logs each request in one line, and lets no exception out.

    Few endpoints read a body, and those by a bound of their own. What a client chose is logged escaped, a
    query never: nothing that it sends can begin a line of the log or be a secret in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._serve(scope, receive, note)
        # The last resort: a bug must cost one request, and nobody outside reads of it but that it happened.
        except Exception as error:  # noqa: BLE001 - see above
            if not status:
                await _report(error)(scope, receive, note)
        finally:
            seconds = time.monotonic() - begun
            _count(scope, status, seconds)
            level = logging.DEBUG if scope["path"] == "/healthz" else logging.INFO
            logger.log(level, "%s %s %d %.3f s", scope["method"], escaped(scope["path"]), status, seconds)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            refused = refusal(ErrorCode.TOO_LARGE, limit=MAX_BODY_BYTES, headers={"Connection": "close"})
            await _answer(refused)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _count(scope: Scope, status: int, seconds: float) -> None:
    """By the route's pattern and a method that exists: what a client made up must not become a label."""
    gateway: Gateway = scope["app"].state.gateway
    route = getattr(scope.get("route"), "path", NO_ROUTE)
    method = scope["method"] if scope["method"] in METHODS else NO_METHOD
    gateway.metrics.note_request(method, route, status, seconds)


def _report(error: Exception) -> Json:
    """Log where it happened and of what type it is: its text may hold what a client or the cluster said."""
    request = uuid.uuid4().hex
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "request %s failed: %s at %s:%s", request, type(error).__name__, place.filename, place.lineno
    )
    return _answer(refusal(ErrorCode.INTERNAL, request=request))


def escaped(text: Any, limit: int = 256) -> str:
    """One line of printable ASCII, whatever the client sent."""
    return str(text)[:limit].encode("unicode_escape").decode("ascii")

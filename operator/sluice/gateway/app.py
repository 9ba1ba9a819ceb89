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
from sluice.gateway import installation, observing, pipelines
from sluice.gateway.errors import GatewayError, from_cluster, refusal
from sluice.gateway.plumbing import Gateway, Json
from sluice.gateway.settings import MAX_BODY_BYTES
from sluice.kube import ApiError, ApiUnreachableError

logger = logging.getLogger("sluice.gateway")

FRAMEWORKS_OWN: Final = str(HTTPStatus.UNPROCESSABLE_ENTITY.value)
METHODS: Final = frozenset(HTTPMethod)
NO_METHOD: Final = "other"
NO_ROUTE: Final = "none"
"""Labels of requests that no endpoint is for."""
DESCRIPTION: Final = (
    "The lifecycle endpoints of the Feldera pipeline manager, served over Sluice's Pipeline resources."
)


class Service(FastAPI):
    """The application, whose document declares the errors that it answers with and no others."""

    def openapi(self) -> dict[str, Any]:
        """Wrong parameters are answered in the published API's form, not in the framework's own (422)."""
        document = super().openapi()
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"].pop(FRAMEWORKS_OWN, None)
        return document


def build_app(gateway: Gateway) -> FastAPI:
    """The whole service. It holds no state: any number of these may serve side by side."""
    app = Service(
        title="Sluice gateway", version=__version__, description=DESCRIPTION, redirect_slashes=False
    )
    app.state.gateway = gateway
    for router in (pipelines.router, observing.router, installation.router, installation.secured):
        app.include_router(router)
    app.add_middleware(Guard)
    app.add_exception_handler(GatewayError, _answer_refusal)
    app.add_exception_handler(ApiError, _answer_cluster)
    app.add_exception_handler(ApiUnreachableError, _answer_cluster)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_no_route)
    return app


def _answer(error: GatewayError) -> Json:
    return Json(error.body, error.status, error.headers)


async def _answer_refusal(request: Request, error: Exception) -> Json:
    del request
    assert isinstance(error, GatewayError)  # noqa: S101 - the handler is registered for nothing else
    return _answer(error)


async def _answer_cluster(request: Request, error: Exception) -> Json:
    del request
    assert isinstance(error, ApiError | ApiUnreachableError)  # noqa: S101 - as above
    return _answer(from_cluster(error))


async def _answer_invalid(request: Request, error: Exception) -> Json:
    """Which parameter it is and what is wrong with it; never what the client wrote there."""
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    problems = "; ".join(
        f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors()[:5]
    )
    return _answer(refusal(ErrorCode.INVALID_REQUEST, problem=problems))


async def _answer_no_route(request: Request, error: Exception) -> Json:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = ErrorCode.NO_ENDPOINT
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        code = ErrorCode.NO_METHOD
    return _answer(refusal(code, headers=error.headers))


class Guard:
    """Bounds bodies, logs each request in one line, and lets no exception out.

    No endpoint reads a body, so one is never held. What a client chose is logged escaped, a query never:
    nothing that it sends can begin a line of the log or be a secret in it.
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

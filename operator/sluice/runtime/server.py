"""The contract's HTTP endpoints, served by a thread of its own.

No handler waits for the job: it reads the facts or records a wish. The only slow thing is the file behind a
change of the desired status, which a worker thread writes.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Final

from aiohttp import web

from sluice.runtime import views
from sluice.runtime.errors import ContractError, ErrorBody, clip, describe_exception
from sluice.runtime.lifecycle import Desired
from sluice.runtime.log import log
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.state import ACTIVATE, RuntimeState
from sluice.runtime.store_endpoints import StoreEndpoints

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_BODY_BYTES: Final = 64 * 1024
STOP_SECONDS: Final = 2.0

STORE_ONLY: Final = (
    ("POST", "/checkpoint/sync"),
    ("GET", "/checkpoint/sync_status"),
    ("GET", "/checkpoints/remote"),
)
"""Endpoints that need an object store."""

NOT_SERVED: Final = (
    ("POST", "/checkpoints/remote"),
    ("GET", "/stats/errors"),
    ("GET", "/time_series"),
    ("GET", "/time_series_stream"),
    ("GET", "/heap_profile"),
    ("GET", "/dump_profile"),
    ("GET", "/dump_json_profile"),
    ("GET", "/samply_profile"),
    ("POST", "/samply_profile"),
    ("GET", "/lir"),
    ("GET", "/query"),
    ("GET", "/completion_status"),
    ("POST", "/ingress/{table}"),
    ("POST", "/egress/{table}"),
    ("POST", "/start_transaction"),
    ("POST", "/commit_transaction"),
    ("POST", "/clock/advance"),
    ("POST", "/rebalance"),
    ("POST", "/start_compaction"),
    ("GET", "/input_endpoints/{rest:.*}"),
    ("POST", "/input_endpoints/{rest:.*}"),
    ("GET", "/coordination/{rest:.*}"),
    ("POST", "/coordination/{rest:.*}"),
)
"""Endpoints of the contract that need an engine of relations and connectors."""

PAGE: Final = """<!doctype html><html lang="en"><title>Pipeline</title>
<p>A stream job. See <a href="status">status</a>, <a href="stats">stats</a>,
<a href="checkpoints">checkpoints</a> and <a href="metrics">metrics</a>.</p></html>
"""


class Endpoints:
    """Translates between HTTP and the shared state."""

    def __init__(
        self, state: RuntimeState, *, name: str, metadata: Any, remote: RemoteCheckpoints | None
    ) -> None:
        self._state = state
        self._name = name
        self._metadata: Any = {} if metadata is None else metadata
        self._remote = remote
        self._started = time.monotonic()

    def application(self) -> web.Application:
        """Return the application with every endpoint of the contract."""
        app = web.Application(middlewares=[answer_in_contract_form], client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/status", self.status),
                web.get("/start", self.start),
                web.get("/pause", self.pause),
                web.get("/suspendable", self.suspendable),
                web.get("/checkpoints", self.checkpoints),
                web.get("/checkpoint_status", self.checkpoint_status),
                web.get("/stats", self.stats),
                web.get("/metrics", self.metrics),
                web.get("/metadata", self.metadata),
                web.post("/activate", self.activate),
                web.post("/approve", self.approve),
                web.post("/checkpoint", self.checkpoint),
                web.post("/suspend", self.suspend),
            ]
        )
        if self._remote is not None:
            app.add_routes(StoreEndpoints(self._state, self._remote).routes())
        for method, path in (*NOT_SERVED, *(STORE_ONLY if self._remote is None else ())):
            app.router.add_route(method, path, refuse)
        return app

    async def page(self, request: web.Request) -> web.Response:
        del request
        return web.Response(text=PAGE, content_type="text/html")

    async def status(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(views.status(self._state.facts))

    async def start(self, request: web.Request) -> web.Response:
        del request
        return await self._transition("start", Desired.RUNNING)

    async def pause(self, request: web.Request) -> web.Response:
        del request
        return await self._transition("pause", Desired.PAUSED)

    async def activate(self, request: web.Request) -> web.Response:
        initial = request.query.get("initial", "running")
        targets = {"running": Desired.RUNNING, "paused": Desired.PAUSED}
        if initial not in targets:
            raise ContractError(
                400,
                "InvalidActivateStatus",
                f"Invalid activation status {clip(initial.title(), 64)} (only running and paused are valid)",
                {"initial": clip(initial, 64)},
            )
        return await self._transition(ACTIVATE, targets[initial])

    async def approve(self, request: web.Request) -> web.Response:
        if all(request.query.get(k) == "true" for k in ("silent_bootstrap", "concurrent_bootstrap")):
            raise ContractError(
                400,
                "InvalidParam",
                "`silent_bootstrap` and `concurrent_bootstrap` are mutually exclusive; set at most one",
            )
        await asyncio.to_thread(self._state.approve)
        return web.json_response("Bootstrap approved")

    async def suspend(self, request: web.Request) -> web.Response:
        del request
        await asyncio.to_thread(self._state.transition, "suspend", Desired.SUSPENDED)
        return web.json_response("Pipeline is suspending", status=202)

    async def checkpoint(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(
            {
                "checkpoint_sequence_number": self._state.request_checkpoint(),
                "incarnation_uuid": self._state.incarnation_uuid,
            }
        )

    async def checkpoint_status(self, request: web.Request) -> web.Response:
        asked, own = request.query.get("incarnation_uuid"), self._state.incarnation_uuid
        if asked is not None and asked.lower() != own:
            raise ContractError(
                400,
                "IncarnationUuidMismatch",
                f"Incarnation UUID mismatch ({asked} in request, expected {own})",
                {"in_request": clip(asked, 64), "expected": own},
            )
        return web.json_response(views.checkpoint_status(self._state.facts))

    async def checkpoints(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(views.checkpoints(self._state.facts))

    async def suspendable(self, request: web.Request) -> web.Response:
        del request
        facts = self._state.facts
        self._state.require_live(facts)
        return web.json_response(views.suspendable(facts))

    async def stats(self, request: web.Request) -> web.Response:
        del request
        facts = self._state.facts
        self._state.require_live(facts)
        return web.json_response(views.stats(facts, self._state.incarnation_uuid, self._uptime()))

    async def metrics(self, request: web.Request) -> web.Response:
        wanted = request.query.get("format", "prometheus")
        if wanted != "prometheus":
            raise ContractError(
                501, "NotSupported", "This runtime writes metrics in the format of Prometheus only."
            )
        facts = self._state.facts
        self._state.require_live(facts)
        return web.Response(text=views.metrics(facts, self._name, self._uptime()))

    async def metadata(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(self._metadata)

    async def _transition(self, action: str, target: Desired) -> web.Response:
        previous = await asyncio.to_thread(self._state.transition, action, target)
        return web.json_response(f"Pipeline transitioning from {previous} to {target}", status=202)

    def _uptime(self) -> float:
        return time.monotonic() - self._started


async def refuse(request: web.Request) -> web.Response:
    """Answer for the part of the contract that a plain stream job has no meaning for."""
    raise ContractError(
        501,
        "NotSupported",
        f"{request.method} {request.path} is part of the contract, but this runtime does not serve it.",
    )


def require_small_body(request: web.Request) -> None:
    """Raise on a body larger than any the contract has a use for; none is ever read."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise ContractError(413, "PayloadTooLarge", f"A body has at most {MAX_BODY_BYTES} bytes.")


@web.middleware
async def answer_in_contract_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every error the contract's body, those of the HTTP library included."""
    try:
        require_small_body(request)
        return await handler(request)
    except ContractError as error:
        return web.json_response(error.body.as_json(), status=error.status)
    except web.HTTPException as error:
        body = ErrorBody(
            clip(f"{request.method} {request.path}: {error.reason}"), "".join(error.reason.split())
        )
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return web.json_response(body.as_json(), status=error.status, headers=headers)
    except Exception as error:  # noqa: BLE001 - a bug here must not be read as a failed pipeline: hence 503
        log("request_failed", path=request.path, error=describe_exception(error))
        body = ErrorBody(f"The request failed: {describe_exception(error)}", "InternalError")
        return web.json_response(body.as_json(), status=503)


class Server:
    """The thread that answers."""

    def __init__(self, application: web.Application, address: str, port: int) -> None:
        self._application = application
        self._address = address
        self._port = port
        self._bound: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> int:
        """Bind and serve; return the port; raise ``OSError`` where the address cannot be bound."""
        self._thread.start()
        return self._bound.result()

    def stop(self) -> None:
        """End the thread, and with it every open connection. One that could not be bound has ended."""
        if self._bound.done() and self._bound.exception() is not None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._bound.set_exception(error)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        runner = web.AppRunner(self._application, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._address, self._port, shutdown_timeout=0.2)
            await site.start()
            port: int = runner.addresses[0][1]
            self._bound.set_result(port)
            await self._stop.wait()
        finally:
            await runner.cleanup()

"""What lies between the operator's process and the API server.

Everything of the operator passes here: its writes, its watches, and its calls to runtimes, which go through
the API server's pod proxy and are answered by the acted process instead. Here it is counted, judged, killed
and lied to.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
import orjson
from aiohttp import web

from sluice.api.json_values import Json, as_object, child
from sluice.engines import HttpAnswer

from .kubeconfig import Access

POD_PROXY = re.compile(r"^/api/v1/namespaces/[^/]+/pods/([^/:]+):\d+/proxy(/.*)$")
NOT_COUNTED = ("/events", "/selfsubjectaccessreviews")
"""Writes that change nothing which any step depends on."""
LOOKS = ("/status", "/stats", "/checkpoint_status")
ANSWER_SECONDS = 30.0


class Verdict(Protocol):
    """What becomes of a request: ``None`` lets it through."""

    async def __call__(self, request: web.Request, *, is_watch: bool) -> web.StreamResponse | None:
        """Answer in the API server's place, or let it through."""
        ...


class Tap:
    """What becomes of a watch's events on their way: by default nothing."""

    def __init__(self) -> None:
        self.turn: Callable[[bytes], Sequence[bytes]] = lambda line: (line,)
        """Raises :class:`GoneError` to end the watch."""
        self.flows = asyncio.Event()
        """Of the watches that begin now. Not set: nothing comes, and their connections stay open."""
        self.flows.set()

    def freeze(self) -> asyncio.Event:
        """Freeze the watches that there are; setting the event thaws them. Later ones flow."""
        frozen, self.flows = self.flows, asyncio.Event()
        frozen.clear()
        self.flows.set()
        return frozen


Inspect = Callable[[str, str, Json], Awaitable[None]]
Answer = Callable[[str, str, str], HttpAnswer]


class Passage(Protocol):
    """Somebody who is told of every write and call, before and after it was carried out."""

    async def before(self, what: str) -> None:
        """It is about to be carried out."""
        ...

    async def after(self, what: str) -> None:
        """It was carried out, and its answer is about to be given."""
        ...


class GoneError(Exception):
    """Whoever asked is not there any more."""


class FaultProxy:
    """One proxy for one operator."""

    def __init__(self, access: Access, inspect: Inspect, answer: Answer) -> None:
        self._access = access
        self._inspect = inspect
        self._answer = answer
        self._session: aiohttp.ClientSession | None = None
        self.passage: Passage | None = None
        self.verdict: Verdict | None = None
        self.tap = Tap()
        self.watches = 0
        """How many watches were begun."""
        self.counted: list[str] = []
        """Every write and call that came, in order."""
        self.address = ""

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Be there while the block runs."""
        context: ssl.SSLContext = self._access.context
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        async with aiohttp.ClientSession(connector=connector, headers=self._access.headers) as session:
            self._session = session
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            addresses: Any = runner.addresses
            self.address = f"http://127.0.0.1:{addresses[0][1]}"
            try:
                yield
            finally:
                await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        is_watch = request.query.get("watch") in ("true", "1")
        try:
            if self.verdict is not None:
                answer = await self.verdict(request, is_watch=is_watch)
                if answer is not None:
                    return answer
            if is_watch:
                return await self._watch(request)
            proxied = POD_PROXY.match(request.path)
            if proxied is not None:
                return await self._ask_runtime(request, proxied.group(1), proxied.group(2))
            return await self._forward(request)
        except GoneError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)

    async def _ask_runtime(self, request: web.Request, pod: str, path: str) -> web.Response:
        query = f"?{request.query_string}" if request.query_string else ""
        is_look = path in LOOKS
        what = f"call {path}"
        if not is_look:
            await self._before(what)
        try:
            answer = self._answer(pod, request.method, path + query)
        except ConnectionError as error:
            return web.json_response(_status(503, "ServiceUnavailable", f"dial tcp: {error}"), status=503)
        if not is_look:
            await self._after(what)
        return web.Response(status=answer.status, body=answer.body, content_type="application/json")

    async def _forward(self, request: web.Request) -> web.Response:
        body = await request.read()
        is_write = request.method not in ("GET", "HEAD") and not request.path.endswith(NOT_COUNTED)
        is_write = is_write and "dryRun" not in request.query
        what = f"{request.method} {request.path}"
        if is_write:
            await self._inspect(request.method, request.path, _asked(request.method, body))
            await self._before(what)
        assert self._session is not None
        async with asyncio.timeout(ANSWER_SECONDS):
            async with self._session.request(
                request.method,
                self._access.server + request.path_qs,
                data=body or None,
                headers=_passed_on(request),
            ) as answer:
                content = await answer.read()
        if is_write:
            await self._after(what)
        kind = answer.headers.get("Content-Type", "application/json").partition(";")[0]
        return web.Response(status=answer.status, body=content, content_type=kind)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        flows = self.tap.flows
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(total=None)
        url = self._access.server + request.path_qs
        async with self._session.get(url, headers=_passed_on(request), timeout=timeout) as answer:
            if answer.status >= 400:
                return web.Response(status=answer.status, body=await answer.read())
            await response.prepare(request)
            self.watches += 1
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                async for line in answer.content:
                    await flows.wait()
                    for each in self.tap.turn(line):
                        await response.write(each)
        return response

    async def _before(self, what: str) -> None:
        self.counted.append(what)
        if self.passage is not None:
            await self.passage.before(what)

    async def _after(self, what: str) -> None:
        if self.passage is not None:
            await self.passage.after(what)


def _passed_on(request: web.Request) -> dict[str, str]:
    kept = ("Content-Type", "Accept", "User-Agent")
    return {name: request.headers[name] for name in kept if name in request.headers}


def _asked(method: str, body: bytes) -> Json:
    """A write as the witness takes it."""
    fields = as_object(orjson.loads(body)) if body else {}
    if method != "DELETE":
        return fields
    return {"uid": child(fields, "preconditions").get("uid"), "grace": fields.get("gracePeriodSeconds")}


def _status(code: int, reason: str, message: str) -> Json:
    """An error in the API server's own form."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def refusal(code: int, reason: str, retry_after: int | None = None) -> web.Response:
    """What an API server in trouble answers."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    message = f"{reason}, says the test"
    return web.json_response(_status(code, reason, message), status=code, headers=headers)

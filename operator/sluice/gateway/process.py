"""What only the pipeline's process knows, through the API server's pod proxy and with the caller's rights.

Nothing that a process says is trusted: its size is bounded, its type is ours, and what is no error of the
contract does not pass for one.
"""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sluice.api.engine_blocks import FelderaSpec
from sluice.api.errors import ErrorCode, describe
from sluice.api.foreign import read_foreign_error
from sluice.api.json_values import as_object, child
from sluice.api.kinds import PIPELINE
from sluice.api.names import runtime_container
from sluice.gateway.access import Access
from sluice.gateway.errors import GatewayError, from_cluster, refusal
from sluice.gateway.outcome import require_deployed
from sluice.gateway.picture import Picture
from sluice.gateway.plumbing import NO_CACHE, NO_SNIFFING
from sluice.kube import RAW_LIMIT_BYTES, ApiError, ApiUnreachableError, is_api_server_answer, paths

DEADLINE_SECONDS: Final = 10.0
"""Of the published API's own proxy (reference 2.3)."""
TAIL_LINES: Final = 10_000


def require_contract(picture: Picture, endpoint: str) -> None:
    """The process serves the contract's endpoints itself."""
    if not picture.speaks_feldera:
        raise refusal(
            ErrorCode.NOT_SUPPORTED,
            what=f"{endpoint} is what a process of the feldera engine serves, and this pipeline has another.",
        )


async def ask(access: Access, picture: Picture, request: str) -> bytes:
    """The body of what the process answers to ``GET request``."""
    require_contract(picture, request.partition("?")[0])
    require_deployed(picture)
    port: object = child(picture.spec, "feldera").get("port", FelderaSpec().port)
    target = paths.pod_proxy(access.namespace, runtime_pod(picture), _port(port), request)
    try:
        status, body = await access.kube.raw("GET", target, DEADLINE_SECONDS)
    except ApiUnreachableError as error:
        raise unreachable(picture, request, "no answer in time") from error
    if len(body) > RAW_LIMIT_BYTES:
        raise unreachable(picture, request, f"the answer has more than {RAW_LIMIT_BYTES} bytes")
    if status != HTTPStatus.OK:
        raise _read_error(picture, request, status, body)
    return body


def _port(given: object) -> int:
    return given if isinstance(given, int) else FelderaSpec().port


def runtime_pod(picture: Picture) -> str:
    """Name of the pod of the present run."""
    pod = picture.status.runtime
    return PIPELINE.pod_name(picture.object_name) if pod is None else pod.name


def unreachable(picture: Picture, request: str, problem: str) -> GatewayError:
    """The process did not answer, or nothing that can be passed on (reference 1.4)."""
    return refusal(
        ErrorCode.UNREACHABLE,
        pipeline_name=picture.name,
        request=f"GET {request.partition('?')[0]}",
        error=problem,
    )


def _read_error(picture: Picture, request: str, status: int, body: bytes) -> GatewayError:
    parsed = _parse(body)
    fields = as_object(parsed)
    if is_api_server_answer(parsed):
        error = ApiError.from_answer(status, fields, None)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return from_cluster(error)
        return unreachable(picture, request, f"the API server answered {status} {error.reason}")
    known = read_foreign_error(fields)
    is_error = HTTPStatus.BAD_REQUEST <= status < 600
    if known is None or not is_error:
        said = describe(ErrorCode.INVALID_RESPONSE, reason=f"HTTP {status}")
        return unreachable(picture, request, said)
    return GatewayError(status, {**known.model_dump(mode="json"), "details": fields.get("details")})


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


async def ask_for_json(access: Access, picture: Picture, request: str) -> Response:
    """The same, where the answer has to be JSON. Its numbers are passed on as they are written."""
    body = await ask(access, picture, request)
    if _parse(body) is None:
        raise unreachable(picture, request, "the answer is no JSON")
    return Response(body, media_type="application/json", headers={**NO_CACHE, **NO_SNIFFING})


# --- The log ---------------------------------------------------------------------------------------------


class LogStream(Response):
    """The log of the runtime's container, from its last lines on, until either side has enough.

    It is opened only when the answer is sent, so that whatever ends the answer closes it, too.
    """

    media_type = "text/plain"

    def __init__(self, access: Access, picture: Picture, streams: asyncio.Semaphore, seconds: float) -> None:
        super().__init__(headers={**NO_CACHE, **NO_SNIFFING})
        self._access = access
        self._picture = picture
        self._streams = streams
        self._seconds = seconds
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow the log until it ends, the client goes, or the time is up."""
        del scope
        if self._streams.locked():
            raise refusal(ErrorCode.CLUSTER_UNAVAILABLE, reason="too many logs are being followed")
        async with self._streams:
            await self._follow(receive, send)

    async def _follow(self, receive: Receive, send: Send) -> None:
        pump = asyncio.create_task(self._pump(send))
        gone = asyncio.create_task(_wait_until_gone(receive))
        try:
            await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not pump.done():
                pump.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)
        if not pump.cancelled():
            pump.result()

    async def _pump(self, send: Send) -> None:
        picture = self._picture
        # From the last lines on, and for as long as it lives.
        path = paths.pod_log(
            self._access.namespace,
            runtime_pod(picture),
            follow=True,
            tailLines=TAIL_LINES,
            container=runtime_container(picture.spec),
        )
        is_begun = False
        try:
            async with self._access.kube.stream(path, self._seconds) as (status, pieces):
                if status != HTTPStatus.OK:
                    raise _read_error(picture, "/logs", status, await _read(pieces))
                await send({"type": "http.response.start", "status": status, "headers": self.raw_headers})
                is_begun = True
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except ApiUnreachableError as error:
            if not is_begun:
                raise unreachable(picture, "/logs", "no answer in time") from error
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read(pieces: AsyncIterator[bytes]) -> bytes:
    content = b""
    async for piece in pieces:
        content += piece
        if len(content) > RAW_LIMIT_BYTES:
            break
    return content


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

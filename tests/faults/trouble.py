"""An API server in trouble: what it answers instead, now and then, by the numbers of a seed."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from aiohttp import web

from .proxy import GoneError, refusal

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


async def _reset(_: web.Request) -> web.StreamResponse | None:
    raise GoneError


async def _slow(_: web.Request) -> web.StreamResponse | None:
    await asyncio.sleep(1.5)
    return None


async def _silent(request: web.Request) -> web.StreamResponse | None:
    await asyncio.sleep(20)
    raise GoneError


async def _half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    await response.prepare(request)
    await response.write(b'{"kind": "Pipeline", "metadata": {"name": "fa')
    raise GoneError


async def _garbage(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>502 Bad Gateway</html>", content_type="text/html")


def _refuse(code: int, reason: str, retry_after: int | None = None) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return refusal(code, reason, retry_after)

    return answer


def _is_any(_: web.Request) -> bool:
    return True


def _is_conditional(request: web.Request) -> bool:
    """Only what carries a version can conflict."""
    return request.method == "PATCH"


def _is_status(request: web.Request) -> bool:
    return request.path.endswith("/status")


TROUBLES: dict[str, tuple[Answer, Callable[[web.Request], bool]]] = {
    "409 Conflict": (_refuse(409, "Conflict"), _is_conditional),
    "422 Invalid of a status": (_refuse(422, "Invalid"), _is_status),
    "429 with Retry-After": (_refuse(429, "TooManyRequests", 1), _is_any),
    "500": (_refuse(500, "InternalError"), _is_any),
    "503": (_refuse(503, "ServiceUnavailable"), _is_any),
    "connections that break": (_reset, _is_any),
    "answers that are slow": (_slow, _is_any),
    "answers that never come": (_silent, _is_any),
    "half an answer": (_half, _is_any),
    "no JSON": (_garbage, _is_any),
}
CHANCE: dict[str, float] = {"answers that never come": 0.03}
USUAL_CHANCE = 0.1


class Trouble:
    """Some requests are answered so. Watches and calls to runtimes are left alone."""

    def __init__(self, kind: str, seed: int) -> None:
        self._answer, self._concerns = TROUBLES[kind]
        self._chance = CHANCE.get(kind, USUAL_CHANCE)
        self._random = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self.count = 0

    async def __call__(self, request: web.Request, *, is_watch: bool) -> web.StreamResponse | None:
        """See :class:`faults.proxy.Verdict`."""
        is_spared = is_watch or "/proxy/" in request.path or not self._concerns(request)
        if is_spared or self._random.random() >= self._chance:
            return None
        self.count += 1
        return await self._answer(request)

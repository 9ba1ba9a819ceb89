"""The two ways to a runtime: straight to its pod's address, or through the API server's pod proxy."""

import asyncio
from typing import Final

import aiohttp

from sluice.api.json_values import Json
from sluice.engines.engine import HttpAnswer
from sluice.kube import ApiUnreachableError, Kube
from sluice.kube.paths import pod_proxy

ANSWER_LIMIT_BYTES: Final = 1024 * 1024
OWN_TIMEOUT: Final = aiohttp.ClientTimeout(total=None)
"""Ours is the only deadline; the library's own is five minutes."""


class DirectEndpoint:
    """A runtime at its pod's address, for an operator that runs inside the cluster."""

    def __init__(self, session: aiohttp.ClientSession, address: str, port: int) -> None:
        host = f"[{address}]" if ":" in address else address
        self._session = session
        self._base = f"http://{host}:{port}"

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        """See :class:`sluice.engines.engine.Endpoint`."""
        try:
            async with (
                asyncio.timeout(deadline),
                self._session.request(
                    method, self._base + path, json=body, allow_redirects=False, timeout=OWN_TIMEOUT
                ) as answer,
            ):
                content = await answer.content.read(ANSWER_LIMIT_BYTES + 1)
                while len(content) <= ANSWER_LIMIT_BYTES and (
                    more := await answer.content.read(ANSWER_LIMIT_BYTES)
                ):
                    content += more
                return _checked(answer.status, content)
        except TimeoutError as error:
            raise ConnectionError(f"{self._base}{path} did not answer within {deadline:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionError(f"{self._base}{path} cannot be reached: {error}") from error


class ProxiedEndpoint:
    """A runtime behind the API server, for an operator that runs outside the cluster."""

    def __init__(self, kube: Kube, namespace: str, pod_name: str, port: int) -> None:
        self._kube = kube
        self._namespace = namespace
        self._pod_name = pod_name
        self._port = port

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        """See :class:`sluice.engines.engine.Endpoint`."""
        target = pod_proxy(self._namespace, self._pod_name, self._port, path)
        try:
            status, content = await self._kube.raw(method, target, deadline, body)
        except ApiUnreachableError as error:
            raise ConnectionError(str(error)) from error
        return _checked(status, content)


def _checked(status: int, body: bytes) -> HttpAnswer:
    if len(body) > ANSWER_LIMIT_BYTES:
        raise ConnectionError(f"the answer is larger than {ANSWER_LIMIT_BYTES} bytes")
    return HttpAnswer(status, body)

"""The benchmark's own client: many requests side by side, and streams of watch events."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, cast

import aiohttp
import orjson

from bench.fleet import Json

CONNECTIONS: Final = 50
MERGE_PATCH: Final = "application/merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
PAGE: Final = 500
_LONGEST_LINE: Final = 1024 * 1024


class RequestFailedError(Exception):
    """The API server refused a request of the benchmark's own."""


class Api:
    """Requests as the administrator."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    async def call(
        self, method: str, path: str, body: Json | None = None, content_type: str = "application/json"
    ) -> Json:
        """One request. Raises :class:`RequestFailedError` for an answer that is an error."""
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": content_type} if content else None
        async with self._session.request(
            method, self._server + path, data=content, headers=headers
        ) as answer:
            read = await answer.read()
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise RequestFailedError(f"{method} {path}: {answer.status} {read[:500].decode()}")
            return cast("Json", orjson.loads(read))

    async def create(self, path: str, body: Json) -> Json:
        """Create an object of a collection."""
        return await self.call("POST", path, body)

    async def apply(self, path: str, body: Json) -> Json:
        """Create an object, or make it as given."""
        return await self.call("PATCH", f"{path}?fieldManager=bench&force=true", body, APPLY_PATCH)

    async def patch(self, path: str, body: Json) -> Json:
        """Change an object."""
        return await self.call("PATCH", path, body, MERGE_PATCH)

    async def list(self, path: str) -> tuple[list[Json], str]:
        """All objects of a collection, and the version to watch from."""
        found: list[Json] = []
        token = ""
        while True:
            page = await self.call("GET", f"{path}?limit={PAGE}" + (f"&continue={token}" if token else ""))
            found += cast("list[Json]", page.get("items") or [])
            token = page["metadata"].get("continue") or ""
            if not token:
                return found, str(page["metadata"]["resourceVersion"])

    async def watch(self, path: str, version: str) -> AsyncIterator[Json]:
        """The events of a collection, until the server ends the stream."""
        url = f"{self._server}{path}?watch=1&allowWatchBookmarks=true&resourceVersion={version}"
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(url, timeout=timeout, read_bufsize=_LONGEST_LINE) as answer:
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise RequestFailedError(f"watch {path}: {answer.status} {(await answer.text())[:500]}")
            async for line in answer.content:
                event: Any = orjson.loads(line)
                if event["type"] == "ERROR":
                    raise RequestFailedError(f"watch {path}: {event['object'].get('message')}")
                yield event

    async def for_each(self, items: Iterable[Any], do: Callable[[Any], Any]) -> None:
        """Call ``do`` for every item, as many at a time as there are connections."""
        waiting = iter(items)

        async def work() -> None:
            for item in waiting:
                await do(item)

        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(work())


@asynccontextmanager
async def connect(server: str, context: ssl.SSLContext) -> AsyncGenerator[Api]:
    """A client with a pool of connections; watches have theirs beside it."""
    connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS + 10)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        yield Api(session, server)

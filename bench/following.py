"""Follow a collection by watch and tell when its objects are as wanted."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from bench.api import Api, RequestFailedError
from bench.fleet import Json

Judge = Callable[[Json], bool]
RETRY_SECONDS: Final = 0.2
PROGRESS_SECONDS: Final = 60.0
"""A phase that does not move for so long will not move any more."""


class StuckError(Exception):
    """A phase did not come to its end."""


class Following:
    """What is known of a collection's objects, with the time at which each was first as wanted."""

    def __init__(self, is_wanted: Judge) -> None:
        self._is_wanted = is_wanted
        self._changed = asyncio.Event()
        self.present: set[str] = set()
        self.reached: dict[str, float] = {}

    def note(self, kind: str, body: Json) -> None:
        """Take in one event."""
        name = body["metadata"]["name"]
        if kind == "DELETED":
            self.present.discard(name)
        else:
            self.present.add(name)
            if name not in self.reached and self._is_wanted(body):
                self.reached[name] = time.monotonic()
        self._changed.set()

    async def until(self, count: int) -> float:
        """Wait until so many objects have been as wanted; returns the time of the last of them."""
        await self._wait(lambda: len(self.reached) >= count, f"of {count} objects")
        return max(self.reached.values(), default=time.monotonic())

    async def until_reached(self, name: str) -> float:
        """Wait for one object."""
        await self._wait(lambda: name in self.reached, f"objects, {name} is not among them,")
        return self.reached[name]

    async def until_gone(self) -> float:
        """Wait until there are no objects."""
        await self._wait(lambda: not self.present, "objects")
        return time.monotonic()

    async def until_left(self, count: int) -> float:
        """Wait until no more objects than this are there."""
        await self._wait(lambda: len(self.present) <= count, "objects")
        return time.monotonic()

    async def _wait(self, is_over: Callable[[], bool], what: str) -> None:
        while not is_over():
            self._changed.clear()
            try:
                async with asyncio.timeout(PROGRESS_SECONDS):
                    await self._changed.wait()
            except TimeoutError as error:
                so_far = f"{len(self.reached)} {what} are as wanted and {len(self.present)} are there"
                raise StuckError(f"nothing has happened for {PROGRESS_SECONDS:.0f} s: {so_far}") from error


@asynccontextmanager
async def follow(api: Api, path: str, is_wanted: Judge) -> AsyncGenerator[Following]:
    """Follow the collection at ``path`` while the context lasts."""
    following = Following(is_wanted)
    version = await _list(api, path, following)
    task = asyncio.create_task(_watch(api, path, version, following))
    try:
        yield following
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _list(api: Api, path: str, following: Following) -> str:
    items, version = await api.list(path)
    following.present.clear()
    for item in items:
        following.note("ADDED", item)
    return version


async def _watch(api: Api, path: str, version: str, following: Following) -> None:
    """Watch, and where the stream breaks off or is refused, list and watch again."""
    while True:
        try:
            async for event in api.watch(path, version):
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    following.note(event["type"], event["object"])
        except (RequestFailedError, aiohttp.ClientError):
            await asyncio.sleep(RETRY_SECONDS)
            version = await _list(api, path, following)


def is_ready(body: Json) -> bool:
    """A StatefulSet whose one pod is ready."""
    return bool(body.get("status", {}).get("readyReplicas") == 1)


def is_leaving(body: Json) -> bool:
    """An object whose deletion has been asked for."""
    return "deletionTimestamp" in body["metadata"]


def has_status(status: str) -> Judge:
    """A pipeline whose ``deploymentStatus`` is this one."""
    return lambda body: bool(body.get("status", {}).get("deploymentStatus") == status)


def anything(body: Json) -> bool:
    """Any object."""
    return bool(body)

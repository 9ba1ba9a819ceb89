"""What lies between the operator and everything else: each of its writes and calls passes here.

Here it is watched, here it is killed before or after any of them, and here somebody else comes in between.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from sluice.api.json_values import Json
from sluice.engines import HttpAnswer
from sluice.kube import Kube

Result = TypeVar("Result")
LOOKS = ("/status", "/stats", "/checkpoint_status")
"""Requests to a process that ask it for nothing."""


class KilledError(BaseException):
    """The operator's process is gone. No error: nothing of the operator may catch it."""


class Inspector(Protocol):
    """Whoever judges what the operator is about to write."""

    async def inspect(self, method: str, path: str, body: Json) -> None:
        """See a write before the API server does."""
        ...


class Boundary(Kube):
    """The API server as one life of the operator reaches it."""

    def __init__(self, kube: Kube, inspector: Inspector) -> None:
        self._kube = kube
        self._inspector = inspector
        self._left: int | None = None
        self._is_before = False
        self._is_dead = False
        self.interruption: Callable[[], Awaitable[None]] | None = None
        """What somebody does right before the next write."""

    def doom(self, number: int, *, is_before: bool) -> None:
        """Kill the operator before or after the write or call with this number, counted from 1."""
        self._left, self._is_before = number, is_before

    def spare(self) -> None:
        """It ended its look before its time had come."""
        self._left = None

    def die(self) -> None:
        """Kill the operator now: it reaches nothing any more."""
        self._is_dead = True

    async def get(self, path: str) -> Json | None:
        self._check_alive()
        return await self._kube.get(path)

    async def list(
        self, path: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> AsyncIterator[Json]:
        self._check_alive()
        async for body in self._kube.list(path, label_selector, field_selector):
            yield body

    async def create(self, path: str, body: Json, *, is_dry_run: bool = False) -> Json:
        if is_dry_run:
            self._check_alive()
            return await self._kube.create(path, body, is_dry_run=True)
        return await self._write("POST", path, body, lambda: self._kube.create(path, body))

    async def merge(self, path: str, patch: Json) -> Json:
        return await self._write("PATCH", path, patch, lambda: self._kube.merge(path, patch))

    async def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> bool:
        assert resource_version is None, "the operator deletes by uid"
        asked = {"uid": uid, "grace": grace_seconds}
        return await self._write(
            "DELETE", path, asked, lambda: self._kube.delete(path, uid=uid, grace_seconds=grace_seconds)
        )

    async def delete_all(self, path: str, label_selector: str, *, grace_seconds: int | None = None) -> None:
        async def delete() -> None:
            await self._kube.delete_all(path, label_selector, grace_seconds=grace_seconds)

        await self._write("DELETE", path, {"grace": grace_seconds} if grace_seconds else {}, delete)

    async def call(self, method: str, path: str, answer: Callable[[], HttpAnswer]) -> HttpAnswer:
        """A request to the process."""

        async def ask() -> HttpAnswer:
            return answer()

        if path.partition("?")[0] in LOOKS:
            self._check_alive()
            return await ask()
        return await self._pass(ask)

    async def _write(
        self, method: str, path: str, body: Json, write: Callable[[], Awaitable[Result]]
    ) -> Result:
        self._check_alive()
        if self.interruption is not None:
            interruption, self.interruption = self.interruption, None
            await interruption()

        async def inspected() -> Result:
            await self._inspector.inspect(method, path, body)
            return await write()

        return await self._pass(inspected)

    async def _pass(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """Let it through, unless the operator's time has come."""
        is_last = self._left == 1
        self._left = self._left and self._left - 1
        if is_last and self._is_before:
            self.die()
        self._check_alive()
        result = await act()
        if is_last:
            self.die()
        self._check_alive()
        return result

    def _check_alive(self) -> None:
        if self._is_dead:
            raise KilledError

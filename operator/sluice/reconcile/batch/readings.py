"""What takes a moment and must hold no look up: begun once, and asked for by later looks.

An operator that dies forgets all of it, and it is begun again.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")
logger = logging.getLogger("sluice")


class Readings(Generic[T]):
    """One piece of work for each pod, so many at once at most, by the custom resource that it is for."""

    def __init__(self, name: str, places: int, lost: T) -> None:
        """``lost`` is the outcome of work that broke off."""
        self._name = name
        self._places = asyncio.Semaphore(places)
        self._lost = lost
        self._tasks: dict[str, dict[str, asyncio.Task[T]]] = {}

    def begin(self, owner_uid: str, pod_uid: str, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Begin, unless it was begun."""
        of_owner = self._tasks.setdefault(owner_uid, {})
        if pod_uid not in of_owner:
            of_owner[pod_uid] = asyncio.create_task(self._run(work), name=f"{self._name} of {pod_uid}")

    def is_begun(self, owner_uid: str, pod_uid: str) -> bool:
        """Whether it was begun, and perhaps is over."""
        return pod_uid in self._tasks.get(owner_uid, {})

    def is_under_way(self, owner_uid: str, pod_uid: str) -> bool:
        """Whether it is at work."""
        task = self._tasks.get(owner_uid, {}).get(pod_uid)
        return task is not None and not task.done()

    def outcome(self, owner_uid: str, pod_uid: str) -> T | None:
        """What it came to; ``None`` while there is nothing yet."""
        task = self._tasks.get(owner_uid, {}).get(pod_uid)
        return task.result() if task is not None and task.done() and not task.cancelled() else None

    def is_any_under_way(self, owner_uid: str) -> bool:
        """Whether anything is at work for this custom resource."""
        return any(not task.done() for task in self._tasks.get(owner_uid, {}).values())

    def drop(self, owner_uid: str, pod_uid: str) -> None:
        """Its outcome was taken; it may be begun again."""
        self._tasks.get(owner_uid, {}).pop(pod_uid, None)

    def forget(self, owner_uid: str) -> None:
        """Nobody will ask any more."""
        for task in self._tasks.pop(owner_uid, {}).values():
            task.cancel()

    async def _run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._places:
            try:
                return await work()
            except Exception as error:  # noqa: BLE001 - a defect of ours must end as an outcome, or none comes
                # Only its kind: what it says may hold what an element said.
                logger.warning("%s could not be done: %s", self._name, type(error).__name__)
                return self._lost

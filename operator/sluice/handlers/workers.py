"""The workers that take keys from the queue and look at them, and what happens when a look fails."""

import asyncio
import logging
import random
import time

from sluice.handlers.settings import OperatorSettings
from sluice.handlers.sharing import Share
from sluice.kube import ApiError, ApiUnreachableError
from sluice.logs import about
from sluice.metrics import Metrics
from sluice.metrics.catalogue import Outcome
from sluice.reconcile import Reconciler
from sluice.store import Key
from sluice.work_queue import WorkQueue

logger = logging.getLogger("sluice")

FIRST_BACKOFF_SECONDS = 0.1
LONGEST_BACKOFF_SECONDS = 15.0
"""Of an API server that is well again everybody is to hear soon; the workers bound how many ask at once."""


class Workers:
    """A fixed number of tasks over one queue."""

    def __init__(
        self,
        queue: WorkQueue[Key],
        reconciler: Reconciler,
        share: Share,
        settings: OperatorSettings,
        metrics: Metrics,
    ) -> None:
        self._queue = queue
        self._share = share
        self._reconciler = reconciler
        self._settings = settings
        self._metrics = metrics
        self._looking: dict[Key, float] = {}
        self._is_stopping = False
        self._failures: dict[Key, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work."""
        for number in range(self._settings.workers):
            self._tasks.append(asyncio.create_task(self._work(), name=f"worker {number}"))

    async def stop(self, deadline: float) -> None:
        """Finish the looks under way, at most for ``deadline`` seconds, and take no new ones."""
        self._is_stopping = True
        self._queue.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def are_started(self) -> bool:
        """Whether they take keys from the queue."""
        return bool(self._tasks)

    def problems(self) -> list[str]:
        """What is wrong with them, a sentence each."""
        problems: list[str] = []
        ended = sum(task.done() for task in self._tasks)
        if ended and not self._is_stopping:
            problems.append(f"{ended} of {len(self._tasks)} workers have ended")
        longest = 2 * self._settings.look_deadline_seconds
        now = time.monotonic()
        hung = [str(key) for key, begun in self._looking.items() if now - begun > longest]
        if hung:
            problems.append(f"looks hang: {', '.join(hung[:3])}")
        return problems

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            begun = self._looking[key] = time.monotonic()
            try:
                outcome = await self._look(key)
                self._metrics.reconciles.labels(key.kind, outcome.value).inc()
                self._metrics.reconcile_duration.labels(key.kind).observe(time.monotonic() - begun)
            finally:
                del self._looking[key]
                self._queue.done(key)

    async def _look(self, key: Key) -> Outcome:
        if not self._share.owns(key):
            self._failures.pop(key, None)
            self._reconciler.release(key)
            return Outcome.OTHERS
        try:
            async with asyncio.timeout(self._settings.look_deadline_seconds):
                delay = await self._reconciler.reconcile(key)
        except (ApiError, ApiUnreachableError, TimeoutError) as error:
            self._repeat_later(key, error)
            return _outcome_of(error)
        except Exception:
            # A defect of ours must not end the worker: it is told once with all there is to know of it.
            logger.exception("%s: unexpected error", key, extra=about(*key))
            self._repeat_later(key, None)
            return Outcome.BUG
        self._failures.pop(key, None)
        if delay is not None:
            self._queue.add_after(key, delay)
        return Outcome.DONE

    def _repeat_later(self, key: Key, error: Exception | None) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay = min(FIRST_BACKOFF_SECONDS * 2 ** min(failures - 1, 12), LONGEST_BACKOFF_SECONDS)
        if isinstance(error, ApiError) and error.retry_after is not None:
            delay = max(delay, error.retry_after)
        is_routine = isinstance(error, ApiError) and error.is_conflict
        if error is not None and not is_routine:
            logger.info("%s: looking again in %.1f s: %s", key, delay, error, extra=about(*key))
        self._queue.add_after(key, delay * random.uniform(1.0, 1.3))  # noqa: S311 - spreads load, no secret


def _outcome_of(error: Exception) -> Outcome:
    if isinstance(error, ApiError) and error.is_conflict:
        return Outcome.CONFLICT
    return Outcome.TIMEOUT if isinstance(error, TimeoutError) else Outcome.ERROR

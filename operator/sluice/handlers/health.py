"""Whether this process does its work, as the kubelet asks it.

Alive: its workers work, and its watches tell what happens. Ready: it has begun to watch, besides. An API
server that does not answer is no reason to end a process that will go on by itself as soon as it does.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from sluice.api import constants
from sluice.handlers.workers import Workers
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths
from sluice.metrics import Metrics
from sluice.reconcile.sweep import PODS
from sluice.store import Freshness, Missing

logger = logging.getLogger("sluice")

CHECK_SECONDS: Final = 10.0
SUSPECT_SECONDS: Final = 60.0
"""A change that a watch has not told for so long is asked for. Events take milliseconds."""
FROZEN_SECONDS: Final = 120.0
"""A watch that is proven silent for so long does not recover: a silent connection is renewed after 70."""


class Health:
    """What the probes answer. Each problem is a sentence; none means that all is well."""

    def __init__(
        self,
        kube: Kube,
        freshness: Freshness,
        workers: Workers,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kube = kube
        self._freshness = freshness
        self._workers = workers
        self._clock = clock
        self._silent_since: float | None = None
        metrics.watch_overdue.set_function(freshness.oldest_seconds)

    def liveness_problems(self) -> list[str]:
        """Reasons to start this process anew."""
        problems = self._workers.problems()
        if self._silent_since is not None and self._clock() - self._silent_since > FROZEN_SECONDS:
            problems.append("a watch is frozen: it does not tell of changes that were made")
        return problems

    def readiness_problems(self) -> list[str]:
        """Reasons not to count on this process now."""
        problems = self.liveness_problems()
        if not self._workers.are_started:
            problems.append("it has not begun to watch yet")
        if self._silent_since is not None and not problems:
            problems.append("a watch is behind")
        return problems

    async def check_watches(self) -> None:
        """Look now and then for what a watch should have told. Never returns."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check_once()
            except (ApiError, ApiUnreachableError) as error:
                # Nobody hears anything now: that says nothing about the watches.
                self._silent_since = None
                logger.debug("the watches could not be checked: %s", error)

    async def check_once(self) -> None:
        """Ask the API server whether what a watch owes is really there. Raises what the client raises."""
        is_silent = False
        for missing in self._freshness.overdue(SUSPECT_SECONDS):
            if await self._is_there(missing):
                is_silent = True
            else:
                self._freshness.excuse(missing)
        if not is_silent:
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = self._clock()
            logger.warning("a watch does not tell of changes that were made; it is given some time")

    async def _is_there(self, missing: Missing) -> bool:
        # Listed, which is allowed anyway: the operator gets no custom resource by its name.
        group = "" if missing.resource == PODS else constants.API_VERSION
        path = paths.everywhere(missing.resource, missing.namespace, group)
        found = self._kube.list(path, field_selector=f"metadata.name={missing.name}")
        return any([True async for _ in found])

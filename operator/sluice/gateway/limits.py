"""How often one caller may ask: token buckets, in memory, of this process alone."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

REMEMBERED: Final = 10_000
"""Callers. One that is forgotten begins with a full bucket."""


class Buckets:
    """A bucket for each key: ``burst`` at once, and ``rate`` a second from then on."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._levels)

    def take(self, key: object) -> float:
        """Take one. Returns 0, or in how many seconds there will be one."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        level, at = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._levels[key] = (level if wait else level - 1, now)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return wait

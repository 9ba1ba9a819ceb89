"""Whether the watches still tell what happens: a watch that froze looks like a cluster in which nothing does.

Whatever the operator wrote or listed has to come back by the watch. What does not, for long, tells that the
watch is broken. Only the oldest change that is missing is kept for each collection: it costs two numbers.
"""

import time
from collections.abc import Callable
from typing import NamedTuple


class Missing(NamedTuple):
    """A version that a watch has not reached yet, and since when it should have."""

    resource: str
    """Plural name of the collection."""
    namespace: str
    name: str
    version: int
    since: float


class Freshness:
    """Versions that were seen by other ways than the watch, until the watch has told them too."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[tuple[str, str], int] = {}
        self._missing: dict[tuple[str, str], Missing] = {}

    def expect(self, resource: str, namespace: str, name: str, version: int) -> None:
        """An object has this version: the watch of its collection has to come to it."""
        scope = resource, namespace
        if version > self._heard.get(scope, 0) and scope not in self._missing:
            self._missing[scope] = Missing(resource, namespace, name, version, self._clock())

    def hear(self, resource: str, namespace: str, version: int) -> None:
        """The watch told of this version."""
        scope = resource, namespace
        self._heard[scope] = max(version, self._heard.get(scope, 0))
        missing = self._missing.get(scope)
        if missing is not None and missing.version <= version:
            del self._missing[scope]

    def overdue(self, seconds: float) -> list[Missing]:
        """What has been missing for longer than ``seconds``."""
        now = self._clock()
        return [missing for missing in list(self._missing.values()) if now - missing.since > seconds]

    def oldest_seconds(self) -> float:
        """For how long the oldest change has been missing; 0 when there is none."""
        now = self._clock()
        return max((now - missing.since for missing in list(self._missing.values())), default=0.0)

    def excuse(self, missing: Missing) -> None:
        """The object is gone, and a watch that began anew never tells of it."""
        scope = missing.resource, missing.namespace
        if self._missing.get(scope) == missing:
            del self._missing[scope]

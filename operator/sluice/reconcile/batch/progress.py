"""Live progress: which elements are asked, and how often. A chatty one costs no more than a silent one."""

import time
from collections import deque
from datetime import UTC, datetime
from typing import Final

from sluice.api.element_status import BatchStatus, ProgressStatus
from sluice.api.status import PipelineStatus
from sluice.kube import Kube
from sluice.observation import Intent
from sluice.reconcile.batch.memory import RunMemory
from sluice.reconcile.batch.reading import read_progress
from sluice.reconcile.batch.readings import Readings
from sluice.store import ElementPodRecord

LONG_RUNNING_SECONDS: Final = 30.0
"""Where nobody has said whether progress is wanted, that of an element that has run for so long is."""
PAUSE_SECONDS: Final = 3.0
"""Between two readings of one element."""
READINGS_A_SECOND: Final = 4
"""Of all elements of all pipelines together."""
AT_ONCE: Final = 4
LOOK_SECONDS: Final = 1.0


class ProgressReader:
    """Reads what running elements report, seldom enough for the API server."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._readings = Readings[ProgressStatus | None]("reading progress", AT_ONCE, None)
        self._begun: deque[float] = deque(maxlen=READINGS_A_SECOND)

    def forget(self, uid: str) -> None:
        """The custom resource is gone."""
        self._readings.forget(uid)

    def look(
        self,
        intent: Intent,
        status: PipelineStatus,
        memory: RunMemory,
        pods: dict[str, list[ElementPodRecord]],
    ) -> float | None:
        """Take what was read, begin what is due; seconds until the next look, ``None`` without any need."""
        options = intent.spec.options if intent.spec else None
        wanted = options.live_progress_updates if options else None
        if wanted is False:
            return None
        asked = [
            records[-1]
            for element in status.elements or []
            if element.status == BatchStatus.RUNNING
            and (records := pods.get(element.name))
            and records[-1].pod.is_started
            and (wanted or _is_long_running(element.started_at))
        ]
        asked.sort(key=lambda record: memory.progress_at.get(record.place.element, 0.0))
        for record in asked:
            self._take(intent.uid, memory, record)
            self._begin(intent.uid, memory, record)
        if not any(each.is_under_way for each in status.elements or []):
            return None
        # One that this very look finds running is asked by the next.
        return LOOK_SECONDS if asked or wanted else LONG_RUNNING_SECONDS

    def _take(self, uid: str, memory: RunMemory, record: ElementPodRecord) -> None:
        pod_uid = record.pod.uid
        if not self._readings.is_begun(uid, pod_uid) or self._readings.is_under_way(uid, pod_uid):
            return
        found = self._readings.outcome(uid, pod_uid)
        if found is not None:
            memory.progress[record.place.element] = found
        self._readings.drop(uid, pod_uid)

    def _begin(self, uid: str, memory: RunMemory, record: ElementPodRecord) -> None:
        now, element = time.monotonic(), record.place.element
        is_full = len(self._begun) == READINGS_A_SECOND and now - self._begun[0] < 1.0
        is_soon = now - memory.progress_at.get(element, -PAUSE_SECONDS) < PAUSE_SECONDS
        if is_full or is_soon or self._readings.is_begun(uid, record.pod.uid):
            return
        self._begun.append(now)
        memory.progress_at[element] = now
        self._readings.begin(uid, record.pod.uid, lambda: read_progress(self._kube, record))


def _is_long_running(started_at: datetime | None) -> bool:
    return started_at is not None and (datetime.now(UTC) - started_at).total_seconds() >= LONG_RUNNING_SECONDS

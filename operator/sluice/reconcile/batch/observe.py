"""Look at the elements of one batch pipeline. Nothing here writes.

Jobs and pods come from the store. Where being wrong would do harm, the API server is asked: before a Job that
should be there is taken for gone, and before a cancel is said to be complete.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final

from sluice.api import constants
from sluice.api.element_status import ElementStatus
from sluice.api.json_values import texts
from sluice.api.status import PipelineStatus
from sluice.api.statuses import ResourcesStatus
from sluice.batch_observation import BatchObserved, ElementSeen, HookRun, JobState
from sluice.decide.batch.graph import elements_of
from sluice.kube import Kube, paths
from sluice.manifests import Identity
from sluice.observation import Intent
from sluice.reconcile.batch.memory import Memories, RunMemory
from sluice.reconcile.batch.progress import ProgressReader
from sluice.reconcile.batch.reading import follow_tail, read_tail
from sluice.reconcile.batch.readings import Readings
from sluice.reconcile.batch.trial import find_obstacle
from sluice.reconcile.observe import Clock
from sluice.store import ElementPodRecord, JobRecord, Store, project_element_pod, project_job

READING_SECONDS: Final = 0.2
WITHOUT_POD_SECONDS: Final = 5.0
"""A Job that has no pod for so long may be unable to make one."""
TRIAL_SECONDS: Final = 5.0
TAILS_AT_ONCE: Final = 32


class ElementObserver:
    """Answers what one decision on a graph of elements needs to know."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        memories: Memories,
        hooks: Readings[HookRun],
        image: str | None,
        clock: Clock,
    ) -> None:
        self._kube = kube
        self._store = store
        self._memories = memories
        self._hooks = hooks
        self._image = image
        self._clock = clock
        self._tails = Readings[str]("reading the log", TAILS_AT_ONCE, "")
        self._progress = ProgressReader(kube)

    def forget(self, uid: str) -> None:
        """Nobody here looks at it any more. What the watches told is the store's."""
        self._memories.forget(uid)
        self._tails.forget(uid)
        self._hooks.forget(uid)
        self._progress.forget(uid)

    async def observe(self, identity: Identity, intent: Intent, status: PipelineStatus) -> BatchObserved:
        """Everything that is seen of the run under way, or of the last one."""
        uid, run = identity.uid, status.run_number
        memory = self._memories.of(uid, run)
        if run and memory.saved is None:
            await self._load_saved(identity, status, memory)
        await self._look_for_lost_jobs(identity, status, memory)
        pods = _by_element(r for r in self._store.elements.pods_of(uid) if r.place.run_number == run)
        jobs = {r.place.element: r for r in self._store.elements.jobs_of(uid) if r.place.run_number == run}
        is_ending = self._is_ending(intent, status)
        self._forget_tails(uid, status, memory)
        self._begin_tails(uid, memory, pods, is_ending=is_ending)
        await self._try_pod(identity, intent, status, memory, jobs, pods)
        look_in = self._progress.look(intent, status, memory, pods)
        now = self._clock()
        elements = {
            each.name: self._seen(uid, memory, each, jobs.get(each.name), pods.get(each.name, []), now)
            for each in status.elements or []
            if each.name in jobs or each.name in pods or each.is_under_way
        }
        is_reading = self._tails.is_any_under_way(uid) or self._hooks.is_any_under_way(uid)
        return BatchObserved(
            elements=elements,
            tails=self._unsaved_tails(uid, memory, jobs, pods),
            write_due_in=self._memories.write_due_in(uid, len(status.elements or [])),
            is_clear=await self._is_clear(identity, status, elements),
            has_jobs=bool(self._store.elements.jobs_of(uid)),
            look_in=READING_SECONDS if is_reading else look_in,
        )

    def _is_ending(self, intent: Intent, status: PipelineStatus) -> bool:
        is_stopping = status.deployment_resources_status == ResourcesStatus.STOPPING
        return is_stopping or intent.is_deleting or intent.is_stop_declared

    def _seen(
        self,
        uid: str,
        memory: RunMemory,
        element: ElementStatus,
        job: JobRecord | None,
        pods: list[ElementPodRecord],
        now: datetime,
    ) -> ElementSeen:
        last = pods[-1].pod.uid if pods else ""
        running = next(
            (record.pod.uid for record in reversed(pods) if self._hooks.is_begun(uid, record.pod.uid)), ""
        )
        hook = self._hooks.outcome(uid, running)
        return ElementSeen(
            job=job.job if job else None,
            is_being_read=self._tails.is_under_way(uid, last),
            pods=tuple(record.pod for record in pods),
            tail=self._tails.outcome(uid, last) or "",
            refusal=memory.refusal_of(element.name, element.submitted_at, now),
            hook=hook or (HookRun(is_over=False) if running else None),
            progress=memory.progress.get(element.name),
        )

    def _begin_tails(
        self, uid: str, memory: RunMemory, pods: dict[str, list[ElementPodRecord]], *, is_ending: bool
    ) -> None:
        """Read the log of each pod that ended, and of each that is about to, for as long as it is there."""
        for element, records in pods.items():
            last = records[-1]
            if element in (memory.saved or ()) or self._tails.is_begun(uid, last.pod.uid):
                continue
            if last.pod.has_ended:
                self._tails.begin(uid, last.pod.uid, partial(read_tail, self._kube, last))
            elif last.pod.is_started and (last.pod.is_deleting or is_ending):
                self._tails.begin(uid, last.pod.uid, partial(follow_tail, self._kube, last))

    def _unsaved_tails(
        self,
        uid: str,
        memory: RunMemory,
        jobs: dict[str, JobRecord],
        pods: dict[str, list[ElementPodRecord]],
    ) -> dict[str, str]:
        """The ends of the logs of what has ended for good. Pods of a canceled element may be gone by now."""
        if memory.has_foreign_tails:
            return {}
        found: dict[str, str] = {}
        memory.tail_pods.update({element: records[-1].pod.uid for element, records in pods.items()})
        for element, pod_uid in memory.tail_pods.items():
            job = jobs.get(element)
            is_over = job is None or job.job.is_deleting or job.job.state is not JobState.ACTIVE
            text = self._tails.outcome(uid, pod_uid)
            if text and is_over and element not in (memory.saved or ()):
                found[element] = text
        return found

    def _forget_tails(self, uid: str, status: PipelineStatus, memory: RunMemory) -> None:
        """What is kept, and told with the element's end, is needed no more."""
        for element in status.elements or []:
            if element.is_over and element.name in (memory.saved or ()) and element.name in memory.tail_pods:
                self._tails.drop(uid, memory.tail_pods.pop(element.name))

    async def _load_saved(self, identity: Identity, status: PipelineStatus, memory: RunMemory) -> None:
        selector = f"{identity.selector},{constants.LABEL_ROLE}={constants.TAILS_ROLE}"
        found = [body async for body in self._kube.list(paths.config_map(identity.namespace), selector)]
        over = {each.name for each in status.elements or [] if each.is_over}
        memory.saved = over & {name for body in found for name in texts(body, "data")}

    async def _look_for_lost_jobs(
        self, identity: Identity, status: PipelineStatus, memory: RunMemory
    ) -> None:
        """The watch may be late: what became of missing Jobs, the API server knows, once each."""
        run = status.run_number
        known = {
            r.place.element for r in self._store.elements.jobs_of(identity.uid) if r.place.run_number == run
        }
        missing = {
            each.name
            for each in status.elements or []
            if each.is_under_way and each.started_at is not None and each.name not in known
        }
        if missing <= memory.lost:
            return
        for record in await self._list_jobs(identity, run):
            self._store.elements.put_job(record)
            missing.discard(record.place.element)
        memory.lost |= missing

    async def _list_jobs(self, identity: Identity, run_number: int) -> list[JobRecord]:
        selector = f"{identity.selector},{constants.LABEL_RUN_NUMBER}={run_number}"
        return [project_job(body) async for body in self._kube.list(paths.job(identity.namespace), selector)]

    async def _try_pod(
        self,
        identity: Identity,
        intent: Intent,
        status: PipelineStatus,
        memory: RunMemory,
        jobs: dict[str, JobRecord],
        pods: dict[str, list[ElementPodRecord]],
    ) -> None:
        """Why a Job has no pod, nobody tells but the API server, to who tries to make one."""
        now = self._clock()
        for name in [name for name in memory.blocked if pods.get(name)]:
            del memory.blocked[name]
        without = [
            name
            for name, record in jobs.items()
            if record.job.state is JobState.ACTIVE
            and not record.job.is_deleting
            and not any(not pod.pod.has_ended for pod in pods.get(name, []))
            and (now - record.job.created_at).total_seconds() >= WITHOUT_POD_SECONDS
            and not record.job.failures
        ]
        if not without or intent.spec is None or time.monotonic() - memory.checked_at < TRIAL_SECONDS:
            return
        memory.checked_at = time.monotonic()
        element = elements_of(intent.spec).get(without[0])
        if element is None:
            return
        obstacle = await find_obstacle(self._kube, identity, intent.spec, element, self._image, now)
        for name in without:
            if obstacle is None:
                memory.blocked.pop(name, None)
            else:
                memory.blocked[name] = obstacle

    async def _is_clear(
        self, identity: Identity, status: PipelineStatus, elements: dict[str, ElementSeen]
    ) -> bool:
        """Whether the API server itself knows of nothing that still runs, once the store knows of nothing."""
        is_stopping = status.deployment_resources_status == ResourcesStatus.STOPPING
        is_busy = any(
            each.live_pods or (each.job and each.job.state is JobState.ACTIVE) for each in elements.values()
        )
        if not is_stopping or is_busy:
            return False
        selector = f"{identity.selector},{constants.LABEL_RUN_NUMBER}={status.run_number}"
        jobs = await self._list_jobs(identity, status.run_number)
        pods = [
            project_element_pod(body)
            async for body in self._kube.list(paths.pod(identity.namespace), selector)
        ]
        for job in jobs:
            self._store.elements.put_job(job)
        for pod in pods:
            self._store.elements.put_pod(pod)
        has_active = any(job.job.state is JobState.ACTIVE for job in jobs)
        return not has_active and all(pod.pod.has_ended for pod in pods)


def _by_element(records: Iterable[ElementPodRecord]) -> dict[str, list[ElementPodRecord]]:
    found: dict[str, list[ElementPodRecord]] = {}
    for record in records:
        found.setdefault(record.place.element, []).append(record)
    return found

"""Jobs and pods of elements, as the watches last told of them, by the custom resource that they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from sluice.api import constants
from sluice.api.json_values import Json, child, children, texts
from sluice.api.timing import EPOCH, read_moment
from sluice.batch_observation import ElementPod, Job, JobState
from sluice.store.keys import Key, owner_key
from sluice.store.projections import container_status, has_ended, number, runtime_container, waiting

WORDS_MAX_LENGTH: Final = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a Job or a pod is."""

    owner: Key
    owner_uid: str
    run_number: int
    element: str
    resource_version: int


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A Job that carries the operator's labels."""

    place: Place
    job: Job


@dataclass(frozen=True, slots=True)
class ElementPodRecord:
    """A pod of such a Job."""

    place: Place
    container: str
    """Name of the element's container."""
    created_at: datetime
    pod: ElementPod


def is_of_element(body: Json) -> bool:
    """Whether it is the Job of an element, or a pod of one."""
    return texts(child(body, "metadata"), "labels").get(constants.LABEL_ROLE) == constants.ELEMENT_ROLE


def _place(body: Json) -> Place:
    metadata = child(body, "metadata")
    labels = texts(metadata, "labels")
    return Place(
        owner=owner_key(metadata["namespace"], labels),
        owner_uid=labels.get(constants.LABEL_UID, ""),
        run_number=number(labels.get(constants.LABEL_RUN_NUMBER)),
        element=labels.get(constants.LABEL_ELEMENT, ""),
        resource_version=int(metadata.get("resourceVersion") or 0),
    )


def project_job(body: Json) -> JobRecord:
    """The record of a Job."""
    metadata, status = child(body, "metadata"), child(body, "status")
    ends = {
        entry.get("type"): entry
        for entry in children(status, "conditions")
        if entry.get("status") == "True" and entry.get("type") in ("Complete", "Failed")
    }
    failure: Json = ends.get("Failed", Json())
    end = failure or ends.get("Complete", Json())
    state = JobState.FAILED if failure else JobState.COMPLETED if end else JobState.ACTIVE
    failures: object = status.get("failed")
    return JobRecord(
        place=_place(body),
        job=Job(
            name=metadata["name"],
            uid=metadata["uid"],
            state=state,
            created_at=read_moment(metadata.get("creationTimestamp")) or EPOCH,
            finished_at=read_moment(status.get("completionTime"))
            or read_moment(end.get("lastTransitionTime")),
            reason=str(failure.get("reason") or ""),
            message=str(failure.get("message") or "")[:512],
            failures=failures if isinstance(failures, int) else 0,
            is_deleting="deletionTimestamp" in metadata,
        ),
    )


def project_element_pod(body: Json) -> ElementPodRecord:
    """The record of an element's pod."""
    metadata, spec, status = child(body, "metadata"), child(body, "spec"), child(body, "status")
    container = runtime_container(spec)
    main = container_status(container, status)
    state = child(main, "state")
    ended, running = child(state, "terminated"), child(state, "running")
    is_over = has_ended(status)
    code: object = ended.get("exitCode")
    return ElementPodRecord(
        place=_place(body),
        container=container,
        created_at=read_moment(metadata.get("creationTimestamp")) or EPOCH,
        pod=ElementPod(
            name=metadata["name"],
            uid=metadata["uid"],
            is_started=bool(running),
            has_ended=is_over,
            is_deleting="deletionTimestamp" in metadata,
            grace_seconds=metadata.get("deletionGracePeriodSeconds"),
            scheduled_at=_scheduled_at(status),
            started_at=read_moment(running.get("startedAt") or ended.get("startedAt")),
            waiting=None if is_over else waiting(status, main),
            exit_code=code if isinstance(code, int) else None,
            exit_reason=str(status.get("reason") or ended.get("reason") or ""),
            message=str(ended.get("message") or status.get("message") or "")[:WORDS_MAX_LENGTH],
            missing_outputs=_missing_outputs(status),
        ),
    )


def _scheduled_at(status: Json) -> datetime | None:
    for entry in children(status, "conditions"):
        if entry.get("type") == "PodScheduled" and entry.get("status") == "True":
            return read_moment(entry.get("lastTransitionTime"))
    return None


def _missing_outputs(status: Json) -> str | None:
    for entry in children(status, "initContainerStatuses"):
        ended = child(child(entry, "state"), "terminated")
        if entry.get("name") == constants.OUTPUTS_CONTAINER and ended.get("exitCode") == 0:
            return str(ended.get("message") or "").strip()
    return None


class ElementStore:
    """One entry a Job and one a pod, replaced only by something newer. ``put_*`` tell of any news."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, JobRecord]] = {}
        self._pods: dict[str, dict[str, ElementPodRecord]] = {}
        self._gone: dict[str, dict[str, ElementPodRecord]] = {}
        """Pods that went before their Job: how they ended is told by nobody else."""

    def jobs_of(self, owner_uid: str) -> list[JobRecord]:
        """The Jobs of one custom resource, of all its runs."""
        return list(self._jobs.get(owner_uid, {}).values())

    def pods_of(self, owner_uid: str) -> list[ElementPodRecord]:
        """The pods of these Jobs, the oldest first; also those that went before their Job."""
        found = [*self._gone.get(owner_uid, {}).values(), *self._pods.get(owner_uid, {}).values()]
        return sorted(found, key=lambda record: record.created_at)

    def put_job(self, record: JobRecord) -> bool:
        """Take over a newer version; false when it tells nothing new."""
        known = self._jobs.setdefault(record.place.owner_uid, {}).get(record.job.uid)
        if known is not None and known.place.resource_version >= record.place.resource_version:
            return False
        self._jobs[record.place.owner_uid][record.job.uid] = record
        return known is None or known.job != record.job

    def drop_job(self, record: JobRecord) -> None:
        """The Job is gone from the API."""
        owner, place = record.place.owner_uid, record.place
        _remove(self._jobs, owner, record.job.uid)
        for uid, pod in list(self._gone.get(owner, {}).items()):
            if (pod.place.element, pod.place.run_number) == (place.element, place.run_number):
                _remove(self._gone, owner, uid)

    def put_pod(self, record: ElementPodRecord) -> bool:
        """Take over a newer version; false when it tells nothing new."""
        if record.pod.uid in self._gone.get(record.place.owner_uid, {}):
            return False
        known = self._pods.setdefault(record.place.owner_uid, {}).get(record.pod.uid)
        if known is not None and known.place.resource_version >= record.place.resource_version:
            return False
        self._pods[record.place.owner_uid][record.pod.uid] = record
        return known is None or known.pod != record.pod

    def drop_pod(self, record: ElementPodRecord) -> None:
        """The pod is gone from the API; ``record`` is its last version."""
        owner, place = record.place.owner_uid, record.place
        _remove(self._pods, owner, record.pod.uid)
        jobs = (each.place for each in self.jobs_of(owner))
        if any((job.element, job.run_number) == (place.element, place.run_number) for job in jobs):
            ended = replace(record.pod, has_ended=True, is_started=False, waiting=None)
            self._gone.setdefault(owner, {})[record.pod.uid] = replace(record, pod=ended)

    def forget(self, owner_uid: str) -> None:
        """The custom resource is gone."""
        self._jobs.pop(owner_uid, None)
        self._pods.pop(owner_uid, None)
        self._gone.pop(owner_uid, None)

    def all_jobs(self) -> Iterator[JobRecord]:
        """Every Job that is known."""
        for records in list(self._jobs.values()):
            yield from list(records.values())

    def all_pods(self) -> Iterator[ElementPodRecord]:
        """Every pod that is known."""
        for records in list(self._pods.values()):
            yield from list(records.values())


Record = TypeVar("Record")


def _remove(records: dict[str, dict[str, Record]], owner: str, uid: str) -> None:
    of_owner = records.get(owner, {})
    of_owner.pop(uid, None)
    if not of_owner:
        records.pop(owner, None)

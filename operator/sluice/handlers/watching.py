"""kopf's handlers. They note what changed and queue the key; whatever follows is the reconciler's."""

from typing import Any

import kopf

from sluice.api import constants
from sluice.api.kinds import KINDS, Kind
from sluice.reconcile.objects import is_stop_wanted
from sluice.reconcile.sweep import PODS
from sluice.store import (
    Key,
    Store,
    is_of_element,
    key_of,
    project_element_pod,
    project_job,
    project_pod,
)
from sluice.work_queue import WorkQueue

COLLECTING_SECONDS = 0.1


class NoDiffBase(kopf.DiffBaseStorage):
    """kopf keeps a copy of every object to compute changes from; event handlers have no use for it.

    Safe only as long as no change handler is registered: with one, every event would look like a creation.
    """

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing is kept."""
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """Nothing was kept."""
        return None

    def store(self, **_: Any) -> None:
        """Keep nothing."""


def register(registry: kopf.OperatorRegistry, store: Store, queue: WorkQueue[Key]) -> None:
    """Subscribe to the custom resources, and to the pods and Jobs that carry the operator's label."""
    for kind in KINDS.values():
        _register_kind(kind, registry, store, queue)
    _register_pods(registry, store, queue)
    _register_jobs(registry, store, queue)


def _register_pods(registry: kopf.OperatorRegistry, store: Store, queue: WorkQueue[Key]) -> None:
    @kopf.on.event(
        "", "v1", "pods", labels={constants.LABEL_MANAGED_BY: constants.MANAGED_BY}, registry=registry
    )
    async def note_pod(event: kopf.RawEvent, **_: Any) -> None:
        body: dict[str, Any] = dict(event["object"])
        metadata = body["metadata"]
        store.freshness.hear(PODS, metadata["namespace"], int(metadata["resourceVersion"]))
        if is_of_element(body):
            _note_element_pod(event["type"], body, store, queue)
            return
        record = project_pod(body)
        key = record.owner
        if event["type"] == "DELETED":
            store.drop_pod(record)
        elif not store.put_pod(record):
            return
        owner = store.get(key)
        queue.add(key, is_urgent=owner is not None and is_stop_wanted(owner))


def _note_element_pod(kind: str | None, body: dict[str, Any], store: Store, queue: WorkQueue[Key]) -> None:
    record = project_element_pod(body)
    if kind == "DELETED":
        store.elements.drop_pod(record)
    elif not store.elements.put_pod(record):
        return
    _queue_elements(store, queue, record.place.owner)


def _register_jobs(registry: kopf.OperatorRegistry, store: Store, queue: WorkQueue[Key]) -> None:
    @kopf.on.event(
        "batch", "v1", "jobs", labels={constants.LABEL_MANAGED_BY: constants.MANAGED_BY}, registry=registry
    )
    async def note_job(event: kopf.RawEvent, **_: Any) -> None:
        record = project_job(dict(event["object"]))
        if event["type"] == "DELETED":
            store.elements.drop_job(record)
        elif not store.elements.put_job(record):
            return
        _queue_elements(store, queue, record.place.owner)


def _queue_elements(store: Store, queue: WorkQueue[Key], key: Key) -> None:
    """One look for what a graph of elements tells within a moment."""
    owner = store.get(key)
    queue.add_after(key, COLLECTING_SECONDS, is_urgent=owner is not None and is_stop_wanted(owner))


def _register_kind(kind: Kind, registry: kopf.OperatorRegistry, store: Store, queue: WorkQueue[Key]) -> None:
    # Each handler needs an id of its own: kopf tells handlers of one function apart by nothing else.
    @kopf.on.event(constants.GROUP, constants.VERSION, kind.plural, id=f"note_{kind.noun}", registry=registry)
    async def note_resource(event: kopf.RawEvent, **_: Any) -> None:
        body: dict[str, Any] = dict(event["object"])
        key = key_of(body)
        store.freshness.hear(kind.plural, key.namespace, int(body["metadata"]["resourceVersion"]))
        if event["type"] == "DELETED":
            store.depart(key)
            queue.add(key)
        elif store.put(body):
            queue.add(key, is_urgent=is_stop_wanted(body))


def configure(settings: kopf.OperatorSettings) -> None:
    """Keep kopf to watching: it writes and scans nothing and holds no slot longer than an event takes."""
    settings.scanning.disabled = True
    settings.posting.enabled = False
    # Not ours: kopf removes the finalizer of this name wherever none of its handlers needs one.
    settings.persistence.finalizer = f"{constants.GROUP}/kopf-unused"
    settings.persistence.diffbase_storage = NoDiffBase()
    # Both, always: with a limit alone, a slot stays taken for the idle time of five seconds.
    settings.queueing.worker_limit = 200
    settings.queueing.idle_timeout = 0.1
    settings.watching.label_selectors["", "v1", "pods"] = constants.MANAGED_SELECTOR
    settings.watching.label_selectors["batch", "v1", "jobs"] = constants.MANAGED_SELECTOR
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    # Never long: an API server that is back is to be heard of within seconds.
    settings.networking.error_backoffs = (0.5, 1, 2, 3, 5, 5, 5, 5)

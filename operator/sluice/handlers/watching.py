"""kopf's handlers. They note what changed and queue the key; whatever follows is the reconciler's."""

from typing import Any

import kopf

from sluice.api import constants
from sluice.reconcile.objects import is_stop_wanted
from sluice.store import Key, Store, project_pod
from sluice.work_queue import WorkQueue

SELECTOR = f"{constants.LABEL_MANAGED_BY}={constants.MANAGED_BY}"


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
    """Subscribe to pipelines, and to the pods that carry the operator's label."""

    @kopf.on.event(constants.GROUP, constants.VERSION, constants.PIPELINE_PLURAL, registry=registry)
    async def note_pipeline(event: kopf.RawEvent, **_: Any) -> None:
        body: dict[str, Any] = dict(event["object"])
        key = body["metadata"]["namespace"], body["metadata"]["name"]
        if event["type"] == "DELETED":
            store.depart_pipeline(key)
            queue.add(key)
        elif store.put_pipeline(body):
            queue.add(key, is_urgent=is_stop_wanted(body))

    @kopf.on.event(
        "", "v1", "pods", labels={constants.LABEL_MANAGED_BY: constants.MANAGED_BY}, registry=registry
    )
    async def note_pod(event: kopf.RawEvent, **_: Any) -> None:
        record = project_pod(dict(event["object"]))
        key = record.namespace, record.owner_name
        if event["type"] == "DELETED":
            store.drop_pod(record)
        elif not store.put_pod(record):
            return
        pipeline = store.pipeline(key)
        queue.add(key, is_urgent=pipeline is not None and is_stop_wanted(pipeline))


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
    settings.watching.label_selectors["", "v1", "pods"] = SELECTOR
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    # Never long: an API server that is back is to be heard of within seconds.
    settings.networking.error_backoffs = (0.5, 1, 2, 3, 5, 5, 5, 5)

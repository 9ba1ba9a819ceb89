"""One look at one custom resource."""

import logging
import uuid
from dataclasses import replace

from sluice.api.json_values import Json, child
from sluice.api.kinds import KINDS
from sluice.api.status import PipelineStatus, read_status
from sluice.batch_observation import HookRun
from sluice.decide import Decision, Event, RemoveFinalizer, decide
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths
from sluice.logs import about
from sluice.manifests import Identity, build_event
from sluice.metrics import Metrics
from sluice.observation import Intent, Observed, Pod
from sluice.reconcile.act import Actor
from sluice.reconcile.batch import ElementObserver, Elements, Memories, Readings
from sluice.reconcile.intent import IntentObserver
from sluice.reconcile.measuring import Measurer
from sluice.reconcile.objects import dump_status, merge_patch, read_identity
from sluice.reconcile.observe import Clock, Memory, Observer, read_clock
from sluice.reconcile.runtimes import EndpointFactory
from sluice.store import Key, Store, key_of

logger = logging.getLogger("sluice")

HOOKS_AT_ONCE = 64
"""Hooks of elements that are to be canceled."""


class Reconciler:
    """Brings custom resources to where they are wanted, one step a look."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        endpoint_of: EndpointFactory,
        maintenance_image: str | None = None,
        clock: Clock = read_clock,
        metrics: Metrics | None = None,
    ) -> None:
        self._kube = kube
        self._store = store
        self._clock = clock
        self._intents = IntentObserver(kube)
        can_maintain = maintenance_image is not None
        self._observer = Observer(kube, store, endpoint_of, can_maintain=can_maintain, clock=clock)
        hooks = Readings[HookRun]("running a hook", HOOKS_AT_ONCE, HookRun(True, "its hook could not be run"))
        self._memories_of_runs = Memories()
        of_runs = self._memories_of_runs, hooks, maintenance_image, clock
        self._elements = ElementObserver(kube, store, *of_runs)
        self._actor = Actor(kube, store, endpoint_of, maintenance_image, Elements(kube, store, *of_runs))
        self._memories: dict[Key, Memory] = {}
        self._measurer = Measurer(metrics or Metrics())
        self._batches: dict[Key, str] = {}
        """Uids of those with elements."""

    async def reconcile(self, key: Key) -> float | None:
        """Look at a custom resource and take the next step.

        Returns the seconds after which to look again even if nothing is heard, or ``None``. Raises
        ``ApiError`` or ``ApiUnreachableError`` when the look has to be repeated.
        """
        body = self._store.get(key)
        if body is None:
            await self._forget(key)
            return None
        identity = read_identity(body)
        status = read_status(body)
        intent = await self._intents.observe_intent(body, status)
        observed = await self._observe(key, identity, intent, status)
        decision = decide(intent, status, observed, self._clock())
        body = await self._apply_status(identity, body, decision)
        if body is None:
            return None
        self._measurer.note(key, status, decision.status, self._clock())
        _log_what_happened(key, status, decision)
        self._forget_what_is_over(body, status, decision, observed.last_seen)
        try:
            memory = await self._actor.act(identity, intent, body, decision.actions)
        finally:
            # After the action, which people wait for; and also when it failed, since the status stands.
            await self._create_events(key, identity, decision.events)
        kept = self._memories.get(key, Memory())
        self._remember(key, memory if memory.ticket else replace(kept, refusal=memory.refusal))
        return decision.requeue_after

    async def _observe(
        self, key: Key, identity: Identity, intent: Intent, status: PipelineStatus
    ) -> Observed:
        memory = self._memories.get(key, Memory())
        if not intent.is_batch:
            return await self._observer.observe(identity, intent, status, memory)
        self._batches[key] = identity.uid
        batch = await self._elements.observe(identity, intent, status)
        return Observed(batch=batch, refusal=memory.refusal, new_id=str(uuid.uuid4()))

    async def _apply_status(self, identity: Identity, body: Json, decision: Decision) -> Json | None:
        """Write the status if it changed, and only on the version that the decision was made on.

        Returns the custom resource as it is then, or ``None`` when it is gone.
        """
        patch = merge_patch(child(body, "status"), dump_status(decision.status))
        if not patch or _is_leaving(body, decision):
            return body
        path = paths.resource(identity.kind, identity.namespace, identity.name) + "/status"
        version = {"resourceVersion": body["metadata"]["resourceVersion"], "uid": identity.uid}
        try:
            written = await self._kube.merge(path, {"metadata": version, "status": patch})
        except ApiError as error:
            if not error.is_not_found:
                raise
            # Gone, and the watch has not told or never will.
            self._store.depart(key_of(body))
            return None
        self._memories_of_runs.note_write(identity.uid)
        self._store.put_written(written)
        return written

    async def _create_events(self, key: Key, identity: Identity, events: tuple[Event, ...]) -> None:
        """Tell people. An event that cannot be posted holds nothing up."""
        for event in events:
            manifest = build_event(
                identity,
                name=f"{identity.name}.{uuid.uuid4().hex[:16]}",
                reason=event.reason,
                message=event.message,
                is_warning=event.is_warning,
                now=self._clock(),
            )
            try:
                await self._kube.create(paths.event(identity.namespace), manifest)
            except (ApiError, ApiUnreachableError) as error:
                logger.warning("%s: event not posted: %s", key, error, extra=about(*key))

    def _forget_what_is_over(
        self,
        body: Json,
        before: PipelineStatus,
        decision: Decision,
        last_seen: Pod | None,
    ) -> None:
        """The status that is written now has taken in what was remembered so far."""
        identity, status = read_identity(body), decision.status
        key = key_of(body)
        memory = self._memories.get(key, Memory())
        has_moved = status.deployment_resources_status != before.deployment_resources_status
        if decision.actions or has_moved:
            memory = replace(memory, refusal=None)
        if status.checkpointing is None:
            memory = replace(memory, ticket=None, pod_uid=None)
        self._remember(key, memory)
        names_no_pod = status.runtime is None or status.runtime.uid is None
        if last_seen is not None and names_no_pod and not _is_leaving(body, decision):
            # The proof of its end has done its work: the status that was written no longer names the pod.
            self._store.forget_last_seen((identity.namespace, identity.pod_name), last_seen.uid)

    def _remember(self, key: Key, memory: Memory) -> None:
        if memory == Memory():
            self._memories.pop(key, None)
        else:
            self._memories[key] = memory

    def release(self, key: Key) -> None:
        """Another operator looks at it now: what is remembered of it would be old when it comes back."""
        self._forget_looks(key)
        self._store.forget_departed(key)

    def _forget_looks(self, key: Key) -> str | None:
        """Forget all that earlier looks left behind. Returns the uid of one with elements."""
        self._memories.pop(key, None)
        self._measurer.forget(key)
        self._intents.forget(key)
        uid = self._batches.pop(key, None)
        if uid is not None:
            self._elements.forget(uid)
        return uid

    async def _forget(self, key: Key) -> None:
        """It is gone. Had it no finalizer, its stored specs are what is left of it."""
        uid = self._forget_looks(key)
        if uid is not None:
            self._store.elements.forget(uid)
        self._store.forget_pod_of((key.namespace, KINDS[key.kind].pod_name(key.name)))
        gone = self._store.departed(key)
        if gone is not None:
            identity = read_identity(gone)
            await self._kube.delete_all(paths.revision(identity.namespace), identity.selector)
            self._store.forget_departed(key)


def _is_leaving(body: Json, decision: Decision) -> bool:
    """Whether the object goes with this look: nobody would read its status any more."""
    is_released = any(isinstance(action, RemoveFinalizer) for action in decision.actions)
    return is_released and "deletionTimestamp" in body["metadata"]


def _log_what_happened(key: Key, before: PipelineStatus, decision: Decision) -> None:
    """One line a transition, with the reasons of the events that go with it.

    Not their messages, which may hold what a process or a hook said.
    """
    reasons = ", ".join(event.reason for event in decision.events)
    was, is_now = before.deployment_status, decision.status.deployment_status
    if was != is_now:
        arrow = f"{was or 'new'} -> {is_now}"
        logger.info("%s: %s%s", key, arrow, f" ({reasons})" if reasons else "", extra=about(*key))
    elif reasons:
        logger.info("%s: %s", key, reasons, extra=about(*key))

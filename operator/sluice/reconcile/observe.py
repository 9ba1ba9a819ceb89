"""Look at the world for one decision. Nothing here writes.

The store is believed where being wrong is harmless. Where it is not (a pod that seems to be gone), the API
server is asked.
"""

import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sluice.api import constants
from sluice.api.constants import OUT_OF_SERVICE_TAINT
from sluice.api.json_values import Json, child, children, texts
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus, StorageStatus
from sluice.api.storage import StorageSpec
from sluice.api.timing import read_moment
from sluice.decide import LEAVING_POLL_SECONDS, latest_age
from sluice.engines import Question, engine_for
from sluice.kube import ApiError, Kube, paths, read_quantity
from sluice.manifests import Identity
from sluice.observation import (
    Ability,
    Claim,
    Intent,
    Node,
    Observed,
    Pod,
    Refusal,
    RuntimeObservation,
)
from sluice.reconcile.calls import call_under_way
from sluice.reconcile.objects import read_owner_uid
from sluice.reconcile.pods import TRIAL, build_run_pod
from sluice.reconcile.runtimes import EndpointFactory, build_runtime
from sluice.store import PodRecord, Store, project_pod

QUOTA = "exceeded quota"
"""In the message of a 403 that only means: not while the present pod is there."""

Clock = Callable[[], datetime]


def read_clock() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the operator knows from its last act and may lose: whatever hangs on it is found out again."""

    refusal: Refusal | None = None
    ticket: str | None = None
    pod_uid: str | None = None
    """The pod whose process gave the ticket."""

    def ticket_of(self, pod: Pod | None) -> str | None:
        """The ticket, if it is this pod's."""
        return self.ticket if pod is not None and pod.uid == self.pod_uid else None


class Observer:
    """Answers what one decision needs to know."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        endpoint_of: EndpointFactory,
        *,
        can_maintain: bool,
        clock: Clock = read_clock,
    ) -> None:
        self._kube = kube
        self._store = store
        self._endpoint_of = endpoint_of
        self._can_maintain = can_maintain
        self._clock = clock

    async def observe(
        self, identity: Identity, intent: Intent, status: PipelineStatus, memory: Memory
    ) -> Observed:
        """Everything beside the intent and the status that the decision may look at."""
        record = await self._observe_pod(identity, status)
        pod = record.pod if record else None
        key = identity.namespace, identity.pod_name
        last_seen = self._store.last_seen(key, identity.uid) if pod is None or not pod.is_ours else None
        ticket = memory.ticket_of(pod)
        ability, is_volume_known = _ability_of(intent.spec)
        return Observed(
            pod=pod,
            last_seen=last_seen,
            node=await self._observe_node(status, pod, last_seen),
            claim=await self._observe_claim(identity, intent, status, pod),
            runtime=await self._observe_runtime(intent, status, record, ticket),
            refusal=memory.refusal,
            ticket=ticket,
            template_problem=await self._observe_trial(identity, intent, status),
            can_maintain=self._can_maintain and is_volume_known,
            ability=ability,
            new_id=str(uuid.uuid4()),
        )

    async def _observe_pod(self, identity: Identity, status: PipelineStatus) -> PodRecord | None:
        key = identity.namespace, identity.pod_name
        record = self._store.pod(key)
        is_expected = status.runtime is not None
        if record is None and is_expected and self._store.last_seen(key, identity.uid) is None:
            # Nothing was heard of it: the watch may be late, the operator was down, or the answer to its
            # creation got lost.
            found = await self._kube.get(paths.pod(*key))
            record = project_pod(found) if found is not None else None
            if record is not None and record.owner_uid == identity.uid:
                self._store.put_pod(record)
        if record is not None and await self._is_gone_unheard(record, status):
            self._store.drop_pod(record)
            record = None
        if record is None:
            return None
        is_ours = record.owner_uid == identity.uid
        return dataclasses.replace(record, pod=dataclasses.replace(record.pod, is_ours=is_ours))

    async def _is_gone_unheard(self, record: PodRecord, status: PipelineStatus) -> bool:
        """A watch that had to begin anew, because its version was too old, tells of no deletion before."""
        since = status.deployment_resources_status_since
        is_stopping = status.deployment_resources_status == ResourcesStatus.STOPPING
        if not is_stopping or not record.pod.is_deleting or since is None:
            return False
        if (self._clock() - since).total_seconds() < LEAVING_POLL_SECONDS:
            return False
        found = await self._kube.get(paths.pod(record.namespace, record.name))
        return found is None or found["metadata"]["uid"] != record.pod.uid

    async def _observe_node(
        self, status: PipelineStatus, pod: Pod | None, last_seen: Pod | None
    ) -> Node | None:
        """The node of a pod that went without proof."""
        name = (last_seen.node_name if last_seen else None) or (
            status.runtime.node_name if status.runtime else None
        )
        is_here = pod is not None and pod.is_ours
        if is_here or name is None or (last_seen is not None and last_seen.has_ended):
            return None
        try:
            return project_node(await self._kube.get(paths.node(name)))
        except ApiError as error:
            if not error.is_forbidden:
                raise
            # Permissions can be taken away: then nothing is known of the node, and nothing is proved.
            return Node(exists=True)

    async def _observe_claim(
        self, identity: Identity, intent: Intent, status: PipelineStatus, pod: Pod | None
    ) -> Claim | None:
        """The claim's memory of earlier runs and its size, wherever either may matter."""
        storage = intent.spec.storage if intent.spec else None
        if storage is None or not _is_claim_of_interest(intent, status, storage, pod):
            return None
        name = identity.claim_name(storage.existing_claim)
        body = await self._kube.get(paths.claim(identity.namespace, name))
        return project_claim(body, identity.uid, storage.size) if body is not None else None

    async def _observe_runtime(
        self, intent: Intent, status: PipelineStatus, record: PodRecord | None, ticket: str | None
    ) -> RuntimeObservation | None:
        """Ask the runtime, if there is one of this run to ask."""
        if record is None or not record.pod.is_ours or not record.pod.is_started or intent.spec is None:
            return None
        if record.pod.is_maintenance or record.pod.has_ended or record.pod.run_number < status.run_number:
            return None
        if status.deployment_resources_status == ResourcesStatus.STOPPING:
            return None
        details = status.storage_status_details
        due = latest_age(intent.spec.checkpoint, status)
        question = Question(
            call=call_under_way(status),
            ticket=ticket if status.checkpointing is not None else None,
            wants_progress=due is not None and due <= self._clock(),
            listed=() if details is None else tuple(details.checkpoints),
        )
        runtime = build_runtime(self._kube, self._endpoint_of, intent.spec, record)
        return await engine_for(intent.spec).observe(runtime, question)

    async def _observe_trial(self, identity: Identity, intent: Intent, status: PipelineStatus) -> str | None:
        """Why a pod of the changed spec would be refused, as far as that can be found out beforehand."""
        is_stopping = status.stop is not None and status.stop.finished_at is None
        if not intent.is_roll_needed or intent.spec is None or intent.is_deleting or is_stopping:
            return None
        try:
            pod = build_run_pod(identity, intent.spec, TRIAL, owner=None)
            await self._kube.create(paths.pod(identity.namespace), pod, is_dry_run=True)
        except LookupError as error:
            return str(error)
        except ApiError as error:
            # The quota is still taken by the pod that is there.
            return None if QUOTA in error.message else error.message
        return None


def _ability_of(spec: PipelineSpec | None) -> tuple[Ability, bool]:
    """What its engine can do, and whether something can work on the volume without the process."""
    try:
        engine = None if spec is None else engine_for(spec)
    except LookupError:
        engine = None
    if engine is None or spec is None:
        return Ability(), True
    return engine.ability(spec), engine.launch(spec).maintenance is not None


def _is_claim_of_interest(
    intent: Intent, status: PipelineStatus, storage: StorageSpec, pod: Pod | None
) -> bool:
    resources = status.deployment_resources_status
    if resources == ResourcesStatus.PROVISIONED:
        return storage.size != status.storage_size and storage.existing_claim is None
    if pod is not None:
        return False
    if resources in (ResourcesStatus.PROVISIONING, ResourcesStatus.STOPPING):
        return resources == ResourcesStatus.PROVISIONING or status.maintenance is not None
    is_start_wanted = intent.desired_status is not DesiredStatus.STOPPED and not intent.is_deleting
    is_worked_on = status.maintenance is not None or status.storage_status == StorageStatus.CLEARING
    return is_start_wanted or is_worked_on


def project_node(body: Json | None) -> Node:
    """What a node says of the containers that were on it."""
    if body is None:
        return Node(exists=False)
    conditions = children(child(body, "status"), "conditions")
    taints = children(child(body, "spec"), "taints")
    ready = next((c for c in conditions if c.get("type") == "Ready" and c.get("status") == "True"), None)
    return Node(
        exists=True,
        is_ready=ready is not None,
        ready_since=read_moment(ready.get("lastTransitionTime")) if ready else None,
        is_out_of_service=any(taint.get("key") == OUT_OF_SERVICE_TAINT for taint in taints),
    )


def project_claim(body: Json, uid: str, declared_size: str) -> Claim:
    """What a claim's labels remember, and how its size compares with what is declared."""
    labels = texts(child(body, "metadata"), "labels")
    number = labels.get(constants.LABEL_RUN_NUMBER, "0")
    requests = child(child(child(body, "spec"), "resources"), "requests")
    asked, declared = read_quantity(requests.get("storage")), read_quantity(declared_size)
    excess = asked - declared if asked is not None and declared is not None else 0
    return Claim(
        is_ours=read_owner_uid(body) == uid,
        run_number=int(number) if number.isdigit() else 0,
        start_from=labels.get(constants.LABEL_START_FROM),
        is_too_small=excess < 0,
        is_too_large=excess > 0,
    )

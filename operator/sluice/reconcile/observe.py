"""Look at the world for one decision. Nothing here writes.

The store is believed where being wrong is harmless. Where it is not (a pod that seems to be gone), the API
server is asked.
"""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime

from sluice.api import constants
from sluice.api.constants import OUT_OF_SERVICE_TAINT
from sluice.api.json_values import Json, child, children, texts
from sluice.api.names import claim_name, pod_name
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.engines import Endpoint, engine_for
from sluice.kube import ApiError, Kube, paths
from sluice.manifests import Identity, revision_name
from sluice.observation import (
    Claim,
    Intent,
    Node,
    Observed,
    Pod,
    Refusal,
    RuntimeObservation,
)
from sluice.reconcile.objects import has_finalizer, parse_spec, read_owner_uid, read_wish
from sluice.store import PodRecord, Store, project_pod

BEFORE_A_POD = (None, ResourcesStatus.STOPPED, ResourcesStatus.PROVISIONING)

EndpointFactory = Callable[[PodRecord], Endpoint]


class Observer:
    """Answers what one decision needs to know."""

    def __init__(self, kube: Kube, store: Store, endpoint_of: EndpointFactory) -> None:
        self._kube = kube
        self._store = store
        self._endpoint_of = endpoint_of

    async def observe_intent(self, body: Json, status: PipelineStatus) -> Intent:
        """What is wanted, with the last good spec where the present one cannot be understood."""
        metadata = body["metadata"]
        raw = child(body, "spec")
        wish = read_wish(body, status)
        parsed = parse_spec(raw)
        error = wish.error
        if isinstance(parsed, str):
            error = error or parsed
            raw = await self._last_good_spec(metadata, status) or {}
            parsed = parse_spec(raw) if raw else error
        spec = None if isinstance(parsed, str) else parsed
        return Intent(
            name=metadata["name"],
            uid=metadata["uid"],
            generation=metadata.get("generation", 0),
            desired_status=wish.desired_status,
            force=wish.force,
            is_deleting="deletionTimestamp" in metadata,
            has_finalizer=has_finalizer(body),
            revision=revision_name(metadata["name"], raw),
            spec=spec,
            spec_error=error,
        )

    async def observe(
        self, identity: Identity, intent: Intent, status: PipelineStatus, refusal: Refusal | None
    ) -> Observed:
        """Everything beside the intent and the status that the decision may look at."""
        record = await self._observe_pod(identity, status)
        pod = record.pod if record else None
        key = identity.namespace, pod_name(identity.name)
        last_seen = self._store.last_seen(key, identity.uid) if pod is None or not pod.is_ours else None
        return Observed(
            pod=pod,
            last_seen=last_seen,
            node=await self._observe_node(status, pod, last_seen),
            claim=await self._observe_claim(identity, intent, status, pod),
            runtime=await self._observe_runtime(intent, status, record),
            refusal=refusal,
            new_deployment_id=str(uuid.uuid4()),
        )

    async def _observe_pod(self, identity: Identity, status: PipelineStatus) -> PodRecord | None:
        key = identity.namespace, pod_name(identity.name)
        record = self._store.pod(key)
        is_expected = status.runtime is not None
        if record is None and is_expected and self._store.last_seen(key, identity.uid) is None:
            # Nothing was heard of it: the watch may be late, the operator was down, or the answer to its
            # creation got lost.
            found = await self._kube.get(paths.pod(*key))
            record = project_pod(found) if found is not None else None
            if record is not None and record.owner_uid == identity.uid:
                self._store.put_pod(record)
        if record is None:
            return None
        is_ours = record.owner_uid == identity.uid
        return dataclasses.replace(record, pod=dataclasses.replace(record.pod, is_ours=is_ours))

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
        """The claim's memory of earlier runs, wherever a pod may be about to be made."""
        storage = intent.spec.storage if intent.spec else None
        is_start_wanted = intent.desired_status is not DesiredStatus.STOPPED and not intent.is_deleting
        is_before_pod = pod is None and status.deployment_resources_status in BEFORE_A_POD
        if storage is None or not is_start_wanted or not is_before_pod:
            return None
        name = claim_name(identity.name, storage.existing_claim)
        body = await self._kube.get(paths.claim(identity.namespace, name))
        return project_claim(body, identity.uid) if body is not None else None

    async def _observe_runtime(
        self, intent: Intent, status: PipelineStatus, record: PodRecord | None
    ) -> RuntimeObservation | None:
        """Ask the runtime, if there is one of this run to ask."""
        if record is None or not record.pod.is_ours or not record.pod.is_started or intent.spec is None:
            return None
        is_stopping = status.deployment_resources_status == ResourcesStatus.STOPPING
        if is_stopping or record.pod.has_ended or record.pod.run_number < status.run_number:
            return None
        return await engine_for(intent.spec).observe(self._endpoint_of(record))

    async def _last_good_spec(self, metadata: Json, status: PipelineStatus) -> Json | None:
        if status.revision is None:
            return None
        body = await self._kube.get(paths.revision(metadata["namespace"], status.revision))
        return child(child(body or {}, "data"), "spec") or None


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
        ready_since=_moment(ready.get("lastTransitionTime")) if ready else None,
        is_out_of_service=any(taint.get("key") == OUT_OF_SERVICE_TAINT for taint in taints),
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def project_claim(body: Json, uid: str) -> Claim:
    """What a claim's labels remember."""
    labels = texts(child(body, "metadata"), "labels")
    number = labels.get(constants.LABEL_RUN_NUMBER, "0")
    return Claim(
        is_ours=read_owner_uid(body) == uid,
        run_number=int(number) if number.isdigit() else 0,
        is_deleting="deletionTimestamp" in body["metadata"],
    )

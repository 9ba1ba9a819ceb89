"""Carry out what was decided. Nothing here looks at the world to decide.

Every action is idempotent: a second operator, or the same one after a crash, may carry it out again. An
action that does not go through is told as a :class:`Refusal`, which the next decision sees.
"""

from dataclasses import replace

from sluice.api import constants
from sluice.api.deployment import DeploymentRun
from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus, read_status
from sluice.api.storage import StorageSpec
from sluice.decide import (
    Action,
    AddFinalizer,
    ApplyClaim,
    CreateMaintenancePod,
    CreatePod,
    DeleteClaim,
    DeletePod,
    DeleteRevisions,
    EngineCall,
    GrowClaim,
    RemoveFinalizer,
)
from sluice.engines import Call, EngineRefusedError, engine_for
from sluice.kube import ApiError, Kube, SecretMissingError, paths, read_secret
from sluice.manifests import (
    Identity,
    MaintenancePlan,
    build_maintenance_pod,
)
from sluice.observation import Intent, Refusal, RefusalKind
from sluice.reconcile.batch import Elements
from sluice.reconcile.calls import call_under_way
from sluice.reconcile.objects import read_owner_uid
from sluice.reconcile.observe import Memory
from sluice.reconcile.pods import build_run_pod
from sluice.reconcile.runtimes import EndpointFactory, build_runtime
from sluice.reconcile.supplies import RefusedError, Supplies
from sluice.store import Store, key_of, project_pod


class Actor:
    """Carries out actions, one after another, for one custom resource."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        endpoint_of: EndpointFactory,
        maintenance_image: str | None,
        elements: Elements,
    ) -> None:
        self._kube = kube
        self._store = store
        self._endpoint_of = endpoint_of
        self._maintenance_image = maintenance_image
        self._supplies = Supplies(kube, store)
        self._elements = elements

    async def act(
        self, identity: Identity, intent: Intent, body: Json, actions: tuple[Action, ...]
    ) -> Memory:
        """Carry out ``actions`` in order; the first that is refused ends it.

        Returns what the next look should know of it. Raises ``ApiError`` and ``ApiUnreachableError`` for what
        says nothing about the pipeline.
        """
        memory = Memory()
        for action in actions:
            try:
                memory = await self._carry_out(identity, intent, body, action) or memory
            except RefusedError as error:
                refusal = error.refusal
            except EngineRefusedError as error:
                refusal = Refusal(RefusalKind.TEMPORARY, "EngineRefused", str(error))
            except ApiError as error:
                refusal = _read_refusal(error)
            else:
                continue
            return replace(memory, refusal=replace(refusal, action=type(action).__name__))
        return memory

    async def _carry_out(
        self, identity: Identity, intent: Intent, body: Json, action: Action
    ) -> Memory | None:
        match action:
            case AddFinalizer() | RemoveFinalizer():
                is_wanted = isinstance(action, AddFinalizer)
                await self._apply_finalizers(identity, body, is_wanted=is_wanted)
            case ApplyClaim():
                await self._supplies.apply_claim(identity, _storage(intent), action)
            case GrowClaim():
                await self._supplies.grow_claim(identity, action)
            case CreatePod():
                await self._create_pod(identity, intent, body, action)
            case CreateMaintenancePod():
                await self._create_maintenance_pod(identity, intent, body, action)
            case DeletePod():
                await self._delete_pod(identity, action)
            case DeleteClaim():
                await self._delete_claim(identity)
            case DeleteRevisions():
                await self._kube.delete_all(paths.revision(identity.namespace), identity.selector)
            case EngineCall():
                return await self._call_engine(identity, _spec(intent), read_status(body), action)
            case _:
                await self._elements.carry_out(identity, intent, body, action)
        return None

    async def _apply_finalizers(self, identity: Identity, body: Json, *, is_wanted: bool) -> None:
        key = key_of(body)
        known = self._store.get(key) or body
        present: list[str] = known["metadata"].get("finalizers") or []
        others = [name for name in present if name != constants.FINALIZER]
        finalizers = [*others, constants.FINALIZER] if is_wanted else others
        # Conditional on the version, so that no finalizer that somebody else just added gets lost.
        metadata = {"resourceVersion": known["metadata"]["resourceVersion"], "finalizers": finalizers}
        path = paths.resource(identity.kind, identity.namespace, identity.name)
        written = await self._kube.merge(path, {"metadata": metadata})
        if is_wanted or "deletionTimestamp" not in known["metadata"]:
            self._store.put(written)
        else:
            self._store.drop(key)

    async def _create_pod(self, identity: Identity, intent: Intent, body: Json, action: CreatePod) -> None:
        await self._check_credential(identity, _spec(intent))
        owner = await self._supplies.apply_revision(identity, intent, body, action.run_number)
        try:
            pod = build_run_pod(identity, _spec(intent), action, owner)
        except LookupError as error:
            raise RefusedError(RefusalKind.PERMANENT, "InvalidTemplate", str(error)) from error
        await self._create_once(identity, pod)

    async def _check_credential(self, identity: Identity, spec: PipelineSpec) -> None:
        """A start needs it; its value is forgotten at once."""
        if not isinstance(spec, DeploymentRun) or spec.credential is None:
            return
        try:
            await read_secret(self._kube, identity.namespace, spec.credential)
        except SecretMissingError as error:
            raise RefusedError(RefusalKind.TEMPORARY, "CredentialMissing", str(error)) from error
        except ApiError as error:
            # An operator that may read no Secret leaves the check to the kubelet, which finds a missing one.
            if not error.is_forbidden:
                raise

    async def _create_maintenance_pod(
        self, identity: Identity, intent: Intent, body: Json, action: CreateMaintenancePod
    ) -> None:
        if self._maintenance_image is None:
            message = "this operator has no image for maintenance pods: set SLUICE_IMAGE"
            raise RefusedError(RefusalKind.PERMANENT, "NoImage", message)
        spec = _spec(intent)
        module = engine_for(spec).launch(spec).maintenance
        if module is None:
            message = "nobody knows what is on the volume: clear it yourself"
            raise RefusedError(RefusalKind.PERMANENT, "UnknownStorageLayout", message)
        plan = MaintenancePlan(
            name=identity.pod_name,
            image=self._maintenance_image,
            module=module,
            task=action.task,
            run_number=action.run_number,
            claim=identity.claim_name(_storage(intent).existing_claim),
            owner=await self._supplies.apply_revision(identity, intent, body, action.run_number),
        )
        await self._create_once(identity, build_maintenance_pod(identity, spec, plan))

    async def _create_once(self, identity: Identity, pod: Json) -> None:
        try:
            created = await self._kube.create(paths.pod(identity.namespace), pod)
        except ApiError as error:
            if not error.is_name_taken:
                raise
            created = await self._own_pod(identity, pod["metadata"]["name"])
        self._store.put_pod(project_pod(created))

    async def _own_pod(self, identity: Identity, name: str) -> Json:
        """The pod that has the name already: ours from before a crash, or somebody else's."""
        found = await self._kube.get(paths.pod(identity.namespace, name))
        if found is None:
            raise RefusedError(RefusalKind.TEMPORARY, "PodLeaving", f"pod {name} is just leaving")
        if read_owner_uid(found) != identity.uid:
            message = f"pod {name} belongs to somebody else: delete or rename it"
            raise RefusedError(RefusalKind.FOREIGN, "PodNotOurs", message)
        return found

    async def _delete_pod(self, identity: Identity, action: DeletePod) -> None:
        path = paths.pod(identity.namespace, identity.pod_name)
        await self._kube.delete(path, uid=action.uid, grace_seconds=action.grace_seconds)

    async def _delete_claim(self, identity: Identity) -> None:
        path = paths.claim(identity.namespace, identity.pod_name)
        found = await self._kube.get(path)
        if found is not None and read_owner_uid(found) == identity.uid:
            await self._kube.delete(path, uid=found["metadata"]["uid"])

    async def _call_engine(
        self, identity: Identity, spec: PipelineSpec, status: PipelineStatus, action: EngineCall
    ) -> Memory | None:
        record = self._store.pod((identity.namespace, identity.pod_name))
        if record is None:
            raise EngineRefusedError("the pod is not there")
        call = call_under_way(status)
        if call is None or call.verb is not action.verb:
            call = Call(action.verb, action.argument)
        runtime = build_runtime(self._kube, self._endpoint_of, spec, record)
        ticket = await engine_for(spec).call(runtime, call)
        return Memory(ticket=ticket, pod_uid=record.pod.uid) if ticket is not None else None


def _read_refusal(error: ApiError) -> Refusal:
    """What an answer of the API server says about the pipeline; everything else is raised again."""
    if error.is_invalid:
        return Refusal(RefusalKind.PERMANENT, error.reason, error.message)
    if error.is_forbidden:
        return Refusal(RefusalKind.TEMPORARY, error.reason, error.message)
    raise error


def _spec(intent: Intent) -> PipelineSpec:
    if intent.spec is None:
        raise RefusedError(RefusalKind.PERMANENT, "InvalidSpec", intent.spec_error or "there is no spec")
    return intent.spec


def _storage(intent: Intent) -> StorageSpec:
    storage = _spec(intent).storage
    if storage is None:
        raise RefusedError(RefusalKind.PERMANENT, "NoStorage", "the spec declares no storage")
    return storage

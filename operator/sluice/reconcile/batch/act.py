"""Carry out what was decided for elements. Nothing here looks at the world to decide.

Each action is idempotent. What the API server refuses is remembered for the element that it is about: the
next decision sees it, and the others go on.
"""

import logging
import time
from typing import Final

from sluice.api import constants
from sluice.api.batch import HOOK_SECONDS
from sluice.api.json_values import Json, texts
from sluice.api.spec import PipelineSpec
from sluice.api.status import read_status
from sluice.batch_observation import HookRun, RefusalScope
from sluice.decide import (
    ApplyClaim,
    BatchAction,
    CreateJobs,
    DeleteElementPods,
    DeleteJobs,
    DeleteRunJobs,
    PruneTails,
    RunElementHook,
    SaveTails,
)
from sluice.decide.batch.graph import elements_of
from sluice.kube import ApiError, Kube, paths
from sluice.manifests import (
    ELEMENTS_IN_EACH,
    Identity,
    JobPlan,
    build_job,
    build_tails,
    tails_name,
)
from sluice.observation import Intent, RefusalKind
from sluice.reconcile.batch.memory import Memories, Refused, RunMemory
from sluice.reconcile.batch.reading import run_hook
from sluice.reconcile.batch.readings import Readings
from sluice.reconcile.batch.removal import delete_jobs, delete_pods
from sluice.reconcile.batch.together import do_each
from sluice.reconcile.batch.trial import scope_of
from sluice.reconcile.objects import is_stop_wanted, read_owner_uid
from sluice.reconcile.observe import Clock
from sluice.reconcile.supplies import RefusedError, Supplies
from sluice.store import Store, key_of, project_job

logger = logging.getLogger("sluice")

CREATE_SECONDS: Final = 0.5
"""So long Jobs are made in one look: a cancel is to be seen within a second. The next look goes on."""
CREATES_AT_ONCE: Final = 8


class Elements:
    """Makes and removes the Jobs and pods of elements, and keeps the ends of their logs."""

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
        self._supplies = Supplies(kube, store)
        self._memories = memories
        self._hooks = hooks
        self._image = image
        self._clock = clock

    async def carry_out(self, identity: Identity, intent: Intent, body: Json, action: BatchAction) -> None:
        """Carry out one action. Raises ``ApiError`` and ``ApiUnreachableError``."""
        match action:
            case CreateJobs():
                await self._create_jobs(identity, intent, body, action)
            case DeleteJobs(jobs):
                await delete_jobs(self._kube, self._store, identity, jobs)
            case DeleteElementPods(pods, grace):
                await delete_pods(self._kube, self._store, identity, pods, grace)
            case DeleteRunJobs(except_run):
                others = "" if except_run is None else f",{constants.LABEL_RUN_NUMBER}!={except_run}"
                await self._kube.delete_all(paths.job(identity.namespace), identity.selector + others)
            case RunElementHook():
                self._run_hook(identity, intent, action)
            case SaveTails(tails):
                memory = self._memories.of(identity.uid, read_status(body).run_number)
                await self._save_tails(identity, intent, memory, dict(tails))
            case PruneTails(kept):
                await self._prune_tails(identity, set(kept))

    # --- Jobs ---------------------------------------------------------------------------------------------

    async def _create_jobs(self, identity: Identity, intent: Intent, body: Json, action: CreateJobs) -> None:
        memory = self._memories.of(identity.uid, action.run_number)
        spec = intent.spec
        if spec is None:
            return
        try:
            await self._apply_claim(identity, spec, memory, action.run_number)
            owner = await self._supplies.apply_revision(identity, intent, body, action.run_number)
        except (RefusedError, ApiError) as error:
            scope, message = _read_refusal(error)
            for name in action.elements:
                memory.refused[name] = Refused(scope, message, self._clock())
            return
        elements, key = elements_of(spec), key_of(body)
        deadline = time.monotonic() + CREATE_SECONDS

        async def create(name: str) -> None:
            known = self._store.get(key)
            if time.monotonic() > deadline or known is None or is_stop_wanted(known):
                return
            claim = identity.claim_name(spec.storage.existing_claim) if spec.storage else None
            plan = JobPlan(elements[name], action.run_number, action.run_id, owner, claim, self._image)
            await self._create_job(identity, spec, plan, memory)

        await do_each(CREATES_AT_ONCE, (create(name) for name in action.elements if name in elements))

    async def _apply_claim(
        self, identity: Identity, spec: PipelineSpec, memory: RunMemory, run_number: int
    ) -> None:
        if spec.storage is not None and not memory.has_claim:
            await self._supplies.apply_claim(identity, spec.storage, ApplyClaim(run_number, None))
            memory.has_claim = True

    async def _create_job(
        self, identity: Identity, spec: PipelineSpec, plan: JobPlan, memory: RunMemory
    ) -> None:
        name = plan.element.name
        try:
            job = build_job(identity, spec, plan)
        except LookupError as error:
            memory.refused[name] = Refused(RefusalScope.SPEC, str(error), self._clock())
            return
        try:
            created = await self._kube.create(paths.job(identity.namespace), job)
        except ApiError as error:
            await self._read_failed_creation(identity, job["metadata"]["name"], name, error, memory)
        else:
            memory.refused.pop(name, None)
            self._store.elements.put_job(project_job(created))

    async def _read_failed_creation(
        self, identity: Identity, job_name: str, name: str, error: ApiError, memory: RunMemory
    ) -> None:
        if not error.is_name_taken:
            scope = scope_of(error)
            if scope is None:
                raise error
            memory.refused[name] = Refused(scope, error.message, self._clock())
            return
        # Jobs are listed and watched, and for once in a while no further permission is asked for.
        listed = self._kube.list(paths.job(identity.namespace), field_selector=f"metadata.name={job_name}")
        found = await anext(listed, None)
        if found is None:
            return
        if read_owner_uid(found) == identity.uid:
            self._store.elements.put_job(project_job(found))
            return
        message = f"Job {found['metadata']['name']} belongs to somebody else: delete it"
        memory.refused[name] = Refused(RefusalScope.CLUSTER, message, self._clock())

    def _run_hook(self, identity: Identity, intent: Intent, action: RunElementHook) -> None:
        element = elements_of(intent.spec)[action.element] if intent.spec else None
        record = next(
            (each for each in self._store.elements.pods_of(identity.uid) if each.pod.uid == action.uid), None
        )
        if element is None or element.hook is None or record is None:
            return
        command = element.hook.exec.command
        seconds = element.hook.timeout_seconds or HOOK_SECONDS
        self._hooks.begin(identity.uid, action.uid, lambda: run_hook(self._kube, record, command, seconds))

    # --- The ends of logs ---------------------------------------------------------------------------------

    async def _save_tails(
        self, identity: Identity, intent: Intent, memory: RunMemory, tails: dict[str, str]
    ) -> None:
        if intent.spec is None:
            return
        places = {name: index // ELEMENTS_IN_EACH for index, name in enumerate(elements_of(intent.spec))}
        blocks: dict[int, dict[str, str]] = {}
        for name, text in tails.items():
            blocks.setdefault(places.get(name, 0), {})[name] = text
        for block, data in blocks.items():
            await self._save_block(identity, memory, block, data)

    async def _save_block(
        self, identity: Identity, memory: RunMemory, block: int, data: dict[str, str]
    ) -> None:
        path = paths.config_map(identity.namespace, tails_name(identity, block))
        found = await self._kube.get(path)
        if found is None:
            await self._kube.create(paths.config_map(identity.namespace), build_tails(identity, block, data))
        elif read_owner_uid(found) == identity.uid:
            await self._kube.merge(path, {"data": data})
        else:
            name = tails_name(identity, block)
            logger.warning("%s: ConfigMap %s is somebody else's: no logs are kept", identity.name, name)
            memory.has_foreign_tails = True
            return
        memory.saved = (memory.saved or set()) | set(data)

    async def _prune_tails(self, identity: Identity, kept: set[str]) -> None:
        selector = f"{identity.selector},{constants.LABEL_ROLE}={constants.TAILS_ROLE}"
        found = [body async for body in self._kube.list(paths.config_map(identity.namespace), selector)]
        for body in found:
            stale = {name: None for name in texts(body, "data") if name not in kept}
            if stale:
                path = paths.config_map(identity.namespace, body["metadata"]["name"])
                await self._kube.merge(path, {"data": stale})


def _read_refusal(error: RefusedError | ApiError) -> tuple[RefusalScope, str]:
    """What a refused claim or revision means for the elements; everything else is raised again."""
    if isinstance(error, RefusedError):
        is_spec = error.refusal.kind is RefusalKind.PERMANENT
        return RefusalScope.SPEC if is_spec else RefusalScope.CLUSTER, error.refusal.message
    scope = scope_of(error)
    if scope is None:
        raise error
    return scope, error.message

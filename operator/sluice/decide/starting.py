"""The beginning of a start, from ``Stopped`` to a pod that is asked for.

The start is written down first: its id, its run number and the name of its pod. Everything that is made
afterwards carries these, so that any of it found later tells which start it belongs to.
"""

from sluice.api.reasons import Reason
from sluice.api.status import RestartStatus
from sluice.api.statuses import (
    FRESH,
    LATEST,
    DesiredStatus,
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StorageStatus,
)
from sluice.decide.checkpoints import known_ids
from sluice.decide.decision import AddFinalizer, ApplyClaim, CreatePod
from sluice.decide.draft import Draft
from sluice.decide.requests import finish
from sluice.decide.run_pod import forget_pod, pod_status
from sluice.decide.timing import poll_delay
from sluice.observation import Pod

INITIAL = {
    DesiredStatus.RUNNING: RuntimeStatus.RUNNING,
    DesiredStatus.PAUSED: RuntimeStatus.PAUSED,
    DesiredStatus.STANDBY: RuntimeStatus.STANDBY,
}


def adopt(draft: Draft, pod: Pod) -> None:
    """A pod of this pipeline is there that status does not know: status was lost (a backup restored).

    It may hold work that has no checkpoint yet, so it is taken over as it is and asked.
    """
    if not draft.intent.has_finalizer and not draft.intent.is_deleting:
        draft.act(AddFinalizer())
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONED,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_id=pod.deployment_id,
        run_id=pod.run_id,
        deployment_initial=INITIAL.get(draft.intent.desired_status, RuntimeStatus.RUNNING),
        run_number=max(draft.status.run_number, pod.run_number),
        runtime=pod_status(draft, pod),
        restart=RestartStatus(),
        storage_status=_storage_in_use(draft),
        maintenance=None,
    )
    draft.look_again_in(0)


def new_start(draft: Draft) -> dict[str, str | None]:
    """The ids of a start that begins now."""
    lasting, new = draft.intent.lasting_id, draft.observed.new_id
    return {"deployment_id": lasting or new, "run_id": new if lasting else None}


def start(draft: Draft) -> None:
    claim = draft.observed.claim
    used = max(draft.status.run_number, claim.run_number if claim else 0)
    taken = draft.status.last_start_from or (claim.start_from if claim else None) or LATEST
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONING,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_runtime_status=None,
        deployment_runtime_status_details=None,
        **new_start(draft),
        deployment_initial=INITIAL[draft.intent.desired_status],
        deployment_start_from=_where_to_start(draft, taken),
        last_start_from=draft.spec.start_from,
        bootstrap_policy=draft.spec.bootstrap_policy,
        deployment_error=None,
        run_number=used + 1,
        restart=RestartStatus(),
        held_generation=None,
        maintenance=None,
    )
    finish(draft, RequestVerb.RESTART, RequestState.SUCCEEDED)
    forget_pod(draft)
    create(draft)
    draft.look_again_in(poll_delay(draft.now, draft.now))


def _where_to_start(draft: Draft, taken: str) -> str:
    """What the spec says, but only once: a restart of every day must not lose what came after it.

    After storage was cleared a start is fresh, also where an object store still has its checkpoints.
    """
    if draft.spec.start_from != taken:
        return draft.spec.start_from
    # Not told by storageStatus: a run without storage counts as cleared too, and a claim that is named now
    # may hold what it is to go on from.
    return FRESH if draft.status.storage_cleared_time is not None else LATEST


def _storage_in_use(draft: Draft) -> StorageStatus:
    return StorageStatus.IN_USE if draft.spec.storage else StorageStatus.CLEARED


def create(draft: Draft) -> None:
    """Everything that a run needs, in an order that leaves nothing behind when it is cut short."""
    if not draft.intent.has_finalizer:
        draft.act(AddFinalizer())
    draft.set(revision=draft.intent.revision, storage_status=_storage_in_use(draft))
    if draft.spec.storage is not None:
        _apply_claim(draft, draft.spec.storage.size)
    draft.act(
        CreatePod(
            run_number=draft.status.run_number,
            deployment_id=draft.status.deployment_id or "",
            run_id=draft.status.run_id,
            initial=draft.status.deployment_initial or RuntimeStatus.RUNNING,
            start_from=draft.status.deployment_start_from or LATEST,
            bootstrap_policy=draft.status.bootstrap_policy or draft.spec.bootstrap_policy,
        )
    )
    draft.say(Reason.PROVISIONING)


def _apply_claim(draft: Draft, size: str) -> None:
    ids = known_ids(draft)
    newest = ids[-1] if ids else None
    draft.act(ApplyClaim(draft.status.run_number, newest, draft.status.last_start_from))
    if draft.observed.claim is None:
        draft.set(storage_size=size)

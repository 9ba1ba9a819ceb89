"""The rules that only the truth can tell: what the cluster is really like when the operator acts."""

from sluice.api.statuses import ResourcesStatus, StopMode

from .judging import NEVER_RAISES, Broken
from .seeing import is_ours
from .world import Do, Orphan, World

STOPPED_MEANS_GONE = "R3 Stopped means that the pod is gone"
ONE_CONTAINER = "R2 one container at a time"
FENCE = "R2 the storage is fenced"
CLAIM_KNOWS = "R6 the claim knows the run before the pod exists"
FINALIZER_FIRST = "R6 the finalizer is there before the pod"
FINALIZER_LAST = "R6 the finalizer outlives the pod"
NEW_CHECKPOINT = "R1 the stop's checkpoint is newer than the stop"
CLAIM_UNUSED = "R7 the claim is deleted only when nothing uses it"
CLAIM_STAYS = "R7 nothing starts on a claim that is leaving"
ONCE = "R8 startFrom counts for one start"
VERIFIED = "R1 a stop without a word has its checkpoint, or an error"
HEARD = "S4 whatever the watch cannot tell is looked for"
RULES = (
    STOPPED_MEANS_GONE,
    ONE_CONTAINER,
    FENCE,
    CLAIM_KNOWS,
    FINALIZER_FIRST,
    FINALIZER_LAST,
    NEW_CHECKPOINT,
    CLAIM_UNUSED,
    CLAIM_STAYS,
    ONCE,
    VERIFIED,
    HEARD,
    NEVER_RAISES,
)


def _may_run(orphan: Orphan | None) -> bool:
    return orphan is not None and orphan.is_named


def stopped_too_early(before: World, after: World) -> Broken | None:
    """``Stopped`` is written only when no pod and no container is left that status ever named."""
    was, now = before.status.resources, after.status.resources
    if now != ResourcesStatus.STOPPED or was in ("", ResourcesStatus.STOPPED):
        return None
    if is_ours(after.pod):
        return Broken(STOPPED_MEANS_GONE, "Stopped is written while the pod is there")
    if _may_run(before.orphan):
        return Broken(STOPPED_MEANS_GONE, "Stopped is written while the container of the lost pod may run")
    return None


def deleted_without_new_checkpoint(after: World) -> Broken | None:
    """The checkpoint that allows a graceful deletion was made after the stop had begun."""
    stop, process = after.status.stop, after.process
    deletes = any(do.kind == "DeletePod" for do in after.todo)
    if not deletes or process is None or stop is None or stop.mode != StopMode.GRACEFUL or not stop.made:
        return None
    is_suspended = process.status == "Suspended" and stop.made == after.newest
    if stop.made > after.asked_at or stop.reason or is_suspended:
        return None
    return Broken(NEW_CHECKPOINT, "the recorded checkpoint was there before the stop began")


def created_too_early(before: World) -> Broken | None:
    """No second container, and whatever status could not know of is fenced by a higher run number."""
    if _may_run(before.orphan):
        return Broken(ONE_CONTAINER, "a pod is made while the container of the lost pod may run")
    return None


def created_unguarded(before: World, do: Do) -> Broken | None:
    """A pod is made only under the finalizer, with a claim that knows its run, above all earlier runs."""
    orphan = before.orphan
    if not before.has_finalizer:
        return Broken(FINALIZER_FIRST, "a pod is made for an object that anybody can remove at once")
    if do.has_storage and before.claim < do.run:
        return Broken(CLAIM_KNOWS, "a pod is made with a run number that the claim does not remember")
    if do.has_storage and orphan is not None and orphan.has_storage and do.run <= orphan.run:
        return Broken(FENCE, "a pod is made whose run number does not fence the container that may still run")
    return None


def released_too_early(before: World) -> Broken | None:
    """The finalizer goes when no pod of the pipeline is left."""
    if is_ours(before.pod) or _may_run(before.orphan):
        return Broken(FINALIZER_LAST, "the object is released while its container may run")
    return None


def claim_deleted_too_early(before: World, *, has_own: bool) -> Broken | None:
    """No container that status ever named may be there, and the claim has to be the pipeline's own."""
    if not has_own:
        return Broken(CLAIM_UNUSED, "a claim is deleted although people made it")
    if is_ours(before.pod) or _may_run(before.orphan):
        return Broken(CLAIM_UNUSED, "the claim is deleted while a container may use it")
    return None


def claim_taken_too_late(before: World, do: Do) -> Broken | None:
    """A pod on a claim that is being deleted would lose everything that it writes."""
    if do.has_storage and before.is_claim_leaving:
        return Broken(CLAIM_STAYS, "a pod is made on a claim that is leaving")
    if do.kind == "CreatePod" and before.status.storage == "Clearing":
        return Broken(CLAIM_STAYS, "a pod is made while the storage is being cleared")
    return None


def started_from_elsewhere_twice(before: World, do: Do) -> Broken | None:
    """What is on the volume is left behind only by the one start for which that was written."""
    if do.start_from in ("", "Latest") or not before.newest or do.start == before.fresh:
        return None
    return Broken(ONCE, f"a start begins from {do.start_from}, for which nobody asked, and there is work")


def verified_wrongly(before: World, after: World, *, can_maintain: bool) -> Broken | None:
    """A stop whose process ended without a word is no success unless a newer checkpoint is there."""
    stop = before.status.stop
    is_over = after.status.resources == ResourcesStatus.STOPPED and before.status.resources == "Stopping"
    if not is_over or stop is None or not stop.is_doubtful:
        return None
    if not can_maintain:
        return Broken(VERIFIED, "it cannot be verified and is not settled at once")
    is_success = not after.status.has_error
    if is_success and before.newest <= before.asked_at:
        return Broken(VERIFIED, "the stop counts as done, and no checkpoint was made")
    return None

"""From the decision to stop to ``Stopped``: the pod is deleted once, by uid, and waited for."""

from sluice.api.reasons import Reason, RequestReason, StopReason
from sluice.api.status import ErrorStatus, StopStatus
from sluice.api.statuses import (
    MaintenanceTask,
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StopCause,
    StopMode,
)
from sluice.decide import maintenance
from sluice.decide.absence import is_proven_gone, wait_for_proof
from sluice.decide.checkpointing import give_up_checkpoint
from sluice.decide.checkpoints import known_ids, newest_after, remember_checkpoint
from sluice.decide.decision import DeletePod
from sluice.decide.deleting import finalize
from sluice.decide.draft import Draft
from sluice.decide.grace import FORCE_GRACE_SECONDS, grace_of_stop
from sluice.decide.requests import finish
from sluice.decide.run_pod import remember_pod
from sluice.decide.timing import LEAVING_POLL_SECONDS
from sluice.observation import Pod

ROLLS = (StopCause.SPEC_CHANGED, StopCause.RESTART)
"""Causes of a stop that a start is to follow."""


def build_stop(draft: Draft, mode: StopMode, cause: StopCause | None = None) -> StopStatus:
    """A stop that begins now. Which checkpoints exist is recorded before anything is asked for."""
    asked = StopCause.DELETED if draft.intent.is_deleting else StopCause.REQUESTED
    return StopStatus(
        mode=mode, cause=cause or asked, requested_at=draft.now, known_checkpoints=known_ids(draft)
    )


def begin_stopping(
    draft: Draft,
    mode: StopMode,
    *,
    cause: StopCause | None = None,
    reason: StopReason | None = None,
    error: ErrorStatus | None = None,
    unverified: ErrorStatus | None = None,
) -> None:
    """Enter Stopping. What justifies it is in the same status write, ahead of the deletion.

    ``error`` is what ended the pipeline, if it did not stop because it was asked to. A pipeline that ended
    by itself is held until its spec changes. ``unverified`` is an error that is none if the volume turns out
    to hold the checkpoint.
    """
    give_up_checkpoint(draft)
    message = f"the {draft.intent.kind.noun} was stopped before its process was approved"
    finish(draft, RequestVerb.APPROVE, RequestState.FAILED, message, reason=RequestReason.RUN_ENDED)
    stop = draft.active_stop or build_stop(draft, mode, cause)
    update: dict[str, object] = {
        "mode": mode,
        "reason": reason or stop.reason,
        "next_attempt_at": None,
        "blockers": [],
        "unverified_error": unverified,
    }
    draft.set(
        stop=stop.model_copy(update=update),
        deployment_resources_status=ResourcesStatus.STOPPING,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
        deployment_runtime_status=None,
        deployment_runtime_status_details=None,
        deployment_runtime_desired_status=None,
        deployment_initial=None,
        bootstrap_policy=None,
    )
    if error is not None:
        draft.set(deployment_error=error)
    go_on_stopping(draft)


def go_on_stopping(draft: Draft) -> None:
    """Delete the pod if that is still to be done, and be Stopped when it is gone for sure."""
    _escalate_to_force(draft)
    pod = draft.observed.pod
    is_maintained = pod is not None and pod.is_maintenance
    if pod is not None and pod.is_ours and not is_maintained:
        # Should somebody remove it by force from now on, its end needs proof: also if it never answered.
        remember_pod(draft, pod)
        _keep_last_words(draft, pod)
        _delete_once(draft, pod)
        draft.say(Reason.STOPPING)
        draft.look_again_in(LEAVING_POLL_SECONDS)
    elif is_maintained or draft.status.maintenance is not None:
        _be_verified(draft)
    elif is_proven_gone(draft):
        _keep_last_words(draft, draft.observed.last_seen)
        _verify_or_be_stopped(draft)
    else:
        wait_for_proof(draft)


def _verify_or_be_stopped(draft: Draft) -> None:
    stop = draft.active_stop
    is_doubtful = stop is not None and stop.unverified_error is not None
    is_of_use = draft.observed.can_maintain and not draft.is_force_wanted and not draft.intent.is_deleting
    if is_doubtful and is_of_use:
        maintenance.begin(draft, MaintenanceTask.LIST)
    else:
        _settle_doubt(draft)
        _be_stopped(draft)


def _be_verified(draft: Draft) -> None:
    draft.say(Reason.STOPPING)
    is_going_on = maintenance.go_on(draft)
    if not is_going_on:
        draft.set(maintenance=None)
    if draft.status.maintenance is None:
        # Settled while its pod is still leaving: once that is gone, nothing else tells that it has looked.
        _settle_doubt(draft)
    if not is_going_on:
        _be_stopped(draft)


def _settle_doubt(draft: Draft) -> None:
    """The volume was looked at, or cannot be: the stop made its checkpoint, or it failed."""
    stop = draft.active_stop
    if stop is None or stop.unverified_error is None:
        return
    ids = known_ids(draft)
    made = stop.checkpoint or newest_after(stop.known_checkpoints, ids[-1] if ids else None)
    if made is not None:
        draft.set_stop(checkpoint=made, reason=None, unverified_error=None)
        return
    draft.set(deployment_error=stop.unverified_error)
    draft.set_stop(mode=StopMode.FORCE, reason=StopReason.FAILED, unverified_error=None)
    if stop.cause in ROLLS:
        draft.set(held_generation=draft.intent.generation)


def _escalate_to_force(draft: Draft) -> None:
    """A force stop replaces a graceful one at any moment; nothing leads back."""
    stop = draft.active_stop
    if stop is not None and stop.mode != StopMode.FORCE and draft.is_force_wanted:
        draft.set_stop(mode=StopMode.FORCE)


def _delete_once(draft: Draft, pod: Pod) -> None:
    grace = grace_of_stop(draft, pod.own_grace_seconds)
    has_long_grace = pod.grace_seconds is not None and pod.grace_seconds > FORCE_GRACE_SECONDS
    is_overtaken = grace == FORCE_GRACE_SECONDS and has_long_grace and not pod.has_ended
    if not pod.is_deleting or is_overtaken:
        draft.act(DeletePod(pod.uid, grace))


def _keep_last_words(draft: Draft, pod: Pod | None) -> None:
    """A process that was told to end may still have made a checkpoint on SIGTERM."""
    stop = draft.active_stop
    if pod is None or pod.exit is None or stop is None:
        return
    made = newest_after(stop.known_checkpoints, pod.exit.words.checkpoint)
    if made is not None and stop.checkpoint is None:
        remember_checkpoint(draft, made)
        draft.set_stop(checkpoint=made, reason=None)


def _be_stopped(draft: Draft) -> None:
    draft.finish_stop()
    draft.set(
        deployment_resources_status=ResourcesStatus.STOPPED,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
        deployment_runtime_status=None,
        deployment_runtime_status_details=None,
        deployment_runtime_desired_status=None,
        deployment_id=None,
        run_id=None,
        runtime=None,
    )
    if draft.intent.is_deleting:
        finalize(draft)
        return
    if not draft.is_stop_wanted:
        draft.say(Reason.STARTING)
    # What comes next (rest, start again, finalize) is decided on a look of its own: every start begins
    # from a Stopped that was written.
    draft.look_again_in(0)

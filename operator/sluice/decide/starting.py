"""From ``Stopped`` to a runtime that answers.

The start is written down first: its id, its run number and the name of its pod. Everything that is made
afterwards carries these, so that any of it found later tells which start it belongs to.
"""

from sluice.api.errors import ErrorCode, build_error
from sluice.api.names import pod_name
from sluice.api.reasons import Reason
from sluice.api.status import RestartStatus
from sluice.api.statuses import (
    DesiredStatus,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StopMode,
    StorageStatus,
)
from sluice.decide.absence import is_proven_gone, wait_for_proof
from sluice.decide.checkpoints import known_ids
from sluice.decide.decision import (
    AddFinalizer,
    ApplyClaim,
    CreatePod,
    DeletePod,
)
from sluice.decide.deleting import finalize
from sluice.decide.draft import Draft
from sluice.decide.ending import end_run, fail_run
from sluice.decide.grace import NOT_PROVISIONED
from sluice.decide.run_pod import forget_pod, pod_status, remember_pod
from sluice.decide.serving import serve
from sluice.decide.stopping import begin_stopping
from sluice.decide.timing import (
    BLOCKED_POLL_SECONDS,
    INITIALIZING_SECONDS,
    poll_delay,
    refused_delay,
    seconds_since,
)
from sluice.observation import (
    Pod,
    RefusalKind,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeObservation,
)

INITIAL = {DesiredStatus.RUNNING: RuntimeStatus.RUNNING, DesiredStatus.PAUSED: RuntimeStatus.PAUSED}


def leave_stopped(draft: Draft) -> None:
    """Rest, start, or finish a deletion."""
    pod = draft.observed.pod
    if pod is not None and pod.is_ours:
        _adopt(draft, pod)
    elif draft.intent.is_deleting:
        finalize(draft)
    elif draft.is_stop_wanted:
        _rest(draft)
    elif draft.status.held_generation == draft.intent.generation:
        draft.set(deployment_resources_status=ResourcesStatus.STOPPED)
    elif draft.intent.spec_error is None:
        _start(draft)
    else:
        _rest(draft)


def _rest(draft: Draft) -> None:
    draft.set(
        deployment_resources_status=ResourcesStatus.STOPPED,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
        held_generation=None,
        storage_status=draft.status.storage_status or StorageStatus.CLEARED,
    )


def _adopt(draft: Draft, pod: Pod) -> None:
    """A pod of this pipeline is there that status does not know: status was lost (a backup restored).

    It may hold work that has no checkpoint yet, so it is taken over as it is and asked.
    """
    if not draft.intent.has_finalizer and not draft.intent.is_deleting:
        draft.act(AddFinalizer())
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONED,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_id=pod.deployment_id,
        deployment_initial=INITIAL.get(draft.intent.desired_status, RuntimeStatus.RUNNING),
        run_number=max(draft.status.run_number, pod.run_number),
        runtime=pod_status(draft, pod),
        restart=RestartStatus(),
        storage_status=_storage_in_use(draft),
    )
    draft.look_again_in(0)


def _start(draft: Draft) -> None:
    claim = draft.observed.claim
    used = max(draft.status.run_number, claim.run_number if claim else 0)
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONING,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_runtime_status=None,
        deployment_runtime_status_details=None,
        deployment_id=draft.observed.new_deployment_id,
        deployment_initial=INITIAL[draft.intent.desired_status],
        deployment_error=None,
        run_number=used + 1,
        restart=RestartStatus(),
        held_generation=None,
    )
    forget_pod(draft)
    _create(draft)
    draft.look_again_in(poll_delay(draft.now, draft.now))


def _storage_in_use(draft: Draft) -> StorageStatus:
    return StorageStatus.IN_USE if draft.spec.storage else StorageStatus.CLEARED


def _create(draft: Draft) -> None:
    """Everything that a run needs, in an order that leaves nothing behind when it is cut short."""
    if not draft.intent.has_finalizer:
        draft.act(AddFinalizer())
    draft.set(revision=draft.intent.revision, storage_status=_storage_in_use(draft))
    if draft.spec.storage is not None:
        ids = known_ids(draft)
        draft.act(ApplyClaim(draft.status.run_number, ids[-1] if ids else None))
    draft.act(
        CreatePod(
            run_number=draft.status.run_number,
            deployment_id=draft.status.deployment_id or "",
            initial=draft.status.deployment_initial or RuntimeStatus.RUNNING,
        )
    )
    draft.say(Reason.PROVISIONING)


def go_on_provisioning(draft: Draft) -> None:
    """Bring the run's pod up until its runtime answers, or find out why it will not."""
    pod = draft.observed.pod
    if draft.is_stop_wanted and (draft.is_force_wanted or not _is_up(draft)):
        mode = StopMode.FORCE if draft.is_force_wanted else StopMode.GRACEFUL
        begin_stopping(draft, mode, reason=NOT_PROVISIONED)
    elif pod is None:
        _make_pod(draft)
    elif not pod.is_ours:
        draft.stall(Reason.NOT_OURS, f"pod {pod_name(draft.intent.name)} belongs to somebody else")
        draft.look_again_in(BLOCKED_POLL_SECONDS)
    elif pod.run_number < draft.status.run_number:
        _clear_away(draft, pod)
    elif pod.run_number > draft.status.run_number:
        _adopt(draft, pod)
    elif pod.has_ended or pod.exit is not None:
        end_run(draft, pod)
    else:
        _await_answer(draft, pod)


def _is_up(draft: Draft) -> bool:
    """Whether the run's process answers already: it may hold work, so a stop asks it for a checkpoint."""
    pod = draft.observed.pod
    is_current = pod is not None and pod.is_ours and pod.run_number >= draft.status.run_number
    return is_current and isinstance(draft.observed.runtime, RuntimeAnswer | RuntimeFailed)


def _make_pod(draft: Draft) -> None:
    restart, last_seen = draft.status.restart, draft.observed.last_seen
    if not is_proven_gone(draft):
        wait_for_proof(draft)
    elif last_seen and last_seen.exit and last_seen.run_number == draft.status.run_number:
        end_run(draft, last_seen)
    elif restart and restart.next_attempt_at and restart.next_attempt_at > draft.now:
        draft.look_again_in((restart.next_attempt_at - draft.now).total_seconds())
        draft.say(Reason.RESTARTING, detail=_last_message(draft))
    else:
        _forget_pod(draft)
        _try_to_create(draft)


def _try_to_create(draft: Draft) -> None:
    refusal = draft.observed.refusal
    if refusal is None:
        _outrank_the_unseen(draft)
        _create(draft)
        draft.look_again_in(poll_delay(draft.status.deployment_resources_status_since, draft.now))
    elif refusal.kind is RefusalKind.PERMANENT:
        fail_run(draft, build_error(ErrorCode.PROVISION_FAILED, reason=refusal.message))
    elif refusal.kind is RefusalKind.FOREIGN:
        draft.stall(Reason.NOT_OURS, refusal.message)
        _create(draft)
        draft.look_again_in(refused_delay(draft.status.deployment_resources_status_since, draft.now))
    elif not _is_out_of_time(draft, refusal.message):
        _create(draft)
        draft.say(Reason.REFUSED, detail=refusal.message)
        draft.look_again_in(refused_delay(draft.status.deployment_resources_status_since, draft.now))


def _forget_pod(draft: Draft) -> None:
    """The pod that status remembers is gone for sure: the next one is another one, with its own number."""
    runtime, last_seen = draft.status.runtime, draft.observed.last_seen
    if last_seen is not None:
        draft.set(run_number=max(draft.status.run_number, last_seen.run_number + 1))
    if runtime is None or runtime.uid is not None or runtime.missing_since is not None:
        forget_pod(draft)


def _outrank_the_unseen(draft: Draft) -> None:
    """Take a higher number where the claim has this one already.

    Then a pod may have been made with it, by an operator that died, and have been removed by force before
    anybody saw it: its container may still run, and only the storage's fence keeps it from writing.
    """
    claim = draft.observed.claim
    if claim is not None:
        draft.set(run_number=max(draft.status.run_number, claim.run_number + 1))


def _clear_away(draft: Draft, pod: Pod) -> None:
    """The pod of an earlier run still has the name: let it end before the next one is made."""
    if not pod.is_deleting:
        draft.act(DeletePod(pod.uid))
    remember_pod(draft, pod)
    draft.say(Reason.RESTARTING, detail=_last_message(draft))


def _await_answer(draft: Draft, pod: Pod) -> None:
    answer = draft.observed.runtime
    if isinstance(answer, RuntimeAnswer) and not _has_just_begun(draft, answer):
        remember_pod(draft, pod)
        serve(draft, pod, answer)
    elif isinstance(answer, RuntimeFailed):
        remember_pod(draft, pod)
        end_run(draft, pod, error=answer.error)
    else:
        seen = _what_it_waits_for(pod, answer)
        if not _is_out_of_time(draft, seen):
            draft.set(deployment_runtime_status_details={"reason": seen} if pod.waiting else None)
            # Only Kubernetes' own reasons: the steps of every start are not worth a write each.
            if pod.waiting:
                draft.say(Reason.WAITING_FOR_POD, detail=pod.waiting)
            else:
                draft.say(Reason.PROVISIONING)
            if pod.is_started:
                since = draft.status.deployment_resources_status_since
                draft.look_again_in(poll_delay(since, draft.now))


def _has_just_begun(draft: Draft, answer: RuntimeAnswer) -> bool:
    """Whether it initializes for so short that this is not worth a status write of its own."""
    since = draft.status.deployment_resources_status_since
    is_early = seconds_since(since, draft.now) < INITIALIZING_SECONDS
    return is_early and answer.status == RuntimeStatus.INITIALIZING


def _what_it_waits_for(pod: Pod, answer: RuntimeObservation | None) -> str:
    if pod.waiting:
        return pod.waiting
    match answer:
        case None:
            return "its containers are being started"
        case RuntimeAnswer():
            return "its process is initializing"
        case _:
            return "its process does not answer yet"


def _is_out_of_time(draft: Draft, seen: str) -> bool:
    """End the start when it has not served in time, else see to it that the time is noticed."""
    limit = draft.spec.provisioning_timeout_seconds
    restart = draft.status.restart
    begun = draft.status.deployment_resources_status_since or draft.now
    since = max(begun, (restart and restart.next_attempt_at) or begun)
    left = limit - seconds_since(since, draft.now)
    if left > 0:
        draft.look_again_in(left)
        return False
    fail_run(draft, build_error(ErrorCode.PROVISIONING_TIMEOUT, seconds=limit, seen=seen))
    return True


def _last_message(draft: Draft) -> str:
    restart = draft.status.restart
    return restart.last_error.message if restart and restart.last_error else "its pod was taken away"

"""From a start that is written down to a runtime that answers, or to the reason why it will not."""

from sluice.api.errors import ErrorCode
from sluice.api.reasons import Reason, StopReason
from sluice.api.statuses import RuntimeStatus, StopCause, StopMode
from sluice.api.waiting import reason_of_waiting
from sluice.decide.absence import is_proven_gone, wait_for_proof
from sluice.decide.checkpoints import newest_after
from sluice.decide.decision import AddFinalizer, ApplyClaim, CreatePod, DeletePod
from sluice.decide.draft import Draft
from sluice.decide.ending import end_run, fail_run
from sluice.decide.rolling import roll_cause
from sluice.decide.run_pod import forget_pod, remember_pod
from sluice.decide.serving import serve
from sluice.decide.starting import adopt, create
from sluice.decide.stopping import begin_stopping
from sluice.decide.suspending import is_past_deadline
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


def go_on_provisioning(draft: Draft) -> None:
    """Bring the run's pod up until its runtime answers, or find out why it will not."""
    pod = draft.observed.pod
    cause = _cause_of_stop(draft)
    if cause is not None:
        mode = StopMode.FORCE if draft.is_force_wanted else StopMode.GRACEFUL
        begin_stopping(draft, mode, cause=cause, reason=StopReason.NOT_PROVISIONED)
    elif draft.active_stop is not None and is_past_deadline(draft, draft.active_stop):
        return
    elif pod is None:
        _make_pod(draft)
    elif not pod.is_ours:
        draft.stall(Reason.NOT_OURS, f"pod {draft.intent.pod_name} belongs to somebody else")
        draft.look_again_in(BLOCKED_POLL_SECONDS)
    elif pod.run_number < draft.status.run_number:
        _clear_away(draft, pod)
    elif pod.run_number > draft.status.run_number:
        adopt(draft, pod)
    elif pod.has_ended or pod.exit is not None:
        end_run(draft, pod)
    else:
        _await_answer(draft, pod)


def _cause_of_stop(draft: Draft) -> StopCause | None:
    """Why the start is to be ended before its process serves, if it is."""
    wanted = StopCause.DELETED if draft.intent.is_deleting else StopCause.REQUESTED
    if draft.is_force_wanted:
        return wanted
    is_answering = isinstance(draft.observed.runtime, RuntimeAnswer | RuntimeFailed)
    if (_is_made(draft) and is_answering) or draft.active_stop is not None:
        # It may hold work, so it is asked for a checkpoint first. A stop under way here tries again what
        # failed: it waits until the process serves.
        return None
    if draft.is_stop_wanted:
        return wanted
    cause = roll_cause(draft)
    # A pod that is not made yet is made from the changed spec anyway.
    return cause if cause is StopCause.RESTART or _is_made(draft) else None


def _is_made(draft: Draft) -> bool:
    """Whether the pod of the present run is there."""
    pod = draft.observed.pod
    return pod is not None and pod.is_ours and pod.run_number >= draft.status.run_number


def _make_pod(draft: Draft) -> None:
    restart, last_seen = draft.status.restart, draft.observed.last_seen
    if not is_proven_gone(draft):
        wait_for_proof(draft)
    elif last_seen and last_seen.exit and last_seen.run_number == draft.status.run_number:
        end_run(draft, last_seen)
    elif _is_saved_meanwhile(draft, last_seen):
        begin_stopping(draft, StopMode.GRACEFUL)
    elif restart and restart.next_attempt_at and restart.next_attempt_at > draft.now:
        draft.look_again_in((restart.next_attempt_at - draft.now).total_seconds())
        draft.say(Reason.RESTARTING, detail=_last_message(draft))
    else:
        _forget_pod(draft)
        _try_to_create(draft)


def _is_saved_meanwhile(draft: Draft, pod: Pod | None) -> bool:
    """Whether the process whose suspension failed made the stop's checkpoint when it was told to end."""
    stop = draft.active_stop
    if stop is None or pod is None or pod.exit is None:
        return False
    return newest_after(stop.known_checkpoints, pod.exit.words.checkpoint) is not None


def _try_to_create(draft: Draft) -> None:
    refusal = draft.refusal_of(AddFinalizer, ApplyClaim, CreatePod)
    if refusal is None:
        _outrank_the_unseen(draft)
        create(draft)
        draft.look_again_in(poll_delay(draft.status.deployment_resources_status_since, draft.now))
    elif refusal.kind is RefusalKind.PERMANENT:
        fail_run(draft, draft.build_error(ErrorCode.PROVISION_FAILED, reason=refusal.message))
    elif refusal.kind is RefusalKind.FOREIGN:
        draft.stall(Reason.NOT_OURS, refusal.message)
        create(draft)
        draft.look_again_in(refused_delay(draft.status.deployment_resources_status_since, draft.now))
    elif not _is_out_of_time(draft, refusal.message):
        create(draft)
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
    if _is_saved_meanwhile(draft, pod):
        begin_stopping(draft, StopMode.GRACEFUL)
        return
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
                draft.say(reason_of_waiting(pod.waiting), detail=pod.waiting)
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
    fail_run(draft, draft.build_error(ErrorCode.PROVISIONING_TIMEOUT, seconds=limit, seen=seen))
    return True


def _last_message(draft: Draft) -> str:
    restart = draft.status.restart
    return restart.last_error.message if restart and restart.last_error else "its pod was taken away"

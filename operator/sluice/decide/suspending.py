"""A graceful stop: no pod is deleted before a newer checkpoint is acknowledged and recorded.

The checkpoints that exist are recorded before the request is sent; the request is repeated until the
runtime says that it is suspending; and only a runtime that says Suspended and lists a checkpoint that was
not known ends it. A permanent error, a declared deadline or the lack of anything to make a checkpoint with
ends it too, each with its reason in status first.
"""

from datetime import timedelta

from sluice.api.errors import ErrorCode
from sluice.api.reasons import Reason, StopReason
from sluice.api.status import StopStatus
from sluice.api.statuses import RuntimeStatus, StopCause, StopMode, StopTimeoutPolicy
from sluice.decide.checkpointing import give_up_checkpoint
from sluice.decide.checkpoints import known_ids, newest_after
from sluice.decide.decision import EngineCall
from sluice.decide.draft import Draft
from sluice.decide.stopping import begin_stopping, build_stop
from sluice.decide.timing import (
    STOP_STUCK_SECONDS,
    UNREACHABLE_POLL_SECONDS,
    poll_delay,
    seconds_since,
    suspend_backoff,
)
from sluice.observation import EngineVerb, Pod, RuntimeAnswer, RuntimeUnreachable

WITHOUT_ABILITY = {
    RuntimeStatus.STANDBY: StopReason.STANDBY,
    RuntimeStatus.AWAITING_APPROVAL: StopReason.AWAITING_APPROVAL,
}
"""Statuses in which a process can make no checkpoint."""


def suspend(draft: Draft, pod: Pod, cause: StopCause | None = None) -> None:
    """Begin a graceful stop for ``cause``, or go on with the one under way."""
    stop = draft.active_stop
    inability = _reason_for_no_checkpoint(draft, pod)
    if inability is not None:
        begin_stopping(draft, StopMode.GRACEFUL, cause=cause, reason=inability)
    elif stop is None:
        _begin(draft, cause)
    else:
        _go_on(draft, stop)


def _reason_for_no_checkpoint(draft: Draft, pod: Pod) -> StopReason | None:
    answer = draft.observed.runtime
    if draft.inability is not None:
        return draft.inability
    if not pod.is_started:
        # With restartPolicy Never, a container that neither runs nor has ended was never started.
        return StopReason.NEVER_STARTED
    if not isinstance(answer, RuntimeAnswer):
        return None
    for said in (answer.desired, answer.status):
        if said in WITHOUT_ABILITY:
            return WITHOUT_ABILITY[RuntimeStatus(said)]
    if answer.status == RuntimeStatus.SUSPENDED and draft.active_stop is None:
        # By hand, or before status was lost: its newest checkpoint holds all there is, and no other comes.
        return StopReason.ALREADY_SUSPENDED
    return None


def _begin(draft: Draft, cause: StopCause | None) -> None:
    give_up_checkpoint(draft)
    timeout = draft.spec.stop.timeout_seconds
    deadline = draft.now + timedelta(seconds=timeout) if timeout else None
    draft.set(
        stop=build_stop(draft, StopMode.GRACEFUL, cause).model_copy(update={"deadline_at": deadline}),
        deployment_runtime_desired_status=RuntimeStatus.SUSPENDED,
    )
    _ask(draft, attempt=1)


def _ask(draft: Draft, attempt: int) -> None:
    draft.set_stop(attempt=attempt, next_attempt_at=suspend_backoff(attempt, draft.now))
    draft.act(EngineCall(EngineVerb.SUSPEND))
    draft.say(Reason.SUSPENDING)
    draft.look_again_in(poll_delay(draft.now, draft.now))


def _go_on(draft: Draft, stop: StopStatus) -> None:
    answer = draft.observed.runtime
    if isinstance(answer, RuntimeAnswer) and answer.report is not None:
        draft.set_stop(report=answer.report)
    if isinstance(answer, RuntimeAnswer) and answer.status == RuntimeStatus.SUSPENDED:
        made = _made_checkpoint(draft, stop)
        if made is not None:
            draft.set_stop(checkpoint=made, last_error=None)
            begin_stopping(draft, StopMode.GRACEFUL)
            return
        draft.set_stop(last_error="the runtime says Suspended but lists no new checkpoint")
    if is_past_deadline(draft, stop):
        return
    _mirror_progress(draft, answer if isinstance(answer, RuntimeAnswer) else None)
    _ask_again(draft, stop)
    _say_how_it_goes(draft, stop)


def _made_checkpoint(draft: Draft, stop: StopStatus) -> str | None:
    # The suspended runtime makes no more checkpoints: the newest of its list is the stop's own, and later
    # than any periodic one that fell between the record of the known ids and the request.
    ids = known_ids(draft)
    return newest_after(stop.known_checkpoints, ids[-1] if ids else None)


def is_past_deadline(draft: Draft, stop: StopStatus) -> bool:
    """Whether the declared deadline has come and forces the stop, which it then does."""
    if stop.deadline_at is None or draft.spec.stop.on_timeout is not StopTimeoutPolicy.FORCE:
        return False
    if draft.now < stop.deadline_at:
        draft.look_again_in((stop.deadline_at - draft.now).total_seconds())
        return False
    error = draft.build_error(
        ErrorCode.SUSPEND_TIMEOUT,
        seconds=draft.spec.stop.timeout_seconds,
        seen=stop.last_error or ", ".join(stop.blockers) or "the checkpoint was still being made",
    )
    begin_stopping(draft, StopMode.FORCE, reason=StopReason.DEADLINE_EXCEEDED, error=error)
    return True


def _mirror_progress(draft: Draft, answer: RuntimeAnswer | None) -> None:
    refusal, unreachable = draft.refusal_of(EngineCall), draft.observed.runtime
    if answer is not None:
        draft.set_stop(blockers=list(answer.blockers))
    if answer is not None and answer.checkpoint_error is not None:
        draft.set_stop(last_error=answer.checkpoint_error)
    elif refusal is not None:
        draft.set_stop(last_error=refusal.message)
    elif isinstance(unreachable, RuntimeUnreachable):
        draft.set_stop(last_error=unreachable.message)


def _ask_again(draft: Draft, stop: StopStatus) -> None:
    """The request got lost, was refused for now, or the operator died before it sent it."""
    answer = draft.observed.runtime
    is_heard = isinstance(answer, RuntimeAnswer) and answer.desired == RuntimeStatus.SUSPENDED
    is_due = stop.next_attempt_at is None or stop.next_attempt_at <= draft.now
    if not is_heard and is_due:
        _ask(draft, stop.attempt + 1)


def _say_how_it_goes(draft: Draft, stop: StopStatus) -> None:
    draft.say(Reason.SUSPENDING)
    if isinstance(draft.observed.runtime, RuntimeAnswer):
        draft.look_again_in(poll_delay(stop.requested_at, draft.now))
    else:
        draft.look_again_in(UNREACHABLE_POLL_SECONDS)
    left = STOP_STUCK_SECONDS - seconds_since(stop.requested_at, draft.now)
    is_late = stop.deadline_at is not None and draft.now >= stop.deadline_at
    if left > 0 and not is_late:
        draft.look_again_in(left)
        return
    current = draft.status.stop or stop
    draft.stall(Reason.STOP_STUCK, current.last_error or ", ".join(current.blockers))

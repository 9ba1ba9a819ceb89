"""Checkpoints of a running pipeline, by request and by schedule.

As for a stop, the checkpoints that exist are recorded before the process is asked, and only one that was not
known ends the matter. Whether the process still knows of the request is told by its ticket, which is kept in
memory only: without it the process is asked again, which costs a second checkpoint at worst.
"""

from sluice.api.errors import ErrorCode
from sluice.api.reasons import RequestReason
from sluice.api.status import CheckpointingStatus
from sluice.api.statuses import CheckpointTrigger, RequestState, RequestVerb, RuntimeStatus
from sluice.api.timing import next_time
from sluice.decide.checkpoints import known_ids, newest_after
from sluice.decide.decision import EngineCall
from sluice.decide.draft import Draft
from sluice.decide.requests import finish, open_request
from sluice.decide.timing import poll_delay, suspend_backoff
from sluice.observation import EngineVerb, RuntimeAnswer

ABLE = (RuntimeStatus.RUNNING, RuntimeStatus.PAUSED)


def mind_checkpoints(draft: Draft, answer: RuntimeAnswer) -> None:
    """Go on with the checkpoint under way, or begin the one that is due."""
    if draft.status.checkpointing is not None:
        _go_on(draft, draft.status.checkpointing, answer)
    if draft.status.checkpointing is None and answer.status in ABLE and draft.inability is None:
        _begin_what_is_due(draft)


def give_up_checkpoint(draft: Draft) -> None:
    """The run is ending: what it was asked for will not be told apart from what the end brings."""
    message = "the run ended before the checkpoint was made"
    finish(draft, RequestVerb.CHECKPOINT, RequestState.FAILED, message, reason=RequestReason.RUN_ENDED)
    draft.set(checkpointing=None)


def _begin_what_is_due(draft: Draft) -> None:
    request = open_request(draft, RequestVerb.CHECKPOINT)
    if request is not None:
        _begin(draft, CheckpointTrigger.REQUEST, request.token)
    elif _is_scheduled_now(draft):
        draft.set(last_schedule_time=draft.now)
        _begin(draft, CheckpointTrigger.SCHEDULE, None)


def _is_scheduled_now(draft: Draft) -> bool:
    """Whether the schedule has come since it was last followed. Times that were missed count as one."""
    schedule, since = draft.spec.checkpoint.schedule, draft.status.deployment_resources_status_since
    if schedule is None or since is None:
        return False
    due = next_time(schedule, max(since, draft.status.last_schedule_time or since))
    if due is None or due <= draft.now:
        return due is not None
    draft.look_again_in((due - draft.now).total_seconds())
    return False


def _begin(draft: Draft, trigger: CheckpointTrigger, token: str | None) -> None:
    begun = CheckpointingStatus(
        trigger=trigger, token=token, requested_at=draft.now, known_checkpoints=known_ids(draft)
    )
    _ask(draft, begun)


def _ask(draft: Draft, under_way: CheckpointingStatus) -> None:
    attempt = under_way.attempt + 1
    changes = {"attempt": attempt, "next_attempt_at": suspend_backoff(attempt, draft.now)}
    draft.set(checkpointing=under_way.model_copy(update=changes))
    draft.act(EngineCall(EngineVerb.CHECKPOINT))
    draft.look_again_in(poll_delay(draft.now, draft.now))


def _go_on(draft: Draft, under_way: CheckpointingStatus, answer: RuntimeAnswer) -> None:
    ids, token = known_ids(draft), under_way.token
    made = newest_after(under_way.known_checkpoints, ids[-1] if ids else None)
    if made is not None:
        _end(draft, token, RequestState.SUCCEEDED, f"checkpoint {made}")
    elif answer.checkpoint_error is not None:
        message = draft.describe(ErrorCode.CHECKPOINT_FAILED, reason=answer.checkpoint_error)
        _end(draft, token, RequestState.FAILED, message)
    else:
        _wait(draft, under_way)


def _end(draft: Draft, token: str | None, state: RequestState, message: str) -> None:
    draft.set(checkpointing=None)
    if token is not None:
        finish(draft, RequestVerb.CHECKPOINT, state, message, token=token)


def _wait(draft: Draft, under_way: CheckpointingStatus) -> None:
    refusal = draft.refusal_of(EngineCall)
    if refusal is not None:
        under_way = under_way.model_copy(update={"last_error": refusal.message})
        draft.set(checkpointing=under_way)
    is_due = under_way.next_attempt_at is None or under_way.next_attempt_at <= draft.now
    if draft.observed.ticket is None and is_due:
        _ask(draft, under_way)
    draft.look_again_in(poll_delay(under_way.requested_at, draft.now))

"""Whether the newest checkpoint is as young as declared: the condition ``CheckpointCurrent``."""

from datetime import datetime, timedelta
from typing import Final

from sluice.api.policies import CheckpointSpec
from sluice.api.reasons import Reason, StopReason
from sluice.api.status import CheckpointStatus, PipelineStatus
from sluice.api.statuses import ResourcesStatus
from sluice.api.timing import next_time
from sluice.decide.draft import Draft
from sluice.decide.timing import REST_SECONDS
from sluice.observation import RuntimeAnswer

SLACK_SECONDS: Final = 60
"""For the checkpoint itself, and for the clocks of two machines."""

Currency = tuple[str, Reason, str]


def checkpoint_currency(draft: Draft) -> Currency:
    """Status, reason and sentence of the condition."""
    status, reason = _judge(draft)
    return status, reason, draft.sentence(reason)


def _judge(draft: Draft) -> tuple[str, Reason]:
    newest = _newest(draft)
    is_volume_to_come = draft.inability is StopReason.NO_STORAGE and draft.spec.storage is not None
    if draft.inability is not None and not is_volume_to_come:
        return "Unknown", Reason(draft.inability)
    if draft.resources is ResourcesStatus.STOPPED:
        return _judge_stopped(draft, newest)
    due = latest_age(draft.spec.checkpoint, draft.status)
    if due is None:
        return "Unknown", Reason.NOT_SCHEDULED
    if draft.now < due:
        draft.look_again_in((due - draft.now).total_seconds())
        return "True", Reason.CURRENT
    if _has_nothing_new(draft, newest):
        return "True", Reason.CURRENT
    return "False", Reason.OVERDUE if newest else Reason.NO_CHECKPOINT


def _judge_stopped(draft: Draft, newest: CheckpointStatus | None) -> tuple[str, Reason]:
    stop = draft.status.stop
    if stop is None:
        return "Unknown", Reason.NO_CHECKPOINT
    if stop.checkpoint is not None:
        return "True", Reason.CURRENT
    return "False", Reason.STOPPED_WITHOUT if newest else Reason.NO_CHECKPOINT


def latest_age(checkpoint: CheckpointSpec, status: PipelineStatus) -> datetime | None:
    """When the newest checkpoint counts as overdue; ``None`` when nothing is declared that could tell.

    Two periods, so that one that fails or is late once raises no alarm, and never less than the time between
    two looks at a pipeline at rest.
    """
    since = status.deployment_resources_status_since
    if since is None:
        return None
    last = max(since, status.last_checkpoint_time or since)
    found: list[datetime] = []
    if checkpoint.interval_seconds is not None:
        found.append(last + timedelta(seconds=max(2 * checkpoint.interval_seconds, REST_SECONDS)))
    if checkpoint.schedule is not None:
        first = next_time(checkpoint.schedule, last)
        second = next_time(checkpoint.schedule, first) if first is not None else None
        found += [second] if second is not None else []
    return min(found) + timedelta(seconds=SLACK_SECONDS) if found else None


def _newest(draft: Draft) -> CheckpointStatus | None:
    details = draft.status.storage_status_details
    return details.checkpoints[-1] if details is not None and details.checkpoints else None


def _has_nothing_new(draft: Draft, newest: CheckpointStatus | None) -> bool:
    answer = draft.observed.runtime
    if newest is None or not isinstance(answer, RuntimeAnswer) or answer.processed_records is None:
        return False
    return answer.processed_records == newest.processed_records

"""From the explored world to the real arguments of ``decide``, and from its real answer back.

A moment in status becomes a word: "ahead" (it lies in the future), "now" (it has come) or "old" (it is past
the limit that the state machine compares its age with). ``decide`` itself sees true times: a fixed present,
and moments that lie before or after it by as much as the word says.
"""

from datetime import UTC, datetime, timedelta
from functools import cache

from sluice.api.errors import ErrorCode, build_error
from sluice.api.status import (
    CheckpointStatus,
    ErrorStatus,
    PipelineStatus,
    RestartStatus,
    RuntimePodStatus,
    StopStatus,
    StorageDetailsStatus,
)
from sluice.api.statuses import ResourcesDesiredStatus, ResourcesStatus
from sluice.decide.grace import NOTHING_TO_SAVE_GRACE_SECONDS
from sluice.decide.timing import NODE_PROOF_SECONDS, STOP_STUCK_SECONDS

from .world import RestartPart, RuntimePart, Status, StopPart

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROVISIONING_SECONDS = 600
HEALTHY_SECONDS = 300
PROOF_SECONDS = NODE_PROOF_SECONDS + NOTHING_TO_SAVE_GRACE_SECONDS
"""The model's pods have no grace of their own, so this is the longest wait for proof."""
AHEAD, PRESENT, OLD = "ahead", "now", "old"
GENERATION = 7
WITH_COMPUTE = (ResourcesStatus.PROVISIONING, ResourcesStatus.PROVISIONED)


def number_of(text: str | None) -> int:
    """The number in an identifier such as ``uid-3``; 0 for none."""
    return int(text.rpartition("-")[2]) if text else 0


def identifier(kind: str, number: int) -> str | None:
    """The identifier with this number; ``None`` for 0."""
    return f"{kind}-{number}" if number else None


def checkpoints_up_to(newest: int) -> tuple[CheckpointStatus, ...]:
    """What a runtime lists when ``newest`` is its newest checkpoint."""
    return tuple(CheckpointStatus(uuid=f"checkpoint-{number}") for number in range(1, newest + 1))


def _before(word: str, limit: float) -> datetime | None:
    """A moment whose age is told by its word."""
    if not word:
        return None
    return NOW + {AHEAD: timedelta(seconds=10), PRESENT: timedelta(), OLD: -timedelta(seconds=limit)}[word]


def _word(moment: datetime | None, limit: float) -> str:
    if moment is None:
        return ""
    if moment > NOW:
        return AHEAD
    return OLD if (NOW - moment).total_seconds() >= limit else PRESENT


NEVER = 1e9
OLD_ERROR = ErrorStatus(message="an error of the past", error_code="Old")


@cache
def concrete(status: Status) -> PipelineStatus:
    """A real status that means the same."""
    with_compute = status.resources in WITH_COMPUTE
    desired = ResourcesDesiredStatus.PROVISIONED if with_compute else ResourcesDesiredStatus.STOPPED
    details = StorageDetailsStatus(checkpoints=list(checkpoints_up_to(status.newest)))
    return PipelineStatus(
        deployment_resources_status=status.resources or None,
        deployment_resources_status_since=_before(
            OLD if status.is_overdue else PRESENT, PROVISIONING_SECONDS
        ),
        deployment_resources_desired_status=desired if status.resources else None,
        deployment_runtime_status=status.shown or None,
        deployment_id=identifier("start", status.start),
        deployment_initial=status.initial or None,
        deployment_error=OLD_ERROR if status.has_error else None,
        held_generation={"": None, PRESENT: GENERATION, OLD: GENERATION - 1}[status.held],
        run_number=status.run,
        runtime=_concrete_runtime(status.runtime),
        stop=_concrete_stop(status.stop),
        restart=_concrete_restart(status.restart),
        storage_status_details=details if status.newest else None,
        storage_status=status.storage or None,
        revision=identifier("revision", status.revision),
    )


def _concrete_runtime(part: RuntimePart | None) -> RuntimePodStatus | None:
    if part is None:
        return None
    return RuntimePodStatus(
        name="pod",
        uid=identifier("uid", part.uid),
        node_name="node" if part.is_bound else None,
        missing_since=_before(part.missing, PROOF_SECONDS),
    )


def _concrete_stop(part: StopPart | None) -> StopStatus | None:
    if part is None:
        return None
    return StopStatus(
        mode=part.mode,
        requested_at=NOW - timedelta(seconds=STOP_STUCK_SECONDS if part.is_late else 0),
        known_checkpoints=[checkpoint.uuid for checkpoint in checkpoints_up_to(part.known)],
        attempt=1 if part.next_attempt else 0,
        next_attempt_at=_before(part.next_attempt, 0),
        deadline_at=_before(part.deadline, 0),
        checkpoint=identifier("checkpoint", part.made),
        reason=part.reason or None,
    )


def _concrete_restart(part: RestartPart | None) -> RestartStatus | None:
    if part is None:
        return None
    last_error = build_error(ErrorCode.CHECK_FAILED, reason="it ended") if part.has_error else None
    return RestartStatus(
        count=part.times,
        last_error=last_error,
        next_attempt_at=_before(part.next_attempt, PROVISIONING_SECONDS),
        serving_since=_before(part.serving, HEALTHY_SECONDS),
    )


def abstract(status: PipelineStatus, most_restarts: int) -> Status:
    """What of a real status can matter later. The opposite of ``concrete``.

    What the next start replaces unread is left out as soon as the run is over.
    """
    resources = status.deployment_resources_status or ""
    held, since = status.held_generation, status.deployment_resources_status_since
    is_starting, has_compute = resources == ResourcesStatus.PROVISIONING, resources in WITH_COMPUTE
    details = status.storage_status_details
    newest = details.checkpoints[-1].uuid if details and details.checkpoints else None
    shown = status.deployment_runtime_status if resources == ResourcesStatus.PROVISIONED else None
    return Status(
        resources=str(resources),
        shown=str(shown or ""),
        start=number_of(status.deployment_id),
        initial=str(status.deployment_initial or ""),
        has_error=status.deployment_error is not None,
        held="" if held is None else PRESENT if held == GENERATION else OLD,
        run=status.run_number,
        runtime=_abstract_runtime(status.runtime),
        stop=_abstract_stop(status.stop, is_suspending=has_compute),
        restart=_abstract_restart(status.restart, most_restarts, is_starting) if has_compute else None,
        is_overdue=is_starting and _word(since, PROVISIONING_SECONDS) == OLD,
        newest=number_of(newest),
        storage=str(status.storage_status or ""),
        revision=number_of(status.revision),
    )


def _abstract_runtime(runtime: RuntimePodStatus | None) -> RuntimePart | None:
    if runtime is None:
        return None
    missing = _word(runtime.missing_since, PROOF_SECONDS)
    return RuntimePart(number_of(runtime.uid), runtime.node_name is not None, missing)


def _abstract_stop(stop: StopStatus | None, *, is_suspending: bool) -> StopPart | None:
    if stop is None or stop.finished_at is not None:
        return None
    return StopPart(
        mode=str(stop.mode),
        known=number_of(stop.known_checkpoints[-1] if stop.known_checkpoints else None),
        made=number_of(stop.checkpoint),
        reason=stop.reason or "",
        next_attempt=_word(stop.next_attempt_at, NEVER),
        deadline=_word(stop.deadline_at, NEVER) if is_suspending else "",
        is_late=is_suspending and (NOW - stop.requested_at).total_seconds() >= STOP_STUCK_SECONDS,
    )


def _abstract_restart(restart: RestartStatus | None, most: int, is_starting: bool) -> RestartPart | None:
    if restart is None:
        return None
    moment = _word(restart.next_attempt_at, PROVISIONING_SECONDS) if is_starting else ""
    serving = _word(restart.serving_since, HEALTHY_SECONDS)
    return RestartPart(min(restart.count, most), restart.last_error is not None, moment, serving)

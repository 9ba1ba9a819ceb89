"""The parts of status, there and back: see ``abstraction``."""

from datetime import timedelta

from sluice.api.errors import ErrorCode, build_error
from sluice.api.status import (
    CheckpointingStatus,
    MaintenanceStatus,
    OverrideStatus,
    RequestStatus,
    RestartStatus,
    RuntimePodStatus,
    StopStatus,
)
from sluice.decide.grace import NOTHING_TO_SAVE_GRACE_SECONDS
from sluice.decide.maintenance import ATTEMPTS_MAX, POD_SECONDS
from sluice.decide.timing import NODE_PROOF_SECONDS, STOP_STUCK_SECONDS

from .words import NEVER, NOW, OLD, before, checkpoints_up_to, identifier, number_of, word_of
from .world import (
    CheckpointingPart,
    MaintenancePart,
    OverridePart,
    RequestPart,
    RestartPart,
    RuntimePart,
    StopPart,
)

PROVISIONING_SECONDS = 600
HEALTHY_SECONDS = 300
PROOF_SECONDS = NODE_PROOF_SECONDS + NOTHING_TO_SAVE_GRACE_SECONDS
"""The model's pods have no grace of their own, so this is the longest wait for proof."""
FEW, ONE_LEFT, SPENT = "few", "one left", "spent"
"""How many of a maintenance task's attempts were made. How many exactly decides nothing but a wait."""
DOUBT = build_error(ErrorCode.SUSPEND_FAILED, reason="killed without a word")
ENDED = "Succeeded"
"""Any outcome: which one it was decides nothing, only that there is one."""
OPEN = "InProgress"


def concrete_runtime(part: RuntimePart | None) -> RuntimePodStatus | None:
    """``status.runtime``."""
    if part is None:
        return None
    return RuntimePodStatus(
        name="pod",
        uid=identifier("uid", part.uid),
        node_name="node" if part.is_bound else None,
        missing_since=before(part.missing, PROOF_SECONDS),
    )


def abstract_runtime(runtime: RuntimePodStatus | None) -> RuntimePart | None:
    """The opposite."""
    if runtime is None:
        return None
    missing = word_of(runtime.missing_since, PROOF_SECONDS)
    return RuntimePart(number_of(runtime.uid), runtime.node_name is not None, missing)


def concrete_stop(part: StopPart | None, given_up_for: str | None) -> StopStatus | None:
    """``status.stop``: the one under way, or the one that was given up."""
    if part is None:
        if given_up_for is None:
            return None
        return StopStatus(mode="Graceful", requested_at=NOW, finished_at=NOW, given_up_for=given_up_for)
    return StopStatus(
        mode=part.mode,
        cause=part.cause or None,
        requested_at=NOW - timedelta(seconds=STOP_STUCK_SECONDS if part.is_late else 0),
        known_checkpoints=[checkpoint.uuid for checkpoint in checkpoints_up_to(part.known)],
        attempt=1 if part.next_attempt else 0,
        next_attempt_at=before(part.next_attempt, 0),
        deadline_at=before(part.deadline, 0),
        checkpoint=identifier("checkpoint", part.made),
        reason=part.reason or None,
        unverified_error=DOUBT if part.is_doubtful else None,
    )


def abstract_stop(stop: StopStatus | None, *, is_suspending: bool) -> StopPart | None:
    """The opposite, for one that is under way. What it is for matters only where a start follows."""
    if stop is None or stop.finished_at is not None:
        return None
    return StopPart(
        mode=str(stop.mode),
        known=number_of(stop.known_checkpoints[-1] if stop.known_checkpoints else None),
        made=number_of(stop.checkpoint),
        reason=stop.reason or "",
        next_attempt=word_of(stop.next_attempt_at, NEVER),
        deadline=word_of(stop.deadline_at, NEVER) if is_suspending else "",
        is_late=is_suspending and (NOW - stop.requested_at).total_seconds() >= STOP_STUCK_SECONDS,
        cause=str(stop.cause) if stop.cause in ("SpecChanged", "Restart") else "",
        is_doubtful=stop.unverified_error is not None,
    )


def concrete_restart(part: RestartPart | None) -> RestartStatus | None:
    """``status.restart``."""
    if part is None:
        return None
    last_error = build_error(ErrorCode.CHECK_FAILED, reason="it ended") if part.has_error else None
    return RestartStatus(
        count=part.times,
        last_error=last_error,
        next_attempt_at=before(part.next_attempt, PROVISIONING_SECONDS),
        serving_since=before(part.serving, HEALTHY_SECONDS),
    )


def abstract_restart(restart: RestartStatus | None, most: int, *, is_starting: bool) -> RestartPart | None:
    """The opposite."""
    if restart is None:
        return None
    moment = word_of(restart.next_attempt_at, PROVISIONING_SECONDS) if is_starting else ""
    serving = word_of(restart.serving_since, HEALTHY_SECONDS)
    return RestartPart(min(restart.count, most), restart.last_error is not None, moment, serving)


def concrete_checkpointing(part: CheckpointingPart | None) -> CheckpointingStatus | None:
    """``status.checkpointing``."""
    if part is None:
        return None
    return CheckpointingStatus(
        trigger="Request" if part.token else "Schedule",
        token=identifier("token", part.token),
        requested_at=NOW,
        known_checkpoints=[checkpoint.uuid for checkpoint in checkpoints_up_to(part.known)],
        attempt=1,
        next_attempt_at=before(part.next_attempt, 0),
    )


def abstract_checkpointing(under_way: CheckpointingStatus | None) -> CheckpointingPart | None:
    """The opposite."""
    if under_way is None:
        return None
    known = under_way.known_checkpoints
    return CheckpointingPart(
        number_of(under_way.token),
        number_of(known[-1] if known else None),
        word_of(under_way.next_attempt_at, NEVER),
    )


def concrete_maintenance(part: MaintenancePart | None) -> MaintenanceStatus | None:
    """``status.maintenance``."""
    if part is None:
        return None
    most = next(most for task, most in ATTEMPTS_MAX.items() if task == part.task)
    return MaintenanceStatus(
        task=part.task,
        attempt={"": 0, FEW: 1, ONE_LEFT: most - 1, SPENT: most}[part.attempt],
        started_at=before(OLD, POD_SECONDS) if part.is_late else NOW,
        next_attempt_at=before(part.next_attempt, 0),
    )


def abstract_maintenance(work: MaintenanceStatus | None) -> MaintenancePart | None:
    """The opposite."""
    if work is None:
        return None
    left = next(most for task, most in ATTEMPTS_MAX.items() if task == work.task) - work.attempt
    few = "" if work.attempt == 0 else FEW
    return MaintenancePart(
        task=str(work.task),
        attempt=SPENT if left <= 0 else ONE_LEFT if left == 1 else few,
        next_attempt=word_of(work.next_attempt_at, NEVER),
        is_late=word_of(work.started_at, POD_SECONDS) == OLD,
    )


def concrete_override(part: OverridePart | None) -> OverrideStatus | None:
    """``status.override``."""
    if part is None:
        return None
    return OverrideStatus(
        token=f"token-{part.token}",
        desired_status=part.desired,
        force=part.force,
        spec_desired_status=part.spec_desired,
        spec_force=part.spec_force,
    )


def abstract_override(override: OverrideStatus | None) -> OverridePart | None:
    """The opposite."""
    if override is None:
        return None
    return OverridePart(
        number_of(override.token),
        str(override.desired_status),
        override.force,
        str(override.spec_desired_status),
        override.spec_force,
    )


def concrete_request(part: RequestPart) -> RequestStatus:
    """An entry of ``status.requests``."""
    return RequestStatus(
        verb=part.verb,
        token=f"token-{part.token}",
        state=OPEN if part.is_open else ENDED,
        requested_at=NOW,
        finished_at=None if part.is_open else NOW,
    )


def abstract_requests(entries: list[RequestStatus]) -> tuple[RequestPart, ...]:
    """The opposite, for all of them. The order of different kinds means nothing."""
    parts = (RequestPart(str(entry.verb), number_of(entry.token), entry.state == OPEN) for entry in entries)
    return tuple(sorted(parts, key=lambda part: part.verb))

"""How long lifecycles take, told from what each status write changed.

What began is kept in memory: times in status are whole seconds. An operator that starts anew measures the
stops that are under way by their status, and a start under way not at all.
"""

from dataclasses import dataclass
from datetime import datetime

from sluice.api.status import CheckpointingStatus, CheckpointStatus, PipelineStatus, StopStatus
from sluice.api.statuses import FRESH, CheckpointTrigger, CombinedStatus, ResourcesStatus, StopMode
from sluice.metrics import Metrics
from sluice.metrics.catalogue import STOP_TRIGGER, Transition
from sluice.store import Key


@dataclass(slots=True)
class _Begun:
    """When what is under way began."""

    start: tuple[Transition, datetime] | None = None
    suspend: datetime | None = None
    stop: datetime | None = None
    checkpoint: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.start is None and self.suspend is None and self.stop is None and self.checkpoint is None


class Measurer:
    """Compares each status with the one before it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._begun: dict[Key, _Begun] = {}

    def forget(self, key: Key) -> None:
        """It is gone."""
        self._begun.pop(key, None)

    def note(self, key: Key, before: PipelineStatus, after: PipelineStatus, now: datetime) -> None:
        """``after`` has been written where ``before`` stood."""
        begun = self._begun.get(key) or _Begun()
        self._note_start(key, begun, before, after, now)
        self._note_checkpoint(key, begun, before, after, now)
        self._note_suspend(key, begun, before, after, now)
        self._note_stop(key, begun, before, after, now)
        if begun.is_over:
            self._begun.pop(key, None)
        else:
            self._begun[key] = begun

    def _note_start(
        self, key: Key, begun: _Begun, before: PipelineStatus, after: PipelineStatus, now: datetime
    ) -> None:
        resources = after.deployment_resources_status
        is_run_new = after.run_number != before.run_number
        if resources == ResourcesStatus.PROVISIONING and (
            is_run_new or before.deployment_resources_status != resources
        ):
            begun.start = begun.start or (_kind_of_start(before, after), now)
        elif resources in (ResourcesStatus.STOPPING, ResourcesStatus.STOPPED):
            begun.start = None
        if begun.start is not None and _has_arrived(after):
            transition, since = begun.start
            begun.start = None
            self._observe(key, transition, since, now)

    def _note_suspend(
        self, key: Key, begun: _Begun, before: PipelineStatus, after: PipelineStatus, now: datetime
    ) -> None:
        was, is_now = (each.deployment_status == CombinedStatus.SUSPENDING for each in (before, after))
        if is_now and not was:
            begun.suspend = now
        elif was and not is_now:
            since = begun.suspend or before.deployment_status_since or now
            begun.suspend = None
            if after.stop is not None and after.stop.checkpoint is not None:
                self._observe(key, Transition.SUSPEND, since, now)
                self._observe_checkpoint(key, STOP_TRIGGER, since, now)

    def _note_stop(
        self, key: Key, begun: _Begun, before: PipelineStatus, after: PipelineStatus, now: datetime
    ) -> None:
        was_active = before.stop is not None and before.stop.finished_at is None
        stop = after.stop
        if stop is None:
            return
        if stop.finished_at is None:
            begun.stop = begun.stop or (stop.requested_at if was_active else now)
            return
        is_same = before.stop is not None and before.stop.requested_at == stop.requested_at
        if was_active or not is_same:
            since = begun.stop or stop.requested_at
            begun.stop = None
            # One that was given up reached nothing.
            if after.deployment_resources_status == ResourcesStatus.STOPPED:
                is_forced = stop.mode == StopMode.FORCE
                self._observe(key, Transition.FORCE_STOP if is_forced else Transition.STOP, since, now)

    def _note_checkpoint(
        self, key: Key, begun: _Begun, before: PipelineStatus, after: PipelineStatus, now: datetime
    ) -> None:
        newest = _newest(after)
        is_new = newest is not None and newest.uuid != getattr(_newest(before), "uuid", None)
        if newest is not None and is_new and newest.size is not None:
            self._metrics.checkpoint_size.labels(key.kind).observe(newest.size)
        was, under_way = before.checkpointing, after.checkpointing
        if under_way is not None:
            begun.checkpoint = begun.checkpoint or now
        elif was is not None:
            since = begun.checkpoint or was.requested_at
            begun.checkpoint = None
            if is_new:
                self._observe_checkpoint(key, was.trigger, since, now)
            elif after.deployment_resources_status == ResourcesStatus.PROVISIONED:
                self._fail(key, was.trigger)
        if under_way is not None and _has_failed_again(was, under_way):
            self._fail(key, under_way.trigger)
        if after.stop is not None and _has_failed_again(before.stop, after.stop):
            self._fail(key, STOP_TRIGGER)

    def _observe(self, key: Key, transition: Transition, since: datetime, now: datetime) -> None:
        self._metrics.transition_duration.labels(key.kind, transition.value).observe(_seconds(since, now))

    def _observe_checkpoint(self, key: Key, trigger: str, since: datetime, now: datetime) -> None:
        self._metrics.checkpoint_duration.labels(key.kind, str(trigger)).observe(_seconds(since, now))

    def _fail(self, key: Key, trigger: CheckpointTrigger | str) -> None:
        self._metrics.checkpoint_failures.labels(key.kind, str(trigger)).inc()


def _seconds(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)


def _newest(status: PipelineStatus) -> CheckpointStatus | None:
    details = status.storage_status_details
    return details.checkpoints[-1] if details is not None and details.checkpoints else None


def _kind_of_start(before: PipelineStatus, after: PipelineStatus) -> Transition:
    is_restart = before.deployment_resources_status not in (None, ResourcesStatus.STOPPED)
    if is_restart and before.deployment_resources_status != ResourcesStatus.STOPPING:
        return Transition.RESTART
    has_point = _newest(before) is not None and after.deployment_start_from != FRESH
    return Transition.RESUME if has_point else Transition.START


def _has_arrived(status: PipelineStatus) -> bool:
    is_up = status.deployment_resources_status == ResourcesStatus.PROVISIONED
    return is_up and status.deployment_runtime_status == status.deployment_initial


def _has_failed_again(
    before: StopStatus | CheckpointingStatus | None, after: StopStatus | CheckpointingStatus
) -> bool:
    """Whether another attempt at the checkpoint failed since."""
    if after.last_error is None:
        return False
    is_same = before is not None and before.requested_at == after.requested_at
    if before is None or not is_same or before.last_error is None:
        return True
    return after.attempt > before.attempt

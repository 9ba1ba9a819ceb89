"""A decision in the making."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sluice.api.edits import PendingChange
from sluice.api.errors import ErrorCode, build_error, describe
from sluice.api.overriding import STOPS
from sluice.api.reasons import SENTENCES, Reason, StopReason
from sluice.api.spec import PipelineSpec
from sluice.api.status import ErrorStatus, PipelineStatus, StopStatus
from sluice.api.statuses import ResourcesStatus, RuntimeStatus, StopMode, StorageStatus
from sluice.decide.decision import Action, Event
from sluice.observation import Intent, Observed, Refusal


@dataclass(slots=True)
class Draft:
    """The inputs of one decision and what has been decided so far.

    Mutable, and gone when ``decide`` returns: from outside ``decide`` stays pure.
    """

    intent: Intent
    observed: Observed
    now: datetime
    status: PipelineStatus
    actions: list[Action] = field(default_factory=list[Action])
    look_again: float | None = None
    stalled: tuple[Reason, str] | None = None
    note: tuple[Reason, dict[str, str]] | None = None
    pending: list[PendingChange] = field(default_factory=list[PendingChange])
    events: list[Event] = field(default_factory=list[Event])

    @property
    def spec(self) -> PipelineSpec:
        """The spec in force; all defaults when there never was a good one, so that a stop still works."""
        return self.intent.spec or PipelineSpec()

    @property
    def resources(self) -> ResourcesStatus:
        """Where the resources axis stands; a pipeline that was never seen is Stopped."""
        return ResourcesStatus(self.status.deployment_resources_status or ResourcesStatus.STOPPED)

    @property
    def is_stop_wanted(self) -> bool:
        """Whether the target is Stopped: it is declared, or the object is being deleted.

        A stop that was given up, as ``stop.onError`` declares, is wanted no more until the wish changes.
        """
        if self.intent.is_deleting:
            return True
        return self.intent.desired_status in STOPS and (self.intent.force or not self.is_stop_given_up)

    @property
    def is_stop_given_up(self) -> bool:
        """Whether this very wish was given up because the process could make no checkpoint."""
        stop = self.status.stop
        return stop is not None and stop.given_up_for == self.intent.wish

    @property
    def wanted_runtime(self) -> RuntimeStatus:
        """What the process is to be; what it was started as, where a stop was given up."""
        if self.intent.desired_status in STOPS:
            return RuntimeStatus(self.status.deployment_initial or RuntimeStatus.RUNNING)
        return RuntimeStatus(self.intent.desired_status.value)

    @property
    def is_force_wanted(self) -> bool:
        """Whether the stop that is wanted is one without a checkpoint."""
        if self.intent.is_deleting and not self.spec.checkpoint.before_delete:
            return True
        return self.intent.force and (self.intent.is_deleting or self.intent.desired_status in STOPS)

    @property
    def active_stop(self) -> StopStatus | None:
        """The stop that is under way. It is carried to its end even when the spec changes again."""
        stop = self.status.stop
        return stop if stop is not None and stop.finished_at is None else None

    @property
    def has_storage(self) -> bool:
        """Whether the run under way was given a volume, whatever an edit of the spec says of the next one."""
        return self.status.storage_status == StorageStatus.IN_USE

    @property
    def inability(self) -> StopReason | None:
        """Why the run under way can make no checkpoint, whatever it is asked; ``None`` where it can."""
        ability = self.observed.ability
        if ability.needs_volume and not self.has_storage:
            return ability.no_checkpoint or StopReason.NO_STORAGE
        return ability.no_checkpoint

    @property
    def is_clearing(self) -> bool:
        """Whether the storage is being cleared: nothing may start on it before it is."""
        return self.status.storage_status == StorageStatus.CLEARING

    @property
    def is_suspending(self) -> bool:
        """Whether a checkpoint is being waited for before the pod may go."""
        stop = self.active_stop
        return (
            stop is not None
            and stop.mode == StopMode.GRACEFUL
            and self.resources is ResourcesStatus.PROVISIONED
        )

    def refusal_of(self, *actions: type[Action]) -> Refusal | None:
        """Why the last action did not go through, if it was one of these."""
        refusal = self.observed.refusal
        is_one = refusal is not None and refusal.action in [action.__name__ for action in actions]
        return refusal if is_one else None

    def set(self, **changes: Any) -> None:
        """Replace status fields by their Python names."""
        self.status = self.status.model_copy(update=changes)

    def set_stop(self, **changes: Any) -> None:
        """Replace fields of the stop under way."""
        if self.status.stop is not None:
            self.set(stop=self.status.stop.model_copy(update=changes))

    def finish_stop(self, **changes: Any) -> None:
        """The stop under way is over."""
        if self.status.stop is not None:
            took = round((self.now - self.status.stop.requested_at).total_seconds())
            self.set_stop(finished_at=self.now, duration_seconds=max(took, 0), **changes)

    def describe(self, code: ErrorCode, **values: Any) -> str:
        """The catalogue's sentence for ``code``, about this object."""
        return describe(code, noun=self.intent.kind.noun, **values)

    def build_error(
        self, code: ErrorCode, details: dict[str, Any] | None = None, **values: Any
    ) -> ErrorStatus:
        """The catalogue's entry for ``code``, about this object."""
        return build_error(code, details, noun=self.intent.kind.noun, **values)

    def sentence(self, reason: Reason, **values: str) -> str:
        """What people read for ``reason``, about this object."""
        return SENTENCES[reason].format(noun=self.intent.kind.noun, **values)

    def act(self, *actions: Action) -> None:
        """Ask for actions, in this order, once the status is written."""
        self.actions.extend(actions)

    def look_again_in(self, seconds: float) -> None:
        """Look again after ``seconds`` at the latest; the earliest of several wins."""
        if self.look_again is None or seconds < self.look_again:
            self.look_again = max(seconds, 0.0)

    def say(self, reason: Reason, **values: str) -> None:
        """What it is doing or waiting for, for the Ready condition."""
        self.note = (reason, values)

    def stall(self, reason: Reason, detail: str) -> None:
        """Nothing will move before somebody does something."""
        self.stalled = (reason, detail)

    def hold(self, change: PendingChange) -> None:
        """Something that is wanted is not done now, for a reason that the published API has a code for."""
        self.pending.append(change)

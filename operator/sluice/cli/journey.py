"""What a wait has seen so far: phases with their times, and what holds them up. Pure.

The times are those of the one who looks: they need no clock of the cluster and no trust in one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sluice.api.reasons import ConditionType
from sluice.api.status import PipelineStatus, StopStatus
from sluice.telling.subject import Subject


@dataclass(frozen=True, slots=True)
class Phase:
    """One value of ``deploymentStatus``, for as long as it lasted."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What is in the way, as it stands now. Every line of it is a fact that may change."""

    message: str = ""
    blockers: tuple[str, ...] = ()
    attempt: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = None
    deadline_at: datetime | None = None
    trouble: str | None = None
    """Why the last look saw nothing."""

    def facts(self) -> list[str]:
        """Sentences for people, the most important first, and none that counts down."""
        found = [self.trouble, self.message]
        if self.attempt > 1:
            found.append(f"attempt {self.attempt}")
        found += [f"waiting for: {blocker}" for blocker in self.blockers]
        if self.last_error:
            found.append(f"last error: {self.last_error}")
        return [line for line in found if line]

    def countdowns(self, now: datetime) -> list[str]:
        """What is to come, and when."""
        moments = (("next attempt", self.next_attempt_at), ("deadline", self.deadline_at))
        return [
            f"{what} in {(moment - now).total_seconds():.0f} s"
            for what, moment in moments
            if moment is not None and moment > now
        ]


@dataclass(slots=True)
class Journey:
    """The way of one pipeline, as one wait saw it."""

    name: str
    began: datetime
    phases: list[Phase] = field(default_factory=list[Phase])
    held: Held = field(default_factory=Held)
    is_reached: bool | None = None
    """How it ended; ``None`` while it goes on."""

    def see(self, subject: Subject, now: datetime) -> list[str]:
        """Take in one look; returns what is new, as lines for a log."""
        status = subject.status
        before, known = self.held.facts(), len(self.phases)
        name = status.deployment_status or "New"
        if not self.phases or self.phases[-1].name != name:
            self.phases.append(Phase(name, now))
        self.held = _held(subject, status)
        news = [phase.name for phase in self.phases[known:]]
        return [*news, *(line for line in self.held.facts() if line not in before)]

    def miss(self, trouble: str) -> list[str]:
        """A look that saw nothing."""
        is_new = self.held.trouble != trouble
        self.held = Held(trouble=trouble)
        return [trouble] if is_new else []

    def times(self, now: datetime) -> list[tuple[str, float]]:
        """Every phase with its seconds; the last one lasts until now."""
        ends = [after.since for _, after in pairwise(self.phases)] + [now]
        return [
            (phase.name, (end - phase.since).total_seconds())
            for phase, end in zip(self.phases, ends, strict=True)
        ]


def _held(subject: Subject, status: PipelineStatus) -> Held:
    ready = subject.condition(ConditionType.READY)
    message = "" if ready is None or ready.status == "True" else ready.message
    stop = _open_stop(status)
    if stop is not None:
        return Held(
            message=message,
            blockers=tuple(stop.blockers),
            attempt=stop.attempt,
            last_error=stop.last_error,
            next_attempt_at=stop.next_attempt_at,
            deadline_at=stop.deadline_at,
        )
    making, restart = status.checkpointing, status.restart
    if making is not None:
        return Held("making a checkpoint", (), making.attempt, making.last_error, making.next_attempt_at)
    return Held(message, next_attempt_at=restart.next_attempt_at if restart else None)


def _open_stop(status: PipelineStatus) -> StopStatus | None:
    stop = status.stop
    return stop if stop is not None and stop.finished_at is None else None

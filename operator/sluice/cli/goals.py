"""When a command has what it asked for, and when it never will: pure judgements of one look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sluice.api.reasons import ConditionType, Reason, StopReason
from sluice.api.status import PipelineStatus, RequestStatus
from sluice.api.statuses import DesiredStatus, RequestState, RequestVerb, StopMode
from sluice.cli.exits import Exit, Verdict
from sluice.telling import outcomes
from sluice.telling.explaining import hint_for
from sluice.telling.subject import Subject
from sluice.telling.words import Words, sentence

NEEDS_A_PERSON = frozenset(
    {
        Reason.FAILED,
        Reason.INVALID_SPEC,
        Reason.NOT_OURS,
        Reason.REFUSED,
        Reason.STOP_FAILED,
        Reason.AWAITING_APPROVAL,
        Reason.INVALID_TEMPLATE,
        Reason.RUN_FAILED,
        Reason.CANCELED,
    }
)
"""Stalls that end the waiting. The others may end by themselves: the operator keeps trying."""


class Goal(Protocol):
    """``None`` while it is open."""

    def judge(self, subject: Subject) -> Verdict | None: ...


@dataclass(frozen=True, slots=True)
class StateGoal:
    """The pipeline is where it was asked to be, judged by a status that has seen what was written."""

    wanted: str
    words: Words
    generation: int
    request: tuple[RequestVerb, str] | None = None
    ended: str | None = None
    stop_before: datetime | None = None
    """When the stop was asked for that had ended before this command: its end is not this one's."""

    def judge(self, subject: Subject) -> Verdict | None:
        status = subject.status
        if status.observed_generation < self.generation or self._is_unseen(subject):
            return None
        verdict = self._judge_request(subject)
        if verdict is not None:
            return verdict
        return self._judge_conditions(subject, status) if self._is_taken(subject) else None

    def _is_unseen(self, subject: Subject) -> bool:
        override = subject.status.override
        if self.ended is not None and override is not None and override.token == self.ended:
            return True
        return self.request is not None and subject.outcome(*self.request) is None

    def _judge_request(self, subject: Subject) -> Verdict | None:
        outcome = None if self.request is None else subject.outcome(*self.request)
        if outcome is None or outcome.state == RequestState.IN_PROGRESS:
            return None
        is_over = outcome.verb == RequestVerb.OVERRIDE
        if outcome.state == RequestState.SUCCEEDED and not is_over:
            return None
        return _failed_request(outcome, self.words)

    def _is_taken(self, subject: Subject) -> bool:
        """A restart counts from its outcome on: until then Ready may speak of the run before."""
        outcome = None if self.request is None else subject.outcome(*self.request)
        return outcome is None or outcome.verb == RequestVerb.OVERRIDE or outcome.finished_at is not None

    def _judge_conditions(self, subject: Subject, status: PipelineStatus) -> Verdict | None:
        ready, stalled = subject.condition(ConditionType.READY), subject.condition(ConditionType.STALLED)
        if ready is None:
            return None
        if ready.status == "True":
            return self._judge_arrival(status, ready.reason)
        if stalled is not None and stalled.status == "True" and stalled.reason in NEEDS_A_PERSON:
            hint = f"{self.words.command('explain')} says what can be done."
            return Verdict(Exit.FAILED, f"{self.words.name}: {sentence(stalled.message)} {hint}")
        return None

    def _judge_arrival(self, status: PipelineStatus, reason: str) -> Verdict | None:
        if reason == Reason.COMPLETED and self.wanted != DesiredStatus.STOPPED:
            whole = "the end of its input" if status.element_counts is None else "its end"
            return Verdict(Exit.REACHED, f"{self.words.name} has reached {whole}.")
        if reason == Reason.NOTHING_TO_CANCEL:
            return Verdict(Exit.REACHED, f"{self.words.name} had ended before: {status.deployment_status}.")
        if reason != self.wanted:
            return None
        if reason == Reason.STOPPED:
            return self._judge_stop(status)
        told = "" if status.element_progress is None else f", {status.element_progress} elements completed"
        return Verdict(Exit.REACHED, f"{self.words.name} is {self.wanted}{told}.")

    def _judge_stop(self, status: PipelineStatus) -> Verdict:
        stop, name = status.stop, self.words.name
        if stop is None or stop.requested_at == self.stop_before:
            return Verdict(Exit.REACHED, f"{name} is stopped.")
        if stop.checkpoint is not None:
            return Verdict(Exit.REACHED, f"{name} is stopped, with checkpoint {stop.checkpoint}.")
        if stop.reason is None:
            how = "by force" if stop.mode == StopMode.FORCE else "without a checkpoint"
            return Verdict(
                Exit.REACHED, f"{name} is stopped, {how}; a start resumes from the checkpoint before."
            )
        known = stop.reason in list(StopReason)
        why = outcomes.STOP_REASONS[StopReason(stop.reason)] if known else stop.reason
        code = Exit.FAILED if stop.reason in outcomes.LOSSES else Exit.REACHED
        return Verdict(code, f"{name} is stopped, without a checkpoint: {why}.")


@dataclass(frozen=True, slots=True)
class RequestGoal:
    """The request has its outcome."""

    verb: RequestVerb
    token: str
    words: Words

    def judge(self, subject: Subject) -> Verdict | None:
        outcome = subject.outcome(self.verb, self.token)
        if outcome is None or outcome.state == RequestState.IN_PROGRESS:
            return None
        if outcome.state != RequestState.SUCCEEDED:
            return _failed_request(outcome, self.words)
        told = f": {outcome.message}" if outcome.message else ""
        return Verdict(Exit.REACHED, sentence(f"{self.verb} of {self.words.name} is done{told}"))


def _failed_request(outcome: RequestStatus, words: Words) -> Verdict:
    told = outcome.message or outcome.reason or "no reason is given"
    text = (
        f"{outcome.verb} of {words.name}: {outcome.state}: {sentence(told)} {hint_for(outcome.reason, words)}"
    )
    return Verdict(Exit.FAILED, text.strip())

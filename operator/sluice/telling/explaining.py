"""``explain``: why is it in this state, what is it waiting for, what can I do? Pure, in sentences.

The words are data, in ``explanations`` and ``outcomes``; here they are only chosen and put in order.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sluice.api.errors import ErrorCode
from sluice.api.kinds import DEPLOYMENT, PIPELINE, Kind
from sluice.api.reasons import ConditionType, Reason, RequestReason, StopReason
from sluice.api.status import PipelineStatus, ReportStatus
from sluice.api.statuses import CombinedStatus
from sluice.telling import explanations, outcomes
from sluice.telling.explanations import Explanation
from sluice.telling.subject import Subject
from sluice.telling.words import Words, ago, sentence

ASIDE = (ConditionType.CHECKPOINT_CURRENT, ConditionType.CHANGES_PENDING)
"""Conditions that say something of their own beside whether the pipeline is where it is wanted."""
QUIET = frozenset(
    {Reason.CURRENT, Reason.NOT_SCHEDULED, Reason.NONE_PENDING, Reason.NO_STORAGE, Reason.NO_HOOK}
)
"""Findings of those that nobody has to hear of."""


@dataclass(slots=True)
class Account:
    """The three answers, each a list of sentences that is never empty."""

    why: list[str] = field(default_factory=list[str])
    awaits: list[str] = field(default_factory=list[str])
    do: list[str] = field(default_factory=list[str])


def explain(subject: Subject, words: Words, now: datetime) -> Account:
    """Everything that there is to say of the pipeline as it is."""
    account, status = Account(), subject.status
    account.why.append(_where(subject, status, now))
    reason, message = _main_reason(subject)
    if reason is None:
        _add(account, explanations.UNSEEN, words)
        account.why.append("It has no status yet.")
        return account
    account.why.append(sentence(message))
    _add(account, explain_reason(reason), words)
    _add_stop(account, status, now)
    _add_errors(account, status, words)
    _add_asides(account, subject, words)
    is_deployment = subject.kind is DEPLOYMENT
    account.do = [words.fill(line) for line in explanations.DEPLOYMENT_DO] if is_deployment else account.do
    account.do = list(dict.fromkeys(account.do))
    return account


def explain_status(status: str | None, kind: Kind = PIPELINE) -> str:
    """What a combined status means."""
    known: dict[str, str] = {str(name): text for name, text in explanations.STATUSES.items()}
    if kind is DEPLOYMENT:
        known |= explanations.DEPLOYMENT_STATUSES
    return known.get(status or CombinedStatus.STOPPED, explanations.UNKNOWN_STATUS)


def explain_reason(reason: str) -> Explanation:
    """What a reason waits for, and what can be done."""
    known = reason in list(Reason)
    return explanations.REASONS[Reason(reason)] if known else explanations.UNKNOWN


def hint_for(code: str | None, words: Words) -> str:
    """What can be done about an error code or a request's reason; empty where nothing is known of it."""
    # By their text: a process may name an error as it likes, also like one that only HTTP callers meet.
    if code in list(outcomes.ERRORS):
        return words.fill(outcomes.ERRORS[ErrorCode(code)])
    return outcomes.REQUEST_REASONS[RequestReason(code)] if code in list(RequestReason) else ""


def _where(subject: Subject, status: PipelineStatus, now: datetime) -> str:
    name = status.deployment_status or "New"
    since = status.deployment_status_since
    is_new = since is None or ago(since, now) == "now"
    where = f"is {name}" if is_new else f"has been {name} for {ago(since, now)}"
    wish = subject.wish
    by = "an override request" if subject.override is not None else subject.owner or "its spec"
    wanted = f"wanted {wish.desired}{', by force,' if wish.force else ''} by {by}"
    return (
        f"{subject.name} {where}, and is {wanted}. {explain_status(status.deployment_status, subject.kind)}"
    )


def _main_reason(subject: Subject) -> tuple[str | None, str]:
    """The reason that decides what happens next, with its sentence."""
    reconciling = subject.condition(ConditionType.RECONCILING)
    if reconciling is not None and reconciling.reason == Reason.RECONCILIATION_PAUSED:
        return reconciling.reason, reconciling.message
    ready = subject.condition(ConditionType.READY)
    return (None, "") if ready is None else (ready.reason, ready.message)


def _add(account: Account, found: Explanation, words: Words) -> None:
    account.awaits.append(sentence(f"It waits for {found.awaits}"))
    account.do += [words.fill(line) for line in found.do]


def _add_stop(account: Account, status: PipelineStatus, now: datetime) -> None:
    stop = status.stop
    if stop is None:
        return
    if stop.finished_at is None:
        account.awaits += [sentence(f"The checkpoint is held up: {blocker}") for blocker in stop.blockers]
        if stop.last_error:
            account.why.append(
                sentence(f"Attempt {stop.attempt} at the checkpoint failed: {stop.last_error}")
            )
        if stop.report is not None:
            account.why.append(_report(stop.report))
        if stop.deadline_at is not None and stop.deadline_at > now:
            account.awaits.append(f"The deadline of the stop is in {ago(now, stop.deadline_at)}.")
    elif stop.reason in list(StopReason):
        told = outcomes.STOP_REASONS[StopReason(stop.reason)]
        account.why.append(sentence(f"Its last stop was without a checkpoint: {told}"))
    elif stop.checkpoint is not None and status.deployment_status == CombinedStatus.STOPPED:
        account.why.append(
            f"Its last stop made checkpoint {stop.checkpoint}; the next start resumes from it."
        )


def _report(report: ReportStatus) -> str:
    code = "came to no end" if report.code is None else f"ended with code {report.code}"
    said = f", and said: {report.output}" if report.output else ""
    return sentence(f"Its last attempt {code} after {report.duration_seconds} s{said}")


def _add_errors(account: Account, status: PipelineStatus, words: Words) -> None:
    error = status.deployment_error
    if error is not None:
        account.why.append(f"deploymentError {error.error_code}: {sentence(error.message)}")
        account.do = [hint for hint in (hint_for(error.error_code, words),) if hint] + account.do
    restart = status.restart
    if restart is not None and restart.last_error is not None:
        account.why.append(
            f"It was restarted {restart.count} times in a row, last after {restart.last_error.error_code}:"
            f" {sentence(restart.last_error.message)}"
        )


def _add_asides(account: Account, subject: Subject, words: Words) -> None:
    for kind in ASIDE:
        found = subject.condition(kind)
        if found is None or found.reason in QUIET:
            continue
        account.why.append(sentence(found.message))
        hint = hint_for(found.reason, words)
        more = [hint] if hint else [words.fill(line) for line in explain_reason(found.reason).do]
        account.do += more

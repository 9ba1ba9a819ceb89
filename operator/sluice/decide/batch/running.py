"""A run under way: elements end, and others start in their places."""

from collections.abc import Mapping

from sluice.api import events
from sluice.api.batch import ElementSpec
from sluice.api.element_status import BatchStatus, ElementStatus
from sluice.api.reasons import Reason
from sluice.api.statuses import StopCause, StopMode
from sluice.decide.batch.canceling import begin_cancel, cancel
from sluice.decide.batch.elements import (
    canceled,
    changed,
    elements,
    is_fail_fast,
    policy,
    replace_each,
    seen,
)
from sluice.decide.batch.ending import end_if_over
from sluice.decide.batch.following import follow
from sluice.decide.batch.graph import dependencies, dependents_of, elements_of
from sluice.decide.batch.removing import remove_leftovers
from sluice.decide.batch.writing import is_held_back
from sluice.decide.decision import CreateJobs, tell
from sluice.decide.draft import Draft

TOLD_AT_ONCE = 5
"""So many failed elements have an event of their own in one look."""


def run(draft: Draft) -> None:
    """Take in what ended, start what can start, and end the run when nothing is left."""
    entry = draft.status
    if draft.is_stop_wanted:
        mode = StopMode.FORCE if draft.is_force_wanted else StopMode.GRACEFUL
        begin_cancel(draft, mode, StopCause.DELETED if draft.intent.is_deleting else StopCause.REQUESTED)
        cancel(draft, entry)
        return
    draft.say(Reason.ELEMENTS_RUNNING)
    specs = elements_of(draft.spec)
    replace_each(
        draft,
        lambda each: follow(draft, each, specs[each.name]) if _is_followed(each, specs) else each,
    )
    _tell_failures(draft, entry.elements or [])
    has_failed = any(each.status == BatchStatus.FAILED for each in elements(draft))
    if has_failed and is_fail_fast(draft):
        begin_cancel(draft, StopMode.GRACEFUL, StopCause.ELEMENT_FAILED)
        cancel(draft, entry)
        return
    if has_failed:
        _give_up_dependents(draft)
    remove_leftovers(draft)
    _start_next(draft)
    if end_if_over(draft) or _is_first_look(entry.elements or []):
        return
    if is_held_back(draft, entry):
        # What stands in no status must not be done.
        draft.actions.clear()


def _is_followed(each: ElementStatus, specs: Mapping[str, ElementSpec]) -> bool:
    return each.is_under_way and each.name in specs


def _is_first_look(before: list[ElementStatus]) -> bool:
    """Whether nothing of the run has been started yet: that is what people wait for."""
    return all(each.submitted_at is None for each in before)


def _tell_failures(draft: Draft, before: list[ElementStatus]) -> None:
    known = {each.name for each in before if each.status == BatchStatus.FAILED}
    new = [each for each in elements(draft) if each.status == BatchStatus.FAILED and each.name not in known]
    for each in new[:TOLD_AT_ONCE]:
        told = tell(events.ELEMENT_FAILED, element=each.name, code=each.error_code, message=each.error or "")
        draft.events.append(told)


def _give_up_dependents(draft: Draft) -> None:
    """What depends on something that will not be completed is never started."""
    lost = {
        each.name for each in elements(draft) if each.status in (BatchStatus.FAILED, BatchStatus.CANCELED)
    }
    waiting = dependents_of(elements_of(draft.spec), lost)

    def give_up(each: ElementStatus) -> ElementStatus:
        if each.status != BatchStatus.PENDING or each.submitted_at is not None or each.name not in waiting:
            return each
        return canceled(each, draft.now, f"never started: {waiting[each.name]} was not completed")

    replace_each(draft, give_up)


def _start_next(draft: Draft) -> None:
    """Write down what starts now, and make the Jobs of what was written down."""
    specs = elements_of(draft.spec)
    done = {each.name for each in elements(draft) if each.status == BatchStatus.COMPLETED}
    places = policy(draft).parallelism - sum(each.is_under_way for each in elements(draft))

    def start(each: ElementStatus) -> ElementStatus:
        nonlocal places
        is_waiting = each.status == BatchStatus.PENDING and each.submitted_at is None and each.name in specs
        if places <= 0 or not is_waiting or not done.issuperset(dependencies(specs[each.name])):
            return each
        places -= 1
        return changed(each, submitted_at=draft.now)

    replace_each(draft, start)
    missing = tuple(each.name for each in elements(draft) if _lacks_job(draft, each))
    if missing:
        draft.act(CreateJobs(missing, draft.status.run_number, draft.status.deployment_id or ""))
        draft.look_again_in(1)


def _lacks_job(draft: Draft, each: ElementStatus) -> bool:
    """Whether its Job is to be made: for the first time, or again after a crash or a refusal."""
    if not each.is_under_way or each.started_at is not None:
        return False
    found = seen(draft).of(each.name)
    return found.job is None and (found.refusal is None or found.refusal.is_due)

"""When the list of elements is written: a thousand of them, written at each step, would be a flood."""

from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus
from sluice.decide.batch.elements import seen
from sluice.decide.decision import SaveTails
from sluice.decide.draft import Draft


def is_held_back(draft: Draft, entry: PipelineStatus) -> bool:
    """Take back a change that nobody waits for, if the list was written a moment ago.

    Nothing is lost: what was seen is seen again. ``entry`` is the status before.
    """
    due = seen(draft).write_due_in
    if due <= 0 or draft.status == entry:
        return False
    draft.status = entry
    # Told with the write that it belongs to.
    draft.events = [event for event in draft.events if event.reason is not Reason.ELEMENT_FAILED]
    draft.look_again_in(due)
    return True


def look_again_while_reading(draft: Draft) -> None:
    """No event tells that something was read, or that a hook came to its end."""
    seconds = seen(draft).look_in
    if seconds is not None:
        draft.look_again_in(seconds)


def keep_tails(draft: Draft) -> None:
    """Keep the ends of logs: their pods will be gone."""
    look_again_while_reading(draft)
    tails = seen(draft).tails
    if tails:
        draft.act(SaveTails(tuple(tails.items())))

"""When a pipeline that runs has to be stopped so that a new start can follow.

Never two runtimes: an edited template is a graceful stop and a start, and so is a restart that somebody asks
for. A template that could not be made into a pod is found out before anything is stopped.
"""

from sluice.api.reasons import Reason
from sluice.api.statuses import RequestVerb, StopCause
from sluice.decide.draft import Draft
from sluice.decide.requests import open_request
from sluice.decide.timing import BLOCKED_POLL_SECONDS


def roll_cause(draft: Draft) -> StopCause | None:
    """Why a new start is due, if it is. Says so where the new template stands in its way."""
    if open_request(draft, RequestVerb.RESTART) is not None:
        return StopCause.RESTART
    if draft.is_stop_given_up or not draft.intent.is_roll_needed:
        return None
    problem = draft.observed.template_problem
    if problem is not None:
        draft.stall(Reason.INVALID_TEMPLATE, problem)
        draft.look_again_in(BLOCKED_POLL_SECONDS)
        return None
    return StopCause.SPEC_CHANGED

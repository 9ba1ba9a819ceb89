"""A process that waits for somebody to approve its changed program."""

from typing import Final

from sluice.api.reasons import Reason
from sluice.api.statuses import RequestState, RequestVerb, RuntimeStatus
from sluice.decide.decision import EngineCall
from sluice.decide.draft import Draft
from sluice.decide.requests import finish, open_request
from sluice.decide.timing import poll_delay
from sluice.observation import EngineVerb, RuntimeAnswer

POLL_SECONDS: Final = 10.0
"""Somebody may approve at the process itself, of which no watch tells."""


def mind_approval(draft: Draft, answer: RuntimeAnswer) -> bool:
    """Approve if that was asked for. False when the process does not wait for it."""
    if answer.status != RuntimeStatus.AWAITING_APPROVAL:
        finish(draft, RequestVerb.APPROVE, RequestState.SUCCEEDED)
        return False
    if open_request(draft, RequestVerb.APPROVE) is not None:
        draft.act(EngineCall(EngineVerb.APPROVE))
        draft.say(Reason.TRANSITIONING, runtime=answer.status, desired=answer.desired)
        draft.look_again_in(poll_delay(draft.status.deployment_runtime_status_since, draft.now))
    else:
        details = answer.details or {}
        draft.stall(Reason.AWAITING_APPROVAL, str(details.get("approval_diff") or ""))
        draft.look_again_in(POLL_SECONDS)
    return True

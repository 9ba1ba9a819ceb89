"""Requests, as annotations bring them into an intent, and what status tells of them."""

import dataclasses
from typing import Any

from sluice.api.requests import Request
from sluice.api.status import PipelineStatus, RequestStatus
from sluice.api.statuses import RequestVerb
from sluice.decide import Decision
from sluice.observation import Intent

from .builders import NOW, RUN, UID

CHECKPOINT, CLEAR, DISMISS, APPROVE, RESTART, OVERRIDE = (
    RequestVerb.CHECKPOINT,
    RequestVerb.CLEAR_STORAGE,
    RequestVerb.DISMISS_ERROR,
    RequestVerb.APPROVE,
    RequestVerb.RESTART,
    RequestVerb.OVERRIDE,
)


def asking(verb: RequestVerb, token: str = "t1", *, of: Intent = RUN, **changes: Any) -> Intent:
    """Somebody asks for this, once."""
    request = dataclasses.replace(Request(verb, token, UID), **changes)
    return dataclasses.replace(of, requests=(*of.requests, request))


def asked(verb: RequestVerb, token: str = "t1", state: str = "InProgress") -> RequestStatus:
    """A request that stands in status."""
    return RequestStatus(verb=verb, token=token, state=state, requested_at=NOW)


def outcome(seen: Decision | PipelineStatus, verb: RequestVerb, token: str = "t1") -> RequestStatus:
    """What status says of a request."""
    status = seen.status if isinstance(seen, Decision) else seen
    (found,) = [each for each in status.requests if (each.verb, each.token) == (verb, token)]
    return found

"""An override: what somebody wants now, until Git wants something else.

It is in force while its annotation stands and ``spec.desiredStatus`` and ``spec.force`` are what they were
when it was made. Whoever makes one may say what they were; otherwise it is what the operator finds.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sluice.api.errors import ErrorCode
from sluice.api.reasons import RequestReason
from sluice.api.requests import Request
from sluice.api.status import OverrideStatus, RequestStatus
from sluice.api.statuses import DesiredStatus, RequestState, RequestVerb

STOPS = (DesiredStatus.STOPPED, DesiredStatus.CANCELED)


class Wish(NamedTuple):
    """``desiredStatus`` and ``force`` as they are in force, and where they come from."""

    desired_status: DesiredStatus
    force: bool
    override: OverrideStatus | None = None
    problem: tuple[str, str] | None = None
    """Reason and sentence why an override is not in force."""


def name_wish(generation: int, override: OverrideStatus | None) -> str:
    """Names what is wanted: another wish is tried anew where this one was given up."""
    return f"{generation}:{override.token}" if override else str(generation)


def effective_wish(
    declared: Wish,
    requests: Sequence[Request],
    uid: str,
    known: OverrideStatus | None,
    outcomes: Sequence[RequestStatus],
    served: Collection[DesiredStatus],
) -> Wish:
    """What is wanted: as declared, or as a request overrides it.

    ``known`` is the override in force so far, ``outcomes`` are those of all requests, ``served`` is what the
    pipeline's engine can be.
    """
    request = next((each for each in requests if each.verb is RequestVerb.OVERRIDE), None)
    if request is None or request.problem is not None or request.uid != uid:
        return declared
    if known is not None and known.token == request.token:
        return _go_on(declared, known)
    if any(_is_outcome_of(request, outcome) for outcome in outcomes):
        return declared
    return _begin(declared, request, served)


def _is_outcome_of(request: Request, outcome: RequestStatus) -> bool:
    is_same = (outcome.verb, outcome.token) == (request.verb, request.token)
    return is_same and outcome.state != RequestState.IN_PROGRESS


def _go_on(declared: Wish, known: OverrideStatus) -> Wish:
    if (declared.desired_status, declared.force) != (known.spec_desired_status, known.spec_force):
        return declared
    return Wish(DesiredStatus(known.desired_status), known.force, known)


def _begin(declared: Wish, request: Request, served: Collection[DesiredStatus]) -> Wish:
    given = request.arguments
    wanted, force = given.get("desiredStatus"), given.get("force", False)
    problem = _problem(wanted, force, served)
    if problem is not None:
        return declared._replace(problem=(ErrorCode.INVALID_REQUEST, problem))
    override = OverrideStatus(
        token=request.token,
        desired_status=str(wanted),
        force=force,
        spec_desired_status=str(given.get("specDesiredStatus", declared.desired_status.value)),
        spec_force=given.get("specForce", declared.force) is True,
    )
    wish = _go_on(declared, override)
    if wish.override is None:
        return declared._replace(
            problem=(RequestReason.SUPERSEDED, "the spec was changed after the override was made")
        )
    return wish


def _problem(wanted: Any, force: Any, served: Collection[DesiredStatus]) -> str | None:
    if wanted not in list(served):
        return f"desiredStatus {wanted!r} is none of {', '.join(sorted(served))}"
    if not isinstance(force, bool):
        return f"force is {force!r}: write true or false"
    if force and wanted not in STOPS:
        return "force goes only with desiredStatus Stopped (or Canceled, for batch pipelines)"
    return None

"""The end of a run, once every element has ended and nothing of it is left running."""

from sluice.api.element_status import BatchStatus
from sluice.api.status import ErrorStatus
from sluice.api.statuses import ResourcesDesiredStatus, ResourcesStatus, StopCause
from sluice.decide.batch.elements import elements, seen, with_status
from sluice.decide.draft import Draft


def end_if_over(draft: Draft) -> bool:
    """Whether the run has come to its end, which is written down then."""
    if not all(each.is_over for each in elements(draft)):
        return False
    found = seen(draft)
    if any(found.of(each.name).live_pods for each in elements(draft)):
        draft.look_again_in(1)
        return False
    if draft.resources is ResourcesStatus.STOPPING and not found.is_clear:
        # The watches may be late: whether anything of it still runs, the API server itself is asked.
        draft.look_again_in(0)
        return False
    draft.set(
        deployment_resources_status=ResourcesStatus.STOPPED,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
        deployment_error=_error(draft),
    )
    draft.finish_stop()
    draft.look_again_in(1)
    return True


def outcome(draft: Draft) -> BatchStatus:
    """What a run that has ended came to."""
    stop = draft.status.stop
    was_asked_for = stop is not None and stop.cause != StopCause.ELEMENT_FAILED
    if was_asked_for and with_status(draft, BatchStatus.CANCELED):
        return BatchStatus.CANCELED
    if with_status(draft, BatchStatus.FAILED):
        return BatchStatus.FAILED
    return BatchStatus.COMPLETED


def _error(draft: Draft) -> ErrorStatus | None:
    """The error of the run is that of the element that failed first."""
    if outcome(draft) is not BatchStatus.FAILED:
        return None
    found = with_status(draft, BatchStatus.FAILED)
    first = min(found, key=lambda each: each.finished_at or draft.now)
    return ErrorStatus(
        message=f"element {first.name}: {first.error or 'no further explanation'}",
        error_code=first.error_code or "",
        details={"element": first.name, "failed": len(found)},
    )

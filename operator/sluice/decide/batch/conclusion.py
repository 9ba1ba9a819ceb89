"""What people read of a batch pipeline: one word, how far it is, and whether that is where it should be."""

from typing import Any

from sluice.api.element_status import BatchStatus
from sluice.api.reasons import Reason
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.decide.batch.elements import count, elements
from sluice.decide.batch.ending import outcome
from sluice.decide.draft import Draft

Finding = tuple[bool, Reason, str]


def phase(draft: Draft) -> BatchStatus:
    """``deploymentStatus``, in the words of seed 003."""
    status = draft.status
    if draft.resources is not ResourcesStatus.STOPPED:
        has_begun = any(each.started_at or each.is_over for each in elements(draft))
        return BatchStatus.RUNNING if has_begun else BatchStatus.PENDING
    if status.deployment_id is not None:
        return outcome(draft)
    if status.deployment_error is not None:
        return BatchStatus.FAILED
    return BatchStatus.CANCELED if draft.is_stop_wanted and status.elements else BatchStatus.PENDING


def target(draft: Draft) -> DesiredStatus:
    """``deploymentDesiredStatus``."""
    is_canceling = draft.resources is ResourcesStatus.STOPPING
    return DesiredStatus.CANCELED if draft.is_stop_wanted or is_canceling else DesiredStatus.RUNNING


def progress(draft: Draft) -> dict[str, Any]:
    """The counts of elements, and what of them ``kubectl get`` shows."""
    if draft.status.elements is None:
        return {"element_counts": None, "element_progress": None}
    counts = count(elements(draft))
    return {"element_counts": counts, "element_progress": f"{counts.completed}/{counts.total}"}


def finding(draft: Draft) -> Finding:
    """Whether it is where it is wanted, and if not, what is being waited for."""
    if draft.stalled is not None:
        cause, detail = draft.stalled
        return False, cause, draft.sentence(cause, detail=detail)
    if draft.intent.is_deleting or draft.resources is not ResourcesStatus.STOPPED:
        reason, values = draft.note or (Reason.STARTING, {})
        return False, reason, draft.sentence(reason, **values)
    where = phase(draft)
    if draft.is_stop_wanted:
        reason = Reason.CANCELED if where is BatchStatus.CANCELED else Reason.NOTHING_TO_CANCEL
        return True, reason, draft.sentence(reason)
    return _at_rest(draft, where)


def _at_rest(draft: Draft, where: BatchStatus) -> Finding:
    error = draft.status.deployment_error
    match where:
        case BatchStatus.COMPLETED:
            return True, Reason.COMPLETED, draft.sentence(Reason.COMPLETED)
        case BatchStatus.CANCELED:
            return False, Reason.CANCELED, draft.sentence(Reason.CANCELED)
        case BatchStatus.FAILED:
            has_run = draft.status.deployment_id is not None
            reason = Reason.RUN_FAILED if has_run else Reason.FAILED
            return False, reason, draft.sentence(reason, detail=error.message if error else "")
        case BatchStatus.PENDING | BatchStatus.RUNNING:
            return False, Reason.STARTING, draft.sentence(Reason.STARTING)

"""Clearing the storage of a stopped pipeline, and clearing away what is not to be kept.

The pipeline's own claim is deleted, as the published API does it. A claim that the user made is emptied
instead.
"""

from sluice.api.errors import ErrorCode
from sluice.api.reasons import Reason
from sluice.api.statuses import MaintenanceTask, RequestState, RequestVerb, StorageStatus
from sluice.decide import maintenance
from sluice.decide.decision import DeleteClaim
from sluice.decide.draft import Draft
from sluice.decide.requests import finish, open_request
from sluice.decide.timing import poll_delay


def begin_clearing(draft: Draft) -> None:
    """Write down that the storage is being cleared, if that was asked for. Nothing is touched before."""
    if open_request(draft, RequestVerb.CLEAR_STORAGE) is not None and not draft.is_clearing:
        draft.set(
            storage_status=StorageStatus.CLEARING, storage_status_details=None, last_checkpoint_time=None
        )
        draft.look_again_in(0)


def go_on_clearing(draft: Draft) -> None:
    """Take the next step of a clearing that was written down."""
    storage = draft.spec.storage
    draft.say(Reason.MAINTENANCE, detail="the storage is being cleared")
    if storage is not None and storage.existing_claim is not None:
        _empty_claim(draft)
    elif draft.observed.claim is None or not draft.observed.claim.is_ours:
        _be_cleared(draft)
    else:
        draft.act(DeleteClaim())
        draft.look_again_in(poll_delay(None, draft.now))


def _empty_claim(draft: Draft) -> None:
    if not draft.observed.can_maintain:
        reason = (
            "the claim is not the operator's own to delete, and there is no image for a maintenance pod that"
            " knows what is on it: set SLUICE_IMAGE, or empty it yourself"
        )
        draft.set(storage_status=StorageStatus.IN_USE)
        finish(
            draft,
            RequestVerb.CLEAR_STORAGE,
            RequestState.FAILED,
            draft.describe(ErrorCode.CLEAR_FAILED, reason=reason),
            reason=ErrorCode.CLEAR_FAILED,
        )
    elif draft.status.maintenance is None and draft.status.storage_status_details is None:
        maintenance.begin(draft, MaintenanceTask.CLEAR)
    else:
        _be_cleared(draft)


def _be_cleared(draft: Draft) -> None:
    draft.set(
        storage_status=StorageStatus.CLEARED,
        storage_status_details=None,
        storage_cleared_time=draft.now,
        storage_claim=None,
        storage_size=None,
        maintenance=None,
    )
    finish(draft, RequestVerb.CLEAR_STORAGE, RequestState.SUCCEEDED)


def retain(draft: Draft) -> None:
    """Have a pod remove the checkpoints that are not to be kept, while the pipeline is stopped."""
    is_possible = draft.has_storage and draft.observed.can_maintain and draft.status.maintenance is None
    if is_possible and maintenance.surplus(draft):
        maintenance.begin(draft, MaintenanceTask.RETAIN)

"""The size of the volume: it grows with the spec where its storage class allows that, and never shrinks."""

from sluice.api.edits import PendingChange, pending_edits
from sluice.api.errors import ErrorCode
from sluice.decide.decision import GrowClaim
from sluice.decide.draft import Draft
from sluice.decide.timing import BLOCKED_POLL_SECONDS


def mind_size(draft: Draft) -> None:
    """Have the claim grow when the spec declares more than it was asked to have."""
    storage, claim = draft.spec.storage, draft.observed.claim
    if storage is None or claim is None or not claim.is_ours or storage.existing_claim is not None:
        return
    if claim.is_too_large:
        draft.hold(pending_edits(["storage.size"]))
    elif claim.is_too_small:
        refusal = draft.refusal_of(GrowClaim)
        draft.act(GrowClaim(storage.size))
        draft.look_again_in(BLOCKED_POLL_SECONDS if refusal else 0)
        if refusal is not None:
            draft.hold(PendingChange(ErrorCode.EDIT_RESTRICTED, refusal.message))
    else:
        draft.set(storage_size=storage.size)

"""The end of a deletion, once the pod is gone for sure: undo what is left and let the object go."""

from sluice.api.reasons import Reason
from sluice.api.statuses import VolumePolicy
from sluice.decide.decision import DeleteClaim, DeleteRevisions, RemoveFinalizer
from sluice.decide.draft import Draft


def finalize(draft: Draft) -> None:
    """Remove the claim where that is declared, the revisions, and last the finalizer."""
    draft.say(Reason.DELETING)
    storage = draft.spec.storage
    is_data_to_go = draft.is_clearing or (storage and storage.on_delete is VolumePolicy.DELETE)
    if is_data_to_go and storage and not storage.existing_claim:
        draft.act(DeleteClaim())
    if draft.intent.has_finalizer:
        draft.act(DeleteRevisions(), RemoveFinalizer())

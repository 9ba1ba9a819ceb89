"""When the finalizer goes: as soon as nothing is left that a deletion would have to undo."""

from sluice.api.statuses import VolumePolicy
from sluice.decide.decision import RemoveFinalizer
from sluice.decide.draft import Draft
from sluice.decide.timing import seconds_since

RELEASE_SECONDS = 60
"""A stopped pipeline with nothing to undo keeps the finalizer for so long: a stop that is soon followed by a
start costs no two writes for it."""


def release(draft: Draft) -> None:
    """Let the object go without us while it has nothing that a deletion would have to undo."""
    storage = draft.spec.storage
    is_data_to_go = storage is not None and storage.on_delete is VolumePolicy.DELETE and draft.has_storage
    is_unknown = draft.intent.spec is None
    if not draft.intent.has_finalizer or is_data_to_go or is_unknown or draft.status.maintenance is not None:
        return
    left = RELEASE_SECONDS - seconds_since(draft.status.deployment_resources_status_since, draft.now)
    if left > 0:
        draft.look_again_in(left)
    else:
        draft.act(RemoveFinalizer())

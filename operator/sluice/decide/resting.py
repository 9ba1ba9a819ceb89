"""At rest in ``Stopped``: keep still, clear up, start, or finish a deletion."""

from sluice.api.errors import ErrorCode
from sluice.api.statuses import (
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StorageStatus,
    VolumePolicy,
)
from sluice.decide import maintenance
from sluice.decide.clearing import begin_clearing, go_on_clearing, retain
from sluice.decide.decision import RemoveFinalizer
from sluice.decide.deleting import finalize
from sluice.decide.draft import Draft
from sluice.decide.requests import finish, is_held
from sluice.decide.starting import adopt, start
from sluice.decide.timing import seconds_since

RELEASE_SECONDS = 60
"""A stopped pipeline with nothing to undo keeps the finalizer for so long: a stop that is soon followed by a
start costs no two writes for it."""


def leave_stopped(draft: Draft) -> None:
    """Rest, start, work on the volume, or finish a deletion."""
    pod = draft.observed.pod
    if maintenance.go_on(draft):
        _stand_still(draft)
    elif pod is not None and pod.is_ours:
        adopt(draft, pod)
    elif draft.intent.is_deleting:
        finalize(draft)
    elif draft.is_clearing:
        _stand_still(draft)
        go_on_clearing(draft)
    elif draft.is_stop_wanted:
        # A restart that was under way when somebody asked for the stop.
        message = draft.describe(ErrorCode.NOT_WANTED)
        finish(draft, RequestVerb.RESTART, RequestState.FAILED, message, reason=ErrorCode.NOT_WANTED)
        _rest(draft, held_generation=None)
    elif is_held(draft):
        _rest(draft, held_generation=draft.status.held_generation)
    elif draft.intent.spec_error is None:
        start(draft)
    else:
        _rest(draft, held_generation=None)


def _stand_still(draft: Draft) -> None:
    draft.set(
        deployment_resources_status=ResourcesStatus.STOPPED,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
    )


def _rest(draft: Draft, held_generation: int | None) -> None:
    _stand_still(draft)
    draft.set(
        held_generation=held_generation,
        storage_status=draft.status.storage_status or StorageStatus.CLEARED,
    )
    begin_clearing(draft)
    if not draft.is_clearing:
        retain(draft)
        _release(draft)


def _release(draft: Draft) -> None:
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

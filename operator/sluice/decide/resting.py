"""At rest in ``Stopped``: keep still, clear up, start, or finish a deletion."""

from sluice.api.errors import ErrorCode
from sluice.api.statuses import (
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StorageStatus,
)
from sluice.decide import maintenance
from sluice.decide.clearing import begin_clearing, go_on_clearing, retain
from sluice.decide.deleting import finalize
from sluice.decide.draft import Draft
from sluice.decide.release import release
from sluice.decide.requests import finish, is_held
from sluice.decide.starting import adopt, start


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
        release(draft)

"""No run is under way: wait, begin one, clear up after the last, or finish a deletion."""

from collections.abc import Mapping
from graphlib import CycleError

from sluice.api.batch import ElementSpec
from sluice.api.element_status import BatchStatus, ElementErrorCode, ElementStatus
from sluice.api.errors import ErrorCode
from sluice.api.spec import PipelineSpec
from sluice.api.status import ErrorStatus
from sluice.api.statuses import (
    FRESH,
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StorageStatus,
)
from sluice.decide.batch.elements import elements, policy, seen
from sluice.decide.batch.graph import dependencies, elements_of, find_problem, in_order
from sluice.decide.decision import AddFinalizer, DeleteRunJobs, PruneTails
from sluice.decide.deleting import finalize
from sluice.decide.draft import Draft
from sluice.decide.release import release
from sluice.decide.requests import finish, open_request
from sluice.decide.timing import seconds_since


def rest(draft: Draft) -> None:
    """Nothing runs."""
    draft.set(
        deployment_resources_status=ResourcesStatus.STOPPED,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
        storage_status=draft.status.storage_status or StorageStatus.CLEARED,
    )
    if draft.intent.is_deleting:
        finalize(draft)
    elif draft.is_stop_wanted:
        _refuse_restart(draft)
        _rest_canceled(draft)
    elif draft.status.deployment_id is None:
        _begin_first(draft)
    elif open_request(draft, RequestVerb.RESTART) is not None:
        _begin_again(draft)
    else:
        _clear_up(draft)


def _refuse_restart(draft: Draft) -> None:
    message = draft.describe(ErrorCode.NOT_WANTED)
    finish(draft, RequestVerb.RESTART, RequestState.FAILED, message, reason=ErrorCode.NOT_WANTED)


def _rest_canceled(draft: Draft) -> None:
    """Canceled before there was a run, nothing ever starts; and one that has ended keeps its results."""
    if draft.status.deployment_id is None:
        names = elements_of(draft.spec)
        known = [each.name for each in elements(draft)]
        if known != list(names) or draft.status.deployment_error is not None:
            never = [ElementStatus(name=name, status=BatchStatus.CANCELED.value) for name in names]
            draft.set(elements=never, deployment_error=None)
    _clear_up(draft)


def _begin_first(draft: Draft) -> None:
    if draft.intent.spec_error is not None:
        return
    problem = find_problem(draft.spec)
    if problem is None:
        _begin(draft, draft.spec, draft.intent.revision, {})
        return
    _reject_restart(draft, problem)
    draft.set(
        elements=None,
        deployment_error=ErrorStatus(message=problem, error_code=ElementErrorCode.CONFIGURATION_ERROR.value),
    )


def _reject_restart(draft: Draft, problem: str) -> None:
    reason = ElementErrorCode.CONFIGURATION_ERROR.value
    finish(draft, RequestVerb.RESTART, RequestState.FAILED, problem, reason=reason)


def _begin_again(draft: Draft) -> None:
    spec = draft.intent.next_spec or draft.spec
    problem = draft.intent.spec_error or find_problem(spec)
    if problem is not None:
        _reject_restart(draft, problem)
        return
    kept = kept_elements(elements(draft), elements_of(draft.spec), spec)
    draft.act(PruneTails(tuple(kept)), DeleteRunJobs(except_run=draft.status.run_number + 1))
    _begin(draft, spec, draft.intent.next_revision or draft.intent.revision, kept)


def kept_elements(
    before: list[ElementStatus], known: Mapping[str, ElementSpec], spec: PipelineSpec
) -> dict[str, ElementStatus]:
    """What the next run need not do again: completed, unchanged, and so is all that it depends on.

    Where that is everything, there is nothing to resume, and everything is run again.
    """
    if spec.start_from == FRESH:
        return {}
    wanted = elements_of(spec)
    done = {each.name: each for each in before if each.status == BatchStatus.COMPLETED}
    kept: dict[str, ElementStatus] = {}
    try:
        order = in_order(wanted)
    except CycleError:  # pragma: no cover - found out before
        return {}
    for name in order:
        is_unchanged = name in done and known.get(name) == wanted[name]
        if is_unchanged and all(on in kept for on in dependencies(wanted[name])):
            kept[name] = done[name]
    return kept if len(kept) < len(wanted) else {}


def _begin(draft: Draft, spec: PipelineSpec, revision: str, kept: Mapping[str, ElementStatus]) -> None:
    """Write the run down, before anything of it is made."""
    if not draft.intent.has_finalizer:
        draft.act(AddFinalizer())
    storage = spec.storage
    claim = draft.intent.kind.claim_name(draft.intent.name, storage.existing_claim) if storage else None
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONED,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_id=draft.observed.new_id,
        run_number=draft.status.run_number + 1,
        revision=revision,
        deployment_error=None,
        stop=None,
        elements=[kept.get(name) or ElementStatus(name=name) for name in elements_of(spec)],
        storage_status=StorageStatus.IN_USE if storage else StorageStatus.CLEARED,
        storage_claim=claim,
    )
    finish(draft, RequestVerb.RESTART, RequestState.SUCCEEDED)
    draft.look_again_in(0)


def _clear_up(draft: Draft) -> None:
    """After the end of a run: its Jobs and pods go when their time is over, and so does the finalizer."""
    kept_seconds = policy(draft).ttl_seconds_after_finished
    if kept_seconds is not None and seen(draft).has_jobs:
        left = kept_seconds - seconds_since(draft.status.deployment_resources_status_since, draft.now)
        if left > 0:
            draft.look_again_in(left)
        else:
            draft.act(DeleteRunJobs())
    release(draft)

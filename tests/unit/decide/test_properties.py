"""What holds for every decision, also for those that no sequence of events leads to."""

import json
from datetime import datetime

from hypothesis import HealthCheck, given, settings

from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus
from sluice.decide import (
    CreateMaintenancePod,
    CreatePod,
    Decision,
    DeleteClaim,
    DeletePod,
    EngineCall,
    RemoveFinalizer,
    decide,
)
from sluice.observation import Intent, Observed

from .builders import actions_of, reread
from .strategies import intents, moments, statuses, worlds

ABOUT_REQUESTS = (Reason.REQUEST_DONE, Reason.REQUEST_FAILED)
SOME = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@SOME
@given(intents(), statuses(), worlds(), moments())
def test_deciding_never_fails_and_the_same_inputs_give_the_same_decision(
    intent: Intent, status: PipelineStatus, seen: Observed, now: datetime
) -> None:
    copy = status.model_copy(deep=True)

    first = decide(intent, status, seen, now)

    assert decide(intent, status, seen, now) == first
    assert status == copy, "the inputs are not changed"
    assert first.requeue_after is None or first.requeue_after >= 0
    told = [event for event in first.events if event.reason not in ABOUT_REQUESTS]
    assert len(told) <= 1


@SOME
@given(intents(), statuses(), worlds(), moments())
def test_every_decision_obeys_the_rules_that_need_no_history(
    intent: Intent, status: PipelineStatus, seen: Observed, now: datetime
) -> None:
    decision = decide(intent, status, seen, now)
    if intent.is_paused:
        assert decision.actions == ()
        return

    _assert_pods_are_safe(intent, seen, decision)
    _assert_stopped_is_stopped(status, seen, decision)
    if actions_of(decision, RemoveFinalizer):
        assert seen.pod is None or not seen.pod.is_ours
        assert decision.status.deployment_resources_status in (None, "Stopped")
        assert intent.is_deleting or not _has_something_to_undo(intent, decision)


def _has_something_to_undo(intent: Intent, decision: Decision) -> bool:
    """Whether a deletion without the operator would leave something behind that was to go."""
    storage = intent.spec.storage if intent.spec is not None else None
    is_data_to_go = storage is not None and storage.on_delete == "Delete"
    is_kept = storage is None or storage.existing_claim or decision.status.storage_status == "Cleared"
    return decision.status.maintenance is not None or (is_data_to_go and not is_kept)


def _assert_pods_are_safe(intent: Intent, seen: Observed, decision: Decision) -> None:
    for deletion in actions_of(decision, DeletePod):
        assert deletion.grace_seconds != 0
        assert seen.pod is not None
        assert seen.pod.is_ours
        assert deletion.uid == seen.pod.uid
    for creation in decision.actions:
        if isinstance(creation, CreatePod | CreateMaintenancePod):
            assert seen.pod is None or not seen.pod.is_ours
            assert creation.run_number == decision.status.run_number
    for creation in actions_of(decision, CreatePod):
        assert creation.deployment_id == (decision.status.deployment_id or "")
        assert not intent.is_deleting
    kinds = {type(action) for action in decision.actions}
    assert len(kinds & {CreatePod, CreateMaintenancePod, DeletePod, DeleteClaim}) <= 1
    assert not {EngineCall, DeletePod} <= kinds


def _assert_stopped_is_stopped(before: PipelineStatus, seen: Observed, decision: Decision) -> None:
    after = decision.status
    was_force = before.stop is not None and before.stop.mode == "Force" and before.stop.finished_at is None
    if before.deployment_resources_status == "Stopping":
        assert after.deployment_resources_status in ("Stopping", "Stopped")
        if was_force:
            assert after.stop is not None
            assert after.stop.mode == "Force"
    if after.deployment_status in ("Stopped", "Completed"):
        assert after.deployment_resources_status in (None, "Stopped")
        assert seen.pod is None or not seen.pod.is_ours or seen.pod.is_maintenance


@SOME
@given(intents(), statuses(), worlds(), moments())
def test_every_status_survives_the_way_through_the_api(
    intent: Intent, status: PipelineStatus, seen: Observed, now: datetime
) -> None:
    written = reread(decide(intent, status, seen, now).status)

    assert reread(written) == written
    text = json.dumps(written.model_dump(by_alias=True, exclude_none=True, mode="json"))
    assert PipelineStatus.model_validate_json(text) == written


@SOME
@given(intents(), statuses(), worlds(), moments())
def test_deciding_again_on_what_was_written_settles(
    intent: Intent, status: PipelineStatus, seen: Observed, now: datetime
) -> None:
    """The same world seen again and again: after a few looks nothing new is written."""
    current = reread(status)
    for _ in range(8):
        after = reread(decide(intent, current, seen, now).status)
        if after == current:
            return
        current = after
    raise AssertionError("the status never comes to rest in a world that stands still")

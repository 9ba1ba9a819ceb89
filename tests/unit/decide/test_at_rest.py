"""Where a start begins, what a stopped pipeline gives up, how a volume grows, and a pipeline left alone."""

import dataclasses
from typing import Any

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import MaintenanceStatus, PipelineStatus
from sluice.decide import ApplyClaim, CreatePod, GrowClaim, RemoveFinalizer
from sluice.observation import Claim, Intent, Observed, RefusalKind

from .asking import CHECKPOINT, asking
from .builders import (
    BOOM,
    FORCE,
    NOTHING,
    NOW,
    RUN,
    STOP,
    actions_of,
    ago,
    answer_of,
    condition,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    refusal_of,
    reread,
    seen_of,
    serving,
    spec_of,
    stopped,
    stopping,
    suspending,
)

# --- Where a start begins ---


def starting_from(declared: str) -> Intent:
    return intent_of(spec=spec_of(startFrom=declared))


def begins_at(intent: Intent, before: PipelineStatus, claim: Claim | None = None) -> str:
    (creation,) = actions_of(look(intent, before, seen_of(claim=claim)), CreatePod)
    return creation.start_from


@pytest.mark.parametrize("declared", ["Fresh", "c1"])
def test_start_from_counts_for_the_first_start_after_it_was_set(declared: str) -> None:
    intent = starting_from(declared)
    first = look(intent, stopped())
    later = stopped(**first.status.model_dump(include={"last_start_from", "run_number"}))

    assert [action.start_from for action in actions_of(first, CreatePod)] == [declared]
    assert actions_of(first, ApplyClaim) == [ApplyClaim(2, None, declared)]
    assert begins_at(intent, later) == "Latest", "what came after it must not get lost"
    assert begins_at(starting_from("c2"), later) == "c2"
    assert begins_at(starting_from("Latest"), later) == "Latest"


def test_an_automatic_restart_is_told_the_same_place_as_the_start() -> None:
    """It counts in the process until this start has a checkpoint of its own."""
    assert begins_at(starting_from("c1"), provisioning(deployment_start_from="c1")) == "c1"


@pytest.mark.parametrize(
    ("on_the_claim", "expected"), [("Fresh", "Latest"), ("Latest", "Fresh"), (None, "Fresh")]
)
def test_a_cluster_that_lost_its_status_goes_by_the_label_of_the_claim(
    on_the_claim: str | None, expected: str
) -> None:
    claim = Claim(is_ours=True, run_number=7, start_from=on_the_claim)

    assert begins_at(starting_from("Fresh"), PipelineStatus(), claim) == expected


def test_after_a_clearing_a_start_is_fresh_and_the_very_first_one_is_not() -> None:
    assert begins_at(RUN, stopped(storage_status="Cleared", storage_cleared_time=NOW)) == "Fresh"
    assert begins_at(RUN, stopped(storage_status="Cleared")) == "Latest", "a run without storage"
    assert begins_at(RUN, PipelineStatus()) == "Latest", "an existing claim may hold what it is to go on from"


# --- What a stopped pipeline gives up ---


def resting(seconds: int = 60, **changes: Any) -> PipelineStatus:
    return stopped(deployment_resources_status_since=ago(seconds), **changes)


def test_the_finalizer_goes_a_minute_after_the_stop() -> None:
    early, due = look(STOP, resting(59)), look(STOP, resting(60))

    assert (early.actions, early.requeue_after) == ((), 1)
    assert due.actions == (RemoveFinalizer(),)
    assert look(dataclasses.replace(STOP, has_finalizer=False), resting()).actions == ()


@pytest.mark.parametrize(
    "before", [resting(held_generation=1), resting(held_generation=1, deployment_error=BOOM)]
)
def test_it_goes_from_what_ended_by_itself_too(before: PipelineStatus) -> None:
    assert look(RUN, before).actions == (RemoveFinalizer(),)


@pytest.mark.parametrize(
    ("intent", "before"),
    [
        pytest.param(
            intent_of(STOP.desired_status, spec_of(storage={"onDelete": "Delete"})),
            resting(),
            id="data is to go",
        ),
        pytest.param(
            dataclasses.replace(STOP, spec=None, spec_error="odd"), resting(), id="an unreadable spec"
        ),
        pytest.param(
            STOP,
            resting(maintenance=MaintenanceStatus(task="Retain", attempt=1, next_attempt_at=ago(-60))),
            id="work on the volume",
        ),
    ],
)
def test_it_stays_while_a_deletion_would_have_something_to_undo(
    intent: Intent, before: PipelineStatus
) -> None:
    assert actions_of(look(intent, before), RemoveFinalizer) == []


def test_data_that_is_to_go_holds_it_no_longer_once_it_is_cleared() -> None:
    intent = intent_of(STOP.desired_status, spec_of(storage={"onDelete": "Delete"}))

    assert look(intent, resting(storage_status="Cleared")).actions == (RemoveFinalizer(),)


# --- The size of the volume ---

SMALL = Claim(is_ours=True, run_number=1, is_too_small=True)
LARGE = dataclasses.replace(SMALL, is_too_small=False, is_too_large=True)


def with_claim(claim: Claim, **changes: Any) -> Observed:
    return seen_of(pod_of(), runtime=answer_of("Running", None, "c1"), claim=claim, **changes)


def test_a_claim_grows_while_the_pipeline_runs() -> None:
    grows = look(RUN, provisioned(), with_claim(SMALL))
    grown = look(RUN, reread(grows.status), with_claim(dataclasses.replace(SMALL, is_too_small=False)))

    assert grows.actions == (GrowClaim("10Gi"),)
    assert (grown.actions, grown.status.storage_size) == ((), "10Gi")
    assert condition(grown).status == "True"


def test_growth_that_is_refused_is_pending_with_the_reason_and_is_tried_again() -> None:
    refusal = refusal_of(
        GrowClaim, RefusalKind.TEMPORARY, "only dynamically provisioned claims can be resized"
    )
    decision = look(RUN, provisioned(), with_claim(SMALL, refusal=refusal))
    pending = condition(decision, ConditionType.CHANGES_PENDING)

    assert decision.actions == (GrowClaim("10Gi"),)
    assert decision.requeue_after == 30
    assert (pending.reason, pending.message) == ("EditRestrictedToClearedStorage", refusal.message)
    assert condition(decision).status == "True"


def test_a_claim_never_shrinks_and_says_so() -> None:
    decision = look(RUN, provisioned(), with_claim(LARGE))
    pending = condition(decision, ConditionType.CHANGES_PENDING)

    assert decision.actions == ()
    assert "`storage.size`" in pending.message


@pytest.mark.parametrize(
    ("intent", "claim"),
    [
        pytest.param(RUN, dataclasses.replace(SMALL, is_ours=False), id="somebody else's"),
        pytest.param(intent_of(spec=spec_of(storage={"existingClaim": "old"})), SMALL, id="the user's own"),
    ],
)
def test_only_the_own_claim_grows(intent: Intent, claim: Claim) -> None:
    assert look(intent, provisioned(), with_claim(claim)).actions == ()


# --- A pipeline that is left alone ---


@pytest.mark.parametrize(
    ("intent", "before", "seen"),
    [
        pytest.param(RUN, stopped(), NOTHING, id="to start"),
        pytest.param(FORCE, provisioned(), serving(), id="to stop"),
        pytest.param(STOP, suspending(), serving("Suspended", "c1", "c2"), id="suspended"),
        pytest.param(dataclasses.replace(STOP, is_deleting=True), stopping(), NOTHING, id="to go"),
        pytest.param(asking(CHECKPOINT), provisioned(), serving(), id="asked for something"),
    ],
)
def test_a_paused_pipeline_is_left_as_it_is_and_says_only_that(
    intent: Intent, before: PipelineStatus, seen: Observed
) -> None:
    known = look(RUN, before, seen).status.conditions
    before = reread(before.model_copy(update={"conditions": known}))
    decision = look(dataclasses.replace(intent, is_paused=True), before, seen)

    reconciling = condition(decision, ConditionType.RECONCILING)
    assert (decision.actions, decision.events, decision.requeue_after) == ((), (), None)
    assert (reconciling.status, reconciling.reason) == ("False", Reason.RECONCILIATION_PAUSED)
    assert decision.status.model_copy(update={"conditions": []}) == before.model_copy(
        update={"conditions": []}
    )
    others = [entry for entry in decision.status.conditions if entry.type != ConditionType.RECONCILING]
    assert others == [entry for entry in known if entry.type != ConditionType.RECONCILING]

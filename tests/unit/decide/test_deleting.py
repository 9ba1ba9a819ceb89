"""Deleting a pipeline: a stop first, then what belongs to it, and the data only where that was declared."""

import dataclasses
from typing import Any

import pytest

from sluice.api.reasons import Reason
from sluice.decide import (
    Action,
    AddFinalizer,
    CreatePod,
    DeleteClaim,
    DeletePod,
    DeleteRevisions,
    RemoveFinalizer,
)
from sluice.observation import Intent, Pod

from .builders import (
    BOOM,
    POD_UID,
    SUSPEND,
    actions_of,
    condition,
    deletes_pod,
    ended,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    serving,
    spec_of,
    stopped,
    stopping,
    suspending,
)


def deleting(**spec: Any) -> Intent:
    return intent_of(spec=spec_of(**spec), is_deleting=True)


def test_a_running_pipeline_makes_a_last_checkpoint_before_it_is_deleted() -> None:
    asked = look(deleting(), provisioned(), serving("Running", "c1"))
    made = look(deleting(), reread(asked.status), serving("Suspended", "c1", "c2"))

    assert asked.actions == (SUSPEND,)
    assert made.actions == (DeletePod(POD_UID, 30),), "it has nothing left to save"
    assert made.status.stop is not None
    assert made.status.stop.checkpoint == "c2"


def test_before_delete_false_deletes_it_like_a_force_stop() -> None:
    decision = look(deleting(checkpoint={"beforeDelete": False}), provisioned(), serving())

    assert decision.actions == (DeletePod(POD_UID, 1),)
    assert decision.status.stop is not None
    assert decision.status.stop.mode == "Force"


def test_deleting_while_suspending_waits_for_the_same_checkpoint() -> None:
    decision = look(deleting(), suspending(), serving("Running", "c1", desired="Suspended"))

    assert decision.actions == ()
    assert decision.status.deployment_status == "Suspending"


def test_deleting_while_provisioning_takes_the_pod_away() -> None:
    decision = look(deleting(), provisioning(), seen_of(pod_of(is_started=False)))

    assert deletes_pod(decision)
    assert decision.status.deployment_status == "Stopping"


@pytest.mark.parametrize("pod", [pod_of(), pod_of(is_deleting=True), ended(143)])
def test_the_finalizer_stays_while_a_pod_is_there(pod: Pod) -> None:
    for before in (stopping(), stopped()):
        decision = look(deleting(), before, seen_of(pod))
        assert actions_of(decision, RemoveFinalizer) == []


@pytest.mark.parametrize(
    ("storage", "actions"),
    [
        pytest.param({}, (DeleteRevisions(), RemoveFinalizer()), id="kept by default"),
        pytest.param({"onDelete": "Retain"}, (DeleteRevisions(), RemoveFinalizer()), id="kept"),
        pytest.param(
            {"onDelete": "Delete"}, (DeleteClaim(), DeleteRevisions(), RemoveFinalizer()), id="deleted"
        ),
        pytest.param(
            {"onDelete": "Delete", "existingClaim": "old"},
            (DeleteRevisions(), RemoveFinalizer()),
            id="an existing claim is always kept",
        ),
        pytest.param(None, (DeleteRevisions(), RemoveFinalizer()), id="no storage"),
    ],
)
def test_the_data_goes_only_where_that_is_declared(
    storage: dict[str, Any] | None, actions: tuple[Action, ...]
) -> None:
    decision = look(deleting(storage=storage), stopped())

    assert decision.actions == actions
    assert condition(decision).reason == Reason.DELETING


def test_a_pipeline_without_the_finalizer_is_left_to_whoever_holds_it() -> None:
    decision = look(dataclasses.replace(deleting(), has_finalizer=False), stopped())

    assert decision.actions == ()


def test_a_pipeline_that_never_had_a_good_spec_can_be_deleted_and_keeps_its_data() -> None:
    intent = dataclasses.replace(deleting(), spec=None, spec_error="no template")

    assert look(intent, stopped()).actions == (DeleteRevisions(), RemoveFinalizer())


def test_nothing_starts_once_the_deletion_was_asked_for() -> None:
    for before in (stopped(), stopped(deployment_error=BOOM), provisioning(), stopping()):
        decision = look(deleting(), before)
        assert actions_of(decision, CreatePod) == []
        assert actions_of(decision, AddFinalizer) == []


def test_a_failed_last_checkpoint_does_not_hold_the_deletion_up() -> None:
    failed = look(deleting(), suspending(), seen_of(ended(1, error=BOOM)))
    gone = look(deleting(), reread(failed.status), seen_of(last_seen=ended(1)))
    final = look(deleting(), reread(gone.status))

    assert failed.status.deployment_error == BOOM
    assert actions_of(final, RemoveFinalizer) == [RemoveFinalizer()]


def test_a_forgotten_pod_of_a_deleted_pipeline_is_stopped_first() -> None:
    adopted = look(deleting(), stopped(), seen_of(pod_of()))
    asked = look(deleting(), reread(adopted.status), serving("Running", "c1"))

    assert adopted.status.deployment_resources_status == "Provisioned"
    assert asked.actions == (SUSPEND,)

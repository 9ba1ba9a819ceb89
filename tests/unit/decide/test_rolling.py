"""A changed template is a graceful stop and a start: tried before anything is stopped, and never two pods."""

import dataclasses

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import PipelineStatus
from sluice.decide import CreatePod, DeletePod
from sluice.observation import Observed

from .asking import RESTART, asked
from .builders import (
    BOOM,
    FIRST_START,
    NEXT_START,
    NOTHING,
    NOW,
    POD_UID,
    RUN,
    SILENCE,
    STOP,
    SUSPEND,
    actions_of,
    condition,
    ended,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    serving,
    stopping,
    suspending,
)

ROLL = dataclasses.replace(RUN, is_roll_needed=True, generation=2, revision="orders-abcdef0123")
PROBLEM = "spec.containers[0].image: Required value"


def test_the_process_makes_its_checkpoint_and_a_start_of_its_own_follows() -> None:
    asked_for = look(ROLL, provisioned(), serving("Running", "c1"))
    made = look(ROLL, reread(asked_for.status), serving("Suspended", "c1", "c2"))
    gone = look(ROLL, reread(made.status), seen_of(last_seen=ended(143)))
    begun = look(dataclasses.replace(ROLL, is_roll_needed=False), reread(gone.status))

    assert asked_for.actions == (SUSPEND,)
    assert asked_for.status.stop is not None
    assert asked_for.status.stop.cause == "SpecChanged"
    assert made.actions == (DeletePod(POD_UID, 30),)
    assert (gone.status.deployment_status, begun.status.deployment_status) == ("Stopped", "Provisioning")
    assert begun.status.revision == ROLL.revision
    assert [action.deployment_id for action in actions_of(begun, CreatePod)] == [NEXT_START]


def test_a_roll_is_no_change_that_is_held() -> None:
    for before, seen in (
        (suspending({"cause": "SpecChanged"}), serving("Running", "c1", desired="Suspended")),
        (stopping(stop={"cause": "SpecChanged"}), seen_of(pod_of(is_deleting=True))),
    ):
        assert condition(look(ROLL, before, seen), ConditionType.CHANGES_PENDING).status == "False"


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param(provisioned(), serving("Running", "c1"), id="running"),
        pytest.param(provisioned(), seen_of(pod_of(), runtime=SILENCE), id="silent"),
        pytest.param(provisioning(), seen_of(pod_of(is_started=False)), id="provisioning"),
    ],
)
def test_a_template_that_cannot_be_run_stops_nothing(before: PipelineStatus, seen: Observed) -> None:
    decision = look(ROLL, before, dataclasses.replace(seen, template_problem=PROBLEM))

    stalled = condition(decision, ConditionType.STALLED)
    assert decision.actions == ()
    assert decision.status.stop is None
    assert (stalled.status, stalled.reason) == ("True", Reason.INVALID_TEMPLATE)
    assert PROBLEM in stalled.message
    assert decision.requeue_after is not None
    assert decision.requeue_after <= 30, "a quota or a webhook may change without a word"


def test_before_there_is_a_pod_the_next_one_simply_takes_the_new_spec() -> None:
    decision = look(ROLL, provisioning())

    assert decision.status.stop is None
    assert decision.status.revision == ROLL.revision
    assert [action.deployment_id for action in actions_of(decision, CreatePod)] == [FIRST_START]


def test_a_pod_that_does_not_serve_yet_is_replaced_without_a_checkpoint() -> None:
    decision = look(ROLL, provisioning(), seen_of(pod_of(is_started=False)))

    assert decision.status.stop is not None
    assert (decision.status.stop.cause, decision.status.stop.reason) == ("SpecChanged", "NotProvisioned")
    assert actions_of(decision, DeletePod) != []


def test_a_pod_of_an_earlier_run_is_not_stopped_for_the_spec() -> None:
    decision = look(ROLL, provisioning(run_number=2), seen_of(pod_of(run_number=1, is_deleting=True)))

    assert decision.status.deployment_status == "Provisioning"
    assert decision.status.stop is None


def test_a_stop_that_is_wanted_overtakes_the_roll_and_no_start_follows() -> None:
    stop = dataclasses.replace(ROLL, desired_status=STOP.desired_status)
    made = look(stop, suspending({"cause": "SpecChanged"}), serving("Suspended", "c1", "c2"))
    gone = look(stop, reread(made.status), seen_of(last_seen=ended(143)))
    rest = look(stop, reread(gone.status))

    assert rest.status.deployment_status == "Stopped"
    assert actions_of(rest, CreatePod) == []


def test_a_roll_whose_checkpoint_fails_stays_stopped_until_somebody_asks() -> None:
    failed = look(ROLL, suspending({"cause": "SpecChanged"}), seen_of(ended(1, error=BOOM)))
    gone = look(ROLL, reread(failed.status), seen_of(last_seen=ended(1, error=BOOM)))
    rest = look(dataclasses.replace(ROLL, is_roll_needed=False), reread(gone.status))

    assert (rest.status.deployment_status, rest.status.deployment_error) == ("Stopped", BOOM)
    assert actions_of(rest, CreatePod) == []
    assert condition(rest, ConditionType.STALLED).reason == Reason.FAILED


def test_a_restart_that_is_asked_for_needs_no_other_spec_and_replaces_also_what_has_no_pod() -> None:
    serves = look(RUN, provisioned(requests=[asked(RESTART)]), serving("Running", "c1"))
    starts = look(RUN, provisioning(requests=[asked(RESTART)]), NOTHING)

    for decision in (serves, starts):
        assert decision.status.stop is not None
        assert decision.status.stop.cause == "Restart"


def test_a_wish_that_was_given_up_is_not_rolled_before_another_one_comes() -> None:
    over = suspending({"cause": "SpecChanged", "given_up_for": "2", "finished_at": NOW}).stop
    given_up = provisioned(stop=over)
    another = dataclasses.replace(ROLL, generation=3)

    assert look(ROLL, given_up, serving("Running", "c1")).actions == ()
    assert look(another, given_up, serving("Running", "c1")).actions == (SUSPEND,)

"""Standby and its activation, and a changed program that waits for approval."""

import pytest

from sluice.api.errors import ErrorCode, describe
from sluice.api.reasons import ConditionType, Reason
from sluice.api.statuses import DesiredStatus
from sluice.decide import CreatePod, EngineCall
from sluice.observation import EngineVerb, Intent

from .asking import APPROVE, asked, asking, outcome
from .builders import (
    PAUSED,
    RUN,
    STOP,
    actions_of,
    answer_of,
    condition,
    deletes_pod,
    intent_of,
    look,
    pod_of,
    provisioned,
    reread,
    seen_of,
    serving,
    spec_of,
    stopped,
)

STANDBY = intent_of(DesiredStatus.STANDBY, spec_of(storage={"sync": {"url": "s3://bucket/orders"}}))
WAITS = seen_of(
    pod_of(), runtime=answer_of("AwaitingApproval", "Running", details={"approval_diff": "x: new"})
)
APPROVES = EngineCall(EngineVerb.APPROVE)


def test_a_pipeline_starts_in_standby_and_is_ready_there() -> None:
    begun = look(STANDBY, stopped())
    follows = look(STANDBY, provisioned(deployment_initial="Standby"), serving("Standby"))

    assert [action.initial for action in actions_of(begun, CreatePod)] == ["Standby"]
    assert follows.actions == ()
    assert (condition(follows).status, condition(follows).reason) == ("True", Reason.STANDBY)
    assert condition(follows, ConditionType.AVAILABLE).status == "False"


@pytest.mark.parametrize(("intent", "argument"), [(RUN, "running"), (PAUSED, "paused")], ids=["run", "pause"])
def test_standby_is_left_by_an_activation_and_by_nothing_else(intent: Intent, argument: str) -> None:
    decision = look(intent, provisioned(deployment_initial="Standby"), serving("Standby"))
    under_way = look(intent, reread(decision.status), serving("Standby", desired=argument.capitalize()))

    assert decision.actions == (EngineCall(EngineVerb.ACTIVATE, argument),)
    assert under_way.actions == ()
    assert condition(under_way).reason == Reason.TRANSITIONING


@pytest.mark.parametrize("status", ["Running", "Paused"])
def test_nothing_leads_back_to_standby_but_a_stop(status: str) -> None:
    decision = look(STANDBY, provisioned(deployment_initial=status), serving(status))
    sentence = describe(ErrorCode.INITIAL_IMMUTABLE)

    assert decision.actions == ()
    assert condition(decision, ConditionType.CHANGES_PENDING).message == sentence
    assert condition(decision, ConditionType.STALLED).status == "True"
    assert sentence in condition(decision, ConditionType.STALLED).message


def test_who_waits_for_approval_is_stalled_with_what_has_changed() -> None:
    decision = look(RUN, provisioned(), WAITS)
    stalled = condition(decision, ConditionType.STALLED)

    assert decision.actions == ()
    assert (stalled.reason, "x: new" in stalled.message) == (Reason.AWAITING_APPROVAL, True)
    assert "requests.sluice.dev/approve" in stalled.message


def test_an_approval_is_repeated_until_the_process_leaves_that_status() -> None:
    first = look(asking(APPROVE), provisioned(), WAITS)
    again = look(asking(APPROVE), reread(first.status), WAITS)
    done = look(asking(APPROVE), reread(again.status), serving("Bootstrapping", desired="Running"))

    assert first.actions == again.actions == (APPROVES,)
    assert outcome(again, APPROVE).state == "InProgress"
    assert (outcome(done, APPROVE).state, done.actions) == ("Succeeded", ())


def test_an_approval_of_before_does_not_count_for_the_next_change() -> None:
    decision = look(asking(APPROVE), provisioned(requests=[asked(APPROVE, state="Succeeded")]), WAITS)

    assert decision.actions == ()
    assert condition(decision, ConditionType.STALLED).reason == Reason.AWAITING_APPROVAL


def test_a_pipeline_that_awaits_approval_can_be_paused_or_stopped() -> None:
    paused = look(PAUSED, provisioned(), WAITS)
    stopped_now = look(STOP, provisioned(), WAITS)

    assert paused.actions == ()
    assert deletes_pod(stopped_now)

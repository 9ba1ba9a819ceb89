"""Requests: each token once, its outcome in status, and never for another object."""

import dataclasses

import pytest

from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus
from sluice.api.statuses import RequestVerb
from sluice.decide import CreatePod, EngineCall
from sluice.observation import EngineVerb, Intent, Observed

from .asking import (
    APPROVE,
    CHECKPOINT,
    CLEAR,
    DISMISS,
    OVERRIDE,
    RESTART,
    asked,
    asking,
    outcome,
)
from .builders import (
    BOOM,
    NOTHING,
    NOW,
    RUN,
    STOP,
    SUSPEND,
    actions_of,
    ended,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    serving,
    stopped,
    stopping,
    suspending,
)

FAILED = stopped(deployment_error=BOOM, held_generation=1)
STATES: dict[str, tuple[Intent, PipelineStatus, Observed]] = {
    "stopped": (STOP, stopped(), NOTHING),
    "failed": (RUN, FAILED, NOTHING),
    "provisioning": (RUN, provisioning(), seen_of(pod_of(is_started=False))),
    "running": (RUN, provisioned(), serving("Running", "c1")),
    "approval": (RUN, provisioned(), serving("AwaitingApproval", desired="Running")),
    "suspending": (STOP, suspending(), serving("Running", "c1", desired="Suspended")),
    "stopping": (STOP, stopping(), seen_of(pod_of(is_deleting=True))),
    "restarting": (RUN, stopping(stop={"cause": "Restart"}), seen_of(pod_of(is_deleting=True))),
}
# What becomes of each verb in each state; states that are not named refuse it.
BEGUN: dict[RequestVerb, dict[str, str]] = {
    CHECKPOINT: {"running": "InProgress", "approval": "InProgress"},
    CLEAR: {"stopped": "InProgress", "failed": "InProgress"},
    DISMISS: {"stopped": "Succeeded", "failed": "Succeeded"},
    APPROVE: {"approval": "InProgress", "running": "Succeeded"},
    RESTART: {
        "failed": "Succeeded",
        "provisioning": "InProgress",
        "running": "InProgress",
        "approval": "InProgress",
        "restarting": "InProgress",
    },
}
CASES = [pytest.param(verb, state, id=f"{verb} while {state}") for verb in BEGUN for state in STATES]


@pytest.mark.parametrize(("verb", "state"), CASES)
def test_each_verb_is_begun_or_refused_by_the_state(verb: RequestVerb, state: str) -> None:
    intent, before, seen = STATES[state]
    entry = outcome(look(asking(verb, of=intent), before, seen), verb)

    assert entry.state == BEGUN[verb].get(state, "Refused")
    assert entry.requested_at == NOW
    assert (entry.finished_at is None) is (entry.state == "InProgress")
    if entry.state == "Refused":
        assert entry.reason
        assert entry.message


@pytest.mark.parametrize(("verb", "state"), CASES)
def test_a_refused_request_changes_nothing_but_its_own_outcome(verb: RequestVerb, state: str) -> None:
    intent, before, seen = STATES[state]
    if BEGUN[verb].get(state):
        return
    with_it, without = look(asking(verb, of=intent), before, seen), look(intent, before, seen)

    assert with_it.actions == without.actions
    assert with_it.status.model_copy(update={"requests": []}) == without.status


@pytest.mark.parametrize("verb", RequestVerb)
@pytest.mark.parametrize("state", STATES)
def test_a_token_is_taken_once_also_by_an_operator_that_has_just_begun(verb: RequestVerb, state: str) -> None:
    intent, before, seen = STATES[state]
    asking_now = asking(verb, of=intent)
    current = look(asking_now, before, seen)
    entry = outcome(current, verb)
    for _ in range(3):
        current = look(asking_now, reread(current.status), seen)

        assert outcome(current, verb).requested_at == entry.requested_at
        if entry.state != "InProgress":
            assert outcome(current, verb) == entry, "what is over stays as it ended"


def test_a_request_that_is_over_is_not_carried_out_again() -> None:
    done = provisioned(requests=[asked(CHECKPOINT, state="Succeeded")])
    rested = stopped(requests=[asked(CLEAR, state="Succeeded")])

    assert look(asking(CHECKPOINT), done, serving("Running", "c1")).actions == ()
    assert look(asking(CLEAR, of=STOP), rested).status.storage_status == "InUse"


def test_another_token_is_another_request() -> None:
    done = provisioned(requests=[asked(CHECKPOINT, state="Succeeded")])
    decision = look(asking(CHECKPOINT, "t2"), done, serving("Running", "c1"))

    assert outcome(decision, CHECKPOINT, "t2").state == "InProgress"
    assert actions_of(decision, EngineCall) == [EngineCall(EngineVerb.CHECKPOINT)]


@pytest.mark.parametrize("verb", RequestVerb)
def test_a_request_for_another_object_of_the_name_is_ignored_and_says_so(verb: RequestVerb) -> None:
    for intent, before, seen in STATES.values():
        decision = look(asking(verb, of=intent, uid="uid-of-another"), before, seen)
        entry = outcome(decision, verb)

        assert (entry.state, entry.reason) == ("Ignored", "OtherObject")
        assert "uid-of-another" in (entry.message or "")
        assert decision.actions == look(intent, before, seen).actions


@pytest.mark.parametrize("verb", RequestVerb)
def test_a_request_that_cannot_be_understood_is_refused_with_the_reason(verb: RequestVerb) -> None:
    decision = look(asking(verb, problem="it has no token"), provisioned(), serving())
    entry = outcome(decision, verb)

    assert (entry.state, entry.reason) == ("Refused", "InvalidRequest")
    assert "it has no token" in (entry.message or "")
    assert decision.actions == ()


def test_a_request_without_a_uid_is_meant_for_this_object() -> None:
    decision = look(asking(CHECKPOINT, uid=None), provisioned(), serving("Running", "c1"))

    assert outcome(decision, CHECKPOINT).state == "InProgress"


def test_the_last_five_of_each_verb_are_kept_and_none_that_is_under_way() -> None:
    status = provisioned(requests=[asked(CHECKPOINT, "open"), asked(RESTART, "r", "Failed")])
    for number in range(8):
        status = reread(look(asking(DISMISS, f"d{number}"), status, serving()).status)

    tokens = [entry.token for entry in status.requests]
    assert tokens == ["open", "r", "d3", "d4", "d5", "d6", "d7"]


@pytest.mark.parametrize(
    ("intent", "before", "reason", "is_warning"),
    [
        pytest.param(asking(DISMISS, of=STOP), FAILED, Reason.REQUEST_DONE, False, id="succeeded"),
        pytest.param(asking(DISMISS), provisioned(), Reason.REQUEST_FAILED, True, id="refused"),
    ],
)
def test_an_outcome_is_told_by_one_event(
    intent: Intent, before: PipelineStatus, reason: Reason, is_warning: bool
) -> None:
    seen = serving() if before.deployment_resources_status == "Provisioned" else NOTHING
    first = look(intent, before, seen)
    again = look(intent, reread(first.status), seen)

    told = [event for event in first.events if event.reason is reason]
    assert [event.is_warning for event in told] == [is_warning]
    assert told[0].message.startswith("dismiss-error t1: ")
    assert [event for event in again.events if event.reason is reason] == []


def test_a_dismissal_clears_the_error_and_lets_the_pipeline_start_again() -> None:
    stays, starts = look(asking(DISMISS, of=STOP), FAILED), look(asking(DISMISS), FAILED)

    assert (stays.status.deployment_error, stays.status.deployment_status) == (None, "Stopped")
    assert starts.status.deployment_status == "Provisioning"
    assert actions_of(starts, CreatePod)


def test_a_dismissal_of_nothing_starts_no_pipeline_that_is_complete() -> None:
    decision = look(asking(DISMISS), stopped(held_generation=1))

    assert outcome(decision, DISMISS).state == "Succeeded"
    assert decision.status.deployment_status == "Completed"


def test_a_restart_is_a_graceful_stop_and_a_start_with_an_id_of_its_own() -> None:
    asked_for = look(asking(RESTART), provisioned(), serving("Running", "c1"))
    made = look(asking(RESTART), reread(asked_for.status), serving("Suspended", "c1", "c2"))
    gone = look(asking(RESTART), reread(made.status), seen_of(last_seen=ended(143)))
    begun = look(asking(RESTART), reread(gone.status))

    assert asked_for.actions == (SUSPEND,)
    assert asked_for.status.stop is not None
    assert asked_for.status.stop.cause == "Restart"
    assert outcome(gone, RESTART).state == "InProgress"
    assert outcome(begun, RESTART).state == "Succeeded"
    assert begun.status.deployment_status == "Provisioning"
    assert begun.status.deployment_id not in (None, provisioned().deployment_id)


@pytest.mark.parametrize("held", [FAILED, stopped(held_generation=1)], ids=["failed", "completed"])
def test_a_restart_starts_what_ended_by_itself(held: PipelineStatus) -> None:
    decision = look(asking(RESTART), held)

    assert outcome(decision, RESTART).state == "Succeeded"
    assert decision.status.deployment_status == "Provisioning"


def test_a_restart_of_a_pipeline_that_is_wanted_stopped_is_refused() -> None:
    for before, seen in ((stopped(), NOTHING), (provisioned(), serving()), (suspending(), serving())):
        entry = outcome(look(asking(RESTART, of=STOP), before, seen), RESTART)

        assert (entry.state, entry.reason) == ("Refused", "RestartRestrictedToWanted")


def test_an_error_of_its_stop_fails_a_restart_and_holds_the_pipeline() -> None:
    before = suspending({"cause": "Restart"}, requests=[asked(RESTART)])
    failed = look(asking(RESTART), before, seen_of(ended(1, error=BOOM)))
    gone = look(asking(RESTART), reread(failed.status), seen_of(last_seen=ended(1, error=BOOM)))
    rest = look(asking(RESTART), reread(gone.status))

    assert (outcome(failed, RESTART).state, outcome(failed, RESTART).message) == ("Failed", BOOM.message)
    assert (rest.status.deployment_status, rest.status.deployment_error) == ("Stopped", BOOM)
    assert actions_of(rest, CreatePod) == []


def test_an_override_that_is_not_in_force_is_refused_with_its_problem() -> None:
    intent = dataclasses.replace(asking(OVERRIDE), override_problem=("Superseded", "the spec was changed"))
    entry = outcome(look(intent, provisioned(), serving()), OVERRIDE)

    assert (entry.state, entry.reason, entry.message) == ("Refused", "Superseded", "the spec was changed")

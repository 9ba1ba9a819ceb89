"""Conditions, times and events: what people, ``kubectl wait`` and Git tools go by."""

import dataclasses

import pytest

from sluice.api.reasons import ConditionType
from sluice.api.status import PipelineStatus
from sluice.observation import Intent, Observed, RefusalKind

from .builders import (
    BOOM,
    NODE,
    NOTHING,
    NOW,
    PAUSED,
    RUN,
    SILENCE,
    SILENT_NODE,
    STOP,
    ago,
    condition,
    ended,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    refused,
    reread,
    seen_of,
    serving,
    stopped,
    stopping,
    stored,
    suspending,
)

DELETE = intent_of(is_deleting=True)
HELD = stopped(held_generation=1)
FAILED = stopped(held_generation=1, deployment_error=BOOM)
WAITING = seen_of(pod_of(is_started=False, waiting="Unschedulable: no node fits"))
SUSPENDING_NOW = serving("Running", "c1", desired="Suspended")

# Ready, Available, Reconciling, Stalled and the reason of Ready. CheckpointCurrent and ChangesPending have
# tests of their own.
TABLE = [
    ("born stopped", STOP, stored(), NOTHING, "T---", "Stopped"),
    ("stopped", STOP, stopped(), NOTHING, "T---", "Stopped"),
    ("stopped after a failure", STOP, FAILED, NOTHING, "T---", "Stopped"),
    ("completed", RUN, HELD, NOTHING, "T---", "Completed"),
    ("failed", RUN, FAILED, NOTHING, "---T", "Failed"),
    ("starting", RUN, stored(), NOTHING, "--T-", "Provisioning"),
    ("waiting for a node", RUN, provisioning(), WAITING, "--T-", "WaitingForPod"),
    ("refused", RUN, provisioning(), refused(RefusalKind.TEMPORARY), "--T-", "Refused"),
    ("somebody else's", RUN, provisioning(), refused(RefusalKind.FOREIGN), "---T", "NotOurs"),
    ("initializing", RUN, provisioned(), serving("Initializing", desired="Running"), "--T-", "Initializing"),
    ("running", RUN, provisioned(), serving(), "TT--", "Running"),
    ("paused as wanted", PAUSED, provisioned(), serving("Paused"), "TT--", "Paused"),
    ("paused, to run", RUN, provisioned(), serving("Paused"), "-TT-", "Transitioning"),
    ("replaying", RUN, provisioned(), serving("Replaying", desired="Running"), "-TT-", "Transitioning"),
    ("silent", RUN, provisioned(), seen_of(pod_of(), runtime=SILENCE), "--T-", "Unavailable"),
    ("node lost", RUN, provisioned(), seen_of(node=SILENT_NODE), "--T-", "NodeLost"),
    ("crashed", RUN, provisioned(), seen_of(ended(1)), "--T-", "Restarting"),
    ("suspending", STOP, suspending(), SUSPENDING_NOW, "-TT-", "Suspending"),
    ("stop stuck", STOP, suspending({"requested_at": ago(700)}), SUSPENDING_NOW, "-T-T", "StopStuck"),
    ("stopping", STOP, stopping(), seen_of(pod_of()), "--T-", "Stopping"),
    ("just stopped, to start", RUN, stopping(), seen_of(last_seen=ended(143)), "--T-", "Starting"),
    ("just stopped, to rest", STOP, stopping(), seen_of(last_seen=ended(143)), "T---", "Stopped"),
    ("just stopped, to go", DELETE, stopping(), seen_of(last_seen=ended(143)), "--T-", "Deleting"),
    ("going", DELETE, stopped(), NOTHING, "--T-", "Deleting"),
]
ROWS = [pytest.param(*row[1:], id=row[0]) for row in TABLE]
TYPES = (ConditionType.READY, ConditionType.AVAILABLE, ConditionType.RECONCILING, ConditionType.STALLED)


@pytest.mark.parametrize(("intent", "before", "seen", "truth", "reason"), ROWS)
def test_the_conditions_of_every_state(
    intent: Intent, before: PipelineStatus, seen: Observed, truth: str, reason: str
) -> None:
    decision = look(intent, before, seen)

    expected = ["True" if mark == "T" else "False" for mark in truth.replace("-", "F")]
    assert [condition(decision, kind).status for kind in TYPES] == expected
    assert condition(decision).reason == reason
    assert [entry.type for entry in decision.status.conditions] == list(ConditionType)


@pytest.mark.parametrize(("intent", "before", "seen", "truth", "reason"), ROWS)
def test_every_message_is_a_whole_sentence_for_the_generation_it_speaks_of(
    intent: Intent, before: PipelineStatus, seen: Observed, truth: str, reason: str
) -> None:
    decision = look(dataclasses.replace(intent, generation=1), before, seen)

    for entry in decision.status.conditions:
        assert entry.message
        assert not {"{", "}", "?"} & set(entry.message), entry.message
        assert entry.observed_generation == decision.status.observed_generation == 1
    assert truth
    assert reason


@pytest.mark.parametrize(("intent", "before", "seen", "truth", "reason"), ROWS)
def test_a_transition_is_worth_at_most_one_event_and_no_transition_none(
    intent: Intent, before: PipelineStatus, seen: Observed, truth: str, reason: str
) -> None:
    decision = look(intent, before, seen)

    has_moved = decision.status.deployment_status != before.deployment_status
    has_new_error = decision.status.deployment_error not in (None, before.deployment_error)
    assert len(decision.events) == (1 if has_moved or has_new_error else 0)
    assert [event.is_warning for event in decision.events] == [has_new_error] * len(decision.events)
    assert truth
    assert reason


def test_a_condition_keeps_its_time_until_its_status_flips() -> None:
    running = look(RUN, provisioned(), serving())
    stays = look(dataclasses.replace(RUN, generation=2), reread(running.status), serving(), after=60)
    flips = look(RUN, reread(stays.status), seen_of(pod_of(), runtime=SILENCE), after=120)

    assert condition(running).last_transition_time == NOW
    assert condition(stays).last_transition_time == NOW
    assert condition(flips).last_transition_time == ago(-120)
    assert condition(flips, ConditionType.STALLED).last_transition_time == NOW


def test_a_new_reason_alone_does_not_move_the_time() -> None:
    before = look(RUN, provisioning(), NOTHING)
    after = look(RUN, reread(before.status), WAITING, after=30)

    assert condition(before).reason != condition(after).reason
    assert condition(after).last_transition_time == NOW


def test_since_moves_only_with_its_own_value() -> None:
    running = look(RUN, provisioned(), serving())
    stays = look(RUN, reread(running.status), serving("Running", "c1", "c2"), after=60)
    paused = look(RUN, reread(stays.status), serving("Paused"), after=120)

    assert stays.status.deployment_status_since == running.status.deployment_status_since
    assert paused.status.deployment_status_since == ago(-120)
    assert paused.status.deployment_resources_status_since == running.status.deployment_resources_status_since


def test_an_axis_without_a_value_has_no_since() -> None:
    gone = look(STOP, stopping(), seen_of(last_seen=ended(143))).status

    assert gone.deployment_runtime_status is None
    assert gone.deployment_runtime_status_since is None
    assert gone.deployment_status_since == NOW


def test_a_failure_is_told_by_a_warning_with_the_error_itself() -> None:
    before = suspending()
    (event,) = look(STOP, before, seen_of(ended(1, error=BOOM))).events

    assert event.is_warning
    assert event.message == BOOM.message


def test_an_event_says_from_where_to_where_and_why() -> None:
    (event,) = look(RUN, provisioned(), seen_of(node=SILENT_NODE)).events

    assert event.message.startswith("Running -> Unavailable: ")
    assert NODE in event.message

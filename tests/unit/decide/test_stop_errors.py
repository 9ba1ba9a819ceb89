"""``stop.onError``: what follows when the process cannot make the checkpoint of a graceful stop."""

import dataclasses
from typing import Any

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import ErrorStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import CreatePod, DeletePod
from sluice.observation import Exit, Intent, LastWords, Observed, Pod

from .builders import (
    BOOM,
    FATAL,
    NEXT_START,
    NOW,
    POD_UID,
    STOP,
    SUSPEND,
    actions_of,
    ago,
    answer_of,
    condition,
    deletes_pod,
    ended,
    intent_of,
    look,
    pod_of,
    provisioned,
    reread,
    seen_of,
    spec_of,
    suspending,
)


def stop_with(policy: str, **stop: object) -> Intent:
    return intent_of(DesiredStatus.STOPPED, spec_of(stop={"onError": policy, **stop}))


KEEP_TRYING, KEEP_RUNNING = stop_with("KeepTrying"), stop_with("KeepRunning")
SAID = seen_of(ended(1, error=BOOM))
ANSWERED = seen_of(pod_of(), runtime=FATAL)
SILENT = seen_of(ended(137), can_maintain=True)
PERMANENT = ErrorStatus(
    message="rejected",
    error_code="InitializationError",
    details={"error": {"error_code": "BootstrapRejected"}},
)
HOPELESS = [
    pytest.param(seen_of(ended(78)), id="bad configuration"),
    pytest.param(seen_of(ended(1, error=PERMANENT)), id="permanent error"),
]


@pytest.mark.parametrize("seen", [pytest.param(SAID, id="words"), pytest.param(ANSWERED, id="an answer")])
def test_force_stops_with_the_error(seen: Observed) -> None:
    decision = look(STOP, suspending(), seen)

    assert (decision.status.deployment_status, decision.status.deployment_error) == ("Stopping", BOOM)
    assert decision.status.stop is not None
    assert (decision.status.stop.mode, decision.status.stop.reason) == ("Force", "Failed")


def test_force_asks_the_volume_about_a_process_that_was_killed_without_a_word() -> None:
    decision = look(STOP, suspending(), SILENT)

    stop = decision.status.stop
    assert stop is not None
    assert (stop.mode, stop.reason) == ("Graceful", "Verifying")
    assert stop.unverified_error is not None
    assert decision.status.deployment_error is None, "it may have made the checkpoint a moment before"


@pytest.mark.parametrize(
    "seen",
    [pytest.param(SAID, id="words"), pytest.param(ANSWERED, id="answer"), pytest.param(SILENT, id="killed")],
)
def test_keep_trying_starts_the_process_under_another_id_and_asks_it_anew(seen: Observed) -> None:
    failed = look(KEEP_TRYING, suspending(), seen)
    again = seen_of(pod_of(uid="pod-2", run_number=2), runtime=answer_of("Running", None, "c1"))
    serves = look(KEEP_TRYING, reread(failed.status), again, after=20)
    made = seen_of(pod_of(uid="pod-2", run_number=2), runtime=answer_of("Suspended", None, "c1", "c2"))
    done = look(KEEP_TRYING, reread(serves.status), made, after=30)

    assert failed.status.deployment_status == "Provisioning"
    assert failed.status.deployment_id == NEXT_START, "in the old start no process may run again"
    assert (failed.status.run_number, failed.status.deployment_start_from) == (2, "Latest")
    assert failed.status.stop is not None
    assert failed.status.stop.finished_at is None
    assert serves.actions == (SUSPEND,)
    assert done.status.stop is not None
    assert (done.status.deployment_status, done.status.stop.checkpoint) == ("Stopping", "c2")


def test_keep_trying_ends_with_the_checkpoint_that_the_old_pod_made_on_sigterm() -> None:
    failed = look(KEEP_TRYING, suspending(), ANSWERED)
    saved = Exit(143, "Error", is_disruption=True, words=LastWords("c2"))
    gone: Pod = pod_of(has_ended=True, is_started=False, is_deleting=True, exit=saved)
    done = look(KEEP_TRYING, reread(failed.status), seen_of(last_seen=gone), after=1)

    assert failed.actions == (DeletePod(POD_UID),), "with its own grace: it may still save its work"
    assert done.status.stop is not None
    assert (done.status.deployment_status, done.status.stop.checkpoint) == ("Stopped", "c2")
    assert actions_of(done, CreatePod) == []


def test_the_deadline_and_force_end_the_trying() -> None:
    limited = stop_with("KeepTrying", timeoutSeconds=30, onTimeout="Force")
    waiting = reread(look(limited, suspending({"deadline_at": ago(-10)}), SAID).status)

    late = look(limited, waiting, after=10)
    forced = look(dataclasses.replace(limited, force=True), waiting)

    assert waiting.deployment_status == "Provisioning"
    assert late.status.stop is not None
    assert (late.status.deployment_status, late.status.stop.reason) == ("Stopped", "DeadlineExceeded")
    assert forced.status.deployment_status == "Stopped"


def test_keep_running_gives_the_stop_up_for_this_wish_and_says_so() -> None:
    failed = look(KEEP_RUNNING, suspending(), SAID)
    again = seen_of(pod_of(uid="pod-2", run_number=2), runtime=answer_of("Running", None, "c1"))
    serves = look(KEEP_RUNNING, reread(failed.status), again, after=20)

    stop = failed.status.stop
    assert stop is not None
    assert (stop.reason, stop.given_up_for, stop.finished_at) == ("GivenUp", KEEP_RUNNING.wish, NOW)
    assert failed.status.deployment_id == NEXT_START
    assert (serves.status.deployment_status, serves.actions) == ("Running", ())
    assert condition(serves, ConditionType.STALLED).reason == Reason.STOP_FAILED
    assert BOOM.message in condition(serves, ConditionType.STALLED).message


@pytest.mark.parametrize(
    ("change", "action"),
    [
        pytest.param({"generation": 2}, SUSPEND, id="another generation"),
        pytest.param({"force": True}, DeletePod("pod-2", 1), id="force"),
    ],
)
def test_another_wish_is_tried_anew(change: dict[str, Any], action: object) -> None:
    failed = look(KEEP_RUNNING, suspending(), SAID)
    again = seen_of(pod_of(uid="pod-2", run_number=2), runtime=answer_of("Running", None, "c1"))
    serves = look(KEEP_RUNNING, reread(failed.status), again, after=20)
    anew = look(dataclasses.replace(KEEP_RUNNING, **change), reread(serves.status), again, after=30)

    assert anew.actions == (action,)


def test_a_deletion_keeps_trying_where_a_stop_would_be_given_up() -> None:
    decision = look(dataclasses.replace(KEEP_RUNNING, is_deleting=True), suspending(), SAID)

    assert decision.status.stop is not None
    assert (decision.status.stop.finished_at, decision.status.stop.given_up_for) == (None, None)


@pytest.mark.parametrize("intent", [KEEP_TRYING, KEEP_RUNNING], ids=["KeepTrying", "KeepRunning"])
@pytest.mark.parametrize("seen", HOPELESS)
def test_what_would_fail_again_is_not_started_again(intent: Intent, seen: Observed) -> None:
    decision = look(intent, suspending(), seen)

    assert decision.status.deployment_status == "Stopping"
    assert decision.status.deployment_error is not None


@pytest.mark.parametrize(
    "intent", [STOP, KEEP_TRYING, KEEP_RUNNING], ids=["Force", "KeepTrying", "KeepRunning"]
)
def test_a_process_that_ended_in_order_with_a_new_checkpoint_is_stopped_by_it(intent: Intent) -> None:
    for code in (0, 143):
        stop = look(intent, suspending(), seen_of(ended(code, checkpoint="c2"))).status.stop

        assert stop is not None
        assert (stop.checkpoint, stop.given_up_for) == ("c2", None)


@pytest.mark.parametrize("seen", HOPELESS)
def test_a_permanent_error_is_not_answered_with_restarts(seen: Observed) -> None:
    decision = look(intent_of(), provisioned(), seen)
    temporary = look(intent_of(), provisioned(), seen_of(ended(1, error=BOOM)))

    assert decision.status.deployment_status == "Stopping"
    assert decision.status.held_generation == 1
    assert deletes_pod(decision)
    assert temporary.status.deployment_status == "Provisioning"


def test_the_words_of_the_kubelet_become_a_suspend_error() -> None:
    error = look(STOP, suspending(), seen_of(ended(137))).status.deployment_error

    assert error is not None
    assert error.error_code == ErrorCode.SUSPEND_FAILED
    assert error.details["exitCode"] == 137

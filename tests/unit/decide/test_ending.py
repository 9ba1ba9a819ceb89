"""A run that ends by itself: restarted, or stopped with its error, as the policy declares."""

import dataclasses
from typing import Any

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import PipelineStatus, RestartStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import ApplyClaim, CreatePod, Decision, DeletePod
from sluice.observation import Intent, Pod

from .builders import (
    BOOM,
    FATAL,
    FIRST_START,
    NOTHING,
    NOW,
    POD_UID,
    RUN,
    actions_of,
    checkpoint_ids,
    condition,
    deletes_pod,
    ended,
    exit_of,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    spec_of,
)

STATES = [provisioned(), provisioning()]


def running_with(**restart: Any) -> Intent:
    return intent_of(spec=spec_of(restart=restart))


def crash(intent: Intent, before: PipelineStatus, pod: Pod | None = None) -> Decision:
    return look(intent, before, seen_of(pod or ended(1)))


def restart_of(status: PipelineStatus) -> RestartStatus:
    assert status.restart is not None
    return status.restart


@pytest.mark.parametrize("before", STATES, ids=["provisioned", "provisioning"])
def test_a_crash_begins_the_next_run_of_the_same_start(before: PipelineStatus) -> None:
    decision = crash(RUN, before)

    status = decision.status
    assert status.deployment_status == "Provisioning"
    assert (status.deployment_id, status.run_number) == (FIRST_START, 2)
    assert decision.actions == (DeletePod(POD_UID),)
    assert status.deployment_error is None
    restart = restart_of(status)
    assert restart.count == 1
    assert restart.last_error is not None
    assert restart.last_error.error_code == ErrorCode.CHECK_FAILED
    assert "exit code 1 (Error)" in restart.last_error.message
    assert condition(decision).reason == Reason.RESTARTING


def test_a_restart_makes_its_pod_only_after_the_back_off() -> None:
    first = crash(RUN, provisioned())
    early = look(RUN, reread(first.status), NOTHING, after=9)
    due = look(RUN, reread(first.status), NOTHING, after=10)

    assert early.actions == ()
    assert early.requeue_after == pytest.approx(1)
    assert due.actions == (ApplyClaim(2, "c1"), CreatePod(2, FIRST_START, "Running"))


def test_the_back_off_doubles_up_to_its_cap() -> None:
    intent = running_with(backoffSeconds=10, maxBackoffSeconds=60)
    waits: list[float] = []
    for count in (0, 1, 2, 3, 50):
        restart = restart_of(crash(intent, provisioned(restart=RestartStatus(count=count))).status)
        assert restart.next_attempt_at is not None
        waits.append((restart.next_attempt_at - NOW).total_seconds())

    assert waits == [10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("policy", "code", "leads_to"),
    [
        ("Always", 0, "Provisioning"),
        ("Always", 1, "Provisioning"),
        ("OnFailure", 0, "Stopping"),
        ("OnFailure", 1, "Provisioning"),
        ("OnFailure", 143, "Provisioning"),
        ("Never", 0, "Stopping"),
        ("Never", 1, "Stopping"),
        ("Never", 143, "Stopping"),
    ],
)
def test_the_policy_decides_which_ends_are_answered_with_a_restart(
    policy: str, code: int, leads_to: str
) -> None:
    decision = crash(running_with(policy=policy), provisioned(), ended(code))

    assert decision.status.deployment_status == leads_to
    has_failed = leads_to == "Stopping" and code != 0
    assert (decision.status.deployment_error is not None) is has_failed


def test_the_end_of_the_input_completes_the_pipeline_until_the_spec_changes() -> None:
    ending = look(RUN, provisioned(), seen_of(ended(0, checkpoint="c2")))
    gone = look(RUN, reread(ending.status), seen_of(last_seen=ended(0, checkpoint="c2")))
    rest = look(RUN, reread(gone.status), after=30)
    changed = look(dataclasses.replace(RUN, generation=2), reread(rest.status), after=3601)

    assert gone.status.deployment_status == rest.status.deployment_status == "Completed"
    assert checkpoint_ids(rest.status) == ["c1", "c2"]
    assert rest.actions == ()
    assert condition(rest).reason == Reason.COMPLETED
    assert condition(rest).status == "True"
    assert changed.status.deployment_status == "Provisioning"


def test_a_failure_that_is_not_restarted_stays_stopped_until_the_spec_changes() -> None:
    intent = running_with(policy="Never")
    failed = crash(intent, provisioned(), ended(1, error=BOOM))
    gone = look(intent, reread(failed.status), seen_of(last_seen=ended(1, error=BOOM)))
    rest = look(intent, reread(gone.status), after=30)
    changed = look(dataclasses.replace(intent, generation=2), reread(rest.status), after=3601)

    assert failed.status.deployment_error == BOOM
    assert (rest.status.deployment_status, rest.actions) == ("Stopped", ())
    assert rest.status.deployment_error == BOOM
    assert condition(rest).status == "False"
    assert condition(rest, ConditionType.STALLED).status == "True"
    assert condition(rest, ConditionType.RECONCILING).status == "False"
    assert BOOM.message in condition(rest).message
    assert changed.status.deployment_status == "Provisioning"


@pytest.mark.parametrize(("done", "leads_to"), [(0, "Provisioning"), (1, "Provisioning"), (2, "Stopping")])
def test_after_the_last_restart_that_is_allowed_the_pipeline_fails(done: int, leads_to: str) -> None:
    before = provisioned(restart=RestartStatus(count=done))
    status = crash(running_with(maxRestarts=2), before, ended(1, error=BOOM)).status

    assert status.deployment_status == leads_to
    assert status.deployment_error == (BOOM if leads_to == "Stopping" else None)


def test_no_restarts_at_all_can_be_asked_for_by_their_number() -> None:
    assert crash(running_with(maxRestarts=0), provisioned()).status.deployment_status == "Stopping"


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_a_pod_that_was_moved_with_a_checkpoint_is_no_failure_under_any_policy(policy: str) -> None:
    moved = pod_of(
        has_ended=True,
        is_started=False,
        is_deleting=True,
        exit=exit_of(143, checkpoint="c2", is_disruption=True),
    )
    before = provisioned(restart=RestartStatus(count=2, last_error=BOOM))
    decision = crash(running_with(policy=policy), before, moved)

    status = decision.status
    assert (status.deployment_status, status.run_number) == ("Provisioning", 2)
    assert (restart_of(status).count, restart_of(status).last_error) == (2, BOOM)
    assert restart_of(status).next_attempt_at == NOW
    assert checkpoint_ids(status) == ["c1", "c2"]
    assert decision.actions == ()


@pytest.mark.parametrize(
    ("code", "is_disruption", "count"),
    [
        pytest.param(143, True, 0, id="drained"),
        pytest.param(143, False, 1, id="killed by its liveness probe"),
        pytest.param(137, True, 1, id="drained, but killed before its checkpoint was done"),
        pytest.param(137, False, 1, id="out of memory"),
        pytest.param(None, True, 1, id="evicted before it ran"),
    ],
)
def test_only_a_disruption_that_left_in_order_is_not_counted(
    code: int | None, is_disruption: bool, count: int
) -> None:
    pod = pod_of(has_ended=True, is_started=False, exit=exit_of(code, is_disruption=is_disruption))

    assert restart_of(crash(RUN, provisioned(), pod).status).count == count


def test_a_drain_that_was_seen_only_by_its_end_is_no_failure_while_provisioning_either() -> None:
    gone = pod_of(has_ended=True, is_started=False, exit=exit_of(143, is_disruption=True))
    status = look(RUN, provisioning(), seen_of(last_seen=gone)).status

    assert (status.run_number, restart_of(status).count) == (2, 0)


def test_a_crash_that_was_seen_only_by_its_end_is_counted_while_provisioning_too() -> None:
    decision = look(RUN, provisioning(), seen_of(last_seen=ended(1, error=BOOM)))

    assert actions_of(decision, CreatePod) == []
    assert restart_of(decision.status).last_error == BOOM


def test_a_process_that_ended_beside_a_living_sidecar_has_ended() -> None:
    pod = pod_of(is_started=False, exit=exit_of(1, error=BOOM))
    decision = crash(RUN, provisioned(), pod)

    assert deletes_pod(decision)
    assert restart_of(decision.status).last_error == BOOM


def test_a_fatal_answer_is_a_failure_and_takes_the_living_pod_away() -> None:
    decision = look(RUN, provisioned(), seen_of(pod_of(), runtime=FATAL))

    assert deletes_pod(decision)
    assert restart_of(decision.status).last_error == BOOM
    assert decision.status.deployment_status == "Provisioning"


@pytest.mark.parametrize("pod", [None, pod_of(is_ours=False)], ids=["gone", "replaced by somebody"])
def test_a_pod_that_left_no_trace_of_how_it_ended_counts_as_a_failure(pod: Pod | None) -> None:
    before = provisioned(runtime=None)
    status = look(RUN, before, seen_of(pod)).status

    assert restart_of(status).last_error is not None
    assert restart_of(status).count == 1


def test_somebody_elses_words_are_bounded_in_the_error() -> None:
    exit_ = dataclasses.replace(exit_of(1), message="x" * 10_000)
    status = crash(RUN, provisioned(), pod_of(has_ended=True, exit=exit_)).status

    error = restart_of(status).last_error
    assert error is not None
    assert len(error.message) <= 2048


def test_a_stop_that_is_wanted_while_a_restart_waits_ends_it() -> None:
    crashed = crash(RUN, provisioned())
    stop = intent_of(DesiredStatus.STOPPED)
    status = look(stop, reread(crashed.status), NOTHING, after=2).status

    assert status.deployment_status == "Stopped"
    assert status.stop is not None
    assert status.stop.reason == "NotProvisioned"

"""A start that does not come up: the time it has, and what the cluster refuses."""

import dataclasses

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import RestartStatus
from sluice.decide import ApplyClaim, CreatePod
from sluice.observation import Observed, RefusalKind

from .builders import (
    FIRST_START,
    NOTHING,
    RUN,
    SILENCE,
    STOP,
    ago,
    condition,
    deletes_pod,
    intent_of,
    look,
    pod_of,
    provisioning,
    refused,
    reread,
    seen_of,
    spec_of,
)

MAKING = (ApplyClaim(1, None), CreatePod(1, FIRST_START, "Running"))
TEMPORARY, PERMANENT, FOREIGN = RefusalKind.TEMPORARY, RefusalKind.PERMANENT, RefusalKind.FOREIGN


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(seen_of(pod_of(is_started=False, waiting="Unschedulable: no node")), id="unschedulable"),
        pytest.param(seen_of(pod_of(is_started=False)), id="containers not started"),
        pytest.param(seen_of(pod_of(), runtime=SILENCE), id="silent"),
        pytest.param(refused(TEMPORARY), id="refused"),
    ],
)
def test_a_start_that_does_not_serve_in_time_ends_with_the_reason_that_was_seen_last(seen: Observed) -> None:
    intent = intent_of(spec=spec_of(provisioningTimeoutSeconds=60))
    before = provisioning(deployment_resources_status_since=ago(59))
    in_time = look(intent, before, seen)
    late = look(intent, before, seen, after=1)

    assert in_time.status.deployment_status == "Provisioning"
    assert in_time.requeue_after is not None
    assert in_time.requeue_after <= 30
    error = late.status.deployment_error
    assert error is not None
    assert error.error_code == ErrorCode.PROVISIONING_TIMEOUT
    assert "60s" in error.message
    assert late.status.held_generation == 1
    assert deletes_pod(late) is (seen.pod is not None)


def test_the_pod_and_its_own_reason_are_named_in_the_error() -> None:
    before = provisioning(deployment_resources_status_since=ago(600))
    waiting = pod_of(is_started=False, waiting="ImagePullBackOff: no such image")
    error = look(RUN, before, seen_of(waiting)).status.deployment_error

    assert error is not None
    assert "ImagePullBackOff: no such image" in error.message


def test_a_restart_has_the_whole_time_anew() -> None:
    before = provisioning(
        deployment_resources_status_since=ago(5000),
        run_number=2,
        restart=RestartStatus(count=1, next_attempt_at=ago(10)),
    )
    decision = look(RUN, before, seen_of(pod_of(run_number=2), runtime=SILENCE))

    assert decision.status.deployment_status == "Provisioning"
    assert decision.status.deployment_error is None


def test_a_temporary_refusal_is_a_reason_and_is_tried_again() -> None:
    decision = look(RUN, provisioning(), refused(TEMPORARY))

    assert decision.actions == MAKING
    assert condition(decision).reason == Reason.REFUSED
    assert "exceeded quota" in condition(decision).message
    assert condition(decision, ConditionType.RECONCILING).status == "True"


@pytest.mark.parametrize(("age", "delay"), [(1, 1), (10, 2), (100, 20), (590, 10)])
def test_the_longer_something_is_refused_the_less_often_it_is_tried(age: int, delay: float) -> None:
    before = provisioning(deployment_resources_status_since=ago(age))

    assert look(RUN, before, refused(TEMPORARY)).requeue_after == pytest.approx(delay)


def test_a_permanent_refusal_ends_the_start_until_the_spec_changes() -> None:
    failed = look(RUN, provisioning(), refused(PERMANENT, "spec.containers[0].image: Required value"))
    rest = look(RUN, reread(failed.status))
    changed = look(dataclasses.replace(RUN, generation=2), reread(rest.status))

    error = failed.status.deployment_error
    assert error is not None
    assert error.error_code == ErrorCode.PROVISION_FAILED
    assert "Required value" in error.message
    assert (failed.status.deployment_status, failed.actions) == ("Stopped", ())
    assert rest.actions == ()
    assert condition(rest, ConditionType.STALLED).reason == Reason.FAILED
    assert changed.status.deployment_status == "Provisioning"


def test_somebody_elses_object_stalls_the_start_and_never_ends_it() -> None:
    before = provisioning(deployment_resources_status_since=ago(86_400))
    decision = look(RUN, before, refused(FOREIGN, "claim orders-runtime-0 belongs to somebody else"))

    assert decision.status.deployment_status == "Provisioning"
    assert condition(decision, ConditionType.STALLED).reason == Reason.NOT_OURS
    assert "belongs to somebody else" in condition(decision).message
    assert decision.actions == MAKING


@pytest.mark.parametrize("kind", list(RefusalKind))
def test_a_start_that_is_refused_can_be_stopped(kind: RefusalKind) -> None:
    decision = look(STOP, provisioning(), refused(kind))

    assert decision.status.deployment_status == "Stopped"
    assert decision.status.deployment_error is None


def test_an_old_refusal_does_not_spoil_the_status_once_the_pod_is_there() -> None:
    seen = dataclasses.replace(refused(TEMPORARY), pod=pod_of(is_started=False))

    assert condition(look(RUN, provisioning(), seen)).reason == Reason.PROVISIONING


def test_a_start_without_time_left_still_begins_with_its_pod() -> None:
    before = provisioning(deployment_resources_status_since=ago(86_400))

    assert look(RUN, before, NOTHING).actions == MAKING

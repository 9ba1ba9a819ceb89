"""A graceful stop: section 1.7 of the published API's lifecycle, row by row.

Where the API answers an error and forgets the wish, the wish stands here and is tried until it succeeds, is
overtaken by force, or its declared policy ends it.
"""

import pytest

from sluice.api.reasons import ConditionType, Reason, StopReason
from sluice.api.status import ErrorStatus, PipelineStatus
from sluice.decide import DeletePod
from sluice.observation import Observed, RuntimeFailed

from .builders import (
    BOOM,
    FORCE,
    NOTHING,
    NOW,
    POD_UID,
    RUN,
    SILENCE,
    STOP,
    SUSPEND,
    ago,
    answer_of,
    checkpoint_ids,
    condition,
    deletes_pod,
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

ASKED = "Suspended"
PERMANENT = ErrorStatus(
    message="The pipeline does not support checkpointing for the following reasons: Storage must be"
    " configured",
    error_code="SuspendError",
)


@pytest.mark.parametrize(
    ("before", "seen", "leads_to"),
    [
        pytest.param(stopped(), NOTHING, "Stopped", id="Stopped: idempotent"),
        pytest.param(provisioning(), seen_of(pod_of(is_started=False)), "Stopping", id="Provisioning"),
        pytest.param(stopping(), seen_of(pod_of(is_deleting=True)), "Stopping", id="Stopping"),
    ],
)
def test_what_is_not_provisioned_is_stopped_without_a_checkpoint(
    before: PipelineStatus, seen: Observed, leads_to: str
) -> None:
    decision = look(STOP, before, seen)

    assert decision.status.deployment_status == leads_to
    assert SUSPEND not in decision.actions
    assert decision.status.deployment_error is None


def test_an_early_start_is_stopped_before_anything_is_made() -> None:
    begun = look(RUN, stopped())
    decision = look(STOP, reread(begun.status))

    assert decision.actions == ()
    assert decision.status.stop is not None
    assert (decision.status.deployment_status, decision.status.stop.reason) == ("Stopped", "NotProvisioned")


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(serving("Unavailable"), id="Provisioned, runtime Unavailable"),
        pytest.param(seen_of(pod_of(), runtime=SILENCE), id="Provisioned, process unreachable"),
    ],
)
def test_a_process_that_cannot_be_asked_is_kept_and_asked_again(seen: Observed) -> None:
    asked = look(STOP, provisioned(), seen)
    due = look(STOP, reread(asked.status), seen, after=2)
    stuck = look(STOP, reread(due.status), seen, after=601)

    assert asked.actions == due.actions == (SUSPEND,)
    assert asked.status.deployment_status == "Suspending"
    assert not deletes_pod(stuck)
    assert condition(stuck, ConditionType.STALLED).reason == Reason.STOP_STUCK


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        pytest.param(serving("Standby"), StopReason.STANDBY, id="process desired = Standby"),
        pytest.param(
            serving("AwaitingApproval", desired="Running"),
            StopReason.AWAITING_APPROVAL,
            id="AwaitingApproval would hang",
        ),
    ],
)
def test_a_process_that_has_nothing_of_its_own_is_stopped_without_a_checkpoint(
    seen: Observed, reason: StopReason
) -> None:
    decision = look(STOP, provisioned(), seen)

    assert decision.status.stop is not None
    assert decision.status.stop.reason == reason
    assert decision.actions == (DeletePod(POD_UID),)
    assert decision.status.deployment_error is None


@pytest.mark.parametrize(
    "status",
    [
        "Running",
        "Paused",
        "Initializing",
        "Bootstrapping",
        "ConcurrentBootstrapping",
        "Replaying",
        "Synchronizing",
        "Coordination",
    ],
)
def test_a_process_at_work_is_asked_and_its_pod_stays(status: str) -> None:
    decision = look(STOP, provisioned(), serving(status, "c1", desired="Running"))

    assert decision.actions == (SUSPEND,)
    assert decision.status.deployment_status == "Suspending"
    assert decision.status.deployment_desired_status == "Suspended"
    assert decision.status.deployment_resources_desired_status == "Provisioned"


def test_a_process_that_is_asked_already_is_not_asked_again() -> None:
    decision = look(STOP, suspending(), serving("Running", "c1", desired=ASKED))

    assert decision.actions == ()
    assert decision.status.deployment_status == "Suspending"


def test_initializing_is_waited_for_and_its_failure_stops_with_the_error() -> None:
    error = ErrorStatus(message="the program is broken", error_code="InitializationError")
    waits = look(STOP, suspending(), serving("Initializing", desired=ASKED))
    failed = look(STOP, reread(waits.status), seen_of(pod_of(), runtime=RuntimeFailed(error)))

    assert waits.actions == ()
    assert failed.status.deployment_status == "Stopping"
    assert failed.status.deployment_error == error


@pytest.mark.parametrize(
    "blocker",
    [
        "Replaying",
        "Bootstrapping",
        "TransactionInProgress",
        '{"InputEndpointBarrier":"in"}',
        '{"FailedInputEndpointBarrier":"in"}',
        "Coordination",
    ],
)
def test_a_temporary_blocker_is_shown_and_waited_for_without_an_end(blocker: str) -> None:
    answer = answer_of("Running", ASKED, "c1", blockers=(blocker,))
    later = look(STOP, suspending({"requested_at": ago(86_400)}), seen_of(pod_of(), runtime=answer))

    assert later.status.stop is not None
    assert later.status.stop.blockers == [blocker]
    assert not deletes_pod(later)
    assert blocker in condition(later, ConditionType.STALLED).message


@pytest.mark.parametrize("error", [PERMANENT, BOOM], ids=["permanent: SuspendError", "I/O error"])
def test_a_permanent_error_stops_with_it_and_without_a_checkpoint(error: ErrorStatus) -> None:
    decision = look(STOP, suspending(), seen_of(pod_of(), runtime=RuntimeFailed(error)))

    assert decision.status.deployment_error == error
    assert decision.status.stop is not None
    assert (decision.status.stop.mode, decision.status.stop.reason) == ("Force", StopReason.FAILED)
    assert decision.status.stop.checkpoint is None
    assert deletes_pod(decision)


def test_success_is_stopped_without_an_error_and_with_a_new_checkpoint() -> None:
    decision = look(STOP, suspending(), serving("Suspended", "c1", "c2"))

    status = decision.status
    assert (status.deployment_status, status.deployment_error) == ("Stopping", None)
    assert status.stop is not None
    assert (status.stop.checkpoint, status.stop.reason) == ("c2", None)
    assert checkpoint_ids(status) == ["c1", "c2"]
    assert deletes_pod(decision)


def test_once_it_is_asked_only_force_cancels() -> None:
    waiting = serving("Running", "c1", desired=ASKED)
    back, forced = look(RUN, suspending(), waiting), look(FORCE, suspending(), waiting)

    assert back.actions == (), "neither resumed nor stopped"
    assert back.status.deployment_status == "Suspending"
    assert forced.actions == (DeletePod(POD_UID, 1),)
    assert forced.status.stop is not None
    assert (forced.status.stop.mode, forced.status.stop.requested_at) == ("Force", ago(5))
    assert forced.status.deployment_status_since == NOW

"""From Stopped to a runtime that answers."""

import dataclasses

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import ErrorStatus, PipelineStatus, RestartStatus, StorageDetailsStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import AddFinalizer, ApplyClaim, CreatePod
from sluice.observation import Claim, RuntimeFailed

from .builders import (
    BOOM,
    FIRST_START,
    NEXT_START,
    NOTHING,
    OWN_CLAIM,
    PAUSED,
    POD_NAME,
    RUN,
    SILENCE,
    STOP,
    actions_of,
    ago,
    answer_of,
    checkpoint_ids,
    condition,
    deletes_pod,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    spec_of,
    stopped,
    stored,
)

BORN = stored()
NEWBORN = dataclasses.replace(RUN, has_finalizer=False)


@pytest.mark.parametrize("desired", [DesiredStatus.RUNNING, DesiredStatus.PAUSED])
def test_a_start_is_written_down_before_anything_is_made(desired: DesiredStatus) -> None:
    decision = look(intent_of(desired, has_finalizer=False), BORN)

    status = decision.status
    assert status.deployment_status == "Provisioning"
    assert status.deployment_desired_status == desired
    assert (status.deployment_id, status.deployment_initial) == (NEXT_START, desired)
    assert (status.run_number, status.revision) == (1, RUN.revision)
    assert status.runtime is not None
    assert (status.runtime.name, status.runtime.uid) == (POD_NAME, None)
    assert decision.actions == (
        AddFinalizer(),
        ApplyClaim(1, None, "Latest"),
        CreatePod(1, NEXT_START, desired),
    )


def test_a_pipeline_born_stopped_is_left_alone_and_can_be_deleted_without_the_operator() -> None:
    decision = look(dataclasses.replace(STOP, has_finalizer=False), BORN)

    assert decision.actions == ()
    assert decision.requeue_after is None
    assert decision.status.deployment_status == "Stopped"
    assert decision.status.storage_status == "Cleared"
    assert condition(decision).status == "True"


def test_a_finalizer_that_is_there_is_not_asked_for_again() -> None:
    assert actions_of(look(RUN, BORN), AddFinalizer) == []


def test_without_storage_no_claim_is_made() -> None:
    decision = look(intent_of(spec=spec_of(storage=None)), BORN)

    assert actions_of(decision, ApplyClaim) == []
    assert decision.status.storage_status == "Cleared"


@pytest.mark.parametrize(
    ("remembered", "claim", "expected"),
    [
        pytest.param(4, None, 5, id="status remembers"),
        pytest.param(0, OWN_CLAIM, 8, id="status was lost, the claim remembers"),
        pytest.param(9, OWN_CLAIM, 10, id="both remember, the higher one counts"),
        pytest.param(0, Claim(is_ours=False, run_number=3), 4, id="an existing claim of a deleted pipeline"),
    ],
)
def test_the_run_number_rises_above_all_that_is_known(
    remembered: int, claim: Claim | None, expected: int
) -> None:
    decision = look(RUN, stopped(run_number=remembered), seen_of(claim=claim))

    assert decision.status.run_number == expected
    assert [action.run_number for action in actions_of(decision, CreatePod)] == [expected]


def test_the_claim_is_marked_with_the_newest_checkpoint() -> None:
    details = StorageDetailsStatus.model_validate({"checkpoints": [{"uuid": "c1"}, {"uuid": "c2"}]})
    decision = look(RUN, stopped(storage_status_details=details))

    assert actions_of(decision, ApplyClaim) == [ApplyClaim(2, "c2", "Latest")]
    assert checkpoint_ids(decision.status) == ["c1", "c2"]


def test_a_start_forgets_the_error_and_the_restarts_of_the_start_before() -> None:
    before = stopped(deployment_error=BOOM, restart=RestartStatus(count=3, last_error=BOOM))
    status = look(RUN, before).status

    assert status.deployment_error is None
    assert status.restart == RestartStatus()


def test_an_error_stays_as_long_as_nobody_starts_the_pipeline() -> None:
    status = look(STOP, stopped(deployment_error=BOOM)).status

    assert status.deployment_error == BOOM


def test_deciding_again_on_the_stored_start_asks_for_the_same_pod_and_changes_nothing() -> None:
    first = look(RUN, BORN)
    again = look(RUN, reread(first.status), dataclasses.replace(NOTHING, new_id="another"))

    assert reread(again.status) == reread(first.status)
    assert again.actions == first.actions
    assert again.events == ()


def test_a_pod_that_runs_but_does_not_answer_yet_is_asked_again_soon() -> None:
    decision = look(RUN, provisioning(), seen_of(pod_of(), runtime=SILENCE))

    assert decision.status.deployment_status == "Provisioning"
    assert decision.actions == ()
    assert decision.requeue_after is not None
    assert decision.requeue_after <= 2.5


def test_a_pod_that_does_not_run_yet_is_waited_for_by_watch_alone() -> None:
    decision = look(RUN, provisioning(), seen_of(pod_of(is_started=False)))

    assert decision.requeue_after == pytest.approx(599)
    assert condition(decision).reason == Reason.PROVISIONING


def test_kubernetes_own_reason_why_a_pod_does_not_run_is_shown_under_its_name() -> None:
    waiting = pod_of(is_started=False, node_name=None, waiting="Unschedulable: 0/2 nodes are available")
    decision = look(RUN, provisioning(), seen_of(waiting))

    assert decision.status.deployment_runtime_status_details == {"reason": waiting.waiting}
    assert condition(decision).reason == Reason.WAITING_FOR_POD
    assert "0/2 nodes" in condition(decision).message


@pytest.mark.parametrize(("seconds", "shown"), [(4, "Provisioning"), (6, "Initializing")])
def test_a_process_that_initializes_only_for_a_moment_is_not_worth_a_status_of_its_own(
    seconds: int, shown: str
) -> None:
    started = provisioning(deployment_resources_status_since=ago(seconds))
    seen = seen_of(pod_of(), runtime=answer_of("Initializing", "Running", "c1"))

    decision = look(RUN, started, seen)

    assert decision.status.deployment_status == shown
    assert decision.requeue_after is not None
    assert decision.requeue_after <= 2.5


@pytest.mark.parametrize("said", ["Paused", "Running", "Replaying"])
def test_the_first_answer_ends_provisioning_whatever_it_says(said: str) -> None:
    decision = look(RUN, provisioning(), seen_of(pod_of(), runtime=answer_of(said, "Running", "c1")))

    status = decision.status
    assert status.deployment_resources_status == "Provisioned"
    assert status.deployment_status == said
    assert status.runtime is not None
    assert (status.runtime.uid, status.runtime.node_name) == (pod_of().uid, pod_of().node_name)
    assert checkpoint_ids(status) == ["c1"]
    assert status.deployment_id == FIRST_START


def test_a_paused_start_is_ready_when_it_is_paused() -> None:
    before = provisioning(deployment_initial="Paused", deployment_desired_status="Paused")
    decision = look(PAUSED, before, seen_of(pod_of(), runtime=answer_of("Paused")))

    assert decision.actions == ()
    assert condition(decision).reason == Reason.PAUSED
    assert condition(decision, ConditionType.AVAILABLE).status == "True"


@pytest.mark.parametrize("desired", [DesiredStatus.RUNNING, DesiredStatus.STOPPED])
def test_a_pod_that_a_lost_status_forgot_is_taken_over_and_not_replaced(desired: DesiredStatus) -> None:
    forgotten = pod_of(run_number=6)
    decision = look(intent_of(desired), BORN, seen_of(forgotten, runtime=answer_of()))

    status = decision.status
    assert status.deployment_resources_status == "Provisioned"
    assert (status.deployment_id, status.run_number) == (forgotten.deployment_id, 6)
    assert status.runtime is not None
    assert status.runtime.uid == forgotten.uid
    assert not deletes_pod(decision)
    assert actions_of(decision, CreatePod) == []
    assert decision.requeue_after == 0


def test_a_pod_that_is_taken_over_gets_the_finalizer_that_its_deletion_needs() -> None:
    decision = look(NEWBORN, BORN, seen_of(pod_of()))

    assert decision.actions == (AddFinalizer(),)


def test_a_pod_of_a_later_run_than_status_knows_is_taken_over() -> None:
    decision = look(RUN, provisioning(run_number=2), seen_of(pod_of(run_number=5)))

    assert decision.status.run_number == 5
    assert not deletes_pod(decision)


@pytest.mark.parametrize(("is_deleting", "deletes"), [(False, True), (True, False)])
def test_the_pod_of_an_earlier_run_has_to_leave_before_the_next_one_is_made(
    is_deleting: bool, deletes: bool
) -> None:
    leftover = pod_of(run_number=1, is_deleting=is_deleting)
    decision = look(RUN, provisioning(run_number=2), seen_of(leftover))

    assert deletes_pod(decision) is deletes
    assert actions_of(decision, CreatePod) == []


def test_somebody_elses_pod_under_our_name_is_neither_taken_nor_deleted() -> None:
    decision = look(RUN, provisioning(), seen_of(pod_of(is_ours=False)))

    assert decision.actions == ()
    assert condition(decision, ConditionType.STALLED).reason == Reason.NOT_OURS
    assert decision.status.deployment_status == "Provisioning"


def test_a_pod_that_went_while_it_was_being_brought_up_is_replaced_under_a_higher_run_number() -> None:
    gone = pod_of(is_started=False, node_name=None)
    decision = look(RUN, provisioning(), seen_of(last_seen=gone))

    assert decision.status.run_number == 2
    assert [action.run_number for action in actions_of(decision, CreatePod)] == [2]
    assert decision.status.deployment_id == FIRST_START


def test_a_pod_of_the_run_before_that_left_does_not_raise_the_run_number_again() -> None:
    leftover = pod_of(run_number=1, has_ended=True, is_started=False)
    decision = look(RUN, provisioning(run_number=2), seen_of(last_seen=leftover))

    assert [action.run_number for action in actions_of(decision, CreatePod)] == [2]


@pytest.mark.parametrize("status", [provisioning(), provisioned()], ids=["provisioning", "provisioned"])
def test_the_deployment_id_does_not_change_while_the_start_lives(status: PipelineStatus) -> None:
    decision = look(RUN, status, seen_of(pod_of(), runtime=answer_of()))

    assert decision.status.deployment_id == FIRST_START


def test_every_start_that_a_person_asks_for_has_an_id_of_its_own() -> None:
    decision = look(RUN, stopped(deployment_id=None, run_number=3))

    assert decision.status.deployment_id == NEXT_START
    assert [action.deployment_id for action in actions_of(decision, CreatePod)] == [NEXT_START]


def test_an_early_error_of_the_process_follows_the_restart_policy() -> None:
    error = ErrorStatus(message="bad configuration", error_code="InitializationError")
    decision = look(RUN, provisioning(), seen_of(pod_of(), runtime=RuntimeFailed(error)))

    assert decision.status.restart is not None
    assert decision.status.restart.last_error == error
    assert decision.status.deployment_resources_status == "Provisioning"

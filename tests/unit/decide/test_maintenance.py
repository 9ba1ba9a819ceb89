"""Work on the volume of a stopped pipeline: its pods, their ends, and what overtakes it."""

import dataclasses
from typing import Any

import pytest

from sluice.api.status import CheckpointStatus, MaintenanceStatus, PipelineStatus, StorageDetailsStatus
from sluice.api.statuses import MaintenanceTask
from sluice.decide import (
    AddFinalizer,
    ApplyClaim,
    CreateMaintenancePod,
    CreatePod,
    DeleteClaim,
    DeletePod,
    RemoveFinalizer,
)
from sluice.observation import Claim, Exit, Intent, LastWords, Observed, Pod, RefusalKind

from .asking import CLEAR, asked, asking, outcome
from .builders import (
    FORCE,
    NODE,
    NOTHING,
    NOW,
    OWN_CLAIM,
    POD_NAME,
    POD_UID,
    RUN,
    SILENT_NODE,
    STOP,
    actions_of,
    ago,
    checkpoint_ids,
    condition,
    intent_of,
    look,
    pod_of,
    refusal_of,
    reread,
    seen_of,
    spec_of,
    stopped,
    stopping,
)

ABLE = seen_of(can_maintain=True)
ONE = intent_of(STOP.desired_status, spec_of(checkpoint={"retain": {"count": 1}}), has_finalizer=False)
THEIRS = intent_of(STOP.desired_status, spec_of(storage={"existingClaim": "old"}))


def details(*uuids: str) -> StorageDetailsStatus:
    return StorageDetailsStatus(checkpoints=[CheckpointStatus(uuid=uuid) for uuid in uuids])


def working(task: str = "Retain", before: PipelineStatus | None = None, **changes: Any) -> PipelineStatus:
    """An attempt that was begun five seconds ago."""
    known: dict[str, Any] = {"task": task, "attempt": 1, "started_at": ago(5)}
    work = MaintenanceStatus(**(known | changes))
    basis = before or stopped(run_number=2, storage_status_details=details("c1", "c2"))
    return reread(basis.model_copy(update={"maintenance": work}))


def worker(*left: str, code: int | None = None, words: LastWords | None = None, **changes: Any) -> Pod:
    """A maintenance pod; with ``code`` it has ended."""
    listed = tuple(CheckpointStatus(uuid=uuid) for uuid in left)
    given = words or LastWords(checkpoints=listed)
    exit_ = None if code is None else Exit(code, "Error", words=given)
    basis = pod_of(run_number=2, is_maintenance=True, has_ended=code is not None, exit=exit_)
    return dataclasses.replace(basis, **changes)


def able(pod: Pod | None = None, **changes: Any) -> Observed:
    return seen_of(pod, can_maintain=True, **changes)


def test_more_checkpoints_than_are_to_be_kept_are_removed_by_a_pod_of_its_own_number() -> None:
    decision = look(ONE, stopped(storage_status_details=details("c1", "c2")), able(claim=OWN_CLAIM))

    assert decision.status.maintenance == MaintenanceStatus(task="Retain", attempt=1, started_at=NOW)
    assert decision.actions == (
        AddFinalizer(),
        ApplyClaim(8, None),
        CreateMaintenancePod(MaintenanceTask.RETAIN, 8),
    )
    assert (decision.status.run_number, decision.status.deployment_status) == (8, "Stopped")
    assert condition(decision).status == "True", "a pipeline that is cleaned up is stopped all the same"


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param(stopped(storage_status_details=details("c1")), ABLE, id="nothing is too many"),
        pytest.param(stopped(), ABLE, id="nothing is known"),
        pytest.param(stopped(storage_status_details=details("c1", "c2")), NOTHING, id="no image"),
        pytest.param(
            stopped(storage_status="Cleared", storage_status_details=details("c1", "c2")), ABLE, id="cleared"
        ),
    ],
)
def test_without_need_or_means_nothing_is_done(before: PipelineStatus, seen: Observed) -> None:
    decision = look(ONE, before, seen)

    assert (decision.actions, decision.status.maintenance) == ((), None)


@pytest.mark.parametrize(("age", "is_done"), [(59, False), (60, True)])
def test_age_alone_is_a_reason_but_never_for_the_newest(age: int, is_done: bool) -> None:
    intent = intent_of(STOP.desired_status, spec_of(checkpoint={"retain": {"maxAgeSeconds": 60}}))
    both = [CheckpointStatus(uuid=uuid, created_at=ago(age)) for uuid in ("c1", "c2")]
    aged, alone = (
        look(intent, stopped(storage_status_details=StorageDetailsStatus(checkpoints=listed)), ABLE)
        for listed in (both, both[:1])
    )

    assert (aged.status.maintenance is not None) is is_done
    assert alone.status.maintenance is None
    assert aged.requeue_after == 1, "for the pod, or for the moment when it is due"


def test_what_is_left_on_the_volume_is_taken_over_and_the_pod_is_deleted() -> None:
    ended = look(ONE, working(), able(worker("c2", code=0)))
    gone = look(ONE, reread(ended.status), able(last_seen=worker("c2", code=0)))

    assert checkpoint_ids(ended.status) == ["c2"]
    assert ended.status.maintenance is None
    assert ended.actions == (DeletePod(POD_UID, 10),)
    assert (gone.actions, gone.status.runtime) == ((), None)


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        pytest.param(worker(code=1), "ended with 1", id="failed"),
        pytest.param(worker(code=137, words=LastWords()), "ended with 137", id="killed without a word"),
        pytest.param(worker(code=0, words=LastWords()), "ended with 0", id="ended without a list"),
    ],
)
def test_an_attempt_that_fails_is_shown_and_repeated_later(pod: Pod, said: str) -> None:
    failed = look(ONE, working(), able(pod))
    gone = look(ONE, reread(failed.status), able(last_seen=pod))
    again = look(ONE, reread(gone.status), able(), after=10)

    work = failed.status.maintenance
    assert work is not None
    assert said in (work.last_error or "")
    assert work.next_attempt_at == ago(-10)
    assert checkpoint_ids(failed.status) == ["c1", "c2"]
    assert actions_of(gone, CreateMaintenancePod) == []
    assert actions_of(again, CreateMaintenancePod) == [CreateMaintenancePod(MaintenanceTask.RETAIN, 3)]
    assert again.status.maintenance is not None
    assert again.status.maintenance.attempt == 2


def test_an_attempt_that_was_refused_is_repeated_later() -> None:
    refusal = refusal_of(CreateMaintenancePod, RefusalKind.TEMPORARY, "exceeded quota")
    refused = look(ONE, working(), able(refusal=refusal))
    due = look(ONE, reread(refused.status), able(refusal=refusal), after=10)

    assert refused.status.maintenance is not None
    assert refused.status.maintenance.last_error == "exceeded quota"
    assert actions_of(refused, CreateMaintenancePod) == []
    assert actions_of(due, CreateMaintenancePod) != []


def test_a_pod_that_vanished_without_a_trace_costs_an_attempt_and_a_wait() -> None:
    vanished = look(ONE, working(), able())
    again = look(ONE, reread(vanished.status), able(), after=10)

    assert vanished.actions == ()
    assert vanished.requeue_after == 10
    assert actions_of(again, CreateMaintenancePod) != []


def test_the_work_that_no_pod_could_do_is_left_after_five() -> None:
    decision = look(ONE, working(attempt=5, next_attempt_at=ago(1)), able())

    assert actions_of(decision, CreateMaintenancePod) == []
    assert decision.status.deployment_status == "Stopped"


def test_a_pod_that_takes_too_long_is_deleted_once() -> None:
    late = working(started_at=ago(300))

    assert look(ONE, working(started_at=ago(299)), able(worker())).actions == ()
    assert look(ONE, late, able(worker())).actions == (DeletePod(POD_UID, 10),)
    assert look(ONE, late, able(worker(is_deleting=True))).actions == ()


def test_a_pod_that_is_gone_without_proof_keeps_a_start_waiting() -> None:
    runtime = {"name": POD_NAME, "uid": POD_UID, "nodeName": NODE}
    before = reread(
        PipelineStatus.model_validate({**working().model_dump(by_alias=True), "runtime": runtime})
    )
    decision = look(RUN, before, able(node=SILENT_NODE))

    assert decision.actions == ()
    assert condition(decision).reason == "NodeLost"


@pytest.mark.parametrize(
    "intent", [RUN, dataclasses.replace(STOP, is_deleting=True)], ids=["a start", "a deletion"]
)
def test_a_clean_up_is_overtaken_but_its_pod_is_waited_for(intent: Intent) -> None:
    overtaken = look(intent, working(), able(worker()))
    leaving = look(intent, reread(overtaken.status), able(worker(is_deleting=True)))
    gone = look(intent, reread(leaving.status), able(last_seen=worker(code=143)))

    assert overtaken.actions == (DeletePod(POD_UID, 10),)
    assert (overtaken.status.maintenance, leaving.actions) == (None, ())
    assert bool(actions_of(gone, CreatePod)) is not intent.is_deleting
    assert bool(actions_of(gone, RemoveFinalizer)) is intent.is_deleting


def test_a_runtime_that_is_found_beside_forgotten_work_is_stopped_as_any_other() -> None:
    """A restored status may tell of work that is long over."""
    adopted = look(RUN, working(), able(pod_of(run_number=5)))
    leaves = look(FORCE, working(before=stopping("Force")), able(pod_of()))

    assert adopted.status.deployment_resources_status == "Provisioned"
    assert adopted.status.maintenance is None
    assert leaves.status.deployment_status == "Stopping"
    assert actions_of(leaves, DeletePod) == [DeletePod(POD_UID, 1)]


# --- Clearing --------------------------------------------------------------------------------------------

CLEARING = stopped(storage_status="Clearing", storage_claim=POD_NAME, requests=[asked(CLEAR)])


def test_clearing_is_written_down_before_anything_is_touched() -> None:
    begun = look(asking(CLEAR, of=STOP), stopped(storage_status_details=details("c1")), able(claim=OWN_CLAIM))

    assert (begun.status.storage_status, begun.actions, begun.requeue_after) == ("Clearing", (), 0)


def test_the_own_claim_is_deleted_until_it_is_gone() -> None:
    deletes = look(STOP, CLEARING, seen_of(claim=OWN_CLAIM))
    cleared = look(STOP, reread(deletes.status))

    assert deletes.actions == (DeleteClaim(),)
    assert outcome(deletes, CLEAR).state == "InProgress"
    assert (outcome(cleared, CLEAR).state, cleared.status.storage_status) == ("Succeeded", "Cleared")
    assert cleared.status.storage_claim is None


def test_somebody_elses_claim_under_the_name_is_not_touched() -> None:
    decision = look(STOP, CLEARING, seen_of(claim=Claim(is_ours=False, run_number=0)))

    assert decision.actions == ()
    assert decision.status.storage_status == "Cleared"


def test_an_existing_claim_is_emptied_and_never_deleted() -> None:
    begun = look(THEIRS, CLEARING, able(claim=OWN_CLAIM))
    emptied = look(THEIRS, reread(begun.status), able(worker(code=0, run_number=8)))
    cleared = look(THEIRS, reread(emptied.status), able(last_seen=worker(code=0, run_number=8)))

    assert actions_of(begun, CreateMaintenancePod) == [CreateMaintenancePod(MaintenanceTask.CLEAR, 8)]
    assert [actions_of(each, DeleteClaim) for each in (begun, emptied, cleared)] == [[], [], []]
    assert (outcome(cleared, CLEAR).state, cleared.status.storage_status) == ("Succeeded", "Cleared")


def test_without_an_image_an_existing_claim_stays_as_it_is_and_the_request_says_why() -> None:
    decision = look(THEIRS, CLEARING, seen_of(claim=OWN_CLAIM))
    entry = outcome(decision, CLEAR)

    assert (entry.state, entry.reason, decision.actions) == ("Failed", "RunnerClearError", ())
    assert "no image" in (entry.message or "")
    assert decision.status.storage_status == "InUse"


def test_a_clearing_is_carried_to_its_end_before_anything_starts() -> None:
    for seen in (seen_of(claim=OWN_CLAIM), able(worker())):
        decision = look(RUN, CLEARING, seen)
        assert actions_of(decision, CreatePod) == []
        assert decision.status.storage_status == "Clearing"


def test_a_deletion_overtakes_a_clearing_and_takes_the_claim_with_it() -> None:
    decision = look(dataclasses.replace(STOP, is_deleting=True), CLEARING, seen_of(claim=OWN_CLAIM))

    assert actions_of(decision, DeleteClaim) != []
    assert actions_of(decision, RemoveFinalizer) != []


# --- A stop that ended without a word ----------------------------------------------------------------------

UNVERIFIED = {
    "reason": "Verifying",
    "unverified_error": {"message": "killed", "errorCode": "SuspendError"},
}


def verifying(task: bool = False, **changes: Any) -> PipelineStatus:
    before = stopping(stop=UNVERIFIED | changes, runtime=None)
    return working("List", before) if task else before


def test_the_volume_is_asked_whether_the_stop_made_its_checkpoint() -> None:
    decision = look(STOP, verifying(), able())

    assert actions_of(decision, CreateMaintenancePod) == [CreateMaintenancePod(MaintenanceTask.LIST, 2)]
    assert decision.status.deployment_status == "Stopping"


@pytest.mark.parametrize(
    ("left", "made", "error"),
    [
        pytest.param(("c1", "c2"), "c2", None, id="it made one"),
        pytest.param(("c1",), None, "killed", id="it made none"),
    ],
)
def test_the_list_settles_the_doubt(left: tuple[str, ...], made: str | None, error: str | None) -> None:
    listed = look(STOP, verifying(task=True), able(worker(*left, code=0)))
    gone = look(STOP, reread(listed.status), able(last_seen=worker(*left, code=0)))

    stop, found = gone.status.stop, gone.status.deployment_error
    assert listed.status.deployment_status == "Stopping"
    assert gone.status.deployment_status == "Stopped"
    assert stop is not None
    assert (stop.checkpoint, stop.unverified_error) == (made, None)
    assert stop.reason == (None if made else "Failed")
    assert (found.message if found else None) == error


@pytest.mark.parametrize(
    ("intent", "before", "seen"),
    [
        pytest.param(STOP, verifying(), NOTHING, id="no image"),
        pytest.param(FORCE, verifying(), ABLE, id="force"),
        pytest.param(FORCE, verifying(task=True), ABLE, id="force while a pod is tried again"),
    ],
)
def test_what_cannot_be_verified_or_need_not_be_counts_as_failed(
    intent: Intent, before: PipelineStatus, seen: Observed
) -> None:
    decision = look(intent, before, seen)

    assert decision.status.deployment_status == "Stopped"
    assert decision.status.deployment_error is not None
    assert actions_of(decision, CreateMaintenancePod) == []


def test_a_roll_whose_stop_failed_is_held_with_the_error() -> None:
    stopped_now = look(RUN, verifying(cause="SpecChanged"))
    rest = look(RUN, reread(stopped_now.status))

    assert rest.status.deployment_error is not None
    assert (rest.status.deployment_status, actions_of(rest, CreatePod)) == ("Stopped", [])

"""From the decision to stop to Stopped: the pod is deleted by uid, and gone means gone."""

import dataclasses

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import PipelineStatus, RuntimePodStatus
from sluice.decide import CreatePod, DeletePod
from sluice.observation import Intent, Node, Observed, Pod

from .builders import (
    FIRST_START,
    FORCE,
    NODE,
    NOTHING,
    NOW,
    OUT_OF_SERVICE_NODE,
    POD_NAME,
    POD_UID,
    READY_NODE,
    REMOVED_NODE,
    RUN,
    SILENT_NODE,
    STOP,
    actions_of,
    ago,
    answer_of,
    checkpoint_ids,
    condition,
    deletes_pod,
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

LEAVING = pod_of(is_deleting=True, grace_seconds=600)


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param(provisioning(), seen_of(pod_of()), id="provisioning"),
        pytest.param(provisioned(), serving(), id="running"),
        pytest.param(suspending(), serving("Running", desired="Suspended"), id="suspending"),
        pytest.param(stopping(), seen_of(LEAVING), id="stopping with a long grace"),
        pytest.param(stopping(), seen_of(pod_of()), id="stopping before the first deletion"),
    ],
)
def test_force_deletes_the_pod_at_once_and_never_with_grace_zero(
    before: PipelineStatus, seen: Observed
) -> None:
    decision = look(FORCE, before, seen)

    assert decision.actions == (DeletePod(POD_UID, 1),)
    assert decision.status.deployment_status == "Stopping"
    assert decision.status.stop is not None
    assert decision.status.stop.mode == "Force"


@pytest.mark.parametrize(
    ("seen", "deletes"),
    [
        pytest.param(seen_of(LEAVING), True, id="the second deletion did not happen yet"),
        pytest.param(seen_of(pod_of(is_deleting=True, grace_seconds=1)), False, id="it happened"),
        pytest.param(
            seen_of(dataclasses.replace(ended(143), is_deleting=True, grace_seconds=600)),
            False,
            id="it ended",
        ),
    ],
)
def test_a_forced_deletion_is_repeated_until_the_world_shows_it(seen: Observed, deletes: bool) -> None:
    first = look(FORCE, stopping(), seen_of(LEAVING))
    again = look(FORCE, reread(first.status), seen)

    assert deletes_pod(again) is deletes
    assert reread(again.status) == reread(first.status)


@pytest.mark.parametrize("intent", [STOP, RUN], ids=["force taken back", "running wanted again"])
def test_a_force_stop_is_never_taken_back(intent: Intent) -> None:
    decision = look(intent, stopping("Force"), seen_of(pod_of()))

    assert decision.actions == (DeletePod(POD_UID, 1),)
    assert decision.status.stop is not None
    assert decision.status.stop.mode == "Force"
    assert actions_of(decision, CreatePod) == []


def test_a_graceful_deletion_leaves_the_pod_its_own_grace() -> None:
    assert look(STOP, stopping(), seen_of(pod_of())).actions == (DeletePod(POD_UID, None),)


def test_a_pod_that_is_leaving_in_its_own_time_is_waited_for() -> None:
    decision = look(STOP, stopping(), seen_of(LEAVING))

    assert decision.actions == ()
    assert decision.status.deployment_status == "Stopping"


def test_a_stop_of_a_start_that_never_served_is_graceful_in_name_and_records_why() -> None:
    decision = look(STOP, provisioning(), seen_of(pod_of(is_started=False)))

    status = decision.status
    assert decision.actions == (DeletePod(POD_UID, 30),), "it has nothing to save"
    assert status.stop is not None
    assert (status.stop.mode, status.stop.reason) == ("Graceful", "NotProvisioned")
    assert status.deployment_status == "Stopping"


def test_a_start_that_was_stopped_before_its_pod_was_made_is_stopped_at_once() -> None:
    status = look(STOP, provisioning(), NOTHING).status

    assert status.deployment_status == "Stopped"
    assert status.deployment_id is None


@pytest.mark.parametrize("intent", [RUN, STOP, FORCE], ids=["run", "stop", "force"])
@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(LEAVING, id="leaving"),
        pytest.param(pod_of(), id="running"),
        pytest.param(ended(0), id="ended but still in the API"),
    ],
)
def test_nothing_is_stopped_and_nothing_starts_while_the_pod_is_there(intent: Intent, pod: Pod) -> None:
    decision = look(intent, stopping("Force"), seen_of(pod))

    assert decision.status.deployment_status == "Stopping"
    assert decision.status.deployment_id == FIRST_START
    assert actions_of(decision, CreatePod) == []


GONE = [
    pytest.param(seen_of(last_seen=ended(143)), id="its end was seen"),
    pytest.param(seen_of(last_seen=pod_of(node_name=None, is_started=False)), id="it was never bound"),
    pytest.param(seen_of(node=REMOVED_NODE), id="its node was removed"),
    pytest.param(seen_of(node=OUT_OF_SERVICE_NODE), id="its node is declared out of service"),
    pytest.param(seen_of(last_seen=pod_of(), node=REMOVED_NODE), id="deleted by force, node removed"),
]
MAY_STILL_RUN = [
    pytest.param(NOTHING, id="nothing is known"),
    pytest.param(seen_of(node=SILENT_NODE), id="its node is silent"),
    pytest.param(seen_of(node=READY_NODE), id="its node is ready, but had no time to report"),
    pytest.param(seen_of(last_seen=pod_of(), node=READY_NODE), id="deleted by force a moment ago"),
    pytest.param(seen_of(last_seen=pod_of(), node=SILENT_NODE), id="deleted by force, node silent"),
    pytest.param(
        seen_of(pod_of(is_ours=False), last_seen=pod_of(), node=SILENT_NODE), id="somebody took the name"
    ),
]


@pytest.mark.parametrize("seen", GONE)
def test_stopped_follows_on_proof_that_the_pod_is_gone(seen: Observed) -> None:
    decision = look(STOP, stopping(), seen)

    status = decision.status
    assert (status.deployment_status, status.deployment_resources_status) == ("Stopped", "Stopped")
    assert (status.runtime, status.deployment_id, status.deployment_initial) == (None, None, None)
    assert status.stop is not None
    assert status.stop.finished_at == NOW
    assert decision.requeue_after == 0


@pytest.mark.parametrize("seen", MAY_STILL_RUN)
@pytest.mark.parametrize("mode", ["Graceful", "Force"])
def test_without_proof_the_pipeline_is_not_stopped(seen: Observed, mode: str) -> None:
    decision = look(STOP, stopping(mode), seen)

    assert decision.status.deployment_status == "Stopping"
    assert condition(decision).reason == Reason.NODE_LOST
    assert NODE in condition(decision).message
    assert decision.requeue_after is not None


@pytest.mark.parametrize("seen", MAY_STILL_RUN)
def test_without_proof_a_running_pipeline_is_unavailable_and_nothing_replaces_its_pod(seen: Observed) -> None:
    decision = look(RUN, provisioned(), seen)

    status = decision.status
    assert status.deployment_status == "Unavailable"
    assert status.deployment_runtime_status_details == {"reason": Reason.NODE_LOST, "node": NODE}
    assert status.run_number == 1
    assert decision.actions == ()
    assert condition(decision, ConditionType.AVAILABLE).status == "False"


@pytest.mark.parametrize("seen", GONE)
def test_with_proof_a_running_pipeline_begins_a_new_run_of_the_same_start(seen: Observed) -> None:
    status = look(RUN, provisioned(), seen).status

    assert status.deployment_status == "Provisioning"
    assert (status.run_number, status.deployment_id) == (2, FIRST_START)


@pytest.mark.parametrize(
    ("node", "seconds", "is_stopped"),
    [
        (READY_NODE, 59, False),
        (READY_NODE, 60, True),
        (SILENT_NODE, 3600, False),
        (None, 3600, False),
    ],
)
def test_a_ready_node_is_proof_only_after_it_had_the_time_to_report(
    node: Node | None, seconds: int, is_stopped: bool
) -> None:
    first = look(STOP, stopping(), seen_of(node=READY_NODE))
    later = look(STOP, reread(first.status), seen_of(node=node), after=seconds)

    assert (later.status.deployment_status == "Stopped") is is_stopped


@pytest.mark.parametrize(("seconds", "is_stopped"), [(659, False), (660, True)])
def test_the_grace_that_a_kubelet_gives_a_pod_forced_out_of_the_api_is_waited_for_besides(
    seconds: int, is_stopped: bool
) -> None:
    first = look(STOP, stopping(), seen_of(dataclasses.replace(pod_of(), own_grace_seconds=600)))
    missing = look(STOP, reread(first.status), seen_of(node=READY_NODE))
    later = look(STOP, reread(missing.status), seen_of(node=READY_NODE), after=seconds)

    assert (later.status.deployment_status == "Stopped") is is_stopped


@pytest.mark.parametrize(("seconds", "is_stopped"), [(59, False), (60, True)])
def test_a_node_that_was_away_is_proof_only_so_long_after_it_came_back(
    seconds: int, is_stopped: bool
) -> None:
    runtime = RuntimePodStatus(name=POD_NAME, uid=POD_UID, node_name=NODE, missing_since=ago(3600))
    back = dataclasses.replace(READY_NODE, ready_since=ago(seconds))

    decision = look(STOP, stopping(runtime=runtime), seen_of(node=back))

    assert (decision.status.deployment_status == "Stopped") is is_stopped


def test_the_wait_for_proof_survives_a_restart_of_the_operator() -> None:
    first = look(STOP, stopping(), seen_of(last_seen=pod_of(), node=READY_NODE))
    without_memory = look(STOP, reread(first.status), seen_of(node=READY_NODE), after=60)

    assert without_memory.status.deployment_status == "Stopped"


def test_a_pod_that_turns_up_again_begins_a_new_wait_when_it_goes_missing_again() -> None:
    runtime = RuntimePodStatus(name=POD_NAME, uid=POD_UID, node_name=NODE, missing_since=ago(3600))
    back = look(RUN, provisioned(runtime=runtime), serving())
    missing = look(RUN, reread(back.status), seen_of(node=READY_NODE))

    assert missing.status.deployment_status == "Unavailable"


def test_a_pod_that_was_never_recorded_is_remembered_from_its_deletion() -> None:
    before = provisioning()
    decision = look(RUN, before, seen_of(last_seen=pod_of(), node=SILENT_NODE))

    assert decision.actions == ()
    assert decision.status.runtime is not None
    assert (decision.status.runtime.uid, decision.status.runtime.node_name) == (POD_UID, NODE)
    assert look(RUN, reread(decision.status), seen_of(node=SILENT_NODE)).actions == ()


@pytest.mark.parametrize(
    "seen", [seen_of(ended(143, checkpoint="c2")), seen_of(last_seen=ended(143, checkpoint="c2"))]
)
def test_a_checkpoint_made_on_the_way_out_is_recorded_also_after_a_force_stop(seen: Observed) -> None:
    status = look(FORCE, stopping("Force"), seen).status

    assert checkpoint_ids(status) == ["c1", "c2"]
    assert status.stop is not None
    assert status.stop.checkpoint == "c2"


def test_every_start_begins_from_a_stopped_that_was_written() -> None:
    decision = look(RUN, stopping(), seen_of(last_seen=ended(143)))

    assert decision.status.deployment_status == "Stopped"
    assert decision.actions == ()
    assert decision.requeue_after == 0
    assert condition(decision).reason == Reason.STARTING
    assert look(RUN, reread(decision.status)).status.deployment_status == "Provisioning"


def test_stopping_again_when_stopped_does_nothing() -> None:
    settled = look(STOP, stopped()).status
    for intent in (STOP, FORCE):
        decision = look(dataclasses.replace(intent, has_finalizer=False), reread(settled), after=3600)
        assert (decision.actions, decision.events, decision.requeue_after) == ((), (), None)
        assert reread(decision.status) == reread(settled)


def test_a_finished_stop_does_not_colour_the_next_one() -> None:
    over = stopping("Force", {"finished_at": ago(10)}).stop
    decision = look(STOP, provisioned(stop=over), seen_of(pod_of(), runtime=answer_of()))

    assert decision.status.stop is not None
    assert (decision.status.stop.mode, decision.status.stop.finished_at) == ("Graceful", None)
    assert not deletes_pod(decision)

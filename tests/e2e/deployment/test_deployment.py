"""A container on a chosen machine: stopped and started without losing itself."""

import pytest
from support.database import EXEC_HOOK, GRACE_SECONDS, Database, database_manifest
from support.deployment import (
    DeploymentAtWork,
    MakeDeployment,
    deployment_manifest,
    extended_resource,
    ghost_node,
    with_resource,
)
from support.kubectl import Kubectl, wait_until
from support.pipeline import PipelineAtWork

FORCE_SECONDS = 90.0
"""Mostly a few; but where the kubelet removes a killed pod without its last word, only its node proves it."""
ACCELERATOR = "nvidia.com/gpu"


@pytest.fixture
def database(deployment: DeploymentAtWork) -> Database:
    return Database(deployment)


def test_after_graceful_stops_identity_machine_and_data_are_the_same_and_the_run_is_new(
    deployment: DeploymentAtWork, database: Database, node: str
) -> None:
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, EXEC_HOOK))
    first = deployment.wait_for("Running")
    assert (first["machine"], first["deploymentId"]) == (node, deployment.uid)
    runs = {first["runId"]}

    for number in (1, 2):
        deployment.stop()
        stopped = deployment.wait_for("Stopped")
        assert stopped["stop"]["checkpoint"] == deployment.checkpoints()[-1]
        assert (stopped["stop"]["mode"], stopped["stop"]["report"]["code"]) == ("Graceful", 0)
        assert stopped["stop"]["durationSeconds"] <= GRACE_SECONDS + 30
        assert (stopped["machine"], stopped["deploymentId"]) == (node, first["deploymentId"])
        assert "runId" not in stopped
        assert deployment.condition("Ready")["message"] == "the deployment is stopped"
        assert (deployment.pod(), deployment.claim() is None) == (None, False)

        deployment.start()
        again = deployment.wait_for("Running")
        assert (again["machine"], again["deploymentId"]) == (node, first["deploymentId"])
        runs.add(again["runId"])
        assert len(runs) == number + 1
        found = database.must_be_exact()
        assert found["hooks"] == number


def test_after_a_force_stop_the_data_is_consistent_and_no_hook_ran(
    deployment: DeploymentAtWork, database: Database, node: str
) -> None:
    manifest = deployment_manifest(deployment.name, {"nodeName": node}, EXEC_HOOK, {"DEAF": "1"})
    deployment.apply(manifest)
    deployment.wait_for("Running")

    deployment.stop(force=True)
    stopped = deployment.wait_for("Stopped", seconds=FORCE_SECONDS)
    assert stopped["stop"]["mode"] == "Force"
    assert "report" not in stopped["stop"]

    deployment.start()
    deployment.wait_for("Running")
    found = database.must_be_consistent()
    assert (found["hooks"], found["last"]) == (0, {}), "killed in the middle"


def test_without_a_hook_sigterm_is_the_whole_of_it_and_stopping_twice_is_no_error(
    deployment: DeploymentAtWork, database: Database, node: str
) -> None:
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}))
    deployment.wait_for("Running")
    deployment.stop()
    stopped = deployment.wait_for("Stopped")
    assert (stopped["stop"]["mode"], stopped["stop"]["reason"]) == ("Graceful", "NoHook")

    before = deployment.get()
    deployment.stop()
    assert deployment.get() == before, "nothing was written"
    deployment.stop(force=True)
    deployment.wait_for("Stopped")

    deployment.start()
    deployment.wait_for("Running")
    database.must_be_exact()


def test_the_node_is_chosen_by_affinity_on_its_name(deployment: DeploymentAtWork, node: str) -> None:
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}))
    deployment.wait_for("Running")
    pod = deployment.pod()

    assert pod is not None
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    assert term["matchFields"] == [{"key": "metadata.name", "operator": "In", "values": [node]}]


def test_a_machine_by_labels_is_kept_for_the_volume_that_is_on_it(
    deployment: DeploymentAtWork, database: Database, node: str, crds: Kubectl
) -> None:
    crds.must("label", "node", node, "sluice.dev/test-rack=a", "--overwrite")
    try:
        selector = {"nodeSelector": {"sluice.dev/test-rack": "a"}}
        deployment.apply(deployment_manifest(deployment.name, selector, EXEC_HOOK))
        assert deployment.wait_for("Running")["machine"] == node
        deployment.stop()
        deployment.wait_for("Stopped")

        with ghost_node(crds, "ghost-rack", {"sluice.dev/test-rack": "a"}):
            deployment.start()
            assert deployment.wait_for("Running")["machine"] == node
            database.must_be_exact()
            crds.must("label", "node", node, "sluice.dev/test-rack-")
            deployment.stop()
            deployment.wait_for("Stopped")
            deployment.start()
            waiting = deployment.wait_for_condition("Ready", "VolumeElsewhere")
            assert "clear the storage" in waiting["message"]
            assert deployment.status()["deploymentStatus"] == "Pending"
    finally:
        crds.must("label", "node", node, "sluice.dev/test-rack-")


def test_two_that_compete_for_one_machine_run_one_after_the_other_and_a_stopped_one_is_out_of_the_way(
    make_deployment: MakeDeployment, node: str, crds: Kubectl
) -> None:
    holder, waiting = make_deployment(), make_deployment()
    with extended_resource(crds, node, ACCELERATOR, 1):
        holder.apply(
            with_resource(deployment_manifest(holder.name, {"nodeName": node}, EXEC_HOOK), ACCELERATOR)
        )
        holder.wait_for("Running")
        waiting.apply(
            with_resource(deployment_manifest(waiting.name, {"nodeName": node}, EXEC_HOOK), ACCELERATOR)
        )
        told = waiting.wait_for_condition("Ready", "MachineFull")
        assert f"Insufficient {ACCELERATOR}" in told["message"]
        assert waiting.status()["deploymentStatus"] == "Pending"

        holder.stop()
        holder.wait_for("Stopped")
        pod = waiting.pod()
        # Not waited for: whoever reads Stopped may count on it that the scheduler has the room already.
        assert holder.pod() is None
        assert pod is not None
        waiting.wait_for("Running")

        holder.start()
        holder.wait_for_condition("Ready", "MachineFull")
        waiting.stop(force=True)
        waiting.wait_for("Stopped", seconds=FORCE_SECONDS)
        holder.wait_for("Running")


def test_an_edit_of_the_machine_stops_it_with_its_hook_and_a_mistake_can_be_taken_back(
    deployment: DeploymentAtWork, database: Database, node: str
) -> None:
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, EXEC_HOOK))
    before = deployment.wait_for("Running")

    deployment.patch(machine={"nodeName": "nowhere"})
    deployment.wait_for_condition("Ready", "MachineNotFound")
    deployment.patch(machine={"nodeName": node})
    after = deployment.wait_until(
        "it to run again",
        lambda status: status["deploymentStatus"] == "Running" and status["runNumber"] > before["runNumber"],
    )

    assert after["deploymentId"] == before["deploymentId"]
    assert database.must_be_exact()["hooks"] == 1


def test_deleting_it_runs_the_hook_first_and_keeps_the_volume(
    deployment: DeploymentAtWork, node: str
) -> None:
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, EXEC_HOOK))
    deployment.wait_for("Running")
    deployment.kubectl.must("delete", deployment.resource, deployment.name, "--wait=false")
    deployment.wait_until_gone()

    events = deployment.kubectl.get("events", "--field-selector", f"involvedObject.name={deployment.name}")
    told = [event["message"] for event in events["items"]]
    assert any("Suspending" in message for message in told), told
    assert deployment.pod() is None
    assert deployment.claim() is not None


def test_a_pipeline_and_a_deployment_of_one_name_live_side_by_side(
    deployment: DeploymentAtWork, node: str, namespace: Kubectl
) -> None:
    pipeline = PipelineAtWork(namespace, deployment.name)
    try:
        pipeline.apply(database_manifest(pipeline.name, {}))
        deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}))
        pipeline.wait_for("Running")
        deployment.wait_for("Running")
        deployment.stop()
        deployment.wait_for("Stopped")

        assert pipeline.status()["deploymentStatus"] == "Running"
        assert pipeline.pod() is not None
    finally:
        pipeline.send_away()


def test_a_machine_that_goes_is_told_and_nothing_runs_elsewhere(
    deployment: DeploymentAtWork, crds: Kubectl
) -> None:
    manifest = deployment_manifest(deployment.name, {"nodeName": "ghost-machine"})
    del manifest["spec"]["storage"]
    with ghost_node(crds, "ghost-machine", {}):
        deployment.apply(manifest)

        def is_bound() -> tuple[bool, object]:
            pod = deployment.pod() or {"spec": {}}
            return pod["spec"].get("nodeName") == "ghost-machine", pod["spec"]

        wait_until("the pod to be bound", is_bound, 60)
    told = deployment.wait_for_condition("Ready", "MachineNotFound", seconds=150)

    assert "bring the node back" in told["message"]
    assert deployment.status()["deploymentStatus"] == "Pending"

"""A database in a container that knows nothing of Sluice, saved by a hook before it is stopped."""

import json

import pytest
from support.database import EXEC_HOOK, GRACE_SECONDS, HTTP_HOOK, Database, database_manifest
from support.installation import kill_operator, wait_for_operator
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork

SAID = "the disk is full, says the hook"

FORCE_SECONDS = 90.0
"""Mostly a few; but where the kubelet removes a killed pod without its last word, only its node proves the
end, after a minute."""


@pytest.fixture
def database(pipeline: PipelineAtWork) -> Database:
    return Database(pipeline)


def run(pipeline: PipelineAtWork, hook: Manifest = EXEC_HOOK, **environment: str) -> Manifest:
    """Bring the database to Running; returns the status."""
    pipeline.apply(database_manifest(pipeline.name, hook, environment))
    return pipeline.wait_for("Running")


def wait_for_hooks(database: Database, count: int) -> None:
    """Wait until the hook was begun so often."""

    def look() -> tuple[bool, object]:
        found = database.look()
        return found["hooks"] >= count, found

    wait_until(f"{count} hooks", look, 60)


def test_after_each_graceful_stop_the_data_is_exact_and_the_hook_has_saved_it(
    pipeline: PipelineAtWork, database: Database
) -> None:
    run(pipeline)
    for number in (1, 2):
        pipeline.stop()
        stopped = pipeline.wait_for("Stopped")
        assert stopped["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
        assert len(pipeline.checkpoints()) == number
        assert stopped["stop"]["report"]["code"] == 0
        assert stopped["stop"]["report"]["output"].startswith("saved ")
        assert "lastError" not in stopped["stop"]
        assert pipeline.condition("CheckpointCurrent")["status"] == "True"

        pipeline.start()
        pipeline.wait_for("Running")
        found = database.must_be_exact()
        assert found["hooks"] == number
        assert len(found["base"]["runs"]) >= number
        assert found["backup"]["runs"][-1][2] <= found["base"]["runs"][number - 1][2], "it wrote on after it"


def test_its_own_probe_makes_it_running_and_its_own_grace_ends_it(pipeline: PipelineAtWork) -> None:
    pipeline.apply(database_manifest(pipeline.name, EXEC_HOOK, {"START_SECONDS": "6", "DEAF": "1"}))
    pipeline.wait_for("Initializing")
    pipeline.wait_for("Running")
    assert pipeline.condition("Available")["status"] == "True"
    pipeline.stop()
    pipeline.wait_for("Stopping")

    def leaving() -> tuple[bool, object]:
        pod = pipeline.pod() or {"metadata": {}}
        return pod["metadata"].get("deletionGracePeriodSeconds") == GRACE_SECONDS, pod["metadata"]

    wait_until("the pod to be deleted with its own grace", leaving, GRACE_SECONDS)
    assert pipeline.wait_for("Stopped")["stop"]["checkpoint"]


def test_a_force_stop_runs_no_hook_and_leaves_the_data_consistent(
    pipeline: PipelineAtWork, database: Database
) -> None:
    run(pipeline, DEAF="1")

    pipeline.stop(force=True)
    stopped = pipeline.wait_for("Stopped", seconds=FORCE_SECONDS)
    assert "checkpoint" not in stopped["stop"]
    assert "report" not in stopped["stop"]

    pipeline.start()
    pipeline.wait_for("Running")
    found = database.must_be_consistent()
    assert (found["hooks"], found["last"]) == (0, {}), "killed in the middle"


def test_a_hook_that_fails_is_shown_and_tried_again_and_what_it_says_is_in_no_log(
    pipeline: PipelineAtWork, database: Database, system: Kubectl
) -> None:
    run(pipeline)
    database.set_flag("fail")

    pipeline.stop()
    failed = pipeline.wait_until("a second attempt", lambda status: status["stop"].get("attempt", 0) >= 2)
    assert failed["deploymentStatus"] == "Suspending"
    assert failed["stop"]["lastError"] == f"the hook ended with exit code 1: {SAID}"
    assert failed["stop"]["report"]["code"] == 1
    wait_for_hooks(database, 2)
    database.remove_flag("fail")
    stopped = pipeline.wait_for("Stopped")

    assert stopped["stop"]["report"]["code"] == 0
    assert "deploymentError" not in stopped
    assert SAID not in system.must("logs", "-l", "app.kubernetes.io/name=sluice-operator", "--tail=-1")


def test_a_hook_that_cannot_run_is_mended_by_an_edit_that_takes_effect_at_once(
    pipeline: PipelineAtWork, database: Database
) -> None:
    before = run(pipeline, {"exec": {"command": ["/no/such/hook"]}})
    pipeline.stop()
    pipeline.wait_until("a failed attempt", lambda status: "lastError" in status.get("stop", {}))

    pipeline.patch(hook={"exec": EXEC_HOOK["exec"]})
    stopped = pipeline.wait_for("Stopped")

    assert stopped["stop"]["checkpoint"]
    assert stopped["runNumber"] == before["runNumber"], "nothing was started for it"


def test_a_hook_that_hangs_is_given_up_at_its_timeout_and_tried_again(
    pipeline: PipelineAtWork, database: Database
) -> None:
    run(pipeline, {**EXEC_HOOK, "timeoutSeconds": 2})
    database.set_flag("hang")

    pipeline.stop()
    pipeline.wait_until(
        "the timeout", lambda status: "no end within 2 s" in status.get("stop", {}).get("lastError", "")
    )
    wait_for_hooks(database, 2)
    database.remove_flag("hang")

    assert pipeline.wait_for("Stopped")["stop"]["report"]["code"] == 0


def test_without_a_hook_the_stop_is_sigterm_alone_and_status_says_so(
    pipeline: PipelineAtWork, database: Database
) -> None:
    run(pipeline, {})
    assert pipeline.condition("CheckpointCurrent")["reason"] == "NoHook"
    pipeline.request("checkpoint", "t-1")
    assert pipeline.wait_for_outcome("checkpoint", "t-1")["reason"] == "CheckpointFailed"

    pipeline.stop()
    stopped = pipeline.wait_for("Stopped")
    assert (stopped["stop"]["mode"], stopped["stop"]["reason"]) == ("Graceful", "NoHook")
    assert "deploymentError" not in stopped

    pipeline.start()
    pipeline.wait_for("Running")
    assert database.must_be_exact()["hooks"] == 0


def test_force_overtakes_a_hook_that_is_at_work(pipeline: PipelineAtWork, database: Database) -> None:
    run(pipeline)
    database.set_flag("hang")
    pipeline.stop()
    wait_for_hooks(database, 1)

    pipeline.stop(force=True)
    stopped = pipeline.wait_for("Stopped", seconds=FORCE_SECONDS)

    assert stopped["stop"]["mode"] == "Force"
    assert "checkpoint" not in stopped["stop"]


def test_an_operator_that_is_killed_during_a_hook_runs_it_again_under_an_id_of_its_own(
    pipeline: PipelineAtWork, database: Database, system: Kubectl
) -> None:
    run(pipeline)
    database.set_flag("slow")
    pipeline.stop()
    wait_for_hooks(database, 1)

    kill_operator(system)
    wait_for_operator(system)
    stopped = pipeline.wait_for("Stopped", seconds=90)

    assert stopped["stop"]["attempt"] >= 2
    assert pipeline.checkpoints() == [stopped["stop"]["checkpoint"]]
    pipeline.start()
    pipeline.wait_for("Running")
    assert database.must_be_exact()["hooks"] >= 2


def test_a_request_is_a_hook_too_and_its_failure_is_shown(
    pipeline: PipelineAtWork, database: Database
) -> None:
    run(pipeline, HTTP_HOOK)
    database.set_flag("answer", "503")
    pipeline.stop()
    said = "answered with 503: answered /save?all=1"
    pipeline.wait_until("the failure", lambda status: said in status.get("stop", {}).get("lastError", ""))
    database.set_flag("answer", "200")
    stopped = pipeline.wait_for("Stopped")

    report = stopped["stop"]["report"]
    assert (report["code"], report["output"]) == (200, "answered /save?all=1")


def test_a_checkpoint_on_request_leaves_the_container_running(
    pipeline: PipelineAtWork, database: Database
) -> None:
    before = run(pipeline)
    pipeline.request("checkpoint", "good")
    assert pipeline.wait_for_outcome("checkpoint", "good")["state"] == "Succeeded"
    database.set_flag("fail")
    pipeline.request("checkpoint", "bad")
    bad = pipeline.wait_for_outcome("checkpoint", "bad")

    assert (bad["state"], SAID in bad["message"]) == ("Failed", True)
    status = pipeline.status()
    assert (status["deploymentStatus"], len(pipeline.checkpoints())) == ("Running", 1)
    assert status["runNumber"] == before["runNumber"]


def test_a_pod_that_is_taken_away_comes_back_though_it_ends_with_0(
    pipeline: PipelineAtWork, database: Database
) -> None:
    before = run(pipeline)
    pipeline.kubectl.must("delete", "pod", pipeline.pod_name, "--wait=false")
    after = pipeline.wait_until(
        "the next run",
        lambda status: status["runNumber"] > before["runNumber"] and status["deploymentStatus"] == "Running",
    )

    assert after["deploymentId"] == before["deploymentId"]
    assert after["restart"]["count"] == 0, json.dumps(after["restart"])
    database.must_be_exact()

"""A checkpoint of another program: allowed, rejected, or waiting for somebody who approves of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sluice import contract
from sluice.runtime.checkpoint import fingerprint

from .harness import FIRST_ID, SECOND_ID, JobProcess, Jobs

THIRD_ID = "0199e000-0000-7000-8000-000000000003"


@pytest.fixture
def old(jobs: Jobs) -> dict[str, Any]:
    """The last checkpoint of version 1, and the only one."""
    job = jobs.start("--deployment-id", FIRST_ID)
    job.wait_processed(100)
    job.stop()
    return {"uuid": job.last_words()["checkpoint"], **job.events("checkpoint")[-1]}


def start(jobs: Jobs, deployment_id: str, policy: str, version: str = "2", **environment: str) -> JobProcess:
    return jobs.start(
        *("--deployment-id", deployment_id, "--initial", "paused"),
        SLUICE_BOOTSTRAP_POLICY=policy,
        ZONE_CENSUS_TEST_VERSION=version,
        **environment,
    )


def names_on_the_volume(jobs: Jobs) -> list[str]:
    return sorted(each.name for each in (jobs.storage / "checkpoints").iterdir())


def test_an_allowed_program_restores_and_says_so_meanwhile(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "allow", ZONE_CENSUS_TEST_RESTORE_SECONDS="0.3")

    details = job.wait_status("Bootstrapping")["runtime_status_details"]

    assert details == {
        "reason": f"the program changed from version '1' to '2'; restoring checkpoint {old['uuid']}"
    }
    assert job.get("/stats").body["error_code"] == "Initializing"
    assert job.wait_status("Paused")["runtime_status_details"] == {}
    assert job.processed() == old["processed_records"]


def test_the_same_program_never_bootstraps(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "reject", version="1")
    job.wait_status("Paused")
    assert job.processed() == old["processed_records"]
    assert "Bootstrapping" not in [event["status"] for event in job.events("status")]


def test_a_fresh_start_has_nothing_to_differ_from(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "reject", SLUICE_START_FROM="fresh")
    job.wait_status("Paused")
    assert job.processed() == 0 < old["processed_records"]


def test_a_rejected_program_fails_to_initialize_and_changes_nothing(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "reject", SLUICE_FAILURE_GRACE_SECONDS="60")

    body = job.wait_error()

    assert body["error_code"] == "InitializationError"
    assert body["details"]["error"]["error_code"] == "BootstrapRejected"
    assert "from version '1' to '2'" in body["message"]
    assert job.stop() == contract.EXIT_FAILED
    assert job.last_words()["checkpoint"] == old["uuid"]
    assert names_on_the_volume(jobs) == [old["uuid"]]

    allowed = start(jobs, THIRD_ID, "allow")
    allowed.wait_status("Paused")
    assert allowed.processed() == old["processed_records"]


def test_an_approval_is_waited_for_and_what_changed_is_shown(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "await_approval")

    status = job.wait_status("AwaitingApproval")

    assert status["runtime_desired_status"] == "Paused"
    assert status["runtime_status_details"]["approval_diff"] == {
        "checkpoint": old["uuid"],
        "program": {
            "from": {"version": "1", "fingerprint": fingerprint("1")},
            "to": {"version": "2", "fingerprint": fingerprint("2")},
        },
    }
    assert job.get("/stats").body["error_code"] == "Initializing"
    assert not job.events("resumed"), "it restored before it was approved of"

    assert job.post("/approve") == (200, "Bootstrap approved")

    answered_early = job.get("/status").body["runtime_status"] == "AwaitingApproval"
    assert not answered_early
    details = job.wait_status("Paused")["runtime_status_details"]
    assert details == {}
    assert job.processed() == old["processed_records"]


def test_sigterm_ends_the_wait_and_writes_no_checkpoint(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "await_approval")
    job.wait_status("AwaitingApproval")

    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM

    assert job.last_words() == {"checkpoint": old["uuid"], "error": None}
    assert names_on_the_volume(jobs) == [old["uuid"]]


def test_a_suspend_is_accepted_and_hangs_until_the_approval(jobs: Jobs, old: dict[str, Any]) -> None:
    job = start(jobs, SECOND_ID, "await_approval")
    job.wait_status("AwaitingApproval")

    assert job.post("/suspend") == (202, "Pipeline is suspending")

    status = job.get("/status").body
    assert (status["runtime_status"], status["runtime_desired_status"]) == ("AwaitingApproval", "Suspended")
    assert names_on_the_volume(jobs) == [old["uuid"]]
    job.post("/approve")
    made = job.wait_status("Suspended")["storage_status_details"]["checkpoints"][-1]
    assert made["processed_records"] == old["processed_records"]
    assert made["fingerprint"] == fingerprint("2")


def test_an_automatic_restart_keeps_the_stored_policy(jobs: Jobs, old: dict[str, Any]) -> None:
    del old
    first = start(jobs, SECOND_ID, "await_approval")
    first.wait_status("AwaitingApproval")
    first.kill()

    second = start(jobs, SECOND_ID, "allow")

    second.wait_status("AwaitingApproval")


def test_an_approval_is_remembered_for_its_deployment_and_program_only(
    jobs: Jobs, old: dict[str, Any]
) -> None:
    del old
    first = start(jobs, SECOND_ID, "await_approval")
    first.wait_status("AwaitingApproval")
    first.post("/approve")
    first.kill()

    again = start(jobs, SECOND_ID, "await_approval")
    again.wait_status("Paused")
    again.kill()

    yet_another_program = start(jobs, SECOND_ID, "await_approval", version="3")
    yet_another_program.wait_status("AwaitingApproval")
    yet_another_program.kill()
    start(jobs, THIRD_ID, "await_approval").wait_status("AwaitingApproval")


def test_an_approval_is_stored_before_it_is_acknowledged(jobs: Jobs, old: dict[str, Any]) -> None:
    """A process that is killed while it restores has been approved of."""
    del old
    first = start(jobs, SECOND_ID, "await_approval", ZONE_CENSUS_TEST_RESTORE_SECONDS="60")
    first.wait_status("AwaitingApproval")
    first.post("/approve")
    stored = json.loads((jobs.storage / "status.json").read_text())
    assert stored["approved_fingerprint"] == fingerprint("2")
    first.wait_status("Bootstrapping")
    first.kill()

    start(jobs, SECOND_ID, "await_approval").wait_status("Paused")


def test_an_approval_that_comes_too_early_approves_of_nothing(jobs: Jobs, old: dict[str, Any]) -> None:
    """Nobody can approve of a change that nobody was shown."""
    del old
    holder = jobs.start("--deployment-id", THIRD_ID, "--initial", "paused")
    holder.wait_status("Paused")
    job = start(jobs, SECOND_ID, "await_approval")
    job.wait_status("Initializing")
    assert job.post("/approve").status == 200
    holder.kill()

    job.wait_status("AwaitingApproval")


def test_several_approvals_at_once_are_one(jobs: Jobs, old: dict[str, Any]) -> None:
    del old
    job = start(jobs, SECOND_ID, "await_approval")
    job.wait_status("AwaitingApproval")
    with ThreadPoolExecutor() as callers:
        answers = list(callers.map(job.post, ["/approve"] * 3))
    assert answers == [(200, "Bootstrap approved")] * 3
    job.wait_status("Paused")


def test_a_checkpoint_of_before_versions_were_written_down_can_be_resumed_from(
    jobs: Jobs, old: dict[str, Any]
) -> None:
    path = jobs.storage / "checkpoints" / old["uuid"] / "metadata.json"
    metadata = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: value for key, value in metadata.items() if key not in {"version", "epoch"}})
    )

    job = start(jobs, SECOND_ID, "await_approval")

    diff = job.wait_status("AwaitingApproval")["runtime_status_details"]["approval_diff"]
    assert diff["program"]["from"] == {"version": "", "fingerprint": fingerprint("1")}

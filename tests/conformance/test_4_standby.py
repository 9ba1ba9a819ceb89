"""Standby, up to its activation, which cannot be undone: these tests run in this order."""

from typing import Any

import pytest

from .client import Client, assert_error, wait_for


def test_a_standby_says_so_and_lists_what_it_follows(standby: Client) -> None:
    """Section 2.1, GET /status: Standby is both what it does and what is desired."""
    wait_for(standby.checkpoint_ids, bool, "followed checkpoint")
    status = standby.status()
    assert status["runtime_status"] == "Standby"
    assert status["runtime_desired_status"] == "Standby"
    assert status["storage_status_details"]["checkpoints"]


@pytest.mark.parametrize(("method", "action"), [("GET", "start"), ("GET", "pause"), ("POST", "suspend")])
def test_a_standby_can_only_be_activated(standby: Client, method: str, action: str) -> None:
    """Sections 1.7 and 2.1: 400 InvalidTransition, and nothing changed."""
    answer = standby.get(f"/{action}") if method == "GET" else standby.post(f"/{action}")
    body = assert_error(answer, 400, "InvalidTransition")
    assert body["message"] == f"Cannot execute {action} transition starting from Standby"
    assert body["details"] == [action, "Standby"]
    assert standby.status()["runtime_desired_status"] == "Standby"


@pytest.mark.parametrize("initial", ["standby", "suspended", "nonsense"])
def test_a_standby_cannot_be_activated_into_anything_else(standby: Client, initial: str) -> None:
    """Section 2.1, POST /activate: 400 InvalidActivateStatus."""
    body = assert_error(standby.post(f"/activate?initial={initial}"), 400, "InvalidActivateStatus")
    assert body["message"].endswith("(only running and paused are valid)")
    assert standby.status()["runtime_desired_status"] == "Standby"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/checkpoint"), ("GET", "/suspendable"), ("GET", "/stats")]
)
def test_what_needs_the_job_says_that_there_is_none_yet(standby: Client, method: str, path: str) -> None:
    """Section 2.1, controller endpoints: 503 before the controller is there."""
    answer = standby.get(path) if method == "GET" else standby.post(path)
    assert_error(answer, 503, "Initializing")


def test_the_checkpoints_of_the_store_are_listed(standby: Client) -> None:
    """Section 2.1, GET /checkpoints/remote: [CheckpointMetadata]."""
    answer = standby.get("/checkpoints/remote")
    assert answer.status == 200
    listed: list[dict[str, Any]] = answer.body
    assert listed
    assert all(set(each) >= {"uuid", "size", "steps", "processed_records"} for each in listed)


def test_the_state_of_the_copies_has_its_three_members(standby: Client) -> None:
    """Section 2.1, GET /checkpoint/sync_status: {success, failure, periodic}."""
    answer = standby.get("/checkpoint/sync_status")
    assert answer.status == 200
    assert set(answer.body) == {"success", "failure", "periodic"}


def test_an_activated_standby_goes_on_from_the_newest_checkpoint(standby: Client) -> None:
    """Section 2.1, POST /activate: 202 with the text of the transition, then the status follows."""
    newest = standby.get("/checkpoints/remote").body[-1]
    answer = standby.post("/activate?initial=paused")
    assert answer.status == 202
    assert answer.body == "Pipeline transitioning from Standby to Paused"
    assert standby.wait_for_status("Paused")["runtime_desired_status"] == "Paused"
    metrics = standby.get("/stats").body["global_metrics"]
    assert metrics["total_processed_records"] == newest["processed_records"]


def test_a_sync_of_an_activated_process_is_acknowledged_and_then_done(standby: Client) -> None:
    """Section 2.1, POST /checkpoint/sync: 202 {checkpoint_uuid, incarnation_uuid}, then its success."""
    standby.wait_for_status("Paused")
    standby.checkpoint()
    answer = standby.post("/checkpoint/sync")
    assert answer.status == 202
    assert set(answer.body) == {"checkpoint_uuid", "incarnation_uuid"}
    assert answer.body["checkpoint_uuid"] in standby.checkpoint_ids()
    wait_for(
        lambda: standby.get("/checkpoint/sync_status").body,
        lambda seen: seen["success"] == answer.body["checkpoint_uuid"],
        "success of the sync",
    )


def test_nothing_leads_back_to_standby(standby: Client) -> None:
    """Section 2.1, desired transitions: an activated process starts and pauses as any other."""
    assert standby.get("/start").status == 202
    assert standby.wait_for_status("Running")["runtime_desired_status"] == "Running"
    assert_error(standby.post("/activate?initial=standby"), 400, "InvalidActivateStatus")

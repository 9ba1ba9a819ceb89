"""Suspending, which cannot be undone: these tests run last and in this order."""

import pytest

from .client import Client, assert_error


def test_a_suspend_makes_a_new_checkpoint_and_ends_in_suspended(process: Client) -> None:
    """Section 1.7, success: 202, desired Suspended at once, then Suspended with a checkpoint more."""
    known = process.checkpoint_ids()
    answer = process.post("/suspend")
    assert answer.status == 202
    assert answer.body == "Pipeline is suspending"
    assert process.status()["runtime_desired_status"] == "Suspended"
    status = process.wait_for_status("Suspended")
    listed = {each["uuid"] for each in status["storage_status_details"]["checkpoints"]}
    assert listed - known


def test_a_second_suspend_is_accepted(process: Client) -> None:
    """Section 1.7, already Suspended-desired: 202 (idempotent)."""
    process.wait_for_status("Suspended")
    known = process.checkpoint_ids()
    assert process.post("/suspend").status == 202
    assert process.status()["runtime_status"] == "Suspended"
    assert process.checkpoint_ids() == known


@pytest.mark.parametrize("action", ["start", "pause"])
def test_nothing_leads_out_of_suspended(process: Client, action: str) -> None:
    """Section 1.7, once Suspended-desired: 400 InvalidTransition with the action and the status."""
    body = assert_error(process.get(f"/{action}"), 400, "InvalidTransition")
    assert body["message"] == f"Cannot execute {action} transition starting from Suspended"
    assert body["details"] == [action, "Suspended"]


def test_activate_does_not_lead_out_of_suspended(process: Client) -> None:
    """Section 2.1, desired transitions: Suspended has no successor."""
    assert_error(process.post("/activate"), 400, "InvalidTransition")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/checkpoint"), ("GET", "/suspendable"), ("GET", "/stats"), ("GET", "/metrics")],
)
def test_what_needs_the_job_says_that_it_is_suspended(process: Client, method: str, path: str) -> None:
    """Section 2.1, controller endpoints: Suspended 503."""
    answer = process.get(path) if method == "GET" else process.post(path)
    body = assert_error(answer, 503, "Suspended")
    assert body["message"] == "Operation failed because the pipeline has been suspended."


def test_the_checkpoints_can_still_be_listed(process: Client) -> None:
    """Section 2.1, GET /checkpoints: works without controller; the process keeps running until killed."""
    assert process.checkpoint_ids()
    assert process.get("/checkpoint_status").status == 200
    assert process.get("/metadata").status == 200

"""A changed program that awaits its approval. In this order; the process is Suspended at last."""

from .client import Client, assert_error


def test_the_wait_is_no_error_and_shows_what_changed(approval: Client) -> None:
    """Section 2.1, GET /status: 200 AwaitingApproval with approval_diff in its details."""
    status = approval.status()
    assert status["runtime_status"] == "AwaitingApproval"
    assert status["runtime_desired_status"] == "Running"
    assert status["runtime_status_details"]["approval_diff"]


def test_meanwhile_there_is_no_job_to_ask(approval: Client) -> None:
    """Section 2.1, controller endpoints: 503 before it is there; GET /checkpoints needs none."""
    assert_error(approval.get("/stats"), 503, "Initializing")
    assert_error(approval.post("/checkpoint"), 503, "Initializing")
    assert approval.checkpoint_ids()


def test_a_suspend_is_accepted_and_hangs(approval: Client) -> None:
    """Section 1.7, AwaitingApproval: 202; the status stays, desired is Suspended."""
    answer = approval.post("/suspend")
    assert answer.status == 202
    assert answer.body == "Pipeline is suspending"
    status = approval.status()
    assert status["runtime_status"] == "AwaitingApproval"
    assert status["runtime_desired_status"] == "Suspended"


def test_contradicting_approvals_are_refused_and_approve_of_nothing(approval: Client) -> None:
    """Section 2.1, POST /approve: 400 InvalidParam."""
    answer = approval.post("/approve?silent_bootstrap=true&concurrent_bootstrap=true")
    assert_error(answer, 400, "InvalidParam")
    assert approval.status()["runtime_status"] == "AwaitingApproval"


def test_an_approval_returns_once_the_phase_is_left_and_the_suspend_goes_on(approval: Client) -> None:
    """Section 2.1, POST /approve: 200 "Bootstrap approved"; section 1.7: then the suspend is finished."""
    known = approval.checkpoint_ids()
    answer = approval.post("/approve")
    assert answer.status == 200
    assert answer.body == "Bootstrap approved"
    assert approval.status()["runtime_status"] != "AwaitingApproval"
    approval.wait_for_status("Suspended")
    assert approval.checkpoint_ids() - known

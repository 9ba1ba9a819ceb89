"""Requests that change the process and can be undone."""

import pytest

from .client import Client, assert_error


def test_starting_a_running_process_changes_nothing(process: Client) -> None:
    """Section 2.1, GET /start: 202, also if it is what it already does."""
    answer = process.get("/start")
    assert answer.status == 202
    assert answer.body == "Pipeline transitioning from Running to Running"
    assert process.status()["runtime_status"] == "Running"


def test_a_process_pauses_and_resumes(process: Client) -> None:
    """Section 2.1, GET /pause and GET /start: 202 with the text, then the status follows."""
    answer = process.get("/pause")
    assert answer.status == 202
    assert answer.body == "Pipeline transitioning from Running to Paused"
    assert process.wait_for_status("Paused")["runtime_desired_status"] == "Paused"
    assert process.get("/pause").body == "Pipeline transitioning from Paused to Paused"

    answer = process.get("/start")
    assert answer.status == 202
    assert answer.body == "Pipeline transitioning from Paused to Running"
    assert process.wait_for_status("Running")["runtime_desired_status"] == "Running"


def test_a_paused_process_processes_nothing(process: Client) -> None:
    """Section 1.1, Paused: two checkpoints of a paused process hold the same number of records."""
    process.get("/pause")
    process.wait_for_status("Paused")
    known = process.checkpoint_ids()
    process.checkpoint()
    process.checkpoint()
    made = [each for each in process.get("/checkpoints").body if each["uuid"] not in known]
    process.get("/start")
    process.wait_for_status("Running")
    assert len({each["processed_records"] for each in made}) == 1, made


@pytest.mark.parametrize(("initial", "status"), [("paused", "Paused"), ("running", "Running")])
def test_activate_reaches_the_status_it_names(process: Client, initial: str, status: str) -> None:
    """Section 2.1, POST /activate?initial=running|paused: 202 with the text of a transition."""
    answer = process.post(f"/activate?initial={initial}")
    assert answer.status == 202
    assert answer.body.endswith(f" to {status}")
    process.wait_for_status(status)


def test_nothing_can_be_activated_into_standby(process: Client) -> None:
    """Section 2.1, POST /activate: 400 InvalidActivateStatus."""
    body = assert_error(process.post("/activate?initial=standby"), 400, "InvalidActivateStatus")
    assert body["message"] == ("Invalid activation status Standby (only running and paused are valid)")


def test_a_checkpoint_is_acknowledged_at_once_and_then_durable(process: Client) -> None:
    """Section 2.1, POST /checkpoint: 200 with a number and the incarnation; the list then has a new one."""
    known = process.checkpoint_ids()
    asked = process.post("/checkpoint")
    assert asked.status == 200
    assert set(asked.body) == {"checkpoint_sequence_number", "incarnation_uuid"}
    stats = process.get("/stats").body
    assert asked.body["incarnation_uuid"] == stats["global_metrics"]["incarnation_uuid"]
    process.checkpoint()
    assert process.checkpoint_ids() - known


def test_sequence_numbers_rise_by_one(process: Client) -> None:
    """Section 2.1, GET /checkpoint_status: numbers are counted per process."""
    first = process.checkpoint()
    assert process.checkpoint() == first + 1


def test_a_later_checkpoint_holds_no_fewer_records(process: Client) -> None:
    """Section 2.1, CheckpointMetadata: processed_records belongs to the state that was captured."""
    process.checkpoint()
    process.checkpoint()
    counts = [each["processed_records"] for each in process.get("/checkpoints").body]
    assert counts == sorted(counts)


def test_an_approval_that_nobody_awaits_is_accepted(process: Client) -> None:
    """Section 2.1, POST /approve: it returns once the phase is left, here at once."""
    answer = process.post("/approve")
    assert answer.status == 200
    assert answer.body == "Bootstrap approved"


def test_contradicting_approvals_are_refused(process: Client) -> None:
    """Section 2.1, POST /approve: 400 InvalidParam."""
    answer = process.post("/approve?silent_bootstrap=true&concurrent_bootstrap=true")
    assert_error(answer, 400, "InvalidParam")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/checkpoint"),
        ("GET", "/suspend"),
        ("GET", "/activate"),
        ("GET", "/approve"),
        ("POST", "/status"),
        ("POST", "/start"),
        ("POST", "/pause"),
    ],
)
def test_each_endpoint_has_one_method(process: Client, method: str, path: str) -> None:
    """Section 2.1, first column: a read must never change anything by accident."""
    answer = process.get(path) if method == "GET" else process.post(path)
    assert answer.status in {404, 405}
    assert process.status()["runtime_desired_status"] == "Running"

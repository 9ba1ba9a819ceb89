"""What can be read from a running process without changing it."""

import uuid
from typing import Any

from .client import Client, assert_error

CHECKPOINT_METADATA = {"uuid", "identifier", "fingerprint", "size", "steps", "processed_records"}


def test_status_says_what_the_process_does_and_what_it_should_do(process: Client) -> None:
    """Section 2.1, GET /status: 200 with ExtendedRuntimeStatus."""
    status = process.status()
    assert status["runtime_status"] == "Running"
    assert status["runtime_desired_status"] == "Running"
    assert "runtime_status_details" in status
    assert isinstance(status["storage_status_details"]["checkpoints"], list)


def test_the_root_is_a_page(process: Client) -> None:
    """Section 2.1, GET /: 200 html."""
    answer = process.get("/")
    assert answer.status == 200
    assert answer.content_type.startswith("text/html")


def test_metadata_is_json(process: Client) -> None:
    """Section 2.1, GET /metadata."""
    answer = process.get("/metadata")
    assert answer.status == 200
    assert answer.content_type.startswith("application/json")


def test_a_process_with_storage_is_suspendable(process: Client) -> None:
    """Section 2.1, GET /suspendable: 200 {suspendable, reasons}."""
    answer = process.get("/suspendable")
    assert answer.status == 200
    assert answer.body == {"suspendable": True, "reasons": []}


def test_checkpoints_are_listed_with_their_metadata(process: Client) -> None:
    """Section 2.1, GET /checkpoints: 200 [CheckpointMetadata], the same list as in /status."""
    process.checkpoint()
    listed: list[dict[str, Any]] = process.get("/checkpoints").body
    assert listed
    for each in listed:
        assert set(each) >= CHECKPOINT_METADATA
        assert str(uuid.UUID(each["uuid"])) == each["uuid"]
        assert 0 <= each["fingerprint"] < 2**64
    assert {each["uuid"] for each in process.status()["storage_status_details"]["checkpoints"]} >= {
        each["uuid"] for each in listed
    }


def test_checkpoint_status_has_success_and_failure(process: Client) -> None:
    """Section 2.1, GET /checkpoint_status: both members are there whatever happened so far."""
    body = process.get("/checkpoint_status").body
    assert set(body) == {"success", "failure"}
    assert body["failure"] is None


def test_another_incarnation_is_refused(process: Client) -> None:
    """Section 2.1, GET /checkpoint_status: 400 IncarnationUuidMismatch."""
    foreign = uuid.uuid4()
    answer = process.get(f"/checkpoint_status?incarnation_uuid={foreign}")
    body = assert_error(answer, 400, "IncarnationUuidMismatch")
    assert str(foreign) in body["message"]


def test_stats_count_what_was_processed(process: Client) -> None:
    """Section 2.1, /stats: global_metrics and the siblings that explain a delayed checkpoint."""
    stats = process.get("/stats").body
    metrics = stats["global_metrics"]
    assert metrics["state"] == "Running"
    assert metrics["total_processed_records"] <= metrics["total_input_records"]
    assert metrics["uptime_msecs"] >= 0
    assert isinstance(metrics["start_time"], int)
    assert str(uuid.UUID(metrics["incarnation_uuid"])) == metrics["incarnation_uuid"]
    assert isinstance(metrics["rss_bytes"], int)
    assert isinstance(metrics["pipeline_complete"], bool)
    assert stats["suspend_error"] is None
    assert stats["checkpoint_activity"]["status"] in {"idle", "delayed", "in_progress"}
    assert isinstance(stats["inputs"], list)
    assert isinstance(stats["outputs"], list)


def test_metrics_are_prometheus_text(process: Client) -> None:
    """Section 2.1, /metrics?format=prometheus."""
    answer = process.get("/metrics?format=prometheus")
    assert answer.status == 200
    assert answer.content_type.startswith("text/plain")
    samples = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert samples
    for sample in samples:
        float(sample.rsplit(" ", 1)[1])

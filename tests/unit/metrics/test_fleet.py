"""The gauges that are read off the custom resources when somebody scrapes."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from sluice.api.json_values import Json
from sluice.metrics import FleetCollector

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def body(name: str, kind: str = "Pipeline", **status: object) -> Json:
    return {"kind": kind, "metadata": {"namespace": "shop", "name": name}, "status": status}


def condition(kind: str, status: str, reason: str) -> Json:
    return {"type": kind, "status": status, "reason": reason}


BODIES = [
    {"kind": "Pipeline", "metadata": {"namespace": "shop", "name": "new"}},
    body(
        "a",
        deploymentStatus="Running",
        deploymentResourcesStatus="Provisioned",
        lastCheckpointTime="2026-03-01T11:59:00Z",
        conditions=[condition("Stalled", "False", "Running")],
    ),
    body(
        "b",
        deploymentStatus="Suspending",
        deploymentResourcesStatus="Provisioned",
        lastCheckpointTime="2026-03-01T11:00:00Z",
        stop={"mode": "Graceful", "requestedAt": "2026-03-01T11:40:00Z"},
        conditions=[
            condition("Stalled", "True", "StopStuck"),
            condition("CheckpointCurrent", "False", "Overdue"),
        ],
    ),
    body(
        "c",
        deploymentStatus="Stopped",
        deploymentResourcesStatus="Stopped",
        lastCheckpointTime="2025-01-01T00:00:00Z",
        stop={"mode": "Force", "requestedAt": "2026-03-01T10:00:00Z", "finishedAt": "2026-03-01T10:00:02Z"},
    ),
    body("d", kind="Deployment", deploymentStatus="Running", lastCheckpointTime="not a time"),
]


def registry_of(*, has_object_metrics: bool = True) -> CollectorRegistry:
    registry = CollectorRegistry()
    collector = FleetCollector(lambda: BODIES, has_object_metrics=has_object_metrics, clock=lambda: NOW)
    registry.register(collector)
    return registry


def value(name: str, **labels: str) -> float | None:
    return registry_of().get_sample_value(name, labels)


def test_objects_are_counted_by_kind_and_status() -> None:
    assert value("sluice_objects", kind="Pipeline", status="Running") == 1
    assert value("sluice_objects", kind="Pipeline", status="Unknown") == 1
    assert value("sluice_objects", kind="Deployment", status="Running") == 1


def test_a_stop_that_hangs_is_told_with_its_age() -> None:
    assert value("sluice_stops_stuck", kind="Pipeline") == 1
    assert value("sluice_stops_stuck", kind="Deployment") == 0
    assert value("sluice_objects_stalled", kind="Pipeline", reason="StopStuck") == 1
    assert value("sluice_stop_oldest_age_seconds", kind="Pipeline") == 20 * 60


def test_the_age_of_a_checkpoint_is_that_of_the_oldest_among_those_that_are_up() -> None:
    assert value("sluice_checkpoint_oldest_age_seconds", kind="Pipeline") == 60 * 60
    assert value("sluice_checkpoints_overdue", kind="Pipeline") == 1


def test_only_with_object_metrics_is_a_name_a_label() -> None:
    name, labels = (
        "sluice_checkpoint_last_timestamp_seconds",
        {"kind": "Pipeline", "namespace": "shop", "name": "a"},
    )

    assert registry_of().get_sample_value(name, labels) == NOW.timestamp() - 60
    assert registry_of(has_object_metrics=False).get_sample_value(name, labels) is None

"""Every object that the operator makes, whole: a change of any field shows as a diff."""

from datetime import UTC, datetime

from syrupy.assertion import SnapshotAssertion

from sluice.api.kinds import PIPELINE
from sluice.api.statuses import MaintenanceTask
from sluice.api.storage import StorageSpec
from sluice.manifests import (
    MaintenancePlan,
    build_claim,
    build_event,
    build_maintenance_pod,
    build_revision,
    claim_labels,
    revision_name,
)

from .plans import IDENTITY, MANIFEST, OWNER, build, container, spec_with


def test_the_pod_of_a_run(snapshot: SnapshotAssertion) -> None:
    assert build(spec_with()) == snapshot


def test_the_pod_of_a_pipeline_without_storage(snapshot: SnapshotAssertion) -> None:
    assert build(spec_with(storage=None, checkpoint={})) == snapshot


def test_the_claim_of_a_first_run(snapshot: SnapshotAssertion) -> None:
    storage = StorageSpec()
    assert (
        build_claim(IDENTITY, "orders-runtime-0", storage, claim_labels(IDENTITY, storage, 1, None, None))
        == snapshot
    )


def test_the_claim_with_a_class_and_a_checkpoint(snapshot: SnapshotAssertion) -> None:
    storage = StorageSpec.model_validate({"size": "1Gi", "storageClassName": "fast", "onDelete": "Delete"})
    labels = claim_labels(IDENTITY, storage, 7, "33333333-3333-4333-8333-333333333333", "Fresh")
    assert build_claim(IDENTITY, "orders-runtime-0", storage, labels) == snapshot


def test_the_pod_that_works_on_the_volume(snapshot: SnapshotAssertion) -> None:
    name, task = "orders-runtime-0", MaintenanceTask.RETAIN
    plan = MaintenancePlan(
        name, "example.com/sluice:1", "sluice.runtime.maintenance", task, 4, claim=name, owner=OWNER
    )
    assert build_maintenance_pod(IDENTITY, spec_with(), plan) == snapshot


def test_the_revision(snapshot: SnapshotAssertion) -> None:
    assert build_revision(IDENTITY, revision_name(PIPELINE, "orders", MANIFEST), MANIFEST, 3) == snapshot


def test_the_event(snapshot: SnapshotAssertion) -> None:
    event = build_event(
        IDENTITY,
        name="orders.0123456789abcdef",
        reason="Failed",
        message="a worker panicked",
        is_warning=True,
        now=datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC),
    )
    assert event == snapshot


def test_the_pod_of_a_container_that_a_hook_serves(snapshot: SnapshotAssertion) -> None:
    pod = {"containers": [container(name="proxy"), container(name="db")]}
    hook = {"container": "db", "http": {"port": 9000}}
    spec = spec_with(pod, feldera=None, hook=hook, checkpoint={}, storage=None)
    assert build(spec, initial="Running") == snapshot

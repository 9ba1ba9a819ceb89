"""A pipeline in Standby takes over from another one by way of a real object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kubectl import Kubectl, Manifest, wait_until
from support.localkube import embedded_status
from support.pipeline import PipelineAtWork, example_manifest
from support.s3 import S3Server

BUCKET, SECRET = "checkpoints", "object-store"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    directory = tmp_path / "buckets"
    directory.mkdir()
    server = S3Server(directory, address=embedded_status()["host as pods see it"])
    server.make_bucket(BUCKET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def follower(system: Kubectl, namespace: Kubectl) -> Iterator[PipelineAtWork]:
    """The second pipeline."""
    follower = PipelineAtWork(namespace, "follower")
    yield follower
    if follower.get() is not None:
        follower.stop(force=True)
        namespace.must("delete", "slpl", follower.name, "--wait=false")


def synced(name: str, server: S3Server, **spec: object) -> Manifest:
    """A pipeline whose checkpoints go to the object store, one every second."""
    sync = {
        "url": f"s3://{BUCKET}/census",
        "options": {"endpoint": server.endpoint},
        "secretName": SECRET,
        "intervalSeconds": 1,
    }
    storage = {"size": "1Gi", "sync": sync}
    return example_manifest(name, storage=storage, checkpoint={"intervalSeconds": 1}, **spec)


def make_secret(kubectl: Kubectl, server: S3Server) -> None:
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET},
        "stringData": server.environment,
    }
    kubectl.must("apply", "-f", "-", manifest=manifest)


def test_a_standby_follows_takes_over_exactly_and_fences_the_one_it_followed(
    pipeline: PipelineAtWork, follower: PipelineAtWork, server: S3Server
) -> None:
    make_secret(pipeline.kubectl, server)
    pipeline.apply(synced(pipeline.name, server))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=20)

    follower.apply(synced(follower.name, server, desiredStatus="Standby"))
    standby = follower.wait_for("Standby")

    assert standby["deploymentInitial"] == "Standby"
    assert follower.condition("Ready")["status"] == "True", "a pipeline in Standby as asked is Ready"
    assert follower.condition("Available")["status"] == "False"
    pipeline.stop()
    stopped = pipeline.wait_for("Stopped")
    kept, last = pipeline.last_checkpoint_records(), stopped["stop"]["checkpoint"]
    follower.patch(desiredStatus="Running")
    active = follower.wait_for("Running")
    assert active["deploymentId"] == standby["deploymentId"], "it was activated, not started anew"
    assert follower.must_be_exact() >= kept
    assert last in {entry["uuid"] for entry in _checkpoints_seen(follower)} or kept > 0

    pipeline.start()
    fenced = pipeline.wait_until(
        "the fenced one to say so", lambda status: "taken over" in str(status.get("restart"))
    )
    assert fenced["restart"]["lastError"]["errorCode"] == "Fenced"
    follower.wait_for_records(more_than=kept)
    follower.must_be_exact()


def _checkpoints_seen(pipeline: PipelineAtWork) -> list[Manifest]:
    details: Manifest = pipeline.status().get("storageStatusDetails") or {}
    found: list[Manifest] = details.get("checkpoints") or []
    return found


def test_a_pipeline_that_runs_cannot_become_a_standby_and_one_in_standby_stops_without_a_checkpoint(
    pipeline: PipelineAtWork, server: S3Server
) -> None:
    make_secret(pipeline.kubectl, server)
    pipeline.apply(synced(pipeline.name, server, desiredStatus="Standby"))
    pipeline.wait_for("Standby")

    pipeline.stop()
    stopped = pipeline.wait_for("Stopped")
    assert stopped["stop"]["reason"] == "Standby"
    assert "deploymentError" not in stopped
    pipeline.start()
    before = pipeline.wait_for("Running")
    pipeline.patch(desiredStatus="Standby")
    held = pipeline.wait_for_condition("ChangesPending", "InitialImmutableUnlessStopped")

    assert "Initial desired runtime status cannot be changed" in held["message"]
    assert pipeline.status()["deploymentStatus"] == "Running"
    assert pipeline.status()["deploymentId"] == before["deploymentId"]
    pipeline.must_be_exact()


def test_a_stop_waits_for_its_checkpoint_to_reach_the_object_store(
    pipeline: PipelineAtWork, server: S3Server
) -> None:
    make_secret(pipeline.kubectl, server)
    pipeline.apply(synced(pipeline.name, server))
    pipeline.wait_for("Running")
    server.stop()

    pipeline.stop()
    waiting = pipeline.wait_until("the blocker", lambda status: bool(status["stop"].get("blockers")))

    assert "object store" in waiting["stop"]["blockers"][0]
    assert waiting["deploymentStatus"] == "Suspending"
    server.start()
    stopped = pipeline.wait_for("Stopped", seconds=90)
    assert stopped["stop"]["checkpoint"]
    wait_until("the pod to be gone", lambda: (pipeline.pod() is None, pipeline.pod()), 30)

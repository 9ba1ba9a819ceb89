"""Checkpoints by schedule, their retention while stopped, and starts from a chosen one, on real pods."""

from datetime import UTC, datetime

from support.kubectl import wait_until
from support.pipeline import PipelineAtWork, example_manifest

EACH_MINUTE = "* * * * *"


def make_checkpoint(pipeline: PipelineAtWork, token: str) -> str:
    """Have the pipeline make one more checkpoint; returns its id."""
    pipeline.request("checkpoint", token)
    assert pipeline.wait_for_outcome("checkpoint", token)["state"] == "Succeeded"
    return pipeline.checkpoints()[-1]


def test_a_checkpoint_is_made_when_the_schedule_comes(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name, checkpoint={"schedule": EACH_MINUTE}))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=3)

    status = pipeline.wait_until(
        "the checkpoint of the minute", lambda status: "lastScheduleTime" in status, seconds=75
    )
    wait_until("the checkpoint", lambda: (bool(pipeline.checkpoints()), pipeline.status()), 30)

    scheduled = datetime.fromisoformat(status["lastScheduleTime"])
    assert scheduled.astimezone(UTC).second <= 5, "at the minute, not at some time in it"
    assert pipeline.condition("CheckpointCurrent")["status"] == "True"
    assert pipeline.status()["deploymentStatus"] == "Running"


def test_checkpoints_of_a_stopped_pipeline_are_removed_and_never_the_one_it_resumes_from(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name, checkpoint={"retain": {"count": 5}}))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=3)
    made = [make_checkpoint(pipeline, f"token-{number}") for number in range(3)]
    pipeline.stop()
    stopped = pipeline.wait_for("Stopped")
    newest = stopped["stop"]["checkpoint"]
    assert pipeline.checkpoints() == [*made, newest]

    pipeline.patch(checkpoint={"retain": {"count": 1}})
    pipeline.wait_until("the others to be removed", lambda _: pipeline.checkpoints() == [newest], seconds=60)

    assert pipeline.wait_for("Stopped")["storageStatus"] == "InUse"
    wait_until("the maintenance pod to be gone", lambda: (pipeline.pod() is None, pipeline.pod()), 30)
    kept = pipeline.last_checkpoint_records()
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() >= kept


def test_a_start_from_a_chosen_checkpoint_counts_once_and_the_next_one_loses_nothing(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name, checkpoint={"retain": {"count": 5}})
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=3)
    chosen = make_checkpoint(pipeline, "early")
    early = pipeline.last_checkpoint_records()
    late = pipeline.wait_for_records(more_than=early + 60)
    pipeline.stop()
    pipeline.wait_for("Stopped")

    pipeline.patch(startFrom=chosen)
    pipeline.start()
    rewound = pipeline.wait_for("Running")
    counted = pipeline.must_be_exact()
    pipeline.stop()
    pipeline.wait_for("Stopped")
    kept = pipeline.last_checkpoint_records()
    pipeline.start()
    resumed = pipeline.wait_for("Running")

    assert rewound["deploymentStartFrom"] == chosen
    assert early <= counted < late
    assert resumed["deploymentStartFrom"] == "Latest"
    assert pipeline.must_be_exact() >= kept


def test_a_fresh_start_begins_from_nothing_and_a_checkpoint_that_is_not_there_is_an_error(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=60)
    pipeline.stop()
    pipeline.wait_for("Stopped")

    pipeline.patch(startFrom="00000000-0000-7000-8000-000000000000")
    pipeline.start()
    failed = pipeline.wait_for("Stopped")
    assert failed["deploymentError"]["errorCode"] == "InitializationError"
    assert failed["deploymentError"]["details"]["error"]["error_code"] == "CheckpointNotFound"
    assert failed["restart"]["count"] == 0, "it would say the same each time"
    pipeline.patch(startFrom="Fresh")
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() < counted


def test_a_claim_of_the_users_is_emptied_and_kept_when_the_storage_is_cleared(
    pipeline: PipelineAtWork,
) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "mine"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    pipeline.kubectl.must("create", "-f", "-", manifest=claim)
    pipeline.apply(example_manifest(pipeline.name, storage={"existingClaim": "mine"}))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=60)
    pipeline.stop()
    pipeline.wait_for("Stopped")

    pipeline.request("clear-storage", "empty-it", uid=pipeline.uid)
    outcome = pipeline.wait_for_outcome("clear-storage", "empty-it")

    assert outcome["state"] == "Succeeded", outcome
    assert pipeline.kubectl.look("pvc/mine") is not None
    assert pipeline.status()["storageStatus"] == "Cleared"
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() < counted

"""Deleting a pipeline: stopped first, whatever the way of deletion; data goes only where it was declared."""

import pytest
from support.kubectl import wait_until
from support.pipeline import PipelineAtWork, example_manifest, with_environment
from support.watching import record_changes

STORAGE = {"size": "1Gi"}


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_a_running_pipeline_makes_its_last_checkpoint_before_it_is_deleted(
    pipeline: PipelineAtWork, cascade: str
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=5)

    with record_changes(pipeline) as changes:
        pipeline.kubectl.must("delete", "slpl", pipeline.name, f"--cascade={cascade}", "--wait=false")
        pipeline.wait_until_gone()

    states = [state for state, _ in changes.states()]
    assert states[:3] == ["Running", "Suspending", "Stopping"]
    checkpoint = changes.pipelines[-1]["status"]["stop"]["checkpoint"]
    assert changes.version_when_recorded(checkpoint) < changes.version_when_deleted()
    assert pipeline.pod() is None
    assert pipeline.claim() is not None, "the volume is kept unless its deletion was declared"
    assert _revisions(pipeline) == []


def test_a_deletion_while_suspending_ends_with_the_checkpoint_made(pipeline: PipelineAtWork) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="3")
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Suspending")

    with record_changes(pipeline) as changes:
        pipeline.kubectl.must("delete", "slpl", pipeline.name, "--wait=false")
        pipeline.wait_until_gone()

    assert changes.pipelines[-1]["status"]["stop"]["checkpoint"]
    assert pipeline.pod() is None


def test_without_a_checkpoint_before_delete_a_deletion_takes_no_longer_than_a_force_stop(
    pipeline: PipelineAtWork,
) -> None:
    manifest = example_manifest(pipeline.name, checkpoint={"beforeDelete": False})
    pipeline.apply(with_environment(manifest, ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="30"))
    pipeline.wait_for("Running")

    pipeline.kubectl.must("delete", "slpl", pipeline.name, "--wait=false")

    pipeline.wait_until_gone(seconds=15)


def test_a_volume_whose_deletion_is_declared_goes_with_the_pipeline(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name, storage={**STORAGE, "onDelete": "Delete"}))
    pipeline.wait_for("Running")

    pipeline.kubectl.must("delete", "slpl", pipeline.name, "--wait=false")
    pipeline.wait_until_gone()

    wait_until("the claim to be gone", lambda: (pipeline.claim() is None, pipeline.claim()), 30)


def test_a_recreated_pipeline_takes_the_old_volume_only_when_it_names_it(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)
    pipeline.kubectl.must("delete", "slpl", pipeline.name, "--wait=false")
    pipeline.wait_until_gone()

    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_until("the refusal", lambda _: pipeline.condition("Stalled").get("status") == "True")

    assert pipeline.condition("Stalled")["reason"] == "NotOurs"
    assert "storage.existingClaim" in pipeline.condition("Stalled")["message"]
    assert pipeline.pod() is None
    pipeline.apply(example_manifest(pipeline.name, storage={"existingClaim": pipeline.pod_name}))
    pipeline.wait_for("Running", seconds=90)
    assert pipeline.must_be_exact() >= counted


def test_somebody_elses_pod_under_our_name_is_never_taken_and_never_touched(pipeline: PipelineAtWork) -> None:
    stranger = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pipeline.pod_name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "stranger",
                    "image": "sluice.dev/sluice:dev",
                    "command": ["python3", "-c", "import time; time.sleep(600)"],
                }
            ],
        },
    }
    pipeline.kubectl.must("create", "-f", "-", manifest=stranger)
    pipeline.apply(example_manifest(pipeline.name))

    pipeline.wait_until("the refusal", lambda _: pipeline.condition("Stalled").get("status") == "True")

    assert pipeline.condition("Stalled")["reason"] == "NotOurs"
    pipeline.stop()
    pipeline.wait_for("Stopped")
    pod = pipeline.pod()
    assert pod is not None
    assert pod["spec"]["containers"][0]["name"] == "stranger"
    assert "deletionTimestamp" not in pod["metadata"]
    pipeline.kubectl.must("delete", "pod", pipeline.pod_name, "--grace-period=0", "--force")


def _revisions(pipeline: PipelineAtWork) -> list[str]:
    found = pipeline.kubectl.get("controllerrevisions", "-l", f"sluice.dev/name={pipeline.name}")
    return [item["metadata"]["name"] for item in found["items"]]

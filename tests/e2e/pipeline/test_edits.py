"""Edits of a pipeline that runs: by a stop and a start, at once, held, or refused beforehand."""

from support.kubectl import wait_until
from support.pipeline import PipelineAtWork, example_manifest, runtime_container, with_environment
from support.watching import record_changes


def test_an_edited_template_is_a_graceful_stop_and_a_start_with_nothing_lost(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)
    edited = with_environment(example_manifest(pipeline.name), EDITED="yes")

    with record_changes(pipeline) as changes:
        pipeline.apply(edited)
        after = pipeline.wait_until(
            "the new start",
            lambda status: (
                status["deploymentStatus"] == "Running" and status["deploymentId"] != before["deploymentId"]
            ),
        )

    states = [state for state, _ in changes.states()]
    assert states.index("Suspending") < states.index("Stopped") < states.index("Provisioning")
    assert after["stop"]["cause"] == "SpecChanged"
    assert changes.version_when_recorded(after["stop"]["checkpoint"]) < changes.version_when_deleted()
    pod = pipeline.pod()
    assert pod is not None
    assert "EDITED" in {variable["name"] for variable in pod["spec"]["containers"][0]["env"]}
    assert pipeline.must_be_exact() >= counted


def test_a_template_that_can_never_run_stops_nothing_and_a_mended_one_is_taken(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    bad = example_manifest(pipeline.name)
    runtime_container(bad)["resources"] = {"requests": {"cpu": "not a number"}}

    pipeline.apply(bad)
    stalled = pipeline.wait_for_condition("Stalled", "InvalidTemplate")

    assert "quantities must match" in stalled["message"]
    assert pipeline.status()["deploymentStatus"] == "Running"
    assert pipeline.status()["deploymentId"] == before["deploymentId"]
    pipeline.must_be_exact()
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for_condition("Ready", "Running")
    assert pipeline.status()["deploymentId"] == before["deploymentId"], "it is the spec that runs already"


def test_an_edit_that_concerns_only_checkpoints_or_stops_restarts_nothing(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")

    pipeline.patch(
        checkpoint={"intervalSeconds": 45, "retain": {"count": 5}},
        stop={"timeoutSeconds": 60},
        restart={"maxRestarts": 7},
    )
    after = pipeline.wait_for("Running")

    assert after["observedGeneration"] > before["observedGeneration"]
    assert (after["deploymentId"], after["runNumber"]) == (before["deploymentId"], before["runNumber"])
    assert pipeline.condition("Ready")["status"] == "True"


def test_what_may_not_change_while_storage_is_in_use_is_held_with_the_apis_code(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    pipeline.wait_until("the claim in status", lambda status: status.get("storageClaim") is not None)

    pipeline.patch(storage={"storageClassName": "another"}, bootstrapPolicy="Allow")
    held = pipeline.wait_for_condition("ChangesPending", "BootstrapPolicyImmutableUnlessStopped")

    assert held["status"] == "True"
    assert "`storage.storageClassName`" in held["message"]
    assert pipeline.status()["deploymentId"] == before["deploymentId"]
    pipeline.stop()
    pipeline.wait_for("Stopped")
    assert pipeline.condition("ChangesPending")["reason"] == "EditRestrictedToClearedStorage"
    pipeline.start()
    assert pipeline.wait_for("Running")["bootstrapPolicy"] == "Allow"
    pipeline.must_be_exact()


def test_a_start_that_is_asked_for_during_a_stop_waits_and_says_so_in_the_seeds_words(
    pipeline: PipelineAtWork,
) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="4")
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Suspending")

    pipeline.start()
    pending = pipeline.wait_for_condition("ChangesPending", "IllegalPipelineAction")

    hint = (
        "Cannot restart the pipeline while it is stopping. Wait for it to stop before starting a new instance"
    )
    assert hint in pending["message"]
    pipeline.wait_for("Running")
    assert pipeline.condition("ChangesPending")["status"] == "False"


def test_a_larger_volume_is_asked_for_while_the_pipeline_runs_and_a_smaller_one_is_held(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")

    pipeline.patch(storage={"size": "2Gi"})

    def is_grown() -> tuple[bool, object]:
        claim = pipeline.claim() or {"spec": {}}
        return claim["spec"]["resources"]["requests"]["storage"] == "2Gi", claim["spec"]

    wait_until("the claim to ask for more", is_grown, 30)
    pipeline.patch(storage={"size": "1Gi"})
    pending = pipeline.wait_for_condition("ChangesPending", "EditRestrictedToClearedStorage")
    assert "`storage.size`" in pending["message"]
    assert pipeline.status()["deploymentId"] == before["deploymentId"]


def test_a_stopped_pipeline_can_be_deleted_without_an_operator(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    found = pipeline.get()
    assert found is not None
    assert found["metadata"]["finalizers"] == ["sluice.dev/operator"]
    pipeline.stop()
    pipeline.wait_for("Stopped")

    def is_released() -> tuple[bool, object]:
        metadata = (pipeline.get() or {"metadata": {}})["metadata"]
        return "finalizers" not in metadata, metadata

    wait_until("the finalizer to go", is_released, 90)
    pipeline.start()
    pipeline.wait_for("Running")
    pipeline.must_be_exact()

"""The lifecycle as seeds 000 and 001 describe it, on real pods."""

from support.pipeline import PipelineAtWork, example_manifest, with_environment
from support.watching import record_changes

SLOW_SNAPSHOT = {"ZONE_CENSUS_TEST_SNAPSHOT_SECONDS": "3"}


def test_a_declared_pipeline_runs_and_says_so(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))

    status = pipeline.wait_for("Running")

    pipeline.wait_for_records(more_than=5)
    pipeline.must_be_exact()
    assert status["deploymentResourcesStatus"] == "Provisioned"
    assert status["deploymentRuntimeStatus"] == "Running"
    assert status["deploymentDesiredStatus"] == "Running"
    assert status["storageStatus"] == "InUse"
    assert {entry["type"]: entry["status"] for entry in status["conditions"]} == {
        "Ready": "True",
        "Available": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "CheckpointCurrent": "True",
        "ChangesPending": "False",
    }
    row = pipeline.kubectl.must("get", "slpl", pipeline.name)
    columns = ["NAME", "DESIRED", "STATUS", "ELEMENTS", "CHECKPOINT", "ERROR", "AGE"]
    assert row.splitlines()[0].split() == columns


def test_a_graceful_stop_goes_through_the_seeds_states_and_records_its_checkpoint_first(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=5)

    with record_changes(pipeline) as changes:
        pipeline.stop()
        status = pipeline.wait_for("Stopped")

    assert changes.states() == [
        ("Running", "Running"),
        ("Suspending", "Suspended"),
        ("Stopping", "Stopped"),
        ("Stopped", "Stopped"),
    ]
    assert pipeline.pod() is None
    assert status["stop"]["mode"] == "Graceful"
    assert status["stop"]["checkpoint"] == pipeline.checkpoints()[-1]
    assert status["stop"]["checkpoint"] not in status["stop"]["knownCheckpoints"]
    assert "deploymentError" not in status
    assert changes.version_when_recorded(status["stop"]["checkpoint"]) < changes.version_when_deleted()


def test_a_stopped_pipeline_goes_on_exactly_where_it_stopped(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    first = pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=20)
    pipeline.stop()
    pipeline.wait_for("Stopped")
    kept = pipeline.last_checkpoint_records()

    pipeline.start()
    second = pipeline.wait_for("Running")

    assert kept > 20
    assert pipeline.must_be_exact() >= kept
    assert second["deploymentId"] != first["deploymentId"]
    assert second["runNumber"] > first["runNumber"]


def test_a_force_stop_takes_seconds_and_resumes_from_the_latest_checkpoint(pipeline: PipelineAtWork) -> None:
    # The grace period is ten minutes and the checkpoint on SIGTERM takes longer than the second that a
    # force stop leaves, so the resume point is the periodic one.
    manifest = with_environment(
        example_manifest(pipeline.name, checkpoint={"intervalSeconds": 1}),
        ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="2",
    )
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.wait_until(
        "a periodic checkpoint", lambda _: pipeline.stats()["global_metrics"]["storage_bytes"] > 0
    )

    pipeline.stop(force=True)
    status = pipeline.wait_for("Stopped", seconds=15)
    pipeline.start()
    pipeline.wait_for("Running")

    assert status["stop"]["mode"] == "Force"
    assert "checkpoint" not in status["stop"]
    assert pipeline.must_be_exact() > 0


def test_a_pipeline_pauses_and_resumes_in_place(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    running = pipeline.wait_for("Running")

    pipeline.patch(desiredStatus="Paused")
    paused = pipeline.wait_for("Paused")
    counted = pipeline.must_be_exact()
    pipeline.patch(desiredStatus="Running")
    pipeline.wait_for("Running")

    assert paused["deploymentId"] == running["deploymentId"]
    assert paused["conditions"][0]["status"] == "True", "a pipeline that is paused as asked is Ready"
    pipeline.wait_for_records(more_than=counted)
    pipeline.must_be_exact()


def test_a_pipeline_born_stopped_has_no_pod_no_claim_and_no_finalizer(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name, desiredStatus="Stopped"))

    status = pipeline.wait_for("Stopped")

    assert pipeline.pod() is None
    assert pipeline.claim() is None
    assert status["runNumber"] == 0
    assert status["storageStatus"] == "Cleared"
    found = pipeline.get()
    assert found is not None
    assert "finalizers" not in found["metadata"]
    assert {entry["type"]: entry["status"] for entry in status["conditions"]}["Ready"] == "True"


def test_a_pipeline_born_paused_never_runs(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name, desiredStatus="Paused"))

    status = pipeline.wait_for("Paused")

    assert status["deploymentInitial"] == "Paused"
    assert pipeline.stats()["job"]["total"] == 0


def test_a_stop_while_starting_ends_stopped_and_the_next_start_is_exact(pipeline: PipelineAtWork) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_RESTORE_SECONDS="5")
    pipeline.apply(manifest)
    pipeline.wait_for("Provisioning")

    pipeline.stop()
    status = pipeline.wait_for("Stopped")

    assert "deploymentError" not in status
    assert pipeline.pod() is None
    pipeline.start()
    pipeline.wait_for("Running")
    pipeline.must_be_exact()


def test_force_overtakes_a_graceful_stop_that_is_under_way(pipeline: PipelineAtWork) -> None:
    manifest = with_environment(example_manifest(pipeline.name), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="30")
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Suspending")

    pipeline.stop(force=True)
    status = pipeline.wait_for("Stopped", seconds=15)

    assert status["stop"]["mode"] == "Force"
    assert "checkpoint" not in status["stop"]
    pipeline.start()
    pipeline.wait_for("Running")
    pipeline.must_be_exact()


def test_a_start_while_stopping_waits_for_stopped_and_then_starts_anew(pipeline: PipelineAtWork) -> None:
    pipeline.apply(with_environment(example_manifest(pipeline.name), **SLOW_SNAPSHOT))
    first = pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=10)
    pipeline.stop()
    pipeline.wait_for("Suspending")

    with record_changes(pipeline) as changes:
        pipeline.start()
        second = pipeline.wait_for("Running")

    states = [state for state, _ in changes.states()]
    assert states.index("Stopping") < states.index("Stopped") < states.index("Provisioning")
    assert second["deploymentId"] != first["deploymentId"]
    assert second["stop"]["checkpoint"], "the stop was carried to its end"
    assert pipeline.must_be_exact() > 10


def test_the_operator_never_writes_spec_and_owns_no_field_of_it(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name)
    pipeline.apply(manifest)
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Stopped")

    found = pipeline.kubectl.get("slpl", pipeline.name, "--show-managed-fields")

    writers = {
        entry["manager"] for entry in found["metadata"]["managedFields"] if "f:spec" in entry["fieldsV1"]
    }
    assert not {writer for writer in writers if writer.startswith("sluice")}
    assert found["spec"]["template"] == manifest["spec"]["template"]

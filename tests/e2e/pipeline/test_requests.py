"""What people ask for once, by an annotation, on real pods."""

from support.kubectl import wait_until
from support.pipeline import PipelineAtWork, example_manifest, with_environment
from support.watching import record_changes


def test_a_checkpoint_is_made_on_request_and_its_outcome_names_it(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name, checkpoint={}))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=5)

    pipeline.request("checkpoint", "first")
    outcome = pipeline.wait_for_outcome("checkpoint", "first")

    assert outcome["state"] == "Succeeded"
    assert outcome["message"] == f"checkpoint {pipeline.checkpoints()[-1]}"
    assert pipeline.status()["deploymentStatus"] == "Running"
    assert "checkpointing" not in pipeline.status()
    made = pipeline.checkpoints()
    pipeline.kubectl.must("annotate", "slpl", pipeline.name, "unrelated=change")
    pipeline.request("checkpoint", "second")
    pipeline.wait_for_outcome("checkpoint", "second")
    assert len(pipeline.checkpoints()) == len(made) + 1, "each token is carried out once"


def test_a_checkpoint_that_fails_is_told_and_the_pipeline_goes_on(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, checkpoint={})
    flag = "/opt/examples/zone_census/job.py"
    pipeline.apply(with_environment(manifest, ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE=flag))
    pipeline.wait_for("Running")

    pipeline.request("checkpoint", "hopeless")
    outcome = pipeline.wait_for_outcome("checkpoint", "hopeless")

    assert outcome["state"] == "Failed"
    assert "told to fail" in outcome["message"]
    assert pipeline.status()["deploymentStatus"] == "Running"


def test_a_restart_is_a_graceful_stop_and_a_new_start(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=10)

    with record_changes(pipeline) as changes:
        pipeline.request("restart", "once")
        outcome = pipeline.wait_for_outcome("restart", "once")
        after = pipeline.wait_for("Running")

    states = [state for state, _ in changes.states()]
    assert states.index("Suspending") < states.index("Stopped") < states.index("Provisioning")
    assert outcome["state"] == "Succeeded"
    assert after["stop"]["cause"] == "Restart"
    assert after["stop"]["checkpoint"]
    assert after["deploymentId"] != before["deploymentId"]
    assert pipeline.must_be_exact() >= counted


def test_a_failed_pipeline_starts_again_when_its_error_is_dismissed(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart={"policy": "Never"})
    settings = {"ZONE_CENSUS_TEST_RAISE_AT": "3", "SLUICE_FAILURE_GRACE_SECONDS": "1"}
    pipeline.apply(with_environment(manifest, **settings))
    failed = pipeline.wait_for("Stopped")
    assert failed["deploymentError"]["errorCode"] == "RuntimeError.WorkerPanic"

    pipeline.request("dismiss-error", "seen")
    outcome = pipeline.wait_for_outcome("dismiss-error", "seen")

    assert outcome["state"] == "Succeeded"
    again = pipeline.wait_until("another start", lambda status: status["runNumber"] > failed["runNumber"])
    assert again["deploymentId"] != failed.get("deploymentId")


def test_an_override_stops_what_the_spec_wants_running_until_the_spec_says_something_else(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")

    pipeline.request("override", "stop-it", uid=pipeline.uid, desiredStatus="Stopped")
    stopped = pipeline.wait_for("Stopped")

    assert stopped["override"]["desiredStatus"] == "Stopped"
    assert pipeline.condition("Ready")["status"] == "True"
    found = pipeline.get()
    assert found is not None
    assert found["spec"]["desiredStatus"] == "Running", "the spec is Git's"
    pipeline.patch(provisioningTimeoutSeconds=601)
    pipeline.wait_until("the edit", lambda status: status["deploymentStatus"] == "Stopped")
    pipeline.patch(desiredStatus="Paused")
    paused = pipeline.wait_for("Paused")
    assert "override" not in paused
    assert pipeline.wait_for_outcome("override", "stop-it")["reason"] == "Ended"


def test_an_override_that_is_taken_back_leaves_the_word_to_the_spec(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.request("override", "pause", uid=pipeline.uid, desiredStatus="Paused")
    pipeline.wait_for("Paused")

    pipeline.take_back("override")

    pipeline.wait_for("Running")


def test_the_storage_is_cleared_on_request_and_the_next_start_is_fresh(pipeline: PipelineAtWork) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    counted = pipeline.wait_for_records(more_than=60)
    pipeline.request("clear-storage", "too-early", uid=pipeline.uid)
    refused = pipeline.wait_for_outcome("clear-storage", "too-early")
    assert refused["reason"] == "StorageStatusImmutableUnlessStopped"
    pipeline.stop()
    pipeline.wait_for("Stopped")

    pipeline.request("clear-storage", "now", uid=pipeline.uid)
    outcome = pipeline.wait_for_outcome("clear-storage", "now")

    assert outcome["state"] == "Succeeded"
    assert pipeline.claim() is None
    assert pipeline.status()["storageStatus"] == "Cleared"
    assert "storageStatusDetails" not in pipeline.status()
    pipeline.start()
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() < counted


def test_a_request_that_was_made_for_another_object_of_the_name_clears_nothing(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Stopped")

    pipeline.request("clear-storage", "from-a-backup", uid="uid-of-another-one")
    outcome = pipeline.wait_for_outcome("clear-storage", "from-a-backup")

    assert outcome["state"] == "Ignored"
    assert pipeline.claim() is not None
    assert pipeline.status()["storageStatus"] == "InUse"


def test_a_paused_reconciliation_leaves_everything_as_it_is_until_it_goes_on(
    pipeline: PipelineAtWork,
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    before = pipeline.wait_for("Running")
    pipeline.kubectl.must("annotate", "slpl", pipeline.name, "sluice.dev/paused=true")
    pipeline.wait_for_condition("Reconciling", "ReconciliationPaused")

    pipeline.stop()
    pipeline.kubectl.must("delete", "pod", pipeline.pod_name, "--wait=false")
    wait_until("the pod to be gone", lambda: (pipeline.pod() is None, pipeline.pod()), 30)
    after = pipeline.status()

    assert after["observedGeneration"] == before["observedGeneration"]
    assert after["deploymentStatus"] == "Running", "nobody has looked"
    pipeline.kubectl.must("annotate", "slpl", pipeline.name, "sluice.dev/paused-")
    status = pipeline.wait_for("Stopped")
    assert status["stop"]["checkpoint"], "made on SIGTERM, and found when the operator looked again"

"""A real stateful Flink job on real pods: exact over stops, from what status says that it began with."""

from support.pipeline import PipelineAtWork

from .job import (
    START_SECONDS,
    flink_manifest,
    make_output_claim,
    output_claim,
    resume,
    verdict,
    wait_for_own_checkpoint,
)


def test_counts_are_exact_over_graceful_stops_savepoints_and_a_force_stop(job: PipelineAtWork) -> None:
    # So slow that no savepoint can be made within the grace of a force stop.
    job.apply(flink_manifest(job.name, "--test-snapshot-millis", "1500"))
    status = job.wait_for("Running", START_SECONDS)
    assert resume(status) == {"checkpoint": "none", "reason": "the volume holds no checkpoint"}
    wait_for_own_checkpoint(job)

    job.stop()
    status = job.wait_for("Stopped")
    savepoint = status["stop"]["checkpoint"]
    assert savepoint.startswith("1-savepoint-")
    assert job.checkpoints()[-1] == savepoint
    assert job.pod() is None

    job.start()
    status = job.wait_for("Running", START_SECONDS)
    assert resume(status)["checkpoint"] == savepoint
    wait_for_own_checkpoint(job)
    job.request("checkpoint", "before-the-change")
    outcome = job.wait_for_outcome("checkpoint", "before-the-change")
    assert outcome["state"] == "Succeeded"
    assert "2-savepoint-" in outcome["message"]
    made = job.status()["deploymentRuntimeStatusDetails"]["checkpoints"]
    assert made["completed"] >= 2
    assert made["lastDurationMillis"] >= 1500
    newest = wait_for_own_checkpoint(job)

    job.stop(force=True)
    status = job.wait_for("Stopped")
    assert status["stop"]["mode"] == "Force"
    assert "checkpoint" not in status["stop"]

    job.start()
    status = job.wait_for("Running", START_SECONDS)
    begun = resume(status)
    assert begun["checkpoint"].startswith("2-chk-")
    assert int(begun["checkpoint"].split("-")[-1]) >= int(newest.split("-")[-1])
    assert "the last checkpoint is the newest; newer than the last savepoint, 2-savepoint-" in begun["reason"]

    job.request("checkpoint", "the-last-but-one")
    job.wait_for_outcome("checkpoint", "the-last-but-one")
    job.stop()
    last = job.wait_for("Stopped")["stop"]["checkpoint"]
    assert last.startswith("3-savepoint-")
    assert ["-savepoint-" in each for each in job.checkpoints()] == [True, True], "Flink removed the others"
    job.patch(checkpoint={"retain": {"count": 1}})
    job.wait_until("one checkpoint to be left", lambda _: job.checkpoints() == [last])
    assert verdict(job).endswith("nothing is lost and nothing doubled.")


def test_a_start_from_an_older_savepoint_and_one_from_elsewhere_begin_just_there(
    job: PipelineAtWork,
) -> None:
    job.apply(flink_manifest(job.name))
    job.wait_for("Running", START_SECONDS)
    wait_for_own_checkpoint(job)
    job.request("checkpoint", "first")
    savepoint = job.wait_for_outcome("checkpoint", "first")["message"].split()[-1]
    job.stop()
    job.wait_for("Stopped")

    job.patch(startFrom=savepoint, desiredStatus="Running")
    begun = resume(job.wait_for("Running", START_SECONDS))
    assert begun == {"checkpoint": savepoint, "reason": "it was asked for by its id"}
    job.stop(force=True)
    job.wait_for("Stopped")

    other = PipelineAtWork(job.kubectl, f"{job.name}-other")
    make_output_claim(job.kubectl, other.name)
    run, _, name = savepoint.partition("-")
    uri = f"file:///other/savepoints/{run}/{name}"
    manifest = flink_manifest(other.name)
    manifest["spec"]["flink"]["initialSavepoint"] = uri
    pod = manifest["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "other", "persistentVolumeClaim": {"claimName": job.pod_name}})
    pod["containers"][0]["volumeMounts"].append({"name": "other", "mountPath": "/other", "readOnly": True})
    other.apply(manifest)
    begun = resume(other.wait_for("Running", START_SECONDS))
    assert begun["checkpoint"] == uri
    wait_for_own_checkpoint(other)
    other.stop(force=True)
    other.wait_for("Stopped")
    job.kubectl.must("delete", "slpl", other.name, "--wait=false")
    job.kubectl.must("delete", "pvc", output_claim(other.name), "--wait=false")


def test_a_job_that_comes_to_the_end_of_its_input_is_a_completed_pipeline(job: PipelineAtWork) -> None:
    job.apply(flink_manifest(job.name, "--count", "150"))
    job.wait_for("Completed", START_SECONDS)

    assert job.pod() is None
    assert verdict(job) == "150 numbers: nothing is lost and nothing doubled."

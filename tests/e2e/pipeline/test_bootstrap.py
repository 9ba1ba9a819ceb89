"""A changed program: allowed, rejected, or waiting for somebody to approve it."""

import pytest
from support.kubectl import Manifest
from support.pipeline import PipelineAtWork, example_manifest, with_environment


def changed(name: str, **spec: object) -> Manifest:
    """The example with another version of its program."""
    return with_environment(example_manifest(name, **spec), ZONE_CENSUS_TEST_VERSION="2")


@pytest.fixture
def stopped_with_checkpoint(pipeline: PipelineAtWork) -> PipelineAtWork:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=10)
    pipeline.stop()
    pipeline.wait_for("Stopped")
    return pipeline


def test_a_changed_program_waits_for_its_approval_and_then_takes_the_state_over(
    stopped_with_checkpoint: PipelineAtWork,
) -> None:
    pipeline = stopped_with_checkpoint
    kept = pipeline.last_checkpoint_records()

    pipeline.apply(changed(pipeline.name))
    waiting = pipeline.wait_for("AwaitingApproval")

    assert waiting["bootstrapPolicy"] == "AwaitApproval"
    assert waiting["deploymentRuntimeStatusDetails"]["approval_diff"]
    assert pipeline.condition("Stalled")["reason"] == "AwaitingApproval"
    assert "requests.sluice.dev/approve" in pipeline.condition("Stalled")["message"]
    pipeline.request("approve", "yes")
    assert pipeline.wait_for_outcome("approve", "yes")["state"] == "Succeeded"
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() >= kept


def test_a_stop_while_awaiting_approval_rejects_it_and_keeps_the_checkpoint(
    stopped_with_checkpoint: PipelineAtWork,
) -> None:
    pipeline = stopped_with_checkpoint
    kept, known = pipeline.last_checkpoint_records(), pipeline.checkpoints()
    pipeline.apply(changed(pipeline.name))
    pipeline.wait_for("AwaitingApproval")

    pipeline.stop()
    status = pipeline.wait_for("Stopped")

    assert status["stop"]["reason"] == "AwaitingApproval"
    assert "deploymentError" not in status
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() >= kept
    assert set(known) <= set(pipeline.checkpoints())


def test_a_rejected_program_is_an_error_that_no_restart_repeats(
    stopped_with_checkpoint: PipelineAtWork,
) -> None:
    pipeline = stopped_with_checkpoint

    pipeline.apply(changed(pipeline.name, bootstrapPolicy="Reject"))
    status = pipeline.wait_for("Stopped")

    assert status["deploymentError"]["details"]["error"]["error_code"] == "BootstrapRejected"
    assert status["restart"]["count"] == 0
    pipeline.patch(bootstrapPolicy="Allow")
    pipeline.wait_for("Running")
    pipeline.must_be_exact()

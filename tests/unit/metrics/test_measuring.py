"""What a pipeline goes through ends up in the histograms, once each."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.api.status import (
    CheckpointingStatus,
    CheckpointStatus,
    PipelineStatus,
    StopStatus,
    StorageDetailsStatus,
)
from sluice.metrics import Metrics
from sluice.reconcile.measuring import Measurer
from sluice.store import Key

from ..reconcile.bench import Bench

KEY = Key("Pipeline", "shop", "orders")
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

UP: dict[str, Any] = {
    "deployment_resources_status": "Provisioned",
    "deployment_initial": "Running",
    "run_number": 1,
}
RUNNING = PipelineStatus(**UP, deployment_status="Running", deployment_runtime_status="Running")
STARTING = PipelineStatus(
    deployment_status="Provisioning",
    deployment_resources_status="Provisioning",
    deployment_initial="Running",
    run_number=1,
)
SUSPENDING = PipelineStatus(
    **UP,
    deployment_status="Suspending",
    deployment_runtime_status="Running",
    stop=StopStatus(mode="Graceful", requested_at=NOON),
)


class Story:
    """Statuses one after another, and what was counted of them."""

    def __init__(self, first: PipelineStatus | None = None) -> None:
        self.metrics = Metrics()
        self._measurer = Measurer(self.metrics)
        self._status, self._now = first or PipelineStatus(), NOON

    def after(self, seconds: float, status: PipelineStatus) -> None:
        self._now += timedelta(seconds=seconds)
        self._measurer.note(KEY, self._status, status, self._now)
        self._status = status

    def sum_of(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"kind": "Pipeline", **labels})

    def took(self, transition: str) -> tuple[float | None, float | None]:
        """How often, and how many seconds in all."""
        name = "sluice_lifecycle_transition_duration_seconds"
        count = self.sum_of(f"{name}_count", transition=transition)
        return count, self.sum_of(f"{name}_sum", transition=transition)


def with_checkpoint(status: PipelineStatus, uuid: str, **changes: Any) -> PipelineStatus:
    details = StorageDetailsStatus(checkpoints=[CheckpointStatus(uuid=uuid, size=4096)])
    return status.model_copy(update={"storage_status_details": details, **changes})


def stopped(status: PipelineStatus, **stop: Any) -> PipelineStatus:
    assert status.stop is not None
    done = status.stop.model_copy(update={"finished_at": NOON, **stop})
    changes = {"deployment_status": "Stopped", "deployment_resources_status": "Stopped", "stop": done}
    return status.model_copy(update=changes)


def test_a_start_lasts_until_the_process_is_what_it_was_asked_to_be() -> None:
    story = Story()
    story.after(0, STARTING)
    story.after(
        3,
        RUNNING.model_copy(
            update={"deployment_status": "Initializing", "deployment_runtime_status": "Initializing"}
        ),
    )
    story.after(4.5, RUNNING)
    story.after(60, RUNNING)

    assert story.took("start") == (1, 7.5)
    assert story.took("resume") == (None, None)


def test_a_start_from_a_checkpoint_is_a_resume_and_a_fresh_one_is_not() -> None:
    before = with_checkpoint(PipelineStatus(deployment_resources_status="Stopped"), "one")
    for start_from, transition in (("Latest", "resume"), ("Fresh", "start")):
        story = Story(before)
        story.after(0, STARTING.model_copy(update={"deployment_start_from": start_from}))
        story.after(2, RUNNING)

        assert story.took(transition) == (1, 2)


def test_a_run_that_ends_by_itself_is_a_restart() -> None:
    story = Story(RUNNING)
    story.after(100, STARTING.model_copy(update={"run_number": 2}))
    story.after(6, RUNNING.model_copy(update={"run_number": 2}))

    assert story.took("restart") == (1, 6)


def test_a_process_that_comes_back_by_itself_has_not_started() -> None:
    story = Story(RUNNING)
    story.after(5, RUNNING.model_copy(update={"deployment_runtime_status": "Unavailable"}))
    story.after(5, RUNNING)

    assert all(story.took(name) == (None, None) for name in ("start", "resume", "restart"))


def test_a_graceful_stop_is_a_suspend_with_its_checkpoint_and_a_stop() -> None:
    story = Story(RUNNING)
    story.after(0, SUSPENDING)
    made = StopStatus(mode="Graceful", requested_at=NOON, checkpoint="two")
    leaving = with_checkpoint(SUSPENDING, "two", deployment_status="Stopping", stop=made)
    story.after(2.5, leaving.model_copy(update={"deployment_resources_status": "Stopping"}))
    story.after(1.5, stopped(leaving))
    story.after(9, stopped(leaving))

    assert story.took("suspend") == (1, 2.5)
    assert story.took("stop") == (1, 4)
    assert story.sum_of("sluice_checkpoint_duration_seconds_sum", trigger="Stop") == 2.5
    assert story.sum_of("sluice_checkpoint_size_bytes_sum") == 4096


def test_a_stop_that_is_forced_on_the_way_counts_as_forced_from_its_request_on() -> None:
    story = Story(RUNNING)
    story.after(0, SUSPENDING)
    forced = StopStatus(mode="Force", requested_at=NOON)
    story.after(30, SUSPENDING.model_copy(update={"deployment_status": "Stopping", "stop": forced}))
    story.after(1, stopped(SUSPENDING, mode="Force"))

    assert story.took("force_stop") == (1, 31)
    assert story.took("stop") == (None, None)
    assert story.took("suspend") == (None, None), "it has no checkpoint"


def test_a_stop_under_way_is_measured_by_its_status_after_the_operator_came_back() -> None:
    story = Story(SUSPENDING)
    story.after(12, stopped(SUSPENDING))

    assert story.took("stop") == (1, 12)


def test_a_stop_that_was_given_up_is_none() -> None:
    story = Story(SUSPENDING)
    assert SUSPENDING.stop is not None
    given_up = SUSPENDING.stop.model_copy(update={"finished_at": NOON, "given_up_for": "2"})
    story.after(12, RUNNING.model_copy(update={"stop": given_up}))

    assert story.took("stop") == (None, None)


def test_each_failed_attempt_at_a_checkpoint_counts_once() -> None:
    story = Story(RUNNING)
    asked = CheckpointingStatus(trigger="Request", token="t", requested_at=NOON, attempt=1)
    failed = asked.model_copy(update={"last_error": "no space"})
    again = failed.model_copy(update={"attempt": 2})
    for checkpointing in (asked, failed, failed, again, again):
        story.after(1, RUNNING.model_copy(update={"checkpointing": checkpointing}))
    story.after(1, with_checkpoint(RUNNING, "three"))

    assert story.sum_of("sluice_checkpoint_failures_total", trigger="Request") == 2
    assert story.sum_of("sluice_checkpoint_duration_seconds_sum", trigger="Request") == 5


def test_a_checkpoint_that_ends_without_one_counts_as_failed() -> None:
    story = Story(RUNNING)
    asked = CheckpointingStatus(trigger="Schedule", requested_at=NOON, attempt=1)
    story.after(1, RUNNING.model_copy(update={"checkpointing": asked}))
    story.after(1, RUNNING)

    assert story.sum_of("sluice_checkpoint_failures_total", trigger="Schedule") == 1


async def test_the_reconciler_measures_a_pipeline_from_its_start_to_its_stop() -> None:
    metrics = Metrics()
    bench = Bench(metrics=metrics)
    await bench.start()
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.end_pod()
    await bench.look()

    assert bench.status["deploymentStatus"] == "Stopped"
    name = "sluice_lifecycle_transition_duration_seconds_count"
    for transition in ("start", "force_stop"):
        labels = {"kind": "Pipeline", "transition": transition}
        assert metrics.registry.get_sample_value(name, labels) == 1, transition

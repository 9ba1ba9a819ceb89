"""A run from its beginning to its end: what starts when, and what each end means."""

import dataclasses
from datetime import timedelta

import pytest

from sluice.api.element_status import ElementErrorCode
from sluice.batch_observation import ElementSeen, JobRefusal, RefusalScope
from sluice.decide import AddFinalizer, CreateJobs, DeleteJobs

from .world import CHAIN, FAN, begun, world_of


def test_a_run_is_written_down_before_anything_of_it_is_made() -> None:
    world = world_of(*CHAIN)
    world.intent = dataclasses.replace(world.intent, has_finalizer=False)

    decision = world.look()

    assert decision.actions == (AddFinalizer(),)
    assert (world.status.deployment_id, world.status.run_number) == ("run-1", 1)
    assert world.status.deployment_status == "Pending"
    assert world.where() == {"a": "Pending", "b": "Pending", "c": "Pending"}


def test_an_element_starts_when_all_that_it_depends_on_is_completed() -> None:
    world = begun(*CHAIN)
    assert world.created == ["a"]

    world.run("a")
    world.look()
    assert world.where() == {"a": "Running", "b": "Pending", "c": "Pending"}
    assert world.status.deployment_status == "Running"
    assert world.created == ["a"]

    world.complete("a")
    world.look()
    assert world.created == ["a", "b"]
    world.complete("b")
    world.look()
    world.complete("c")
    world.look()

    assert world.status.deployment_status == "Completed"
    assert world.status.element_progress == "3/3"
    assert world.ready() == ("True", "Completed")
    assert world.status.deployment_error is None


def test_a_start_is_written_down_before_its_job_is_made() -> None:
    world = world_of(*CHAIN)
    world.look()

    decision = world.look()

    assert [each.submitted_at is not None for each in decision.status.elements or []] == [True, False, False]
    assert decision.actions == (CreateJobs(("a",), 1, "run-1"),)


def test_a_start_that_broke_off_is_made_up_for() -> None:
    world = begun(*CHAIN)
    world.jobs.clear()

    world.look()

    assert world.created == ["a", "a"]


def test_never_more_are_under_way_than_declared() -> None:
    world = begun(*[{"name": f"e{number}"} for number in range(5)], batch={"parallelism": 2})
    assert world.created == ["e0", "e1"]

    world.complete("e0")
    world.look()

    assert world.created == ["e0", "e1", "e2"]


def test_the_first_failure_cancels_everything_else_and_its_error_is_that_of_the_run() -> None:
    world = begun(*FAN)
    world.run("a", "b", "c")
    world.look()
    world.fail("a", 70, message="no convergence at t=3")
    world.look()
    assert world.status.stop is not None
    assert world.status.stop.cause == "ElementFailed"
    assert world.where()["end"] == "Canceled"

    world.end_pods("b", "c")
    world.settle()

    assert world.where() == {"a": "Failed", "b": "Canceled", "c": "Canceled", "end": "Canceled"}
    assert world.status.deployment_status == "Failed"
    assert world.ready() == ("False", "RunFailed")
    error = world.status.deployment_error
    assert error is not None
    assert (error.error_code, error.message) == ("SOLVER_ERROR", "element a: no convergence at t=3")


def test_with_continue_all_that_does_not_depend_on_the_failed_one_is_run() -> None:
    world = begun(*CHAIN, {"name": "other"}, batch={"failurePolicy": "Continue"})
    world.fail("a")
    world.look()
    assert world.where() == {"a": "Failed", "b": "Canceled", "c": "Canceled", "other": "Pending"}
    assert world.element("c").error == "never started: b was not completed"

    world.complete("other")
    world.settle()

    assert world.status.deployment_status == "Failed"
    assert world.status.stop is None
    assert world.where()["other"] == "Completed"


@pytest.mark.parametrize(
    ("code", "message", "reason", "expected", "words"),
    [
        (65, "", "", "MODEL_ERROR", "exit code 65"),
        (70, "", "", "SOLVER_ERROR", "exit code 70"),
        (
            1,
            '{"errorCode": "MODEL_ERROR", "message": "negative radius"}',
            "",
            "MODEL_ERROR",
            "negative radius",
        ),
        (70, "it diverged", "", "SOLVER_ERROR", "it diverged"),
        (1, "it broke", "", "INTERNAL_ERROR", "exit code 1: it broke"),
        (1, '{"errorCode": "EXECUTION_TIMEOUT"}', "", "INTERNAL_ERROR", "exit code 1"),
        (143, "", "DeadlineExceeded", "EXECUTION_TIMEOUT", "it had not ended after 5 s"),
    ],
)
def test_each_end_has_the_code_that_it_declares_or_that_kubernetes_tells(
    code: int, message: str, reason: str, expected: str, words: str
) -> None:
    world = begun({"name": "a", "timeoutSeconds": 5})
    world.fail("a", code, message=message, reason=reason)

    world.settle()

    assert world.element("a").error_code == expected
    assert (world.element("a").error or "").startswith(words)


def test_without_last_words_the_end_of_its_log_is_told() -> None:
    world = begun({"name": "a"})
    world.fail("a", 1)
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], tail="Traceback: boom")

    world.settle()

    assert world.element("a").error == "exit code 1: Traceback: boom"


@pytest.mark.parametrize(
    ("scope", "after", "status", "code"),
    [
        (RefusalScope.SPEC, 1, "Failed", ElementErrorCode.CONFIGURATION_ERROR),
        (RefusalScope.CLUSTER, 599, "Pending", None),
        (RefusalScope.CLUSTER, 600, "Failed", ElementErrorCode.SUBMISSION_FAILED),
    ],
)
def test_a_job_that_the_cluster_refuses_fails_at_once_or_once_it_had_its_time(
    scope: RefusalScope, after: float, status: str, code: str | None
) -> None:
    world = begun({"name": "a"})
    world.jobs["a"] = ElementSeen(refusal=JobRefusal(scope, "exceeded quota", is_due=False))
    world.pass_by(after)

    world.look()

    assert world.element("a").status == status
    assert world.element("a").error_code == code


def test_an_image_that_stays_missing_is_an_error_of_the_configuration() -> None:
    world = begun({"name": "a"}, provisioningTimeoutSeconds=30)
    world.run("a", is_started=False, waiting="ImagePullBackOff: no such image")
    world.jobs["a"] = dataclasses.replace(
        world.jobs["a"], pods=tuple(dataclasses.replace(pod, started_at=None) for pod in world.jobs["a"].pods)
    )
    world.look()
    assert world.element("a").status == "Pending"
    assert world.ready() == ("False", "ImageMissing")

    world.pass_by(30)
    decision = world.look()

    assert world.element("a").error_code == "CONFIGURATION_ERROR"
    assert any(isinstance(action, DeleteJobs) for action in decision.actions)


def test_one_whose_container_has_ended_is_not_one_that_does_not_start() -> None:
    world = begun({"name": "a"}, provisioningTimeoutSeconds=30)
    world.run("a", is_started=False)
    world.pass_by(31)

    world.look()

    assert not world.element("a").is_over


def test_one_that_waits_for_a_node_waits_for_its_turn() -> None:
    world = begun({"name": "a"}, provisioningTimeoutSeconds=30)
    world.run("a", is_started=False, waiting="Unschedulable: no room")
    pods = tuple(dataclasses.replace(pod, started_at=None, scheduled_at=None) for pod in world.jobs["a"].pods)
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], pods=pods)
    world.pass_by(3600)

    world.look()

    assert world.element("a").status == "Pending"


def test_a_running_element_whose_job_somebody_deleted_has_failed() -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    world.jobs.clear()

    world.settle()

    assert world.element("a").error_code == "INTERNAL_ERROR"
    assert "deleted by somebody else" in (world.element("a").error or "")
    assert world.created == ["a"]


@pytest.mark.parametrize(
    ("missing", "after", "status"),
    [("", 0, "Completed"), ("x.csv", 0, "Failed"), (None, 0, "Running"), (None, 11, "Failed")],
)
def test_an_element_whose_declared_output_is_missing_has_failed(
    missing: str | None, after: float, status: str
) -> None:
    world = begun({"name": "a", "outputs": ["x.csv"]}, storage={"size": "1Gi"})
    world.run("a")
    world.look()
    world.complete("a")
    seen = world.jobs["a"]
    pods = tuple(dataclasses.replace(pod, missing_outputs=missing) for pod in seen.pods)
    world.jobs["a"] = dataclasses.replace(seen, pods=pods)
    world.pass_by(after)

    world.look()

    assert world.element("a").status == status


def test_what_nobody_waits_for_is_written_with_the_next_write_that_is_due() -> None:
    world = begun(*[{"name": f"e{number}"} for number in range(4)], batch={"parallelism": 2})
    world.complete("e0")
    world.changes = {"write_due_in": 0.7}
    before = world.status

    decision = world.look()

    assert world.status == before
    assert decision.actions == ()
    assert decision.requeue_after == pytest.approx(0.7)
    world.changes = {}
    world.look()
    assert world.created == ["e0", "e1", "e2"]


def test_the_end_is_written_at_once() -> None:
    world = begun({"name": "a"})
    world.complete("a")
    world.changes = {"write_due_in": 0.7}

    world.look()

    assert world.status.deployment_status == "Completed"


def test_a_graph_with_a_circle_has_failed_without_a_run_and_begins_once_it_is_mended() -> None:
    world = world_of({"name": "a", "dependsOn": ["b"]}, {"name": "b", "dependsOn": ["a"]})
    world.settle()
    error = world.status.deployment_error
    assert error is not None
    assert error.error_code == "CONFIGURATION_ERROR"
    assert world.status.deployment_status == "Failed"
    assert world.created == []

    world.intent = world_of({"name": "a"}).intent
    world.look()
    world.look()

    assert world.created == ["a"]
    assert world.status.deployment_error is None


def test_a_deadline_is_looked_at_when_it_is_due() -> None:
    world = begun({"name": "a"}, provisioningTimeoutSeconds=30)
    world.run("a", is_started=False)
    pods = tuple(dataclasses.replace(pod, started_at=None) for pod in world.jobs["a"].pods)
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], pods=pods)

    assert world.look().requeue_after == pytest.approx(30)


def test_times_are_those_of_the_job() -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    started = world.now
    world.pass_by(7)
    world.complete("a")
    world.pass_by(100)

    world.look()

    assert world.element("a").started_at == started
    assert world.element("a").finished_at == started + timedelta(seconds=7)

"""A cancel: what has not ended is canceled, what has keeps its result, and nothing starts any more."""

import dataclasses

import pytest

from sluice.batch_observation import HookRun
from sluice.decide import CreateJobs, DeleteElementPods, DeleteJobs, RemoveFinalizer, RunElementHook

from .world import CHAIN, FAN, begun, restart, world_of

HOOK = {"exec": {"command": ["save"]}, "timeoutSeconds": 20}


def test_a_cancel_stands_in_status_before_anything_is_deleted_and_pending_ones_never_start() -> None:
    world = begun(*CHAIN)
    world.run("a")
    world.look()
    world.want("Canceled")

    decision = world.look()

    assert decision.status.stop is not None
    assert world.where() == {"a": "Running", "b": "Canceled", "c": "Canceled"}
    assert world.status.deployment_status == "Running"
    assert world.status.deployment_desired_status == "Canceled"
    assert decision.actions == (
        DeleteJobs((("job-a", "uid-a"),)),
        DeleteElementPods((("pod-a", "pod-uid-a"),)),
    )
    world.end_pods("a")
    world.settle()
    assert world.where() == {"a": "Canceled", "b": "Canceled", "c": "Canceled"}
    assert world.status.deployment_status == "Canceled"
    assert world.ready() == ("True", "Canceled")
    assert world.created == ["a"]


def test_an_element_is_canceled_only_once_its_pods_have_ended() -> None:
    world = begun(*CHAIN)
    world.run("a")
    world.look()
    world.want("Canceled")
    world.settle()

    assert world.where()["a"] == "Running"
    assert world.status.deployment_status == "Running"


def test_what_the_watches_say_is_not_enough_for_the_end_of_a_cancel() -> None:
    world = begun(*CHAIN)
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.end_pods("a")
    world.changes = {"is_clear": False}
    world.settle()
    assert world.status.deployment_resources_status == "Stopping"

    world.changes = {}
    world.settle()

    assert world.status.deployment_status == "Canceled"


def test_finished_elements_keep_their_result() -> None:
    world = begun(*FAN, batch={"failurePolicy": "Continue"})
    world.complete("a")
    world.fail("b")
    world.run("c")
    world.want("Canceled")
    world.look()
    world.end_pods("c")
    world.settle()

    assert world.where() == {"a": "Completed", "b": "Failed", "c": "Canceled", "end": "Canceled"}
    assert world.status.deployment_status == "Canceled"
    assert world.status.deployment_error is None


@pytest.mark.parametrize("force", [False, True])
def test_what_ended_just_before_the_cancel_keeps_its_result_while_its_log_is_being_read(force: bool) -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    world.complete("a")
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], is_being_read=True)
    world.want("Canceled", force=force)

    decision = world.look()
    assert not any(isinstance(action, DeleteJobs) for action in decision.actions)
    assert world.where() == {"a": "Running"}
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], is_being_read=False, tail="its last words")
    world.settle()

    assert world.where() == {"a": "Completed"}


def test_a_forced_cancel_gives_pods_one_second_and_runs_no_hook() -> None:
    world = begun({"name": "a", "hook": HOOK})
    world.run("a")
    world.look()
    world.want("Canceled", force=True)

    decision = world.look()

    assert DeleteElementPods((("pod-a", "pod-uid-a"),), 1) in decision.actions
    assert not any(isinstance(action, RunElementHook) for action in decision.actions)
    assert world.status.stop is not None
    assert world.status.stop.mode == "Force"


def test_force_overtakes_a_graceful_cancel_and_shortens_its_graces() -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    assert world.graces == [None]
    world.look()
    assert world.graces == [None], "the same deletion is not asked for twice"

    world.want("Canceled", force=True)
    world.look()

    assert world.graces == [None, 1]
    world.look()
    assert world.graces == [None, 1]


def test_the_hook_of_a_running_element_ends_before_its_job_is_deleted() -> None:
    world = begun({"name": "a", "hook": HOOK})
    world.run("a")
    world.look()
    world.want("Canceled")
    decision = world.look()
    assert decision.actions == (RunElementHook("a", "pod-a", "pod-uid-a"),)

    world.jobs["a"] = dataclasses.replace(world.jobs["a"], hook=HookRun(is_over=False))
    assert not any(isinstance(action, DeleteJobs) for action in world.look().actions)
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], hook=HookRun(is_over=True))

    assert any(isinstance(action, DeleteJobs) for action in world.look().actions)


def test_a_hook_that_does_not_end_holds_the_cancel_up_for_its_time_only() -> None:
    world = begun({"name": "a", "hook": HOOK})
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.pass_by(29)
    assert not any(isinstance(action, DeleteJobs) for action in world.look().actions)

    world.pass_by(2)

    assert any(isinstance(action, DeleteJobs) for action in world.look().actions)


def test_a_hook_that_failed_is_told_and_the_cancel_goes_on() -> None:
    world = begun({"name": "a", "hook": HOOK})
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.jobs["a"] = dataclasses.replace(world.jobs["a"], hook=HookRun(True, "the hook broke"))
    world.look()
    world.end_pods("a")
    world.settle()

    assert (world.element("a").status, world.element("a").error) == ("Canceled", "the hook broke")


def test_an_element_that_never_ran_has_no_hook_to_run() -> None:
    world = begun({"name": "a", "hook": HOOK})
    world.want("Canceled")

    assert not any(isinstance(action, RunElementHook) for action in world.look().actions)
    world.settle()
    assert world.status.deployment_status == "Canceled"


def test_an_element_that_ends_by_itself_meanwhile_keeps_that_result() -> None:
    world = begun({"name": "a", "hook": HOOK}, {"name": "b", "dependsOn": ["a"]})
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.complete("a")
    world.settle()

    assert world.where() == {"a": "Completed", "b": "Canceled"}
    assert world.status.deployment_status == "Canceled"


def test_a_cancel_that_finds_everything_done_leaves_the_run_completed() -> None:
    world = begun({"name": "a"})
    world.complete("a")
    world.want("Canceled")
    world.settle()

    assert world.status.deployment_status == "Completed"
    assert world.ready() == ("True", "NothingToCancel")


@pytest.mark.parametrize("code", [0, 1])
def test_cancelling_what_has_ended_changes_nothing(code: int) -> None:
    world = begun({"name": "a"})
    if code:
        world.fail("a")
    else:
        world.complete("a")
    world.settle()
    ended = world.where(), world.status.deployment_status
    world.want("Canceled")
    world.settle()

    assert (world.where(), world.status.deployment_status) == ended
    assert world.ready() == ("True", "NothingToCancel")


def test_cancelling_twice_is_cancelling_once() -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    stop = world.status.stop
    world.want("Canceled")
    world.look()

    assert world.status.stop == stop
    assert world.graces == [None]


def test_a_cancel_that_has_begun_is_carried_to_its_end_whatever_is_wanted_then() -> None:
    world = begun(*CHAIN)
    world.run("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.want("Running")
    world.look()
    world.end_pods("a")
    world.settle()

    assert world.status.deployment_status == "Canceled"
    assert world.ready() == ("False", "Canceled")
    assert world.created == ["a"]


def test_a_pipeline_that_is_born_canceled_starts_nothing_and_may_be_run_later() -> None:
    world = world_of(*CHAIN)
    world.want("Canceled")
    world.settle()
    assert set(world.where().values()) == {"Canceled"}
    assert world.status.deployment_status == "Canceled"
    assert world.created == []

    world.want("Running")
    world.look()
    world.look()

    assert world.created == ["a"]


def test_a_pod_that_was_made_while_its_job_was_deleted_is_deleted_too() -> None:
    world = begun({"name": "a"})
    world.want("Canceled")
    world.look()
    world.run("a")

    decision = world.look()

    assert DeleteElementPods((("pod-a", "pod-uid-a"),)) in decision.actions
    assert world.where()["a"] != "Canceled"


def test_a_deletion_cancels_first_and_then_lets_the_object_go() -> None:
    world = begun({"name": "a"})
    world.run("a")
    world.look()
    world.intent = dataclasses.replace(world.intent, is_deleting=True)
    decision = world.look()
    assert any(isinstance(action, DeleteJobs) for action in decision.actions)
    world.end_pods("a")
    world.look()
    world.look()

    assert any(isinstance(action, RemoveFinalizer) for action in world.look().actions)


def test_a_restart_is_refused_while_a_run_is_under_way_and_while_canceled_is_wanted() -> None:
    world = begun({"name": "a"})
    world.intent = dataclasses.replace(world.intent, requests=restart("one"))
    world.look()
    world.want("Canceled", requests=restart("two"))
    world.settle()

    outcomes = {each.token: (each.state, each.reason) for each in world.status.requests}
    assert outcomes == {
        "one": ("Refused", "RestartRestrictedToEnded"),
        "two": ("Refused", "RestartRestrictedToWanted"),
    }
    assert world.status.run_number == 1


def test_nothing_is_created_with_a_status_that_says_cancel() -> None:
    world = begun(*FAN)
    world.want("Canceled")
    for _ in range(5):
        assert not any(isinstance(action, CreateJobs) for action in world.look().actions)

"""Whole lives of a pipeline, in a small world in which the decisions take effect."""

from collections.abc import Callable

import pytest

from sluice.observation import Intent

from .asking import CHECKPOINT, CLEAR, RESTART, asking, outcome
from .builders import FORCE, PAUSED, RUN, STOP, intent_of, spec_of
from .world import World

ROLLED = intent_of(revision="orders-abcdef0123")
DELETE = intent_of(is_deleting=True, spec=spec_of(storage={"onDelete": "Delete"}))


def running_world() -> World:
    world = World()
    world.settle()
    assert world.status.deployment_status == "Running"
    world.trace.clear()
    return world


def suspending_world() -> World:
    world = running_world()
    world.want(STOP)
    world.look()
    assert world.status.deployment_status == "Suspending"
    return world


def test_a_graceful_stop_is_seen_in_the_order_that_seed_000_tells() -> None:
    world = running_world()
    world.want(STOP)
    world.settle()

    assert world.trace == [("Suspended", "Suspending"), ("Stopped", "Stopping"), ("Stopped", "Stopped")]
    assert world.status.stop is not None
    assert world.status.stop.checkpoint == world.checkpoints[-1]
    assert world.pod is None


def test_a_force_stop_goes_straight_to_stopping() -> None:
    world = running_world()
    world.want(FORCE)
    world.settle()

    assert world.trace == [("Stopped", "Stopping"), ("Stopped", "Stopped")]
    assert world.checkpoints == []


def test_a_start_is_provisioned_and_running() -> None:
    world = World()
    world.settle()

    assert [status for _, status in world.trace] == ["Provisioning", "Running"]


def test_a_stop_and_a_start_keep_the_checkpoint_and_have_an_id_of_their_own() -> None:
    world = running_world()
    first = world.status.deployment_id
    world.want(STOP)
    world.settle()
    world.want(RUN)
    world.settle()

    assert world.status.deployment_status == "Running"
    assert world.checkpoints == ["c1"]
    assert [number for number, _ in world.pods_made] == [1, 2]
    assert world.status.deployment_id not in (None, first)


def test_pausing_and_resuming_makes_no_new_pod() -> None:
    world = running_world()
    world.want(PAUSED)
    world.settle()
    assert world.status.deployment_status == "Paused"
    world.want(RUN)
    world.settle()

    assert world.status.deployment_status == "Running"
    assert len(world.pods_made) == 1


def test_a_start_that_is_wanted_while_stopping_begins_after_stopped() -> None:
    world = suspending_world()
    world.want(RUN)
    world.settle()

    statuses = [status for _, status in world.trace]
    assert statuses == ["Suspending", "Stopping", "Stopped", "Provisioning", "Running"]
    assert world.checkpoints == ["c1"]


def test_a_stop_that_is_wanted_while_starting_ends_stopped() -> None:
    world = World()
    world.look()
    world.want(STOP)
    world.settle()

    assert world.status.deployment_status == "Stopped"
    assert world.pod is None


def test_force_while_suspending_makes_no_checkpoint() -> None:
    world = suspending_world()
    world.want(FORCE)
    world.settle()

    assert world.status.deployment_status == "Stopped"
    assert world.status.stop is not None
    assert (world.status.stop.mode, world.checkpoints) == ("Force", [])


def test_a_pod_that_is_killed_while_suspending_ends_stopped_with_its_checkpoint() -> None:
    world = suspending_world()
    world.end_process(143, makes_checkpoint=True)
    world.settle()

    assert world.status.deployment_status == "Stopped"
    assert world.status.deployment_error is None
    assert world.status.stop is not None
    assert world.status.stop.checkpoint == "c1"


@pytest.mark.parametrize("begin", [World, running_world, suspending_world])
def test_deleting_at_any_moment_leaves_nothing_behind(begin: Callable[[], World]) -> None:
    world = begin()
    world.look()
    world.want(DELETE)
    world.settle()

    assert world.is_gone
    assert (world.pod, world.claim) == (None, None)


def test_a_crash_and_a_drain_keep_the_deployment_id_and_raise_the_run_number() -> None:
    world = running_world()
    first = world.status.deployment_id
    world.end_process(1)
    world.settle()
    world.end_process(143, is_disruption=True, makes_checkpoint=True)
    world.settle()

    assert world.status.deployment_status == "Running"
    assert world.pods_made == [(1, first), (2, first), (3, first)]
    assert world.status.restart is not None
    assert world.status.restart.count == 1


def test_a_roll_is_a_stop_and_a_start_and_keeps_all_work() -> None:
    world = running_world()
    world.want(ROLLED)
    world.settle()

    statuses = [status for _, status in world.trace]
    assert statuses == ["Suspending", "Stopping", "Stopped", "Provisioning", "Running"]
    assert world.checkpoints == ["c1"]
    assert world.status.revision == ROLLED.revision


def test_a_clearing_and_a_start_begin_without_the_data() -> None:
    world = running_world()
    world.want(asking(CLEAR, of=STOP))
    world.settle()
    refused = outcome(world.status, CLEAR).state
    world.want(asking(CLEAR, "t2", of=STOP))
    world.settle()

    assert refused == "Refused", "it was asked for while the pipeline still ran"
    assert outcome(world.status, CLEAR, "t2").state == "Succeeded"
    assert (world.claim, world.status.storage_status) == (None, "Cleared")


SCRIPT: list[Intent] = [
    RUN,
    STOP,
    RUN,
    ROLLED,
    asking(CHECKPOINT, of=ROLLED),
    asking(RESTART, of=ROLLED),
    PAUSED,
    FORCE,
    asking(CLEAR, of=STOP),
    RUN,
    DELETE,
]


def live(death: int | None) -> World:
    world = World()
    world.death = death
    for intent in SCRIPT:
        world.want(intent)
        world.settle()
    return world


def test_an_operator_that_dies_between_any_write_and_its_actions_ends_in_the_same_state() -> None:
    undisturbed = live(None)
    assert undisturbed.is_gone
    for death in range(1, undisturbed.looks + 1):
        world = live(death)
        assert world.is_gone, f"death in look {death}"
        assert (world.pod, world.claim) == (None, None)
        assert world.checkpoints == undisturbed.checkpoints
        assert [number for number, _ in world.pods_made] == [1, 2, 3, 4, 5, 6]
        assert {entry.state for entry in world.status.requests} == {"Succeeded"}


def test_a_whole_life_costs_few_status_writes() -> None:
    world = World()
    for intent in (RUN, STOP, RUN, DELETE):
        world.want(intent)
        world.settle()

    assert world.is_gone
    assert world.writes <= 18

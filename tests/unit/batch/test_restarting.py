"""After the end: only a restart request runs it again, and that keeps what is completed."""

import dataclasses
from typing import Any

from sluice.decide import CreateJobs, DeleteRunJobs, PruneTails, RemoveFinalizer

from .world import CHAIN, FAN, World, restart, spec_of, world_of


def canceled_fan(**fields: Any) -> World:
    """``a`` completed, the rest was canceled, and it is wanted Running again."""
    world = world_of(*FAN, **fields)
    world.look()
    world.look()
    world.run("b", "c")
    world.complete("a")
    world.look()
    world.want("Canceled")
    world.look()
    world.end_pods("b", "c")
    world.settle()
    world.want("Running")
    world.settle()
    assert world.where() == {"a": "Completed", "b": "Canceled", "c": "Canceled", "end": "Canceled"}
    world.created.clear()
    return world


def test_a_canceled_run_is_not_run_again_by_an_edit() -> None:
    world = canceled_fan()
    world.want("Running", spec=spec_of(*FAN, provisioningTimeoutSeconds=5))
    world.settle()

    assert world.created == []
    assert world.status.run_number == 1


def test_a_restart_begins_the_next_run_and_keeps_what_was_completed() -> None:
    world = canceled_fan()
    kept = world.element("a")
    world.intent = dataclasses.replace(world.intent, requests=restart())
    decision = world.look()
    assert PruneTails(("a",)) in decision.actions
    assert DeleteRunJobs(except_run=2) in decision.actions
    assert (world.status.run_number, world.status.deployment_id) == (2, "run-2")
    assert world.status.requests[-1].state == "Succeeded"
    world.look()

    assert world.created == ["b", "c"]
    assert world.element("a") == kept


def test_the_same_token_begins_one_run() -> None:
    world = canceled_fan()
    world.intent = dataclasses.replace(world.intent, requests=restart())
    world.look()
    world.look()
    world.complete("b", "c")
    world.look()
    world.complete("end")
    world.settle()

    assert world.status.deployment_status == "Completed"
    assert world.status.run_number == 2


def test_what_was_changed_is_run_again_and_so_is_what_depends_on_it() -> None:
    world = canceled_fan()
    changed = ({"name": "a", "args": ["--finer"]}, *FAN[1:])
    world.intent = dataclasses.replace(
        world.intent, requests=restart(), next_spec=spec_of(*changed), next_revision="sweep-next"
    )
    world.look()

    assert world.where()["a"] == "Pending"
    assert world.status.revision == "sweep-next"


def test_what_depends_on_something_that_is_run_again_is_not_kept() -> None:
    world = world_of(*CHAIN)
    world.look()
    for name in ("a", "b"):
        world.look()
        world.complete(name)
    world.look()
    world.fail("c")
    world.settle()
    changed = ({"name": "a", "args": ["--finer"]}, *CHAIN[1:])
    world.intent = dataclasses.replace(world.intent, requests=restart(), next_spec=spec_of(*changed))
    world.look()

    assert set(world.where().values()) == {"Pending"}


def test_where_everything_is_completed_a_restart_runs_everything_again() -> None:
    world = world_of({"name": "a"})
    world.look()
    world.look()
    world.complete("a")
    world.settle()
    world.intent = dataclasses.replace(world.intent, requests=restart())
    world.look()
    world.look()

    assert world.created == ["a", "a"]


def test_a_fresh_start_keeps_nothing() -> None:
    world = canceled_fan(startFrom="Fresh")
    world.intent = dataclasses.replace(world.intent, requests=restart())
    world.look()

    assert set(world.where().values()) == {"Pending"}


def test_a_restart_with_a_circle_leaves_the_last_run_as_it_was() -> None:
    world = canceled_fan()
    before = world.where()
    circle = spec_of({"name": "a", "dependsOn": ["a"]})
    world.intent = dataclasses.replace(world.intent, requests=restart(), next_spec=circle)
    world.settle()

    outcome = world.status.requests[-1]
    assert (outcome.state, outcome.reason) == ("Failed", "CONFIGURATION_ERROR")
    assert "a -> a" in (outcome.message or "")
    assert world.where() == before
    assert world.status.run_number == 1


def test_jobs_go_when_their_time_is_over_and_the_result_stays() -> None:
    world = world_of({"name": "a"}, batch={"ttlSecondsAfterFinished": 50})
    world.look()
    world.look()
    world.complete("a")
    world.look()
    world.pass_by(40)
    assert not any(isinstance(action, DeleteRunJobs) for action in world.look().actions)
    world.pass_by(10)
    assert any(isinstance(action, DeleteRunJobs) for action in world.look().actions)
    world.pass_by(60)
    decision = world.look()

    assert any(isinstance(action, RemoveFinalizer) for action in decision.actions)
    assert not any(isinstance(action, CreateJobs) for action in decision.actions)
    assert world.status.deployment_status == "Completed"

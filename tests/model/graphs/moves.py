"""What can happen next in a world: a look of the operator, Kubernetes, the elements, people."""

from collections.abc import Iterator
from dataclasses import replace

from sluice.api.statuses import ResourcesStatus
from sluice.batch_observation import JobState
from sluice.decide import (
    Action,
    CreateJobs,
    Decision,
    DeleteElementPods,
    DeleteJobs,
    RunElementHook,
    decide,
)

from .rules import Rules
from .world import LIVE, NOW, Body, PodState, Setting, Statuses, World, intent_of, seen_of


class Moves:
    """The moves of one setting. Decisions on equal inputs are made once."""

    def __init__(self, setting: Setting, statuses: Statuses) -> None:
        self.setting = setting
        self.statuses = statuses
        self.rules = Rules(setting)
        self._decisions: dict[tuple[object, ...], tuple[Decision, str]] = {}

    def look(self, world: World) -> tuple[Decision, str]:
        """What is decided, and the name of the status that is written."""
        key = (
            world.status,
            world.bodies,
            world.people.desired,
            world.people.force,
            world.people.tokens,
            world.is_due,
        )
        known = self._decisions.get(key)
        if known is None:
            before = self.statuses[world.status]
            decision = decide(intent_of(self.setting, world.people), before, seen_of(world), NOW)
            known = self._decisions[key] = decision, self.statuses.name(decision.status)
        return known

    def after(self, world: World) -> Iterator[World]:
        """Every state that may follow."""
        yield from self._looks(world)
        yield from self._kubernetes(world)
        yield from self._people(world)
        yield replace(world, is_due=not world.is_due)

    def _looks(self, world: World) -> Iterator[World]:
        decision, written = self.look(world)
        self.rules.check_decision(world, self.statuses[world.status], decision)
        after = self.written(world, decision, written)
        done = after
        for action in decision.actions:
            if after.crashes_left and done.status != world.status:
                # The operator dies here, and another one goes on.
                yield self._forget(replace(done, crashes_left=after.crashes_left - 1))
            done = self.do(done, action)
        yield done

    def written(self, world: World, decision: Decision, written: str) -> World:
        before = self.statuses[world.status]
        after = replace(world, status=written)
        if decision.status.run_number != before.run_number:
            bodies = tuple((name, Body(came_to=None)) for name, _ in world.bodies)
            after = replace(after, bodies=bodies)
        return after

    def _forget(self, world: World) -> World:
        for name, body in world.bodies:
            if body.hook:
                world = world.with_body(name, hook="")
        return world

    def do(self, world: World, action: Action) -> World:
        """Carry out one action."""
        match action:
            case CreateJobs(names):
                for name in names:
                    world = self._create(world, name)
            case DeleteJobs(jobs):
                for job, _ in jobs:
                    world = _without_job(world, job.removeprefix("job-"))
            case DeleteElementPods(pods, grace):
                for pod, _ in pods:
                    world = _without_pod(world, pod.removeprefix("pod-"), grace)
            case RunElementHook(name) if not world.body(name).hook:
                world = world.with_body(name, hook="running")
            case _:
                pass
        return world

    def _create(self, world: World, name: str) -> World:
        if world.body(name).job is not None:
            # The API server refuses a second one of that name, and its answer tells of the first.
            return world.with_body(name, is_told=True)
        self.rules.check_creation(world, self.statuses[world.status], name)
        return world.with_body(name, job=JobState.ACTIVE, was_created=True)

    def _kubernetes(self, world: World) -> Iterator[World]:
        status = self.statuses[world.status]
        # A Job that somebody deletes before it was seen to run is made again: nobody can tell it from one
        # that was never made.
        running = {each.name for each in status.elements or () if each.started_at is not None}
        for name, body in world.bodies:
            if not body.is_told:
                yield world.with_body(name, is_told=True)
            if body.job is JobState.ACTIVE and body.pod is PodState.NONE:
                yield world.with_body(name, pod=PodState.RUNNING)
                yield world.with_body(name, pod=PodState.RUNNING, is_told=False)
            if body.may_still_start:
                yield world.with_body(name, pod=PodState.RUNNING, may_still_start=False)
                yield world.with_body(name, pod=PodState.RUNNING, may_still_start=False, is_told=False)
                yield world.with_body(name, may_still_start=False)
            if body.job is JobState.ACTIVE and body.pod is PodState.RUNNING:
                for end in (JobState.COMPLETED, JobState.FAILED):
                    yield world.with_body(name, job=end, pod=PodState.ENDED, came_to=end)
            if body.job is None and body.pod in LIVE:
                yield world.with_body(name, pod=PodState.NONE)
            if body.hook == "running":
                yield world.with_body(name, hook="over")
            if world.vandals_left and body.job is JobState.ACTIVE and name in running:
                gone = world.with_body(name, job=None, pod=PodState.NONE)
                yield replace(gone, vandals_left=world.vandals_left - 1)

    def _people(self, world: World) -> Iterator[World]:
        people = world.people
        if people.desired == "Running" and people.cancels_left:
            for force in (False, True):
                changed = replace(
                    people, desired="Canceled", force=force, cancels_left=people.cancels_left - 1
                )
                yield replace(world, people=changed)
        if people.desired == "Canceled" and not people.force:
            yield replace(world, people=replace(people, force=True))
        if people.desired == "Canceled" and people.runs_left:
            changed = replace(people, desired="Running", force=False, runs_left=people.runs_left - 1)
            yield replace(world, people=changed)
        is_over = self.statuses[world.status].deployment_resources_status == ResourcesStatus.STOPPED
        if people.restarts_left and is_over:
            changed = replace(people, tokens=people.tokens + 1, restarts_left=people.restarts_left - 1)
            yield replace(world, people=changed)


def _without_job(world: World, name: str) -> World:
    body = world.body(name)
    if body.job is None:
        return world
    may_start = body.job is JobState.ACTIVE and body.pod is PodState.NONE
    return world.with_body(name, job=None, may_still_start=may_start)


def _without_pod(world: World, name: str, grace: int | None) -> World:
    if world.body(name).pod not in LIVE:
        return world
    return world.with_body(name, pod=PodState.DELETED if grace is None else PodState.FORCED)

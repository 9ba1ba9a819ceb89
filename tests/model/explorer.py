"""Walks every reachable world of a setting, shortest paths first."""

import gc
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.api.statuses import ResourcesStatus
from sluice.decide import decide

from . import environment, operator_steps, people
from .judging import Broken, Decide, Judge
from .numbering import canonical
from .operator_steps import LOOKS, Step, can_look, told
from .setting import Setting
from .world import Status, User, World
from .world_rules import HEARD


class Finding(NamedTuple):
    """A broken rule and the shortest path to it."""

    setting: str
    broken: Broken
    path: tuple[str, ...]


@dataclass
class Exploration:
    """What was found in one setting. ``parents`` leads from every world back to the first."""

    setting: Setting
    judge: Judge
    parents: dict[World, tuple[World, str] | None] = field(
        default_factory=dict[World, "tuple[World, str] | None"]
    )
    transitions: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    edges: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Changes of the combined status."""

    def path_to(self, world: World) -> tuple[str, ...]:
        """The steps from the first world to this one."""
        steps: list[str] = []
        entry = self.parents[world]
        while entry is not None:
            before, sentence = entry
            steps.append(told(before.status, world.status) if sentence == LOOKS else sentence)
            world, entry = before, self.parents[before]
        return tuple(reversed(steps))

    def report(self, world: World, broken: Broken, *further: str) -> None:
        """Keep the first path to each broken rule."""
        if all(broken.rule != known.broken.rule for known in self.findings):
            self.findings.append(Finding(self.setting.name, broken, (*self.path_to(world), *further)))


def label_of(status: Status) -> str:
    """The combined status that people see, ``deploymentStatus``."""
    if status.resources == ResourcesStatus.PROVISIONED:
        return "Suspending" if status.stop is not None else status.shown or "Unavailable"
    if status.resources == ResourcesStatus.STOPPED and status.held and not status.has_error:
        return "Completed"
    return status.resources or "New"


def first_worlds(setting: Setting) -> Iterator[World]:
    """A pipeline that was just created."""
    # A claim that people made bears the marks of the pipeline that used it before.
    yield World(User("Running", has_storage=setting.has_storage), claim=int(setting.existing_claim))


def explore(setting: Setting, decide_: Decide = decide, *, most_findings: int | None = None) -> Exploration:
    """Walk everything that can be reached, or until so many rules are broken."""
    with without_collector():
        return _explore(setting, decide_, most_findings)


@contextmanager
def without_collector() -> Generator[None]:
    """Nothing that is kept here ever becomes garbage; to look for it would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _explore(setting: Setting, decide_: Decide, most_findings: int | None) -> Exploration:
    found = Exploration(setting, Judge(setting, decide_))
    queue = deque(canonical(world) for world in first_worlds(setting))
    found.parents.update(dict.fromkeys(queue))
    parents = found.parents
    while queue:
        world = queue.popleft()
        looked = operator_steps.look(world, found.judge) if can_look(world) else None
        if looked is None:
            _check_wake(found, world)
        elif looked.world.status != world.status:
            found.edges.add((label_of(world.status), label_of(looked.world.status)))
        for step in steps_from(world, found.judge, looked):
            found.transitions += 1
            if step.broken:
                _note(found, world, step)
            after = canonical(step.world)
            if after not in parents:
                parents[after] = world, step.sentence
                queue.append(after)
        if most_findings is not None and len(found.findings) >= most_findings:
            break
    return found


def steps_from(world: World, judge: Judge, looked: Step | None) -> Iterator[Step]:
    """Every step from a world. A store without lag hears of everything at once."""
    happens = judge.setting.happens
    if not world.exists and world.pod is None:
        return
    for steps in (
        operator_steps.steps(world, judge, looked),
        environment.steps(world, happens),
        people.steps(world, happens) if world.exists else (),
    ):
        for step in steps:
            if "lag" in happens or (step.world.store is None and step.world.gone is None):
                yield step
            else:
                yield step._replace(world=environment.deliver(step.world))


def _note(found: Exploration, world: World, step: Step) -> None:
    for broken in step.broken:
        sentence = told(world.status, step.world.status) if step.sentence == LOOKS else step.sentence
        found.report(world, broken, sentence)


def _check_wake(found: Exploration, world: World) -> None:
    """At rest without a look to come, nothing that no watch tells of may make a difference."""
    judge = found.judge
    if not can_look(world) or operator_steps.judge(world, judge).is_polling:
        return
    for step in environment.silent_steps(world, judge.setting.happens):
        if operator_steps.look(canonical(step.world), judge) is not None:
            broken = Broken(HEARD, "the operator waits for news of something that nobody tells it")
            found.report(world, broken, step.sentence)

"""Walk through every state that can be reached, and out of each by a cancel."""

from collections import deque
from dataclasses import replace

from sluice.api.element_status import TERMINAL
from sluice.api.status import PipelineStatus
from sluice.api.statuses import ResourcesStatus

from .moves import Moves
from .rules import RuleBrokenError
from .world import Body, PodState, Setting, Statuses, World

STATES_MAX = 400_000
ROUNDS_MAX = 20


def explore(setting: Setting) -> int:
    """Number of states. Raises :class:`RuleBrokenError` with the first rule that does not hold."""
    statuses = Statuses()
    moves = Moves(setting, statuses)
    bodies = tuple((name, Body()) for name in setting.elements)
    # Once is enough, where also a hook may be under way.
    vandals = 1 if setting.hooked else 0
    start = World(statuses.name(PipelineStatus()), bodies, vandals_left=vandals)
    known, waiting = {start}, deque([start])
    ends: dict[World, bool] = {}
    while waiting:
        world = waiting.popleft()
        _must_end(moves, world, ends)
        for after in moves.after(world):
            if after not in known:
                known.add(after)
                waiting.append(after)
        assert len(known) < STATES_MAX, f"{setting.name}: too many states for a quick check"
    return len(known)


def _must_end(moves: Moves, world: World, ends: dict[World, bool]) -> None:
    """From here a cancel leads to an end, if the operator looks and what is told to end ends."""
    forced = replace(world.people, desired="Canceled", force=True)
    here = replace(world, people=forced, is_due=True, crashes_left=0, vandals_left=0)
    path: list[World] = []
    for _ in range(ROUNDS_MAX):
        if here in ends:
            break
        path.append(here)
        after = _fair_round(moves, here)
        if after == here:
            status = moves.statuses[here.status]
            is_over = all(each.status in TERMINAL for each in status.elements or ())
            if status.deployment_resources_status != ResourcesStatus.STOPPED or not is_over:
                raise RuleBrokenError(f"from every state a cancel reaches an end: stays at {here}")
            break
        here = after
    else:
        raise RuleBrokenError(f"from every state a cancel reaches an end: no end after {ROUNDS_MAX} looks")
    ends.update(dict.fromkeys(path, True))


def _fair_round(moves: Moves, world: World) -> World:
    decision, written = moves.look(world)
    after = moves.written(world, decision, written)
    for action in decision.actions:
        after = moves.do(after, action)
    for name, body in after.bodies:
        after = after.with_body(name, is_told=True, may_still_start=False)
        if body.pod in (PodState.DELETED, PodState.FORCED) and body.job is None:
            after = after.with_body(name, pod=PodState.NONE)
        if body.hook == "running":
            after = after.with_body(name, hook="over")
    return after

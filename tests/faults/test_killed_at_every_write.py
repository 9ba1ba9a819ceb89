"""The operator is killed before and after each of its writes and calls, and nothing is lost.

A first life counts what each step writes. Every further life is killed once in each step, at another point;
``SLUICE_FAULTS`` says how many lives there are, and enough of them reach every point.
"""

import asyncio

import pytest

from faults.conftest import LIVES
from faults.killing import Killer
from faults.life import LIFE, Step
from faults.report import REPORT
from faults.world import World

GOLDEN_RATIO = 0.618034


async def live(world: World, killer: Killer, points: dict[str, tuple[int, bool]]) -> dict[str, int]:
    """One life, killed at these points; returns how much each step wrote and called."""
    world.begin_subject()
    written: dict[str, int] = {}
    for number, step in enumerate(LIFE):
        point, is_before = points.get(step.name, (0, False))
        written[step.name] = await _take(world, killer, step, f"t{number}", point, is_before=is_before)
    await world.must_hold()
    world.subject.witness.judge_effects(world.operator.deaths)
    return written


async def _take(world: World, killer: Killer, step: Step, token: str, point: int, *, is_before: bool) -> int:
    killer.arm(point, is_before=is_before)
    tally = REPORT.of(f"killed: {step.name}")
    try:
        await step.begin(world, token)
        await step.reach(world, token)
        await world.must_hold()
    except AssertionError as broken:
        tally.broken += 1
        when = "before" if is_before else "after"
        raise AssertionError(f"{step.name}, killed {when} write {point} ({killer.hit}): {broken}") from broken
    tally.faults += killer.hit is not None
    tally.judged += killer.seen
    return killer.seen


@pytest.mark.timeout(240 + 300 * LIVES)
def test_nothing_is_lost_wherever_the_operator_is_killed(world: World, runner: asyncio.Runner) -> None:
    killer = Killer(world.operator)
    world.proxy.passage = killer
    written = runner.run(live(world, killer, {}))
    assert min(written.values()) > 0, f"a step that writes nothing shows nothing: {written}"

    reached: set[tuple[str, int, bool]] = set()
    for life in range(LIVES):
        points: dict[str, tuple[int, bool]] = {}
        for name, count in written.items():
            # Far from one another, and in time all of them.
            place = int((life + 1) * GOLDEN_RATIO % 1 * 2 * count)
            points[name] = place // 2 + 1, place % 2 == 0
            reached.add((name, *points[name]))
        world.does_kubelet_wait = life % 3 != 2
        runner.run(live(world, killer, points))
    print(f"{len(reached)} of {2 * sum(written.values())} points; writes a step: {written}")

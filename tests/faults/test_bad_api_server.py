"""An API server in trouble delays things and loses nothing; the operator is neither dead nor deaf then."""

import asyncio
from collections.abc import Callable, Sequence

import orjson
import pytest

from faults.conftest import LIVES, SEED
from faults.life import SHORT_LIFE
from faults.proxy import GoneError
from faults.report import REPORT
from faults.trouble import TROUBLES, Trouble
from faults.world import World

CALM_SECONDS = 60.0
FROZEN_SECONDS = 100.0
"""A watch on which nothing comes, not even a bookmark, is given up after 70 s."""
EXPIRED = b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}\n'
Turn = Callable[[bytes], Sequence[bytes]]


async def live(world: World) -> None:
    """A short life, with the operator's own process all through it."""
    world.begin_subject()
    for number, step in enumerate(SHORT_LIFE):
        await step.begin(world, f"t{number}")
        await step.reach(world, f"t{number}")
        await world.must_hold()


async def live_in(world: World, scenario: str, count_faults: Callable[[], int]) -> None:
    """Lives in trouble."""
    tally, before, exits = REPORT.of(scenario), len(world.proxy.counted), world.operator.exits
    try:
        for _ in range(max(1, LIVES // 2)):
            await live(world)
    except AssertionError:
        tally.broken += 1
        raise
    finally:
        world.proxy.verdict = None
        tally.faults += count_faults()
        tally.judged += len(world.proxy.counted) - before
    assert world.operator.exits == exits, f"it ended by itself:\n{world.operator.log_tail()}"
    assert count_faults() > 0, "nothing was injected"


@pytest.mark.timeout(180 * max(1, LIVES // 2))
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_life_goes_its_way_through(world: World, runner: asyncio.Runner, kind: str) -> None:
    trouble = Trouble(kind, SEED)
    world.proxy.verdict = trouble
    runner.run(live_in(world, f"API server: {kind}", lambda: trouble.count))


class Turns:
    """What becomes of the events of watches, and how often."""

    def __init__(self) -> None:
        self.count = 0
        self._held: dict[str, list[bytes]] = {}

    def double(self, line: bytes) -> Sequence[bytes]:
        """Every event comes twice."""
        self.count += 1
        return line, line

    def replay(self, line: bytes) -> Sequence[bytes]:
        """Older versions of objects come again after newer ones, in the watch that they came in."""
        kind = orjson.loads(line)["object"]["kind"]
        held = self._held[kind] = [*self._held.get(kind, [])[-3:], line]
        self.count += 1
        return line, *held[:2]

    def end(self, line: bytes) -> Sequence[bytes]:
        """The watch breaks at each third event, which is lost with it."""
        self.count += 1
        if self.count % 3 == 0:
            raise GoneError
        return (line,)

    def expire(self, line: bytes) -> Sequence[bytes]:
        """Instead of each third event, the watch says that it is too old to go on."""
        self.count += 1
        return (EXPIRED if self.count % 3 == 0 else line,)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", ["double", "replay", "end", "expire"])
def test_watches_that_tell_twice_or_too_late_or_break(
    world: World, runner: asyncio.Runner, kind: str
) -> None:
    turns = Turns()
    usual, world.proxy.tap.turn = world.proxy.tap.turn, getattr(turns, kind)
    try:
        runner.run(live_in(world, f"watch: {kind}", lambda: turns.count))
    finally:
        world.proxy.tap.turn = usual


@pytest.mark.timeout(180)
def test_a_watch_that_is_silently_frozen_is_noticed_and_begun_anew(
    world: World, runner: asyncio.Runner
) -> None:
    async def stop_while_frozen() -> None:
        world.begin_subject()
        start, stop, *_ = SHORT_LIFE
        await start.begin(world, "t1")
        await start.reach(world, "t1")
        frozen = world.proxy.tap.freeze()
        try:
            await stop.begin(world, "t2")
            await world.wait_for("Stopped", FROZEN_SECONDS)
            await stop.reach(world, "t2")
            await world.must_hold()
        finally:
            frozen.set()
        await world.subject.delete()
        await world.wait_for(None)

    runner.run(stop_while_frozen())
    REPORT.of("watch: frozen").faults += 1


@pytest.mark.timeout(CALM_SECONDS + 30)
def test_after_all_of_it_a_life_in_calm_goes_its_way_soon(world: World, runner: asyncio.Runner) -> None:
    async def live_in_calm() -> None:
        async with asyncio.timeout(CALM_SECONDS):
            await live(world)

    runner.run(live_in_calm())

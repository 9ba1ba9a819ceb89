"""Two operators at once: by mistake, and sharing the work on purpose."""

import asyncio
import itertools
import time
from pathlib import Path

import pytest

from faults.life import LIFE, SHORT_LIFE
from faults.report import REPORT
from faults.world import World
from sluice.handlers.sharing import LEASE_SECONDS, RENEW_SECONDS, Share
from sluice.store import Key

TAKEN_OVER_SECONDS = LEASE_SECONDS + 2 * RENEW_SECONDS + 5.0
GROUP_SECONDS = 30.0
START, STOP, *_ = SHORT_LIFE


@pytest.mark.timeout(180)
def test_two_that_know_nothing_of_each_other_do_everything_once(
    world: World, runner: asyncio.Runner, tmp_path: Path
) -> None:
    async def tell() -> None:
        second = world.operator.beside(tmp_path / "second.log")
        await second.start()
        try:
            world.begin_subject()
            for number, step in enumerate(LIFE):
                await step.begin(world, f"t{number}")
                await step.reach(world, f"t{number}")
                await world.must_hold()
        finally:
            await second.stop()

    runner.run(tell())
    REPORT.of("two operators by mistake").faults += 1
    REPORT.of("two operators by mistake").judged += len(LIFE)


@pytest.mark.timeout(180)
def test_when_one_of_a_group_is_killed_the_other_takes_its_part_over(
    world: World, runner: asyncio.Runner, tmp_path: Path
) -> None:
    def part_of(identity: str) -> Share:
        share = Share(identity)
        share.meet({"a", "b"})
        return share

    async def begin_subject_of(share: Share) -> None:
        for _ in itertools.count():
            subject = world.begin_subject()
            if share.owns(Key("Pipeline", world.cluster.namespace, subject.name)):
                return

    async def tell() -> float:
        await world.operator.stop()
        group = ("--share-group=faults", f"--own-namespace={world.cluster.namespace}")
        mortal = world.operator.beside(tmp_path / "a.log", *group, "--identity=a")
        heir = world.operator.beside(tmp_path / "b.log", *group, "--identity=b")
        alone, world.operator = world.operator, heir
        try:
            await mortal.start()
            await heir.start()
            both = "operators at work: a, b"
            await world.wait_until(
                "both to know of each other",
                lambda: both in mortal.log_tail() and both in heir.log_tail(),
                GROUP_SECONDS,
            )
            for share in (part_of("b"), part_of("a")):
                await begin_subject_of(share)
                await START.begin(world, "t1")
                await START.reach(world, "t1")
            await mortal.kill()
            killed = time.monotonic()
            await STOP.begin(world, "t2")
            await world.wait_for("Stopped", TAKEN_OVER_SECONDS)
            took = time.monotonic() - killed
            await STOP.reach(world, "t2")
            await world.must_hold()
            return took
        finally:
            await mortal.stop()
            await heir.stop()
            world.operator = alone
            await alone.start_again()

    took = runner.run(tell())
    REPORT.of(f"one of two killed, the other took over in {took:.0f} s").faults += 1

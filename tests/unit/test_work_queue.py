"""The work queue: each key once, one worker at a time, the earliest time wins, and a stop goes first."""

import asyncio

import looptime
import pytest

from sluice.work_queue import WorkQueue

pytestmark = pytest.mark.looptime


async def drain(queue: WorkQueue[str]) -> list[str]:
    """All keys that can be had now, in their order."""
    keys: list[str] = []
    while len(queue):
        key = await queue.get()
        queue.done(key)
        keys.append(key)
    return keys


async def test_a_key_that_is_added_often_is_looked_at_once() -> None:
    queue = WorkQueue[str]()
    for _ in range(100):
        queue.add("a")
        queue.add("b")

    assert await drain(queue) == ["a", "b"]


async def test_a_key_is_given_to_one_worker_at_a_time() -> None:
    queue = WorkQueue[str]()
    queue.add("a")
    await queue.get()
    queue.add("a")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 60)


@pytest.mark.parametrize("times", [1, 2, 100])
async def test_news_during_a_look_gives_exactly_one_more(times: int) -> None:
    queue = WorkQueue[str]()
    queue.add("a")
    key = await queue.get()
    for _ in range(times):
        queue.add("a")
    assert len(queue) == 0
    queue.done(key)

    assert await drain(queue) == ["a"]


async def test_a_look_without_news_is_not_repeated() -> None:
    queue = WorkQueue[str]()
    queue.add("a")

    assert await drain(queue) == ["a"]
    assert await drain(queue) == []


async def test_a_worker_that_waits_gets_the_next_key() -> None:
    queue = WorkQueue[str]()
    waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in ("a", "b", "c"):
        queue.add(key)

    assert sorted(await asyncio.gather(*waiting)) == ["a", "b", "c"]


@pytest.mark.parametrize("delays", [(5, 50), (50, 5)])
async def test_of_two_delays_the_earlier_one_counts(
    delays: tuple[int, int], looptime: looptime.LoopTimeProxy
) -> None:
    queue = WorkQueue[str]()
    for delay in delays:
        queue.add_after("a", delay)

    await queue.get()

    assert looptime == 5
    queue.done("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 1000)


async def test_news_makes_a_delay_superfluous(looptime: looptime.LoopTimeProxy) -> None:
    queue = WorkQueue[str]()
    queue.add_after("a", 50)
    queue.add("a")
    queue.add_after("a", 1)

    assert await drain(queue) == ["a"]
    assert looptime == 0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 1000)


async def test_a_delay_that_was_asked_for_during_a_look_counts_from_then(
    looptime: looptime.LoopTimeProxy,
) -> None:
    queue = WorkQueue[str]()
    queue.add("a")
    key = await queue.get()
    queue.add_after("a", 7)
    queue.done(key)
    await queue.get()

    assert looptime == 7


async def test_a_delay_that_ends_during_a_look_gives_one_more_look() -> None:
    queue = WorkQueue[str]()
    queue.add("a")
    key = await queue.get()
    queue.add_after("a", 1)
    await asyncio.sleep(2)
    assert len(queue) == 0
    queue.done(key)

    assert await drain(queue) == ["a"]


@pytest.mark.parametrize("delay", [0, -5])
async def test_a_delay_that_is_over_is_a_look_now(delay: float, looptime: looptime.LoopTimeProxy) -> None:
    queue = WorkQueue[str]()
    queue.add_after("a", delay)
    await queue.get()

    assert looptime == 0


@pytest.fixture
def storm() -> WorkQueue[str]:
    """5,000 keys that wait."""
    queue = WorkQueue[str]()
    for number in range(5000):
        queue.add(f"create-{number}")
    return queue


async def test_a_stop_overtakes_five_thousand_creates(storm: WorkQueue[str]) -> None:
    storm.add("stop", is_urgent=True)

    assert await storm.get() == "stop"


async def test_a_key_that_becomes_urgent_while_it_waits_overtakes_too_and_is_looked_at_once(
    storm: WorkQueue[str],
) -> None:
    storm.add("create-4999", is_urgent=True)

    keys = await drain(storm)
    assert keys[0] == "create-4999"
    assert (len(keys), len(set(keys))) == (5000, 5000)


async def test_an_urgent_key_does_not_lose_its_place_to_later_news(storm: WorkQueue[str]) -> None:
    storm.add("stop", is_urgent=True)
    storm.add("stop")

    assert await storm.get() == "stop"


async def test_urgent_news_during_a_look_is_urgent_after_it(storm: WorkQueue[str]) -> None:
    first = await storm.get()
    storm.add(first, is_urgent=True)
    storm.add(first)
    storm.done(first)

    assert await storm.get() == first


async def test_the_next_step_of_a_stop_overtakes_as_well(storm: WorkQueue[str]) -> None:
    storm.add("stop", is_urgent=True)
    key = await storm.get()
    storm.add_after(key, 0.2)
    storm.done(key)
    await asyncio.sleep(1)

    assert await storm.get() == "stop"


async def test_urgency_ends_with_the_step_that_asks_for_no_other(storm: WorkQueue[str]) -> None:
    storm.add("stop", is_urgent=True)
    storm.done(await storm.get())
    storm.add("stop")

    assert await storm.get() == "create-0"


async def test_a_closed_queue_ends_those_who_wait_and_takes_no_more() -> None:
    queue = WorkQueue[str]()
    waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
    queue.add_after("later", 5)
    await asyncio.sleep(0)
    queue.close()
    queue.add("a")
    queue.add_after("b", 1)
    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(end) for end in ends] == [asyncio.CancelledError] * 3
    await asyncio.sleep(10)
    assert len(queue) == 0


async def test_a_closed_queue_hands_out_nothing_of_what_still_waits(storm: WorkQueue[str]) -> None:
    key = await storm.get()
    storm.close()
    storm.done(key)

    with pytest.raises(asyncio.CancelledError):
        await storm.get()

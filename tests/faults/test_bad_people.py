"""All sorts of objects, edits and deletions at any moment: each ends in a refusal or a condition.

None stops the others: a pipeline that is left alone is stopped and started meanwhile as if nothing were.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from faults.conftest import LIVES, SEED
from faults.life import SHORT_LIFE
from faults.people import Person
from faults.report import REPORT
from faults.world import World
from sluice.api.json_values import Json, child, children
from sluice.api.kinds import KINDS
from sluice.kube import ApiError, paths

OBJECTS = 60 * LIVES
AT_ONCE = 8
TOLD_SECONDS = 60.0
CANARY_SECONDS = 20.0
REFUSALS = (400, 403, 404, 405, 409, 413, 415, 422)
START, STOP, RESUME, DELETE = SHORT_LIFE


class Crowd:
    """People at work in the namespace."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._kube = world, world.cluster.kube
        self._person = Person(seed)
        self.made: list[str] = []
        """Paths of what the API server took."""
        self.refused = 0

    async def create_all(self, count: int) -> None:
        """Everybody writes something."""
        wanted = [self._person.object() for _ in range(count)]
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._create(body) for body in wanted[start : start + AT_ONCE]))

    async def _create(self, body: Json) -> None:
        kind = KINDS[body["kind"]]
        try:
            made = await self._kube.create(paths.resources(kind, self._world.cluster.namespace), body)
        except ApiError as error:
            self._take_refusal(body["metadata"], error)
        else:
            self.made.append(paths.resource(kind, self._world.cluster.namespace, made["metadata"]["name"]))

    def _take_refusal(self, what: object, error: ApiError) -> None:
        assert error.status in REFUSALS, f"{what} ended with {error}"
        assert error.message, f"{what} was refused without a word"
        self.refused += 1

    async def meddle(self, count: int) -> None:
        """Edits, requests and deletions of whatever is there."""
        for _ in range(count):
            path = self.made[self._person.choose(len(self.made))]
            change = (self._person.edit, self._person.annotation)[self._person.choose(2)]()
            try:
                if self._person.choose(12) == 0:
                    await self._kube.delete(path)
                else:
                    await self._kube.merge(path, change)
            except ApiError as error:
                self._take_refusal(change, error)

    async def untold(self) -> list[str]:
        """Whose spec no condition speaks of yet."""
        found: list[str] = []
        for path in self.made:
            body = await self._kube.get(path)
            if body is None or "deletionTimestamp" in body["metadata"]:
                continue
            conditions = children(child(body, "status"), "conditions")
            ready = next((each for each in conditions if each["type"] == "Ready"), None)
            is_current = ready is not None and ready["observedGeneration"] == body["metadata"]["generation"]
            if not is_current or not ready or not ready["message"]:
                found.append(path)
        return found

    async def send_away(self) -> None:
        """Everything goes, by force."""
        for path in self.made:
            with contextlib.suppress(ApiError):
                await self._kube.merge(path, {"spec": {"desiredStatus": "Stopped", "force": True}})
            await self._kube.delete(path)

    async def left(self) -> list[str]:
        return [path for path in self.made if await self._kube.get(path) is not None]


@pytest.mark.timeout(120 + OBJECTS)
def test_whatever_people_write_ends_in_a_refusal_or_a_condition_and_stops_nobody_else(
    world: World, runner: asyncio.Runner
) -> None:
    crowd = Crowd(world, SEED)

    async def wait_until_empty(what: str, look: Callable[[], Awaitable[list[str]]]) -> None:
        deadline = time.monotonic() + TOLD_SECONDS
        while found := await look():
            assert time.monotonic() < deadline, f"{what}: {found[:5]}\n{world.operator.log_tail()}"
            await asyncio.sleep(0.5)

    async def tell() -> None:
        world.begin_subject()
        await START.begin(world, "t1")
        await START.reach(world, "t1")
        await crowd.create_all(OBJECTS)
        assert crowd.made
        assert crowd.refused
        await asyncio.gather(crowd.meddle(2 * OBJECTS), canary())
        await wait_until_empty("no condition speaks of them", crowd.untold)
        await crowd.send_away()
        await wait_until_empty("they are not gone", crowd.left)
        await DELETE.begin(world, "t4")
        await DELETE.reach(world, "t4")
        await world.must_hold()

    async def canary() -> None:
        for step in (STOP, RESUME):
            begun = time.monotonic()
            await step.begin(world, "t2")
            await step.reach(world, "t2")
            took = time.monotonic() - begun
            assert took < CANARY_SECONDS, f"{step.name} took {took:.1f} s in the crowd"

    runner.run(tell())
    assert not world.operator.exits, world.operator.log_tail()
    REPORT.of("people").faults += 3 * OBJECTS
    REPORT.of("people").judged += len(crowd.made)

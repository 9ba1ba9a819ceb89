"""Whatever a runtime answers, the operator stays well, loses nothing and can still stop it."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from faults.life import SHORT_LIFE
from faults.report import REPORT
from faults.world import World
from sluice.api.json_values import Json, child
from sluice.engines import HttpAnswer

Say = Callable[[str, str], HttpAnswer | None]
START, STOP, RESUME, DELETE = SHORT_LIFE
ODD_SECONDS = 3.0
DIGESTED_SECONDS = 0.5
"""Until what follows from an answer would have followed."""
HUGE = b'{"runtime_status": "' + b"R" * (10 * 1024 * 1024) + b'"}'


def _to_status(code: int, body: bytes) -> Say:
    return lambda _method, path: HttpAnswer(code, body) if path == "/status" else None


def _status_with(**fields: object) -> bytes:
    usual: Json = {
        "runtime_status": "Running",
        "runtime_desired_status": "Running",
        "runtime_status_details": {},
    }
    return json.dumps(usual | fields).encode()


# Every other code than 200 and 503 says that it failed: that is an answer, and no odd one.
ODDITIES: dict[str, Say] = {
    "code 503": _to_status(503, b"{}"),
    "no JSON": _to_status(200, b"<html>"),
    "a list": _to_status(200, b"[1, 2]"),
    "nothing": _to_status(200, b""),
    "10 MB": _to_status(200, HUGE),
    "deep": _to_status(200, b"[" * 100_000),
    "no text": _to_status(200, b"\xff\xfe\x00"),
    "a status that nobody knows": _to_status(200, _status_with(runtime_status="Hibernating")),
    "a status that is the operator's": _to_status(200, _status_with(runtime_status="Stopped")),
    "a status that is no word": _to_status(200, _status_with(runtime_status={"a": [1]})),
    "checkpoints that are none": _to_status(
        200, _status_with(storage_status_details={"checkpoints": [1, None, {"uuid": 5}, {"uuid": ""}]})
    ),
    "a hundred thousand checkpoints": _to_status(
        200,
        _status_with(storage_status_details={"checkpoints": [{"uuid": f"c{n}"} for n in range(20_000)]}),
    ),
}


@contextmanager
def _saying(world: World, say: Say) -> Generator[None]:
    world.answer = say
    try:
        yield
    finally:
        world.answer = lambda _method, _path: None


async def _be_at_rest(world: World) -> None:
    """A fresh pipeline that runs."""
    world.begin_subject()
    await START.begin(world, "t1")
    await START.reach(world, "t1")


async def _see_off(world: World, scenario: str, *, is_running: bool = True, faults: int = 1) -> None:
    """Stopped with a checkpoint, resumed and deleted, by the same process of the operator as before."""
    steps = (STOP, RESUME, DELETE) if is_running else (DELETE,)
    for number, step in enumerate(steps):
        await step.begin(world, f"t{number}")
        await step.reach(world, f"t{number}")
        await world.must_hold()
    assert not world.operator.exits, world.operator.log_tail()
    REPORT.of(scenario).faults += faults
    REPORT.of(scenario).judged += len(steps)


@pytest.mark.timeout(180)
def test_odd_answers_stop_nothing_and_a_stop_still_saves_everything(
    world: World, runner: asyncio.Runner
) -> None:
    async def hear(number: int, say: Say) -> None:
        heard = 0

        def count(method: str, path: str) -> HttpAnswer | None:
            nonlocal heard
            heard += path == "/status"
            return say(method, path)

        with _saying(world, count):
            # An edit that restarts nothing makes the operator look.
            await world.subject.edit(provisioningTimeoutSeconds=500 + number)
            await world.wait_until("the operator to ask its process", lambda: heard > 0)
            await asyncio.sleep(DIGESTED_SECONDS)

    async def tell() -> None:
        await _be_at_rest(world)
        pod = _pod_of(world)
        for number, (kind, say) in enumerate(ODDITIES.items()):
            await hear(number, say)
            assert _pod_of(world) == pod, f"{kind}: it may be fine, nothing is stopped for it"
        await _see_off(world, "runtime: odd answers", faults=len(ODDITIES))

    runner.run(tell())


def _pod_of(world: World) -> str | None:
    pod = world.subject.kubelet.pod
    return None if pod is None else pod["metadata"]["uid"]


async def _hang(world: World, say: Say) -> None:
    """A graceful stop that does not get its checkpoint; the pod stays."""
    await _be_at_rest(world)
    with _saying(world, say):
        await STOP.begin(world, "t2")
        await world.wait_for("Suspending")
        await asyncio.sleep(ODD_SECONDS)
        assert world.subject.is_at("Suspending"), world.subject.status
        assert world.subject.kubelet.pod is not None, "its work is not saved"


def _to_suspend(code: int, body: object) -> Say:
    return lambda _method, path: HttpAnswer(code, json.dumps(body).encode()) if path == "/suspend" else None


REFUSALS: dict[str, Say] = {
    "refused": _to_suspend(503, {"message": "not now", "error_code": "Initializing", "details": {}}),
    "taken and not done": _to_suspend(202, "it is changing"),
    "answered with 500": _to_suspend(500, {"message": "oh", "error_code": "Oh", "details": {}}),
    "answered with garbage": lambda _method, path: HttpAnswer(200, b"\xff") if path == "/suspend" else None,
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", REFUSALS)
def test_a_checkpoint_that_does_not_come_keeps_the_pod_and_comes_when_it_can(
    world: World, runner: asyncio.Runner, kind: str
) -> None:
    async def tell() -> None:
        await _hang(world, REFUSALS[kind])
        await STOP.reach(world, "t2")
        await RESUME.begin(world, "t3")
        await RESUME.reach(world, "t3")
        await _see_off(world, "runtime: checkpoint that does not come")

    runner.run(tell())


@pytest.mark.timeout(120)
def test_a_suspended_process_whose_checkpoint_is_not_there_is_no_stop_with_a_checkpoint(
    world: World, runner: asyncio.Runner
) -> None:
    """It says Suspended and lists nothing new: what it holds is not on the volume."""

    def lie(_method: str, path: str) -> HttpAnswer | None:
        if path == "/suspend":
            return HttpAnswer(202, b'"it is changing"')
        if path == "/status":
            suspended = {"runtime_status": "Suspended", "runtime_desired_status": "Suspended"}
            return HttpAnswer(200, _status_with(**suspended, storage_status_details={"checkpoints": []}))
        return None

    async def tell() -> None:
        await _be_at_rest(world)
        with _saying(world, lie):
            await STOP.begin(world, "t2")
            await asyncio.sleep(ODD_SECONDS)
            stop = child(world.subject.status, "stop")
            made = {each.uuid for each in world.subject.kubelet.storage.checkpoints}
            assert stop.get("checkpoint") in {None, *made}, f"a checkpoint that nobody made: {stop}"
            await world.subject.edit(force=True)
            await world.wait_for("Stopped")
        await _see_off(world, "runtime: acknowledged and not durable", is_running=False)

    runner.run(tell())

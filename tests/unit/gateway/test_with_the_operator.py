"""The gateway and the operator on one API server: reads see one's own writes, and what is asked for happens.

The first answer of a pair comes before the operator has looked, the second after it.
"""

from typing import Any

import pytest

from sluice.api.json_values import Json

from ..reconcile.bench import PIPELINE, Bench
from .house import House

ORDERS = "/v0/pipelines/orders"
AXES = (
    "deployment_status",
    "deployment_desired_status",
    "deployment_resources_status",
    "deployment_resources_desired_status",
)


class Scene:
    """One pipeline, its operator and its gateway."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.house = House(kube=self.bench.kube)

    async def post(self, verb: str) -> Json:
        """Ask, and read before the operator knows of it."""
        answer = await self.house.call("POST", f"{ORDERS}/{verb}")
        assert answer.status in (200, 202), answer.body
        return await self.read()

    async def read(self) -> Json:
        shown: Json = (await self.house.call("GET", f"{ORDERS}?selector=status")).json
        return shown

    async def look(self) -> Json:
        """The operator looks; then it is read."""
        self.bench.watch()
        await self.bench.look()
        return await self.read()

    async def fail(self) -> None:
        """The process ends for good and the pipeline is held."""
        body = self.bench.kube.objects[PIPELINE]
        failed: Json = {"message": "it broke", "errorCode": "RunnerCheckError", "details": {}}
        await self.stop()
        generation = body["metadata"]["generation"]
        status: Json = {**self.bench.status, "deploymentError": failed, "heldGeneration": generation}
        body = self.bench.kube.objects[PIPELINE]
        body["metadata"].pop("annotations", None)
        self.bench.kube.put(PIPELINE, {**body, "status": {**status, "override": None}})
        self.bench.watch()
        shown = await self.look()
        assert shown["deployment_error"] is not None
        assert axes(shown) == ("Stopped", "Stopped", "Stopped", "Stopped")

    async def stop(self) -> None:
        await self.post("stop?force=true")
        await self.look()
        self.bench.end_pod()
        await self.look()
        await self.look()


def axes(shown: Json) -> tuple[Any, ...]:
    return tuple(shown[axis] for axis in AXES)


def outcomes(scene: Scene) -> dict[str, str]:
    """What became of each kind of request, the newest of each."""
    return {entry["verb"]: entry["state"] for entry in scene.bench.status["requests"]}


RUNS = ("Running", "Running", "Provisioned", "Provisioned")


async def test_a_force_stop_is_seen_at_once_and_carried_out() -> None:
    scene = Scene()
    await scene.bench.start()
    assert axes(await scene.read()) == RUNS

    assert axes(await scene.post("stop?force=true")) == ("Running", "Stopped", "Provisioned", "Stopped")
    assert axes(await scene.look()) == ("Stopping", "Stopped", "Stopping", "Stopped")
    scene.bench.end_pod()
    assert axes(await scene.look()) == ("Stopped", "Stopped", "Stopped", "Stopped")


async def test_a_graceful_stop_is_seen_at_once_and_never_reads_suspending() -> None:
    scene = Scene()
    await scene.bench.start()

    suspended = ("Running", "Suspended", "Provisioned", "Provisioned")
    assert axes(await scene.post("stop")) == suspended
    assert axes(await scene.look()) == suspended
    assert scene.bench.status["deploymentStatus"] == "Suspending"
    assert (await scene.read())["deployment_runtime_desired_status"] == "Suspended"
    assert "/suspend" in scene.bench.process.requests


async def test_a_start_is_seen_at_once_and_carried_out() -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.stop()
    assert axes(await scene.read()) == ("Stopped", "Stopped", "Stopped", "Stopped")

    shown = await scene.post("start")
    assert axes(shown) == ("Stopped", "Running", "Stopped", "Provisioned")
    assert shown["deployment_initial"] == "Running"
    assert axes(await scene.look()) == ("Provisioning", "Running", "Provisioning", "Provisioned")
    scene.bench.run_pod()
    assert axes(await scene.look()) == RUNS


@pytest.mark.parametrize("steps", [["start"], ["dismiss_error", "start?dismiss_error=false"]])
async def test_a_start_after_an_error_clears_it_at_once_and_begins(steps: list[str]) -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.fail()
    for step in steps:
        shown = await scene.post(step)
        assert shown["deployment_error"] is None

    assert axes(await scene.read()) == ("Stopped", "Running", "Stopped", "Provisioned")
    shown = await scene.look()
    assert axes(shown) == ("Provisioning", "Running", "Provisioning", "Provisioned")
    assert shown["deployment_error"] is None


async def test_a_start_after_an_error_that_the_operator_saw_dismissed_begins_too() -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.fail()
    stopped = ("Stopped", "Stopped", "Stopped", "Stopped")
    assert axes(await scene.post("dismiss_error")) == stopped
    shown = await scene.look()
    assert (axes(shown), shown["deployment_error"]) == (stopped, None), "the manifest wants it to run"
    assert outcomes(scene)["dismiss-error"] == "Succeeded"

    await scene.post("start")
    assert axes(await scene.look()) == ("Provisioning", "Running", "Provisioning", "Provisioned")


async def test_a_stop_takes_a_start_back_that_the_operator_has_not_seen() -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.stop()
    await scene.post("start")
    stopped = ("Stopped", "Stopped", "Stopped", "Stopped")

    assert axes(await scene.post("stop?force=true")) == stopped
    assert axes(await scene.look()) == stopped


async def test_a_pause_and_a_resume_are_seen_at_once_and_reach_the_process() -> None:
    scene = Scene()
    await scene.bench.start()
    shown = await scene.post("pause")
    assert (shown["deployment_status"], shown["deployment_runtime_desired_status"]) == ("Running", "Paused")
    await scene.look()
    assert "/pause" in scene.bench.process.requests

    scene.bench.process.status = scene.bench.process.desired = "Paused"
    assert axes(await scene.look()) == ("Paused", "Paused", "Provisioned", "Provisioned")
    shown = await scene.post("resume")
    assert (shown["deployment_status"], shown["deployment_desired_status"]) == ("Paused", "Running")
    await scene.look()
    assert "/start" in scene.bench.process.requests


async def test_clearing_is_seen_at_once_and_carried_out() -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.stop()
    shown = await scene.post("clear")
    assert (shown["storage_status"], shown["storage_status_details"]) == ("Clearing", None)

    for _ in range(3):
        shown = await scene.look()
    assert shown["storage_status"] == "Cleared"
    assert outcomes(scene)["clear-storage"] == "Succeeded"


async def test_a_checkpoint_is_found_again_by_its_number() -> None:
    scene = Scene()
    await scene.bench.start()
    ticket = (await scene.house.call("POST", f"{ORDERS}/checkpoint")).json
    again = (await scene.house.call("POST", f"{ORDERS}/checkpoint")).json
    assert ticket == again, "it is not begun, so it holds what is asked for now too"
    address = f"{ORDERS}/checkpoint_status?incarnation_uuid={ticket['incarnation_uuid']}"
    assert (await scene.house.call("GET", address)).json == {"success": None, "failure": None}

    await scene.look()
    assert (await scene.house.call("GET", address)).json == {"success": None, "failure": None}
    scene.bench.process.checkpoints = ["c1"]
    await scene.look()
    made = (await scene.house.call("GET", address)).json
    assert made == {"success": ticket["checkpoint_sequence_number"], "failure": None}


async def test_a_checkpoint_that_the_run_did_not_live_to_make_has_failed() -> None:
    scene = Scene()
    await scene.bench.start()
    ticket = (await scene.house.call("POST", f"{ORDERS}/checkpoint")).json
    await scene.look()
    await scene.post("stop?force=true")
    await scene.look()
    scene.bench.end_pod()
    await scene.look()
    await scene.post("start")
    await scene.look()
    scene.bench.run_pod()
    await scene.look()
    shown = (await scene.house.call("GET", f"{ORDERS}/checkpoint_status")).json
    address = f"{ORDERS}/checkpoint_status?incarnation_uuid={ticket['incarnation_uuid']}"

    assert shown["success"] is None
    assert shown["failure"]["sequence_number"] == ticket["checkpoint_sequence_number"]
    assert (await scene.house.call("GET", address)).code == "IncarnationUuidMismatch"


async def test_git_has_the_last_word() -> None:
    scene = Scene()
    await scene.bench.start()
    await scene.stop()
    scene.bench.edit(desiredStatus="Paused")
    shown = await scene.read()

    assert (shown["deployment_status"], shown["deployment_desired_status"]) == ("Stopped", "Paused")
    assert axes(await scene.look()) == ("Provisioning", "Paused", "Provisioning", "Provisioned")

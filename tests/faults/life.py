"""The life of a pipeline in steps: what people ask for, or what happens, and what has to follow."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from integration.stage.kubelet import container_of
from integration.stage.moves_of_people import template

from sluice.api.json_values import child
from sluice.engines import HttpAnswer

from .world import World

Act = Callable[[World, str], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """``begin`` makes it happen, ``reach`` waits for what has to follow and looks at it. Both get a token."""

    name: str
    begin: Act
    reach: Act


async def _create(world: World, _: str) -> None:
    await world.subject.create()


async def _be_running(world: World, _: str) -> None:
    await world.wait_for("Running")
    await world.wait_until("its process", lambda: world.subject.kubelet.process is not None)
    process, storage = world.subject.kubelet.process, world.subject.kubelet.storage
    assert process is not None
    saved = storage.checkpoints[-1].records if storage.checkpoints else 0
    assert process.records >= saved, f"it goes on from {process.records} of {saved} records"


async def _ask_for_checkpoint(world: World, token: str) -> None:
    await world.subject.request("checkpoint", token)


async def _have_checkpoint(world: World, token: str) -> None:
    await _have_outcome(world, "checkpoint", token)
    assert world.subject.kubelet.storage.checkpoints, "it succeeded, and nothing is on the volume"


async def _have_outcome(world: World, verb: str, token: str) -> None:
    def is_over() -> bool:
        return world.subject.outcome(verb, token) not in (None, "InProgress")

    await world.wait_until(f"the outcome of {verb} {token}", is_over)
    assert world.subject.outcome(verb, token) == "Succeeded", world.subject.status["requests"]


async def _edit_template(world: World, token: str) -> None:
    await world.subject.edit(template=template(f"example.com/job:{token}"))


async def _have_new_template(world: World, token: str) -> None:
    def has_it() -> bool:
        pod = world.subject.kubelet.pod
        return pod is not None and container_of(pod)["image"] == f"example.com/job:{token}"

    await world.wait_until("a pod of the changed template", has_it)
    await _be_running(world, token)


async def _stop(world: World, _: str) -> None:
    await world.subject.edit(desiredStatus="Stopped", force=False)


async def _be_saved(world: World, _: str) -> None:
    before = world.subject.kubelet.processes[-1]
    await world.wait_for("Stopped")
    stop = child(world.subject.status, "stop")
    saved = world.subject.kubelet.storage.checkpoints[-1]
    assert (stop.get("mode"), stop.get("checkpoint")) == ("Graceful", saved.uuid), stop
    assert saved.records == max(before.records, world.subject.kubelet.processes[-1].records), "work is lost"


async def _start(world: World, _: str) -> None:
    await world.subject.edit(desiredStatus="Running", force=False)


async def _force(world: World, _: str) -> None:
    await world.subject.edit(desiredStatus="Stopped", force=True)


async def _be_stopped(world: World, _: str) -> None:
    await world.wait_for("Stopped")
    assert child(world.subject.status, "stop").get("mode") == "Force", world.subject.status["stop"]
    assert world.subject.kubelet.pod is None


async def _hang_in_stop(world: World, _: str) -> None:
    """A process that takes no call to suspend; then somebody has had enough."""

    def refuse(_method: str, path: str) -> HttpAnswer | None:
        if path == "/suspend":
            raise ConnectionError("connection reset by peer")
        return None

    world.answer = refuse
    await world.subject.edit(desiredStatus="Stopped", force=False)
    await world.wait_for("Suspending")
    await world.subject.edit(force=True)


async def _be_overtaken(world: World, token: str) -> None:
    await _be_stopped(world, token)
    world.answer = lambda _method, _path: None


async def _ask_for_restart(world: World, token: str) -> None:
    await world.subject.request("restart", token)


async def _be_restarted(world: World, token: str) -> None:
    await _have_outcome(world, "restart", token)
    await _be_running(world, token)


async def _override(world: World, token: str) -> None:
    uid = (world.subject.body or {})["metadata"]["uid"]
    wish = {"token": token, "uid": uid, "desiredStatus": "Stopped"}
    await world.subject.request("override", json.dumps(wish))


async def _take_override_back(world: World, _: str) -> None:
    annotations = {"requests.sluice.dev/override": None}
    await world.subject.kube.merge(world.subject.path, {"metadata": {"annotations": annotations}})


async def _fail(world: World, _: str) -> None:
    pod = world.subject.kubelet.pod
    assert pod is not None
    world.subject.is_kubelet_away = True
    await world.subject.kubelet.fail(pod)
    world.subject.is_kubelet_away = False


async def _run_again(world: World, token: str) -> None:
    run = world.subject.status["runNumber"]
    await world.wait_until("the next run", lambda: world.subject.status.get("runNumber", 0) > run)
    await _be_running(world, token)


async def _clear(world: World, token: str) -> None:
    uid = (world.subject.body or {})["metadata"]["uid"]
    await world.subject.request("clear-storage", json.dumps({"token": token, "uid": uid}))


async def _be_cleared(world: World, token: str) -> None:
    await _have_outcome(world, "clear-storage", token)
    assert world.subject.status["storageStatus"] == "Cleared"


async def _delete(world: World, _: str) -> None:
    await world.subject.delete()


async def _be_gone(world: World, _: str) -> None:
    await world.wait_for(None)


LIFE: tuple[Step, ...] = (
    Step("start", _create, _be_running),
    Step("checkpoint on request", _ask_for_checkpoint, _have_checkpoint),
    Step("spec change", _edit_template, _have_new_template),
    Step("graceful stop", _stop, _be_saved),
    Step("resume", _start, _be_running),
    Step("force over graceful", _hang_in_stop, _be_overtaken),
    Step("resume after force", _start, _be_running),
    Step("restart on request", _ask_for_restart, _be_restarted),
    Step("override", _override, _be_saved),
    Step("end of the override", _take_override_back, _be_running),
    Step("failure of the process", _fail, _run_again),
    Step("force", _force, _be_stopped),
    Step("clearing of the storage", _clear, _be_cleared),
    Step("start on cleared storage", _start, _be_running),
    Step("deletion with a last checkpoint", _delete, _be_gone),
)
SHORT_LIFE: tuple[Step, ...] = tuple(
    step
    for step in LIFE
    if step.name in ("start", "graceful stop", "resume", "deletion with a last checkpoint")
)

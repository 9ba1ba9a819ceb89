"""What an older operator left behind is taken over: no pod changes, and whatever was under way goes on.

``older_worlds.json`` was recorded from the operator as it was before it knew Standby, requests, deployments
and graphs: all objects of one pipeline, and where its process was, in each state.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from .bench import PIPELINE, POD, Bench

WORLDS: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("older_worlds.json").read_text())
LOOKS: Final = 4


def bench_of(state: str) -> Bench:
    """The present operator, started in a world of the older one."""
    bench, world = Bench(), WORLDS[state]
    bench.kube.objects.clear()
    for path, body in world["objects"].items():
        bench.kube.put(path, body)
    process = world["process"]
    bench.process.status, bench.process.desired = process["status"], process["desired"]
    bench.process.checkpoints = process["checkpoints"]
    bench.watch()
    return bench


async def settle(bench: Bench) -> list[str]:
    """A few looks; returns what was written to anything but the pipeline's status."""
    written: list[str] = []
    for _ in range(LOOKS):
        await bench.look()
        written += [each for each in bench.kube.writes() if not each.endswith(("status", "events"))]
        bench.watch()
    return written


def pod_of(bench: Bench) -> str | None:
    pod = bench.kube.objects.get(POD)
    return None if pod is None or "deletionTimestamp" in pod["metadata"] else pod["metadata"]["uid"]


@pytest.mark.parametrize("state", ["Running", "Provisioning", "Suspending", "Stopping", "Stopped"])
async def test_an_upgrade_changes_no_object_and_no_state(state: str) -> None:
    bench = bench_of(state)
    pod, before = pod_of(bench), bench.status

    written = await settle(bench)

    assert written == []
    assert pod_of(bench) == pod
    kept = ("deploymentStatus", "deploymentStatusSince", "deploymentId", "runNumber", "revision")
    assert {name: bench.status.get(name) for name in kept} == {name: before.get(name) for name in kept}


async def test_a_running_pipeline_is_stopped_with_its_checkpoint_and_resumed() -> None:
    bench = bench_of("Running")
    bench.edit(desiredStatus="Stopped")
    await bench.look()
    await suspend_and_end(bench)

    assert (bench.status["deploymentStatus"], bench.status["stop"]["checkpoint"]) == ("Stopped", "c2")
    await start(bench)


@pytest.mark.parametrize("state", ["Suspending", "Stopping"])
async def test_a_stop_under_way_goes_on_to_its_end_with_its_checkpoint(state: str) -> None:
    bench = bench_of(state)
    requested = bench.status["stop"]["requestedAt"]
    await suspend_and_end(bench)

    stop = bench.status["stop"]
    assert (bench.status["deploymentStatus"], stop["checkpoint"]) == ("Stopped", "c2")
    assert stop["requestedAt"] == requested


async def test_a_start_under_way_goes_on_with_its_pod() -> None:
    bench = bench_of("Provisioning")
    pod = pod_of(bench)
    bench.run_pod()
    await settle(bench)

    assert (bench.status["deploymentStatus"], pod_of(bench)) == ("Running", pod)


async def test_a_stopped_pipeline_starts_from_its_checkpoint() -> None:
    await start(bench_of("Stopped"))


async def suspend_and_end(bench: Bench) -> None:
    """The process makes its checkpoint, and the kubelet ends its pod."""
    bench.process.status = bench.process.desired = "Suspended"
    bench.process.checkpoints = ["c1", "c2"]
    await settle(bench)
    assert pod_of(bench) is None, bench.status
    bench.end_pod()
    await settle(bench)


async def start(bench: Bench) -> None:
    """A start after the stop is the second run on the same volume."""
    claim = next(body for path, body in bench.kube.objects.items() if "/persistentvolumeclaims/" in path)
    bench.process.status = bench.process.desired = "Running"
    bench.edit(desiredStatus="Running")
    await bench.look()
    bench.run_pod()
    await settle(bench)

    assert (bench.status["deploymentStatus"], bench.status["runNumber"]) == ("Running", 2)
    assert (
        bench.kube.objects[POD]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
        == (claim["metadata"]["name"])
    )
    assert PIPELINE in bench.kube.objects

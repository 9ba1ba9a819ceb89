"""A container that a hook serves, through whole looks: what is written, made, deleted and logged."""

import asyncio
import json
import logging

import pytest

from sluice.api.json_values import Json
from sluice.engines.hook import HookEngine
from sluice.engines.registry import ENGINES
from sluice.kube import paths

from .bench import PIPELINE, POD, Bench

HOOK: Json = {"http": {"port": 9000, "path": "/save"}}
SAID = "not now"
"""What the process answers while it refuses."""


@pytest.fixture(autouse=True)
def engine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "hook", HookEngine())


async def running(**storage: str) -> Bench:
    bench = Bench(maintenance_image="example.com/sluice:1")
    bench.kube.put(paths.claim("shop", "old"), {"metadata": {"name": "old", "labels": {}}})
    bench.edit(feldera=None, hook=HOOK, storage=storage)
    await bench.look()
    bench.run_pod()
    await bench.look()
    assert bench.status["deploymentStatus"] == "Provisioning", "not ready yet"
    bench.kube.objects[POD]["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    bench.kube.put(POD, bench.kube.objects[POD])
    bench.watch()
    await bench.look()
    await bench.look()
    assert bench.status["deploymentStatus"] == "Running"
    assert bench.process.requests == []
    return bench


async def look_on(bench: Bench) -> None:
    """A look after the hook had its time."""
    for _ in range(10):
        await asyncio.sleep(0)
    await bench.look()


async def test_the_pod_goes_with_its_own_grace_once_the_hooks_checkpoint_is_in_status() -> None:
    bench = await running()
    bench.edit(desiredStatus="Stopped")
    await bench.look()
    assert (bench.status["deploymentStatus"], bench.kube.writes()[0]) == ("Suspending", "PATCH status")

    await look_on(bench)
    assert bench.process.requests == ["/save"]
    assert bench.kube.writes()[:2] == ["PATCH status", "DELETE orders-runtime-0"]
    assert bench.kube.objects[POD]["metadata"]["deletionGracePeriodSeconds"] is None
    (made,) = bench.status["storageStatusDetails"]["checkpoints"]
    assert bench.status["stop"]["checkpoint"] == made["uuid"]
    assert bench.status["stop"]["report"]["code"] == 202


async def test_each_checkpoint_is_added_to_those_that_status_lists() -> None:
    bench = await running()
    for number in (1, 2):
        bench.annotate(checkpoint=f"t-{number}")
        await bench.look()
        await look_on(bench)
        assert len(bench.status["storageStatusDetails"]["checkpoints"]) == number

    assert bench.status["deploymentStatus"] == "Running"
    assert bench.process.requests == ["/save", "/save"]


async def test_what_a_hook_says_is_in_status_and_in_events_and_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    bench = await running()
    bench.process.refuses = True
    bench.annotate(checkpoint="t-1")
    await bench.look()
    await look_on(bench)

    assert SAID in bench.status["requests"][0]["message"]
    assert any(SAID in str(body) for path, body in bench.kube.objects.items() if "/events/" in path)
    assert "RequestFailed" in caplog.text
    assert SAID not in caplog.text


async def test_the_operator_empties_no_volume_of_which_it_does_not_know_what_is_on_it() -> None:
    bench = await running(existingClaim="old")
    bench.edit(desiredStatus="Stopped")
    await bench.look()
    await look_on(bench)
    bench.end_pod()
    await bench.look()
    await bench.look()
    assert bench.status["deploymentStatus"] == "Stopped"

    uid = bench.kube.objects[PIPELINE]["metadata"]["uid"]
    bench.annotate(clear_storage=json.dumps({"token": "t-1", "uid": uid}))
    await bench.look()
    await bench.look()

    assert bench.status["requests"][0]["state"] == "Failed"
    assert "empty it yourself" in bench.status["requests"][0]["message"]
    assert bench.status["storageStatus"] == "InUse"
    assert POD not in bench.kube.objects, "no maintenance pod"

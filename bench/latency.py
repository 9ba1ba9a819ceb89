"""How long a person waits: from a patch to what it is to bring about, with all objects present."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Final

from bench import fleet
from bench.following import follow, has_status, is_leaving
from bench.pipelines import (
    FORCE_STOP,
    STOP,
    VOLUMES,
    addresses,
    create,
    patch_all,
    start_again,
)
from bench.run import NAMESPACES, PIPELINES, Run
from bench.runtime_control import RuntimeControl
from sluice.api.kinds import PIPELINE

SAMPLES: Final = 50
PAUSE_SECONDS: Final = 0.3
"""Between two samples, so that one stop does not wait for the one before."""
VICTIMS: Final = 10
OBJECTS_A_VICTIM: Final = 50
VICTIM_PAUSE_SECONDS: Final = 0.1


async def measure_operator(run: Run, runtime: RuntimeControl) -> None:
    """The operator's latencies, one patch at a time; afterwards everything runs again."""
    suspended, deleted = _samples(run)
    await _measure(run, runtime, "operator", suspended, deleted)
    async with follow(run.api, PIPELINES.format(VOLUMES), has_status("Stopped")) as seen:
        await seen.until(len(suspended) + len(deleted))
    await start_again(run, runtime, [*suspended, *deleted], "latency.restart")


async def measure_bare_watcher(run: Run, runtime: RuntimeControl) -> None:
    """The same for a watcher that does nothing else. The operator does not run, and nothing is repaired."""
    await runtime.reset()
    command = [sys.executable, "-m", "bench.bare_watcher", VOLUMES, str(run.plane.pki)]
    run.processes.start("bare-watcher", command)
    log = run.processes.log("bare-watcher")
    run.processes.wait_until("bare-watcher", lambda: b"ready" in log.read_bytes(), 60)
    try:
        await _measure(run, runtime, "bare", *_samples(run))
    finally:
        run.processes.stop("bare-watcher")


async def measure_creation_with_stops(run: Run, runtime: RuntimeControl) -> None:
    """All pipelines with volumes, created to Running; in the middle of it a few others are stopped."""
    # Few, so that they weigh nothing beside the creations.
    count = min(VICTIMS, max(run.objects // OBJECTS_A_VICTIM, 1))
    victims = [f"victim-{number}" for number in range(count)]
    claims = map(fleet.pipeline_claim, [*run.names, *victims])
    await run.make_namespace(VOLUMES, claims)
    path = PIPELINES.format(VOLUMES)
    async with follow(run.api, path, has_status("Running")) as seen:
        await create(run, VOLUMES, victims, port=fleet.VICTIM_PORT, has_storage=True)
        await seen.until(len(victims))
    known = await addresses(run, VOLUMES, victims)
    async with (
        follow(run.api, path, has_status("Running")) as seen,
        run.phase("volumes.create", run.objects, VOLUMES) as phase,
    ):
        await create(run, VOLUMES, run.names, has_storage=True)
        # All creations are accepted now; the operator is in the middle of its work.
        run.results.numbers["overtaking.running_before"] = len(seen.reached) - len(victims)
        run.results.samples["overtaking"] = [
            await _stop_one(run, runtime, name, known[name]) for name in victims
        ]
        run.results.numbers["overtaking.running_after"] = len(seen.reached) - len(victims)
        phase.ended_at = await seen.until(run.objects + len(victims))
    async with follow(run.api, path, has_status("Stopped")) as seen:
        await seen.until(len(victims))
    async with follow(run.api, path, has_status("Stopped")) as seen:
        await run.api.for_each(victims, lambda name: run.api.call("DELETE", f"{path}/{name}"))
    await runtime.reset()


async def _stop_one(run: Run, runtime: RuntimeControl, name: str, address: str) -> float:
    started = time.monotonic()
    await patch_all(run, VOLUMES, [name], STOP)
    asked_at = await runtime.asked_at(address, fleet.VICTIM_PORT)
    await asyncio.sleep(VICTIM_PAUSE_SECONDS)
    return asked_at - started


async def _measure(
    run: Run, runtime: RuntimeControl, who: str, suspended: Sequence[str], deleted: Sequence[str]
) -> None:
    path = PIPELINES.format(VOLUMES)
    known = await addresses(run, VOLUMES, suspended)
    found: list[float] = []
    for name in suspended:
        await asyncio.sleep(PAUSE_SECONDS)
        started = time.monotonic()
        await run.api.patch(f"{path}/{name}", STOP)
        found.append(await runtime.asked_at(known[name], fleet.MAIN_PORT) - started)
    run.results.samples[f"latency.{who}.suspend"] = found
    found = []
    async with follow(run.api, f"{NAMESPACES}/{VOLUMES}/pods", is_leaving) as seen:
        for name in deleted:
            await asyncio.sleep(PAUSE_SECONDS)
            started = time.monotonic()
            await run.api.patch(f"{path}/{name}", FORCE_STOP)
            found.append(await seen.until_reached(PIPELINE.pod_name(name)) - started)
    run.results.samples[f"latency.{who}.delete"] = found


def _samples(run: Run) -> tuple[list[str], list[str]]:
    count = min(SAMPLES, run.objects // 2)
    return run.names[:count], run.names[count : 2 * count]

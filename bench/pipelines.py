"""Pipelines: created, stopped, started, at rest, and over one whole life."""

import asyncio
from collections.abc import Iterable
from typing import Final

from bench import fleet
from bench.audit import split_writes
from bench.fleet import Json
from bench.following import anything, follow, has_status
from bench.run import NAMESPACES, PIPELINES, Run
from bench.runtime_control import RuntimeControl
from sluice.api.kinds import PIPELINE

PLAIN, VOLUMES, LIFECYCLE, WARM_UP = "plain", "volumes", "lifecycle", "warm-up"
START: Final[Json] = {"spec": {"desiredStatus": "Running", "force": False}}
STOP: Final[Json] = {"spec": {"desiredStatus": "Stopped", "force": False}}
FORCE_STOP: Final[Json] = {"spec": {"desiredStatus": "Stopped", "force": True}}
SETTLED_AFTER_SECONDS: Final = 5.0


async def warm_up(run: Run) -> None:
    """The operator's first objects pay for its imports and connections."""
    await run.make_namespace(WARM_UP)
    path = PIPELINES.format(WARM_UP)
    names = run.names[:20]
    async with follow(run.api, path, has_status("Running")) as seen:
        await create(run, WARM_UP, names)
        await seen.until(len(names))
    await remove_all(run, WARM_UP)


async def measure_plain(run: Run, runtime: RuntimeControl) -> None:
    """Without volumes: created to Running, and stopped by force."""
    await run.make_namespace(PLAIN)
    path = PIPELINES.format(PLAIN)
    async with (
        follow(run.api, path, has_status("Running")) as seen,
        run.phase("plain.create", run.objects, PLAIN) as phase,
    ):
        await create(run, PLAIN, run.names)
        phase.ended_at = await seen.until(run.objects)
    await _stop_all(run, PLAIN, "plain.force", FORCE_STOP)
    await remove_all(run, PLAIN)
    await runtime.reset()


async def measure_graceful(run: Run, runtime: RuntimeControl) -> None:
    """Every pipeline stopped with a checkpoint, and started again."""
    await runtime.reset()
    await _stop_all(run, VOLUMES, "volumes.graceful", STOP)
    await start_again(run, runtime, run.names, "volumes.restart")


async def measure_rest(run: Run) -> None:
    """What the operator uses while nothing happens."""
    await asyncio.sleep(SETTLED_AFTER_SECONDS)
    before = run.processes.usage()["operator"]
    await asyncio.sleep(run.rest_seconds)
    after = run.processes.usage()["operator"]
    run.results.numbers["rest.seconds"] = run.rest_seconds
    run.results.numbers["rest.cpu"] = (after.cpu_seconds - before.cpu_seconds) / run.rest_seconds
    run.results.numbers["rest.rss_mib"] = after.rss_mib


async def measure_lifecycle(run: Run, runtime: RuntimeControl) -> None:
    """One pipeline: create, Running, graceful stop, Stopped, start, Running, delete with a checkpoint."""
    name = "one"
    await run.make_namespace(LIFECYCLE, [fleet.pipeline_claim(name)])
    path = PIPELINES.format(LIFECYCLE)
    async with follow(run.api, path, has_status("Running")) as seen:
        await create(run, LIFECYCLE, [name], port=fleet.LIFECYCLE_PORT, has_storage=True)
        await seen.until(1)
    async with follow(run.api, path, has_status("Stopped")) as seen:
        await run.api.patch(f"{path}/{name}", STOP)
        await seen.until(1)
    await runtime.reset()
    async with follow(run.api, path, has_status("Running")) as seen:
        await run.api.patch(f"{path}/{name}", START)
        await seen.until(1)
    async with follow(run.api, path, anything) as seen:
        await run.api.call("DELETE", f"{path}/{name}")
        await seen.until_gone()
    # The Event of a last step comes after the step.
    await asyncio.sleep(1)
    counted = run.operator_requests(LIFECYCLE)
    writes, events = split_writes(counted)
    run.results.numbers |= {"lifecycle.writes": writes, "lifecycle.events": events}
    run.results.requests["lifecycle"] = {what: float(count) for what, count in sorted(counted.items())}


async def create(
    run: Run, namespace: str, names: Iterable[str], *, port: int = fleet.MAIN_PORT, has_storage: bool = False
) -> None:
    """Create pipelines as fast as the API server takes them."""
    path = PIPELINES.format(namespace)

    async def create_one(name: str) -> None:
        await run.api.create(path, fleet.build_pipeline(name, port=port, has_storage=has_storage))

    await run.api.for_each(names, create_one)


async def patch_all(run: Run, namespace: str, names: Iterable[str], patch: Json) -> None:
    """Change pipelines as fast as the API server takes it."""
    path = PIPELINES.format(namespace)
    await run.api.for_each(names, lambda name: run.api.patch(f"{path}/{name}", patch))


async def start_again(run: Run, runtime: RuntimeControl, names: list[str], phase_name: str) -> None:
    """Start pipelines that are stopped."""
    await runtime.reset()
    path = PIPELINES.format(VOLUMES)
    async with (
        follow(run.api, path, has_status("Running")) as seen,
        run.phase(phase_name, len(names), VOLUMES) as phase,
    ):
        await patch_all(run, VOLUMES, names, START)
        phase.ended_at = await seen.until(run.objects)


async def addresses(run: Run, namespace: str, names: Iterable[str]) -> dict[str, str]:
    """The addresses of pipelines' pods."""
    pods, _ = await run.api.list(f"{NAMESPACES}/{namespace}/pods")
    known = {pod["metadata"]["name"]: str(pod["status"].get("podIP")) for pod in pods}
    return {name: known[PIPELINE.pod_name(name)] for name in names}


async def remove_all(run: Run, namespace: str) -> None:
    """Delete the pipelines of a namespace and wait until they are gone."""
    path = PIPELINES.format(namespace)
    async with follow(run.api, path, anything) as seen:
        await run.api.call("DELETE", path)
        await seen.until_gone()


async def _stop_all(run: Run, namespace: str, phase_name: str, patch: Json) -> None:
    path = PIPELINES.format(namespace)
    async with (
        follow(run.api, path, has_status("Stopped")) as seen,
        run.phase(phase_name, run.objects, namespace) as phase,
    ):
        await patch_all(run, namespace, run.names, patch)
        phase.ended_at = await seen.until(run.objects)

"""The floor: bare StatefulSets, without the operator."""

from typing import Final

from bench import fleet
from bench.fleet import Json
from bench.following import anything, follow, is_ready
from bench.run import NAMESPACES, Run

PATCH_TO_ZERO: Final[Json] = {"spec": {"replicas": 0}}


async def measure_floor(run: Run) -> None:
    """StatefulSets of one pod each: created to ready, and scaled to zero."""
    await _warm_up(run)
    namespace = "floor"
    await run.make_namespace(namespace)
    await _create(run, namespace, "floor.create", has_storage=False)
    pods = f"{NAMESPACES}/{namespace}/pods"
    async with follow(run.api, pods, anything) as seen, run.phase("floor.stop", run.objects) as phase:
        path = _path(namespace)
        await run.api.for_each(run.names, lambda name: run.api.patch(f"{path}/{name}", PATCH_TO_ZERO))
        phase.ended_at = await seen.until_gone()
    await _clear(run, namespace)


async def measure_floor_with_volumes(run: Run) -> None:
    """The same with a volume each, created to ready."""
    namespace = "floor-volumes"
    await run.make_namespace(namespace, map(fleet.stateful_set_claim, run.names))
    await _create(run, namespace, "floor_volumes.create", has_storage=True)
    await _clear(run, namespace)


async def _create(run: Run, namespace: str, phase_name: str, *, has_storage: bool) -> None:
    path = _path(namespace)

    async def create(name: str) -> None:
        await run.api.create(path, fleet.build_stateful_set(name, has_storage=has_storage))

    async with follow(run.api, path, is_ready) as seen, run.phase(phase_name, run.objects) as phase:
        await run.api.for_each(run.names, create)
        phase.ended_at = await seen.until(run.objects)


async def _warm_up(run: Run) -> None:
    """The first objects of a new API server pay for its caches."""
    namespace = "floor-warm-up"
    await run.make_namespace(namespace)
    path = _path(namespace)
    async with follow(run.api, path, is_ready) as seen:
        names = run.names[:20]
        await run.api.for_each(names, lambda name: run.api.create(path, fleet.build_stateful_set(name)))
        await seen.until(len(names))
    await _clear(run, namespace)


async def _clear(run: Run, namespace: str) -> None:
    """Remove the StatefulSets and all that they made: nothing of it shall weigh on what comes next."""
    async with follow(run.api, f"{NAMESPACES}/{namespace}/pods", anything) as seen:
        await run.api.call("DELETE", f"{_path(namespace)}?propagationPolicy=Background")
        await seen.until_gone()
    await clear_volumes(run, namespace)


async def clear_volumes(run: Run, namespace: str) -> None:
    """Remove the claims of a namespace and the volumes that were made for it."""
    async with follow(run.api, f"{NAMESPACES}/{namespace}/persistentvolumeclaims", anything) as seen:
        await run.api.call("DELETE", f"{NAMESPACES}/{namespace}/persistentvolumeclaims")
        await seen.until_gone()
    await run.api.call("DELETE", f"/api/v1/persistentvolumes?labelSelector=bench%3D{namespace}")


def _path(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/statefulsets"

"""A graph of elements that is canceled half-way, and bare Jobs that are deleted half-way."""

from collections.abc import Awaitable, Callable
from typing import Final

from bench import fleet
from bench.fleet import Json
from bench.following import anything, follow, has_status
from bench.run import NAMESPACES, PIPELINES, Run

ELEMENTS: Final = 500
GRAPH: Final = "graph"
BARE: Final = "bare-jobs"
CANCEL: Final[Json] = {"spec": {"desiredStatus": "Canceled"}}


def elements_of(run: Run) -> int:
    """So many elements, and so many bare Jobs."""
    return min(run.objects, ELEMENTS)


async def measure_graph(run: Run) -> None:
    """Half of the elements have ended when the others are canceled: from the patch to their last pod gone."""
    count, path = elements_of(run), PIPELINES.format(GRAPH)
    await run.make_namespace(GRAPH)
    await _bring_half_way(run, GRAPH, lambda: run.api.create(path, fleet.build_graph("sweep", count)))
    async with (
        follow(run.api, f"{NAMESPACES}/{GRAPH}/pods", anything) as pods,
        follow(run.api, path, has_status("Canceled")) as seen,
        run.phase("graph.cancel", count - count // 2, GRAPH) as phase,
    ):
        await run.api.patch(f"{path}/sweep", CANCEL)
        phase.ended_at = await pods.until_left(count // 2)
        await seen.until(1)
    await run.api.call("DELETE", f"{path}/sweep")


async def measure_bare_jobs(run: Run) -> None:
    """The same Jobs without an operator: from the deletion of those that run to their last pod gone."""
    count, path = elements_of(run), f"/apis/batch/v1/namespaces/{BARE}/jobs"
    await run.make_namespace(BARE)

    async def create(name: str) -> None:
        await run.api.create(path, fleet.build_job(name, is_later=_is_later(name, count)))

    names = [fleet.name(number) for number in range(count)]
    await _bring_half_way(run, BARE, lambda: run.api.for_each(names, create))
    async with (
        follow(run.api, f"{NAMESPACES}/{BARE}/pods", anything) as pods,
        run.phase("bare_jobs.delete", count - count // 2) as phase,
    ):
        await run.api.call("DELETE", f"{path}?labelSelector={fleet.LATER}&propagationPolicy=Background")
        phase.ended_at = await pods.until_left(count // 2)
    await run.api.call("DELETE", f"{path}?propagationPolicy=Background")


def _is_later(name: str, count: int) -> bool:
    return name >= fleet.name(count // 2)


async def _bring_half_way(run: Run, namespace: str, create: Callable[[], Awaitable[object]]) -> None:
    """Every pod runs, and then the first half of them ends."""
    count, path = elements_of(run), f"{NAMESPACES}/{namespace}/pods"
    async with follow(run.api, path, _is_running) as running:
        await create()
        await running.until(count)
    pods, _ = await run.api.list(path)
    early = [pod for pod in pods if not _is_later(_element(pod), count)]

    async def end(pod: Json) -> None:
        await run.api.patch(f"{path}/{pod['metadata']['name']}/status", _ended(pod))

    async with follow(run.api, f"/apis/batch/v1/namespaces/{namespace}/jobs", _is_complete) as jobs:
        await run.api.for_each(early, end)
        await jobs.until(len(early))


def _element(pod: Json) -> str:
    labels: dict[str, str] = pod["metadata"]["labels"]
    return labels.get("sluice.dev/element") or labels["bench/name"]


def _is_running(body: Json) -> bool:
    return bool(body.get("status", {}).get("phase") == "Running")


def _is_complete(body: Json) -> bool:
    conditions: list[Json] = body.get("status", {}).get("conditions") or []
    return any(each["type"] == "Complete" and each["status"] == "True" for each in conditions)


def _ended(pod: Json) -> Json:
    """What a kubelet says of a pod whose container has ended well."""
    state = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    known = pod["status"].get("containerStatuses", [])
    statuses = [{**each, "ready": False, "started": False, "state": state} for each in known]
    return {"status": {"phase": "Succeeded", "containerStatuses": statuses}}

"""The API server as the test's own people, kubelet and watches reach it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from kubernetes.aio import client, config

from sluice.api.json_values import Json, child
from sluice.api.kinds import PIPELINE
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths

HEARTBEAT_SECONDS = 10.0
NEWS_SECONDS = 10.0
READY_SINCE = "2025-01-01T00:00:00Z"
"""Long before the stage's clock begins: the node was never away."""
WATCH_SECONDS = 240.0
PIPELINES, PODS = "pipelines", "pods"


class News(NamedTuple):
    """One version of an object, as a watch told of it."""

    kind: str
    is_gone: bool
    version: int
    body: Json


class WatchingKube(Kube):
    """The product's client, and watches. It notes which version of what was written."""

    def __init__(self, api: client.ApiClient) -> None:
        super().__init__(api)
        self.written: dict[str, int | None] = {}
        """By the object's path; ``None`` where it was deleted, and may be there still."""

    async def _call(
        self, method: str, path: str, body: Json | None = None, content_type: str | None = None
    ) -> Json:
        answer = await super()._call(method, path, body, content_type)
        place = path.partition("?")[0]
        if method == "PATCH":
            # The last finalizer may have gone with this write, and the object with it.
            is_leaving = "deletionTimestamp" in answer["metadata"]
            version: str = answer["metadata"]["resourceVersion"]
            self.written[place.removesuffix("/status")] = None if is_leaving else int(version)
        elif method != "GET":
            # Its name stands in the path or in the body, and what a binding does to its pod is not told.
            name = child(body or {}, "metadata").get("name")
            is_inside = name is None or method == "DELETE" or place.endswith("/binding")
            self.written[place.removesuffix("/binding") if is_inside else f"{place}/{name}"] = None
        return answer

    async def watch(self, path: str, version: str, tell: Callable[[str, Json], None]) -> None:
        """Tell of everything after ``version``, for at most :data:`WATCH_SECONDS`."""
        query = paths.with_query(path, watch=True, resourceVersion=version)
        with contextlib.suppress(ApiUnreachableError):
            async with self._answer("GET", query, None, None, WATCH_SECONDS) as answer:
                while line := await answer.content.readline():
                    event: Json = orjson.loads(line)
                    tell(event["type"], event["object"])

    async def version(self, path: str) -> str:
        """Where a watch of this collection can begin."""
        page = await self._call("GET", paths.with_query(path, limit=1))
        found: str = page["metadata"]["resourceVersion"]
        return found


class Cluster:
    """One namespace: its watches, its node, and what was heard of each pipeline in it."""

    def __init__(self, kube: WatchingKube, namespace: str) -> None:
        self.kube = kube
        self.namespace = namespace
        self.node = f"acted-{namespace}"
        self._news: dict[str, list[News]] = defaultdict(list)
        self._is_news = asyncio.Event()

    def news_of(self, name: str) -> list[News]:
        """Everything that was told of a pipeline and its pod so far."""
        return self._news[name]

    def latest(self, name: str, kind: str) -> Json | None:
        """A pipeline, or its pod, as the watches told of it last; ``None`` when it is not there."""
        last = self._last(name, kind)
        return None if last is None or last.is_gone else last.body

    def _last(self, name: str, kind: str) -> News | None:
        return next((news for news in reversed(self._news[name]) if news.kind == kind), None)

    async def catch_up(self, name: str) -> None:
        """Wait until the watches have told of everything that was written of this pipeline and its pod."""
        places = {
            PIPELINES: paths.pipeline(self.namespace, name),
            PODS: paths.pod(self.namespace, PIPELINE.pod_name(name)),
        }
        for kind, path in places.items():
            if path in self.kube.written:
                await self._await_news(name, kind, path)

    async def _await_news(self, name: str, kind: str, path: str) -> None:
        version = self.kube.written.pop(path)
        if version is None:
            body = await self.kube.get(path)
            version = int(body["metadata"]["resourceVersion"]) if body is not None else None
        try:
            async with asyncio.timeout(NEWS_SECONDS):
                while not self._is_told(name, kind, version):
                    self._is_news.clear()
                    await self._is_news.wait()
        except TimeoutError:
            told = [news[:3] for news in self._news[name][-5:]]
            raise AssertionError(
                f"the watches told no more than {told} of {name}; waited for {kind} {version}"
            ) from None

    def _is_told(self, name: str, kind: str, version: int | None) -> bool:
        last = self._last(name, kind)
        if version is None:
            return last is None or last.is_gone
        return last is not None and last.version >= version

    def _note(self, kind: str, event: str, body: Json) -> None:
        if event == "ERROR":
            raise AssertionError(f"the watch of {kind} says {body}")
        name: str = body["metadata"]["name"]
        stem = name.removesuffix(PIPELINE.pod_name("")) if kind == PODS else name
        version = int(body["metadata"]["resourceVersion"])
        self._news[stem].append(News(kind, event == "DELETED", version, body))
        self._is_news.set()

    async def watch_for_ever(self, kind: str, path: str, version: str) -> None:
        """Follow one collection."""

        def tell(event: str, body: Json) -> None:
            nonlocal version
            version = body["metadata"]["resourceVersion"]
            self._note(kind, event, body)

        while True:
            await self.kube.watch(path, version, tell)

    async def clear(self) -> None:
        """Let everything go that a failed test left: nobody else will, and the namespace has to end."""
        async for body in self.kube.list(paths.pipeline(self.namespace, "").rstrip("/")):
            path = paths.pipeline(self.namespace, body["metadata"]["name"])
            await self.kube.delete(path)
            with contextlib.suppress(ApiError):
                await self.kube.merge(path, {"metadata": {"finalizers": None}})
        async for body in self.kube.list(paths.pod(self.namespace)):
            await self.kube.delete(paths.pod(self.namespace, body["metadata"]["name"]), grace_seconds=0)

    async def beat(self) -> None:
        """The node gives a sign of life."""
        await self.kube.merge(paths.node(self.node) + "/status", {"status": _node_status()})

    async def beat_for_ever(self) -> None:
        """Keep the node Ready: without a sign of life Kubernetes would give it up."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            # The event loop stands still between two tests, and time goes on.
            with contextlib.suppress(ApiUnreachableError):
                await self.beat()


def _node(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def _node_status() -> Json:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ready = {"type": "Ready", "status": "True", "reason": "Acted", "lastHeartbeatTime": now}
    return {"conditions": [ready | {"lastTransitionTime": READY_SINCE}]}


@asynccontextmanager
async def open_cluster(namespace: str) -> AsyncGenerator[Cluster]:
    """The namespace with its watches and its node, while the block runs."""
    configuration = client.Configuration()
    loaders: Any = config
    await loaders.load_kube_config(client_configuration=configuration)
    api = client.ApiClient(configuration)
    cluster = Cluster(WatchingKube(api), namespace)
    kube = cluster.kube
    tasks: list[asyncio.Task[None]] = []
    try:
        await kube.create(paths.node("").rstrip("/"), _node(cluster.node))
        await cluster.beat()
        await _wait_for_account(kube, namespace)
        pipelines = paths.pipeline(namespace, "").rstrip("/")
        for kind, path in ((PIPELINES, pipelines), (PODS, paths.pod(namespace))):
            begun = await kube.version(path)
            tasks.append(asyncio.create_task(cluster.watch_for_ever(kind, path, begun)))
        tasks.append(asyncio.create_task(cluster.beat_for_ever()))
        yield cluster
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await cluster.clear()
        await kube.delete(paths.node(cluster.node))
        await kube.close()
        await api.close()


async def _wait_for_account(kube: Kube, namespace: str) -> None:
    """Pods are refused until the namespace has its service account."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    for _ in range(200):
        if await kube.get(path) is not None:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{namespace} still has no service account after 10 s")

"""One pipeline, its operator and its world, on a real API server.

The operator is the product's own ``Reconciler``, ``Store`` and ``Kube``; it looks when it is told to, and its
clock stands still until time passes.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sluice.api import constants
from sluice.api.json_values import Json, child, texts
from sluice.api.kinds import PIPELINE
from sluice.engines import Endpoint, HttpAnswer
from sluice.kube import ApiError, ApiUnreachableError, paths
from sluice.reconcile import Reconciler
from sluice.reconcile.sweep import Sweeper
from sluice.store import Key, PodRecord, Store, project_pod

from .boundary import Boundary, KilledError
from .cluster import PIPELINES, Cluster
from .kubelet import Kubelet
from .rules import Witness

IMAGE: Final = "example.com/sluice:1"
ORPHAN_SECONDS: Final = 60
SETTLE_ROUNDS: Final = 80
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Telephone:
    """The way of one life of the operator to the process in a pod."""

    def __init__(self, boundary: Boundary, kubelet: Kubelet) -> None:
        self._boundary = boundary
        self._kubelet = kubelet

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        """See :class:`sluice.engines.engine.Endpoint`."""
        del deadline
        return await self._boundary.call(method, path, lambda: self._answer(method, path))

    def _answer(self, method: str, path: str) -> HttpAnswer:
        if self._kubelet.process is None:
            raise ConnectionError("nobody is there")
        return self._kubelet.process.answer(method, path)


class Stage:
    """Everything around one pipeline. Its methods are what may happen."""

    def __init__(self, cluster: Cluster, name: str, *, can_maintain: bool = True) -> None:
        self.cluster, self.kube = cluster, cluster.kube
        self.key = Key(PIPELINE.name, cluster.namespace, name)
        self.path = paths.pipeline(cluster.namespace, name)
        self.kubelet = Kubelet(cluster, name)
        self.witness = Witness(cluster.kube, cluster.namespace, name, self.kubelet)
        self.now = BEGIN
        self.declared: Json = {}
        """The spec as people wrote it last."""
        self.delay: float | None = None
        """How long the operator wants to wait after its last look."""
        self.is_watch_late = False
        self.deaths = 0
        self._orphaned = 0.0
        """For how long a container has been running whose pod is gone."""
        self._image = IMAGE if can_maintain else None
        self._judged = self._told = 0
        self.boundary, self.store, self.reconciler = self._begin_operator()

    # --- People ------------------------------------------------------------------------------------------

    async def create(self, spec: Json) -> None:
        """Somebody applies the pipeline; an operator has begun its work."""
        metadata = {"namespace": self.key.namespace, "name": self.key.name}
        body = {"apiVersion": constants.API_VERSION, "kind": PIPELINE.name}
        collection = self.path.rpartition("/")[0]
        made = await self.kube.create(collection, body | {"metadata": metadata, "spec": spec})
        self.declared = made["spec"]
        await self.settle_news()

    async def edit(self, **spec: Any) -> None:
        """Somebody changes the spec; ``None`` removes a field."""
        if spec.get("force"):
            self.witness.is_force_wanted = True
        self.declared = (await self.kube.merge(self.path, {"spec": spec}))["spec"]

    async def annotate(self, key: str, value: str | None) -> None:
        await self.kube.merge(self.path, {"metadata": {"annotations": {key: value}}})

    async def request(self, verb: str, value: str | None) -> None:
        """Somebody asks for something, or takes it back."""
        if value is not None and '"force": true' in value:
            self.witness.is_force_wanted = True
        await self.annotate(constants.REQUESTS_PREFIX + verb, value)

    async def delete(self) -> None:
        spec = child(self.declared, "checkpoint")
        if spec.get("beforeDelete") is False:
            self.witness.is_force_wanted = True
        await self.kube.delete(self.path)

    @property
    def body(self) -> Json | None:
        """The pipeline as the watch told of it last."""
        return self.cluster.latest(self.key.name, PIPELINES)

    @property
    def status(self) -> Json:
        return child(self.body or {}, "status")

    # --- The operator ------------------------------------------------------------------------------------

    def _begin_operator(self) -> tuple[Boundary, Store, Reconciler]:
        boundary, store = Boundary(self.kube, self.witness), Store()
        telephone = Telephone(boundary, self.kubelet)

        def endpoint_of(_: PodRecord) -> Endpoint:
            return telephone

        reconciler = Reconciler(boundary, store, endpoint_of, self._image, lambda: self.now)
        return boundary, store, reconciler

    async def replace_operator(self) -> None:
        """Another life: nothing is remembered, and what there is is listed first."""
        self.deaths += 1
        self.boundary, self.store, self.reconciler = self._begin_operator()
        await self.cluster.catch_up(self.key.name)
        await Sweeper(self.boundary, self.store, (self.key.namespace,)).prefill()
        if self.body is not None:
            self.store.put(self.body)
        self._told = len(self.cluster.news_of(self.key.name))

    async def look(self) -> None:
        """One look of the operator, as a worker takes it."""
        try:
            self.delay = await self.reconciler.reconcile(self.key)
        except ApiError as error:
            if not (error.is_conflict or error.is_not_found):
                raise
            self.delay = 0.1
        except ApiUnreachableError:
            self.delay = 0.1
        except KilledError:
            await self.replace_operator()
            self.delay = 0.0
        self.boundary.spare()

    def pass_time(self, seconds: float) -> None:
        """A kubelet that is well ends a container whose pod is gone, before the operator relies on that."""
        self.now += timedelta(seconds=seconds)
        self._orphaned += seconds if self.kubelet.orphan is not None else -self._orphaned
        if self._orphaned >= ORPHAN_SECONDS:
            self.kubelet.end_orphan()

    # --- News --------------------------------------------------------------------------------------------

    async def settle_news(self) -> None:
        """Everything that happened is judged, and told to the operator unless its watch is late."""
        await self.cluster.catch_up(self.key.name)
        news = self.cluster.news_of(self.key.name)
        self.witness.note(news[self._judged :])
        self._judged = len(news)
        if self.body is not None:
            assert self.body["spec"] == self.declared, "somebody else than people wrote the spec"
        if not self.is_watch_late:
            self._deliver()

    def _deliver(self) -> None:
        """Do to the store what the product's watch handlers do."""
        news = self.cluster.news_of(self.key.name)
        for each in news[self._told :]:
            if each.kind == PIPELINES:
                if each.is_gone:
                    self.store.depart(self.key)
                else:
                    self.store.put(each.body)
            elif texts(each.body["metadata"], "labels").get(constants.LABEL_MANAGED_BY):
                record = project_pod(each.body)
                if each.is_gone:
                    self.store.drop_pod(record)
                else:
                    self.store.put_pod(record)
        self._told = len(news)

    # --- A kind world ------------------------------------------------------------------------------------

    async def settle(self, status: str | None) -> None:
        """All goes well, again and again, until the pipeline has this status; ``None``: until it is gone."""
        self.is_watch_late = False
        seen: list[str] = []
        for _ in range(SETTLE_ROUNDS):
            await self.settle_news()
            body = self.body
            found = None if body is None else child(body, "status").get("deploymentStatus", "")
            observed = child(body or {}, "status").get("observedGeneration")
            is_current = body is None or observed == body["metadata"]["generation"]
            if found == status and is_current:
                return
            seen.append(str(found))
            has_moved = await self.kubelet.go_on()
            await self.settle_news()
            await self.look()
            if not has_moved:
                self.pass_time(max(self.delay or 1.0, 0.2))
                # The controllers of the real control plane are at work beside us.
                await asyncio.sleep(0.02)
        raise AssertionError(f"{self.key.name} does not become {status}: {seen[-12:]}; {self.scene}")

    @property
    def scene(self) -> Json:
        """Everything that a person would want to see of a failure."""
        parts = self.body or {}
        told = {part: parts.get(part) for part in ("spec", "status")}
        return {"name": self.key.name, **told, "pod": self.kubelet.pod, "process": repr(self.kubelet.process)}

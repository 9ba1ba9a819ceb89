"""One pipeline, a kubelet that never rests, and the operator's process behind the proxy."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from integration.stage.cluster import PIPELINES, Cluster, open_cluster
from integration.stage.kubelet import Kubelet
from integration.stage.moves_of_people import template
from integration.stage.rules import Witness

from sluice.api import constants
from sluice.api.json_values import Json, child, children
from sluice.api.kinds import KINDS, PIPELINE
from sluice.engines import HttpAnswer
from sluice.kube import ApiError, paths

from .kubeconfig import read_access, write_kubeconfig
from .operator_process import OperatorProcess
from .proxy import FaultProxy

STEP_SECONDS = 130.0
"""Enough for a pod whose end only its node can prove: a minute, and the grace that it was given."""
KUBELET_SECONDS = 0.02
SPEC: Json = {
    "desiredStatus": "Running",
    "storage": {"size": "1Mi"},
    "restart": {"backoffSeconds": 1, "maxBackoffSeconds": 1},
    "template": template("example.com/job:1"),
    "feldera": {},
}

_numbers = itertools.count(1)


class Subject:
    """A pipeline, the kubelet that runs it, and who judges what becomes of it."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.kube, self.name = cluster, cluster.kube, name
        self.path = paths.pipeline(cluster.namespace, name)
        self.kubelet = Kubelet(cluster, name)
        self.witness = Witness(cluster.kube, cluster.namespace, name, self.kubelet)
        self.is_kubelet_away = False
        self._judged = 0

    async def create(self, **spec: Any) -> None:
        """Somebody applies it."""
        metadata = {"namespace": self.cluster.namespace, "name": self.name}
        body = {"apiVersion": constants.API_VERSION, "kind": PIPELINE.name, "metadata": metadata}
        await self.kube.create(paths.pipelines(self.cluster.namespace), body | {"spec": SPEC | spec})

    async def edit(self, **spec: Any) -> None:
        """Somebody changes the spec."""
        if spec.get("force"):
            self.witness.is_force_wanted = True
        await self.kube.merge(self.path, {"spec": spec})

    async def request(self, verb: str, token: str) -> None:
        """Somebody asks for something once."""
        annotations = {constants.REQUESTS_PREFIX + verb: token}
        await self.kube.merge(self.path, {"metadata": {"annotations": annotations}})

    async def delete(self) -> None:
        await self.kube.delete(self.path)

    @property
    def body(self) -> Json | None:
        return self.cluster.latest(self.name, PIPELINES)

    @property
    def status(self) -> Json:
        return child(self.body or {}, "status")

    def is_at(self, status: str | None) -> bool:
        """Whether it is there, by a status that speaks of the present spec; ``None``: it is gone."""
        body = self.body
        if body is None or status is None:
            return body is None and status is None
        is_current = self.status.get("observedGeneration") == body["metadata"]["generation"]
        return is_current and self.status.get("deploymentStatus") == status

    def outcome(self, verb: str, token: str) -> str | None:
        """What became of a request."""
        found = [each for each in children(self.status, "requests") if each["verb"] == verb]
        return next((each["state"] for each in found if each["token"] == token), None)

    async def go_on(self) -> None:
        """What the kubelet and the process do next. Somebody else may have been faster."""
        if self.is_kubelet_away:
            return
        await self.cluster.catch_up(self.name)
        with contextlib.suppress(ApiError):
            await self.kubelet.go_on()
        if self.kubelet.process is not None and self.kubelet.process.is_working:
            self.kubelet.process.work()

    async def judge(self) -> None:
        """Everything that happened, by the rules that always hold."""
        await self.cluster.catch_up(self.name)
        news = self.cluster.news_of(self.name)
        self.witness.note(news[self._judged :])
        self._judged = len(news)


class World:
    """A namespace with its acted node, the proxy, the operator, and the subject of the moment."""

    def __init__(self, cluster: Cluster, proxy: FaultProxy, operator: OperatorProcess) -> None:
        self.cluster, self.proxy, self.operator = cluster, proxy, operator
        self.subject = self.begin_subject()
        self.breaches: list[str] = []
        self.does_kubelet_wait = True
        """While the operator is away, so that it sees how pods end: otherwise only the node proves it."""
        self._watches_needed = 0
        self.answer: Callable[[str, str], HttpAnswer | None] = lambda _method, _path: None
        """A process that is not well: what it says instead."""

    def begin_subject(self) -> Subject:
        """A pipeline of another name, not yet applied."""
        self.subject = Subject(self.cluster, f"fault{next(_numbers)}")
        return self.subject

    async def inspect(self, method: str, path: str, body: Json) -> None:
        """Judge a write; it is carried out all the same, since what follows is to be seen too."""
        try:
            await self.subject.witness.inspect(method, path, body)
        except AssertionError as breach:
            self.breaches.append(f"{method} {path}: {breach}")

    def ask_process(self, pod: str, method: str, path: str) -> HttpAnswer:
        """The way to the acted process."""
        process = self.subject.kubelet.process
        if pod != PIPELINE.pod_name(self.subject.name) or process is None or process.is_mute:
            raise ConnectionError("connection refused")
        return self.answer(method, path) or process.answer(method, path)

    async def act_for_ever(self) -> None:
        """The kubelet is at work."""
        while True:
            if not self.does_kubelet_wait or self._is_operator_back():
                await self.subject.go_on()
            await asyncio.sleep(KUBELET_SECONDS)

    def _is_operator_back(self) -> bool:
        """Whether it watches everything again since it was last away."""
        if self.operator.has_ended:
            self._watches_needed = self.proxy.watches + len(KINDS) + 1
        return self.proxy.watches >= self._watches_needed

    async def wait_until(self, what: str, is_so: Callable[[], bool], seconds: float = STEP_SECONDS) -> None:
        """Wait; an operator that died is started again meanwhile, as its Deployment would."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if self.operator.has_ended:
                await self.operator.start_again()
            assert time.monotonic() < deadline, (
                f"waited {seconds:g} s for {what}; status: {self.subject.status};"
                f" the operator says:\n{self.operator.log_tail()}"
            )
            await asyncio.sleep(0.02)

    async def wait_for(self, status: str | None, seconds: float = STEP_SECONDS) -> None:
        await self.wait_until(
            f"{self.subject.name} to be {status}", lambda: self.subject.is_at(status), seconds
        )

    async def must_hold(self) -> None:
        """No rule was broken so far."""
        await self.subject.judge()
        assert not self.breaches, self.breaches


@asynccontextmanager
async def open_world(namespace: str, folder: Path) -> AsyncGenerator[World]:
    """Everything that a test of faults needs, while the block runs."""
    access = read_access(folder)
    kubeconfig = folder / "kubeconfig"
    async with open_cluster(namespace) as cluster:
        operator = OperatorProcess(kubeconfig, namespace, folder / "operator.log")
        world: World
        proxy = FaultProxy(
            access,
            inspect=lambda method, path, body: world.inspect(method, path, body),
            answer=lambda pod, method, path: world.ask_process(pod, method, path),
        )
        world = World(cluster, proxy, operator)
        async with proxy.serve():
            write_kubeconfig(kubeconfig, proxy.address)
            acting = asyncio.create_task(world.act_for_ever())
            try:
                await operator.start()
                yield world
            finally:
                acting.cancel()
                await asyncio.gather(acting, return_exceptions=True)
                await operator.stop()

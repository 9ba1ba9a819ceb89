"""A gateway on the loopback before an API server in memory, people with tokens, and one pipeline that lives.

``orders`` is run by the real reconciler, a process that answers as it is told and a kubelet of a few lines;
the others stand still, in states that take a person's eye.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from unit.gateway.test_server import listening_as
from unit.reconcile.bench import PIPELINE as ORDERS
from unit.reconcile.bench import POD, Bench
from unit.reconcile.fake_kube import FakeKube

from sluice.api.json_values import Json, child
from sluice.gateway import GatewaySettings
from sluice.gateway.plumbing import Gateway
from sluice.kube import ApiError, ApiUnreachableError, Callers, Kube, paths

CLERK, READER, STRANGER = "token-of-the-clerk", "token-of-the-reader", "token-of-a-stranger"
GATEWAY = "system:serviceaccount:sluice-system:sluice-gateway"
LOOK_SECONDS = 0.05
IDLE_LOOKS = 6
"""One look in so many is made though nothing is new."""


@dataclass
class Rights:
    """Who somebody is, and what RBAC lets them do in namespace ``shop``."""

    user: str
    verbs: frozenset[str]
    sees_events: bool = True


PEOPLE = {
    CLERK: Rights("system:serviceaccount:shop:clerk", frozenset({"get", "list", "patch"})),
    READER: Rights("system:serviceaccount:shop:reader", frozenset({"get", "list"}), sees_events=False),
    STRANGER: Rights("system:serviceaccount:shop:stranger", frozenset()),
}


class PersonsKube(Kube):
    """The one API server, as somebody with these rights finds it."""

    def __init__(self, world: "Theatre", rights: Rights | None) -> None:
        self._world = world
        self._rights = rights

    def _check(self, verb: str, path: str) -> FakeKube:
        self._world.asked.append((verb, path))
        if self._world.is_down:
            raise ApiUnreachableError("no answer in time")
        if self._rights is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        parts = path.partition("?")[0].split("/")
        resource = parts[parts.index("namespaces") + 2] if "namespaces" in parts else ""
        is_hidden = resource == "events" and not self._rights.sees_events
        if resource and (verb not in self._rights.verbs or is_hidden or "/shop/" not in path):
            group = "" if resource == "events" else "sluice.dev"
            place = parts[parts.index("namespaces") + 1]
            raise ApiError(
                403,
                "Forbidden",
                f'{resource}.{group} is forbidden: User "{self._rights.user}" cannot {verb} resource'
                f' "{resource}" in API group "{group}" in the namespace "{place}"',
            )
        return self._world.kube

    async def get(self, path: str) -> Json | None:
        return await self._check("get", path).get(path)

    async def list(
        self, path: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> AsyncIterator[Json]:
        place, _, query = path.partition("?")
        async for found in self._check("list", path).list(f"{place}/", label_selector, field_selector):
            if not _is_selected(found, query):
                continue
            # As an API server does: the items of a list do not say what they are.
            yield {key: value for key, value in found.items() if key != "kind"}

    async def merge(self, path: str, patch: Json) -> Json:
        return await self._check("patch", path).merge(path, patch)

    async def create(self, path: str, body: Json, *, is_dry_run: bool = False) -> Json:
        del body, is_dry_run
        assert path == paths.own_identity(), "the page makes nothing"
        self._check("create", path)
        assert self._rights is not None
        return {"status": {"userInfo": {"username": self._rights.user}}}


def _is_selected(event: Json, query: str) -> bool:
    """Whether the field selector of the query, if it has one, names the uid of what this event is about."""
    selector = dict(parse_qsl(query)).get("fieldSelector", "")
    wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
    return wanted.get("involvedObject.uid") in (None, event.get("involvedObject", {}).get("uid"))


class People(Callers):
    """Each token is a person of its own."""

    def __init__(self, world: "Theatre") -> None:
        self._world = world

    def acting_as(self, token: str) -> Kube:
        return PersonsKube(self._world, PEOPLE.get(token))

    def acting_as_self(self) -> Kube:
        return PersonsKube(self._world, Rights(GATEWAY, frozenset({"get", "list", "patch"})))


@dataclass
class Theatre:
    """Everything behind the gateway."""

    bench: Bench = field(default_factory=Bench)
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    is_down: bool = False
    """The API server does not answer."""

    @property
    def kube(self) -> FakeKube:
        return self.bench.kube

    @property
    def orders(self) -> Json:
        """The status of the pipeline that lives."""
        return self.bench.status

    async def play(self) -> None:
        """Operator and kubelet, until they are cancelled."""
        seen: object = None
        for number in itertools.count():
            await asyncio.sleep(LOOK_SECONDS)
            self.play_kubelet()
            self.follow_requests()
            there = self.versions()
            # Also without news, as an operator does: what a process says of itself comes by no watch.
            if there != seen or number % IDLE_LOOKS == 0:
                seen = there
                self.bench.watch()
                await self.bench.look()

    def play_kubelet(self) -> None:
        """Pods begin and end."""
        pod = self.kube.objects.get(POD)
        if pod is not None and "deletionTimestamp" in pod["metadata"]:
            self.bench.end_pod()
        elif pod is not None and "status" not in pod:
            self.bench.process.status = self.bench.process.desired = "Running"
            self.bench.run_pod()

    def versions(self) -> list[object]:
        """What a watch would tell of."""
        there = (self.kube.objects.get(path, {}) for path in (ORDERS, POD))
        return [child(body, "metadata").get("resourceVersion") for body in there]

    def follow_requests(self) -> None:
        """The process does what it was last asked."""
        process = self.bench.process
        for request in process.requests:
            verb = request.partition("?")[0]
            if verb in ("/pause", "/start"):
                process.status = process.desired = "Paused" if verb == "/pause" else "Running"
            elif verb in ("/checkpoint", "/suspend"):
                process.checkpoints.append(f"checkpoint-{len(process.checkpoints) + 1}")
                process.status = "Suspended" if verb == "/suspend" else process.status
        process.requests.clear()

    def count(self, verb: str) -> int:
        """How often the gateway asked the API server for this."""
        return sum(each == verb for each, _ in self.asked)


@asynccontextmanager
async def open_theatre(**settings: Any) -> AsyncGenerator[tuple[Theatre, str]]:
    """The theatre, and the address of its gateway."""
    world = Theatre()
    gateway = Gateway(People(world), GatewaySettings(namespace="shop", host="127.0.0.1", port=0, **settings))
    world.bench.process.checkpoints = ["checkpoint-1"]
    playing = asyncio.create_task(world.play())
    try:
        async with listening_as(gateway) as url:
            async with asyncio.timeout(10):
                while world.orders.get("deploymentStatus") != "Running":
                    assert not playing.done(), playing.exception()
                    await asyncio.sleep(LOOK_SECONDS)
            yield world, url
        assert not playing.done(), playing.exception()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing

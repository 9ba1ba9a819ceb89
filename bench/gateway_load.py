"""The gateway under load, next to the same reads and writes at the API server itself.

``python -m bench.gateway_load`` needs a cluster (``KUBECONFIG``) whose CRDs are installed and whose operator
does not run: the pipelines are objects with a status and no pods. Everything stays on this machine.
"""

import argparse
import asyncio
import os
import random
import secrets
import socket
import ssl
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from kubernetes.aio import client

from sluice.api.constants import API_VERSION
from sluice.api.json_values import Json
from sluice.kube import Kube, paths
from sluice.kube.client import load_configuration

AT_ONCE: Final = 16
"""Requests of a client side by side, and writes of the preparation."""
READY_SECONDS: Final = 60.0
STATUS: Final[Json] = {
    "observedGeneration": 1,
    "deploymentStatus": "Running",
    "deploymentDesiredStatus": "Running",
    "deploymentResourcesStatus": "Provisioned",
    "deploymentResourcesDesiredStatus": "Provisioned",
    "deploymentRuntimeStatus": "Running",
    "deploymentRuntimeDesiredStatus": "Running",
    "storageStatus": "InUse",
}
SPEC: Final[Json] = {
    "desiredStatus": "Running",
    "feldera": {},
    "storage": {"size": "1Gi"},
    "template": {"spec": {"containers": [{"name": "runtime", "image": "example.com/none:1"}]}},
}
MERGE: Final = {"Content-Type": "application/merge-patch+json"}
Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Measured:
    """How fast it was: durations in seconds, of ``wall`` seconds in all."""

    name: str
    durations: list[float]
    wall: float
    cpu: float

    @property
    def row(self) -> str:
        """As a row of a table; times in milliseconds."""
        cuts, count = statistics.quantiles(self.durations, n=100), len(self.durations)
        times = f"{cuts[49] * 1000:.0f} | {cuts[98] * 1000:.0f}"
        cpu = f"{self.cpu / count * 1000:.1f}" if self.cpu else ""
        return f"| {self.name} | {count / self.wall:,.1f} | {times} | {cpu} |"


async def measure(name: str, call: Call, count: int, pid: int | None = None) -> Measured:
    """Make ``count`` calls, ``AT_ONCE`` side by side; ``pid`` is the process whose CPU they cost."""
    used = _cpu_seconds(pid)
    durations: list[float] = []
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await call(number)
            durations.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return Measured(name, durations, time.perf_counter() - begun, _cpu_seconds(pid) - used)


def _cpu_seconds(pid: int | None) -> float:
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Place:
    """A namespace full of pipelines, and one who may work with them."""

    def __init__(self, kube: Kube, configuration: client.Configuration, count: int) -> None:
        self.kube = kube
        self.host = str(configuration.host)
        self.ssl = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
        self.namespace = f"load-{secrets.token_hex(3)}"
        self.names = [f"p{number}" for number in range(count)]
        self.token = ""

    async def fill(self) -> None:
        """Make the namespace and all that is in it."""
        own = {"metadata": {"name": self.namespace}}
        await self.kube.create("/api/v1/namespaces", own)
        account = f"/api/v1/namespaces/{self.namespace}/serviceaccounts"
        await self.kube.create(account, {"metadata": {"name": "load"}})
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.namespace}"
        rule: Json = {
            "apiGroups": ["sluice.dev"],
            "resources": ["pipelines"],
            "verbs": ["get", "list", "patch"],
        }
        await self.kube.create(f"{rbac}/roles", {"metadata": {"name": "load"}, "rules": [rule]})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "load"}
        who = {"kind": "ServiceAccount", "name": "load", "namespace": self.namespace}
        binding = {"metadata": {"name": "load"}, "roleRef": role, "subjects": [who]}
        await self.kube.create(f"{rbac}/rolebindings", binding)
        request = {"spec": {"expirationSeconds": 3600}}
        made = await self.kube.create(paths.service_account_token(self.namespace, "load"), request)
        self.token = made["status"]["token"]
        await measure("", self._make, len(self.names))

    async def _make(self, number: int) -> None:
        name = self.names[number]
        body: Json = {
            "apiVersion": API_VERSION,
            "kind": "Pipeline",
            "metadata": {"name": name},
            "spec": SPEC,
        }
        await self.kube.create(paths.pipelines(self.namespace), body)
        await self.kube.merge(f"{paths.pipeline(self.namespace, name)}/status", {"status": STATUS})

    async def clear(self) -> None:
        """Remove all of it; nobody waits for that."""
        await self.kube.delete(f"/api/v1/namespaces/{self.namespace}")


@asynccontextmanager
async def gateway(place: Place) -> AsyncGenerator[tuple[str, int]]:
    """A gateway's own process, with no bound on one caller's requests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    arguments = ["--host=127.0.0.1", f"--port={port}", f"--namespace={place.namespace}", "--rate=0"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sluice", "gateway", *arguments, stderr=asyncio.subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not await _is_up(session, url):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        await process.wait()


async def _is_up(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


class Load:
    """One caller's requests, to the gateway and to the API server."""

    def __init__(self, place: Place, url: str, session: aiohttp.ClientSession) -> None:
        self._place = place
        self._pipelines = f"{url}/v0/pipelines"
        self._objects = place.host + paths.pipelines(place.namespace)
        self._session = session

    async def read(self, _: int) -> None:
        """One pipeline."""
        await self._ask("GET", f"{self._pipelines}/{self._some()}")

    async def read_directly(self, _: int) -> None:
        """The object."""
        await self._ask("GET", f"{self._objects}/{self._some()}", ssl=self._place.ssl)

    async def list_all(self, _: int) -> None:
        """All pipelines."""
        await self._ask("GET", f"{self._pipelines}?selector=status")

    async def list_directly(self, _: int) -> None:
        """All objects."""
        await self._ask("GET", self._objects, ssl=self._place.ssl)

    async def stop(self, number: int) -> None:
        """A graceful stop."""
        await self._ask("POST", f"{self._pipelines}/{self._place.names[number]}/stop")

    async def annotate_directly(self, number: int) -> None:
        """What a stop comes to at the API server: a read and a patch."""
        target = f"{self._objects}/{self._place.names[number]}"
        await self._ask("GET", target, ssl=self._place.ssl)
        body = {"metadata": {"annotations": {"example.com/load": str(number)}}}
        await self._ask("PATCH", target, json=body, ssl=self._place.ssl, headers=MERGE)

    def _some(self) -> str:
        return random.choice(self._place.names)  # noqa: S311 - of a load, no secret

    async def _ask(self, method: str, target: str, **more: Any) -> None:
        async with self._session.request(method, target, **more) as answer:
            content = await answer.read()
            if answer.status not in (200, 202):
                raise RuntimeError(f"{method} {target}: {answer.status} {content[:500]!r}")


async def run(place: Place, reads: int, lists: int) -> list[Measured]:
    """The gateway's figures, each followed by the API server's for the same."""
    bearer = {"Authorization": f"Bearer {place.token}"}
    async with gateway(place) as (url, pid), aiohttp.ClientSession(headers=bearer) as session:
        load, count = Load(place, url, session), len(place.names)
        await measure("", load.read, 200)
        return [
            await measure("`GET /v0/pipelines/{name}`", load.read, reads, pid),
            await measure("the object, by `kubectl`'s own path", load.read_directly, reads),
            await measure("`GET /v0/pipelines?selector=status`", load.list_all, lists, pid),
            await measure("the same list, by `kubectl`'s own path", load.list_directly, lists),
            await measure("`POST …/stop`, each of another pipeline", load.stop, count, pid),
            await measure("a read and a patch, by `kubectl`'s own path", load.annotate_directly, count),
        ]


async def main(objects: int, reads: int, lists: int) -> None:
    """Measure, and print a table."""
    configuration = await load_configuration(AT_ONCE)
    api = client.ApiClient(configuration)
    kube = Kube(api)
    place = Place(kube, configuration, objects)
    try:
        await place.fill()
        found = await run(place, reads, lists)
    finally:
        await place.clear()
        await kube.close()
        await api.close()
    print(f"{objects} pipelines, {AT_ONCE} requests side by side\n")
    print("| request | requests/s | median ms | p99 ms | CPU ms of the gateway |\n|---|---|---|---|---|")
    print("\n".join(each.row for each in found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--reads", type=int, default=4000)
    parser.add_argument("--lists", type=int, default=48)
    given = parser.parse_args()
    asyncio.run(main(given.objects, given.reads, given.lists))

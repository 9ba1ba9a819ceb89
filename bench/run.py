"""One run: its API server, its client, its processes, and what it has measured."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from bench import fleet
from bench.api import Api, RequestFailedError
from bench.audit import count_requests
from bench.control_plane import OPERATOR_USER, ControlPlane
from bench.fleet import Json
from bench.isolation import SERVER
from bench.processes import Processes
from bench.results import LOAD, Results
from bench.usage import Usage, cpu_between, machine_busy, read_usage
from localkube.progress import Progress

ROOT: Final = Path(__file__).resolve().parents[1]
NAMESPACES: Final = "/api/v1/namespaces"
PIPELINES: Final = "/apis/sluice.dev/v1alpha1/namespaces/{}/pipelines"
OPERATOR: Final = ("-m", "sluice", "operator", "--runtime-access", "direct")
SETTLE_SECONDS: Final = 2.0
CRD_SECONDS: Final = 30.0
_APPLIED: Final = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/sluice-system/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}


class Phase:
    """A stretch of time; whoever measures sets when it was over."""

    ended_at: float | None = None


@dataclass(frozen=True)
class Run:
    """What every step works with."""

    api: Api
    plane: ControlPlane
    processes: Processes
    results: Results
    progress: Progress
    rest_seconds: float

    @property
    def objects(self) -> int:
        """How many objects of each kind."""
        return self.results.objects

    @property
    def names(self) -> list[str]:
        """The names of a series of objects."""
        return [fleet.name(number) for number in range(self.objects)]

    @asynccontextmanager
    async def phase(self, name: str, count: int, namespace: str = "") -> AsyncGenerator[Phase]:
        """Measure a phase in which ``count`` objects come to their end.

        Rate, CPU of every process, and what the operator asks of the API server in ``namespace``.
        """
        await asyncio.sleep(SETTLE_SECONDS)
        phase, before, busy, offset = Phase(), self._usage(), machine_busy(), self._audited()
        started = time.monotonic()
        yield phase
        seconds = (phase.ended_at or time.monotonic()) - started
        spent, busy = cpu_between(before, self._usage()), machine_busy() - busy
        whole = (time.monotonic() - started) * (os.cpu_count() or 1)
        self.results.busy_elsewhere[name] = max(busy - sum(spent.values()), 0.0) / whole
        self.results.numbers[f"{name}.seconds"] = seconds
        self.results.numbers[f"{name}.rate"] = count / seconds
        self.results.cpu_ms[name] = {who: cpu * 1000 / count for who, cpu in spent.items()}
        if namespace:
            counted = sorted(self.operator_requests(namespace, offset).items())
            self.results.requests[name] = {what: number / count for what, number in counted}
        self.progress.note(f"{name}: {count} in {seconds:.1f} s, {count / seconds:.1f}/s")

    def operator_requests(self, namespace: str, offset: int = 0) -> Counter[str]:
        """What the operator has asked for in a namespace since the audit log was so long."""
        with self.plane.audit_log.open("rb") as log:
            log.seek(offset)
            # A line that is being written counts next time.
            whole = log.read().decode().rpartition("\n")[0]
        lines = (line for line in whole.splitlines() if OPERATOR_USER in line)
        return count_requests(lines, OPERATOR_USER, namespace)

    def _audited(self) -> int:
        return self.plane.audit_log.stat().st_size if self.plane.audit_log.exists() else 0

    def _usage(self) -> dict[str, Usage]:
        """Of every process, and of this one, which makes the load."""
        return {**self.processes.usage(), LOAD: read_usage(os.getpid())}

    async def install(self) -> None:
        """Nodes, the CRD, and the operator's account with the rights that it is shipped with."""
        for number in range(fleet.nodes_for(self.objects + 100)):
            await self.api.create("/api/v1/nodes", fleet.build_node(number))
        await self.api.create("/apis/storage.k8s.io/v1/storageclasses", fleet.build_storage_class())
        for file in (*sorted((ROOT / "crds").glob("*.yaml")), ROOT / "deploy" / "operator.yaml"):
            for body in cast("Iterable[Json | None]", yaml.safe_load_all(file.read_text())):
                if body and body["kind"] in _APPLIED:
                    path = f"{_APPLIED[body['kind']]}/{body['metadata']['name']}"
                    await self.api.apply(path, body)
        await self._await_crd()
        await self._write_kubeconfig()

    async def _await_crd(self) -> None:
        """A new kind is served a moment after its CRD is there."""
        async with asyncio.timeout(CRD_SECONDS):
            while True:
                with contextlib.suppress(RequestFailedError):
                    await self.api.list(PIPELINES.format("default"))
                    return
                await asyncio.sleep(0.1)

    async def make_namespace(self, name: str, claims: Iterable[str] = ()) -> None:
        """A namespace, with a volume for each of the claims that will be made in it."""
        await self.api.create(NAMESPACES, {"metadata": {"name": name}})
        volumes = [fleet.build_volume(name, claim) for claim in claims]
        await self.api.for_each(volumes, lambda body: self.api.create("/api/v1/persistentvolumes", body))

    def start_operator(self) -> None:
        """Start the operator as it is shipped, and wait until it watches."""
        log = self.processes.log("operator")
        seen = len(log.read_bytes()) if log.exists() else 0
        self.processes.start(
            "operator", [sys.executable, *OPERATOR], {"KUBECONFIG": str(self.plane.kubeconfig("operator"))}
        )
        self.processes.wait_until("operator", lambda: b"watching" in log.read_bytes()[seen:], 60)

    def stop_operator(self) -> None:
        """End the operator."""
        self.processes.stop("operator")

    async def _write_kubeconfig(self) -> None:
        """The operator comes with a service account's token, as it does in a pod."""
        path = f"{NAMESPACES}/sluice-system/serviceaccounts/sluice-operator/token"
        request: Json = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 86_400},
        }
        answer = await self.api.create(path, request)
        cluster = {"server": SERVER, "certificate-authority": str(self.plane.pki / "ca.crt")}
        document: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": cluster}],
            "users": [{"name": "bench", "user": {"token": answer["status"]["token"]}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        }
        self.plane.kubeconfig("operator").write_text(json.dumps(document))

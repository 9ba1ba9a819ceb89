"""The least that can react to a patch: ``python -m bench.bare_watcher NAMESPACE PKI_FOLDER``.

It watches pipelines. One that is to stop by force has its pod deleted, one that is to stop has its runtime
asked to suspend. It records nothing, checks nothing and repeats nothing: the latency that is left is that of
Kubernetes, of Python and of HTTP, and the operator is compared with it.
"""

import asyncio
import ssl
import sys
from pathlib import Path

import aiohttp
import uvloop

from bench.api import Api, connect
from bench.fleet import Json
from bench.isolation import SERVER
from sluice.api.kinds import PIPELINE


class BareWatcher:
    """Acts on the first event that says stop."""

    def __init__(self, api: Api, session: aiohttp.ClientSession, namespace: str) -> None:
        self._api = api
        self._session = session
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._pipelines = f"/apis/sluice.dev/v1alpha1/namespaces/{namespace}/pipelines"
        self._done: set[str] = set()

    async def run(self) -> None:
        """Watch and act, until the process is ended."""
        pods, _ = await self._api.list(self._pods)
        addresses = {pod["metadata"]["name"]: pod.get("status", {}).get("podIP") for pod in pods}
        items, version = await self._api.list(self._pipelines)
        self._done = {body["metadata"]["name"] for body in items if _is_to_stop(body)}
        print("ready", flush=True)
        async with asyncio.TaskGroup() as group:
            async for event in self._api.watch(self._pipelines, version):
                body = event["object"]
                name = body["metadata"].get("name", "")
                if event["type"] == "MODIFIED" and _is_to_stop(body) and name not in self._done:
                    self._done.add(name)
                    group.create_task(self._stop(body, PIPELINE.pod_name(name), addresses))

    async def _stop(self, body: Json, pod: str, addresses: dict[str, str]) -> None:
        if body["spec"].get("force"):
            options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 1}
            await self._api.call("DELETE", f"{self._pods}/{pod}", options)
            return
        port = body["spec"]["feldera"]["port"]
        async with self._session.post(f"http://{addresses[pod]}:{port}/suspend") as answer:
            await answer.read()


def _is_to_stop(body: Json) -> bool:
    return bool(body.get("spec", {}).get("desiredStatus") == "Stopped")


async def watch(namespace: str, pki: Path) -> None:
    """Connect and run."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    async with connect(SERVER, context) as api, aiohttp.ClientSession(trust_env=False) as session:
        await BareWatcher(api, session, namespace).run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(watch(sys.argv[1], Path(sys.argv[2])))

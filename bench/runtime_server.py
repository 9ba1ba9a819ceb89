"""One real runtime server for all fake pods: ``python -m bench.runtime_server``.

The fake pods' addresses are loopback addresses, so that one server on every one of them answers for all.
Which process is meant is told by the address and port that a request came in on. It speaks as much of the
contract as the operator uses; a suspend makes a checkpoint that takes 200 ms. It knows nothing of Kubernetes.
"""

import asyncio
import time
import uuid
from typing import Any, Final

import orjson
import uvloop
from aiohttp import web

from bench.fleet import RUNTIME_PORTS

CHECKPOINT_SECONDS: Final = 0.2
CONTROL_ADDRESS: Final = "127.0.0.1"
CONTROL_PORT: Final = 8099
Place = tuple[str, int]


class Process:
    """What one runtime process is doing."""

    def __init__(self) -> None:
        self.status = "Running"
        self.desired = "Running"
        self.checkpoints: list[str] = []
        self.asked_at: float | None = None
        self.asked = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The body of ``/status``."""
        return {
            "runtime_status": self.status,
            "runtime_status_details": {},
            "runtime_desired_status": self.desired,
            "storage_status_details": {"checkpoints": [{"uuid": one} for one in self.checkpoints]},
        }

    def move(self, target: str) -> None:
        """``/start`` and ``/pause`` take effect at once."""
        if self.desired != "Suspended":
            self.status = self.desired = target

    def suspend(self) -> None:
        """Begin a checkpoint; asked again while it is made, nothing more happens."""
        if self.asked_at is None:
            self.asked_at = time.monotonic()
            self.asked.set()
        if self.desired != "Suspended":
            self.desired = "Suspended"
            asyncio.get_running_loop().call_later(CHECKPOINT_SECONDS, self._be_suspended)

    def _be_suspended(self) -> None:
        self.checkpoints.append(str(uuid.uuid4()))
        self.status = "Suspended"


class RuntimeServer:
    """All processes, made when they are first asked."""

    def __init__(self) -> None:
        self._processes: dict[Place, Process] = {}
        self._requests = 0

    def at(self, place: Place) -> Process:
        """The process that serves at this address and port."""
        if place not in self._processes:
            self._processes[place] = Process()
        return self._processes[place]

    def applications(self) -> tuple[web.Application, web.Application]:
        """What the operator talks to, and what the benchmark talks to."""
        contract = web.Application()
        contract.add_routes(
            [
                web.get("/status", self._status),
                web.get("/stats", self._stats),
                web.get("/start", self._start),
                web.get("/pause", self._pause),
                web.post("/suspend", self._suspend),
            ]
        )
        control = web.Application()
        control.add_routes([web.get("/asked", self._asked), web.post("/reset", self._reset)])
        return contract, control

    def _of(self, request: web.Request) -> Process:
        self._requests += 1
        transport = request.transport
        if transport is None:
            raise web.HTTPServiceUnavailable
        address, port = transport.get_extra_info("sockname")[:2]
        return self.at((address, port))

    async def _status(self, request: web.Request) -> web.Response:
        return _answer(self._of(request).describe())

    async def _stats(self, request: web.Request) -> web.Response:
        self._of(request)
        return _answer({"checkpoint_activity": {"status": "in_progress", "reasons": []}})

    async def _start(self, request: web.Request) -> web.Response:
        self._of(request).move("Running")
        return _answer("Pipeline is running", 202)

    async def _pause(self, request: web.Request) -> web.Response:
        self._of(request).move("Paused")
        return _answer("Pipeline is paused", 202)

    async def _suspend(self, request: web.Request) -> web.Response:
        self._of(request).suspend()
        return _answer("Pipeline is suspending", 202)

    async def _asked(self, request: web.Request) -> web.Response:
        """Wait until a process is asked to suspend, and tell when it was."""
        process = self.at((request.query["address"], int(request.query["port"])))
        async with asyncio.timeout(float(request.query["seconds"])):
            await process.asked.wait()
        return _answer({"at": process.asked_at})

    async def _reset(self, _: web.Request) -> web.Response:
        """Forget every process: those that are asked from now on are new ones."""
        served, self._requests = self._requests, 0
        self._processes.clear()
        return _answer({"requests": served})


def _answer(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def serve() -> None:
    """Serve until the process is ended."""
    contract, control = RuntimeServer().applications()
    runner, control_runner = (web.AppRunner(one, access_log=None) for one in (contract, control))
    await runner.setup()
    await control_runner.setup()
    for port in RUNTIME_PORTS:
        # Every address: the run has a network of its own, which nobody else reaches.
        await web.TCPSite(runner, "0.0.0.0", port, backlog=4096).start()  # noqa: S104
    await web.TCPSite(control_runner, CONTROL_ADDRESS, CONTROL_PORT).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve())

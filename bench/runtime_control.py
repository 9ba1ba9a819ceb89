"""The benchmark's side of the runtime server: what was asked of whom, and when."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from bench.processes import Processes
from bench.runtime_server import CONTROL_ADDRESS, CONTROL_PORT

_BASE: Final = f"http://{CONTROL_ADDRESS}:{CONTROL_PORT}"
_ANSWER_SECONDS: Final = 60.0


class RuntimeControl:
    """Questions to the runtime server."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def reset(self) -> int:
        """Forget every process; returns how many requests there were since the last time."""
        async with self._session.post(f"{_BASE}/reset") as answer:
            answer.raise_for_status()
            return int((await answer.json())["requests"])

    async def asked_at(self, address: str, port: int) -> float:
        """When the process at this address was asked to suspend, on the machine's monotonic clock."""
        query = {"address": address, "port": str(port), "seconds": str(_ANSWER_SECONDS)}
        async with self._session.get(f"{_BASE}/asked", params=query) as answer:
            answer.raise_for_status()
            return float((await answer.json())["at"])


@asynccontextmanager
async def serve_runtimes(processes: Processes) -> AsyncGenerator[RuntimeControl]:
    """Run the server while the context lasts."""
    processes.start("runtimes", [sys.executable, "-m", "bench.runtime_server"])
    processes.wait_until("runtimes", lambda: b"ready" in processes.log("runtimes").read_bytes(), 30)
    async with aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=90)) as session:
        yield RuntimeControl(session)

"""The runtime server's processes: enough of the contract, and a checkpoint that takes its time."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aiohttp import web
from bench.runtime_server import CHECKPOINT_SECONDS, Process, RuntimeServer

from sluice.engines.engine import HttpAnswer
from sluice.engines.feldera import read_status
from sluice.observation import RuntimeAnswer


async def test_a_suspend_makes_one_checkpoint_after_a_while() -> None:
    process = Process()

    process.suspend()
    process.suspend()
    before = process.describe()
    await asyncio.sleep(CHECKPOINT_SECONDS * 1.5)
    after = process.describe()

    assert (before["runtime_status"], before["runtime_desired_status"]) == ("Running", "Suspended")
    assert not before["storage_status_details"]["checkpoints"]
    assert after["runtime_status"] == "Suspended"
    assert len(after["storage_status_details"]["checkpoints"]) == 1


async def test_a_suspended_process_stays_suspended() -> None:
    process = Process()
    process.suspend()

    process.move("Running")

    assert process.desired == "Suspended"


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    contract, _ = RuntimeServer().applications()
    runner = web.AppRunner(contract)
    await runner.setup()
    # Every loopback address is one; two of them are enough here.
    site = web.TCPSite(runner, "127.0.0.2", 0)
    await site.start()
    number: int = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.3", number).start()
    yield number
    await runner.cleanup()


async def test_each_address_is_a_process_of_its_own(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"http://127.0.0.2:{port}/suspend") as answer:
            assert answer.status == 202
        found: dict[str, RuntimeAnswer] = {}
        for address in ("127.0.0.2", "127.0.0.3"):
            async with session.get(f"http://{address}:{port}/status") as answer:
                seen = read_status(HttpAnswer(answer.status, await answer.read()))
                assert isinstance(seen, RuntimeAnswer)
                found[address] = seen

    assert found["127.0.0.2"].desired == "Suspended"
    assert found["127.0.0.3"].desired == "Running"

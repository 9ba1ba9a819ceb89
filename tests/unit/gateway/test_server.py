"""The real server on the loopback: streams, clients that leave, and bounds that only it can hold."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp

from sluice.gateway import GatewaySettings
from sluice.gateway.plumbing import Gateway
from sluice.gateway.serving import HEADERS_MAX_BYTES, build_server

from .house import TOKEN, House, build_pipeline, up

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDERS = "/v0/pipelines/orders"


@asynccontextmanager
async def listening(house: House) -> AsyncGenerator[str]:
    """The URL at which it serves."""
    settings = GatewaySettings(namespace="shop", host="127.0.0.1", port=0)
    server = build_server(Gateway(house.callers, settings))
    running = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - the server has no event to wait for
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def serving(house: House) -> AsyncGenerator[aiohttp.ClientSession]:
    async with listening(house) as url, aiohttp.ClientSession(url, headers=BEARER) as session:
        yield session


def house_with_log() -> House:
    house = House()
    house.hold(build_pipeline(up()))
    house.nodes.pieces, house.nodes.is_endless = [b"one\n"], True
    return house


async def test_a_log_is_read_while_it_is_written_and_closed_when_the_client_leaves() -> None:
    house = house_with_log()
    async with serving(house) as session:
        async with session.get(f"{ORDERS}/logs") as answer:
            assert answer.status == 200
            assert await asyncio.wait_for(answer.content.readany(), 5) == b"one\n"
            assert house.nodes.is_log_open
        async with asyncio.timeout(5):
            await house.nodes.closed.wait()


async def test_a_request_is_served_and_tells_nothing_of_the_server() -> None:
    house = house_with_log()
    async with serving(house) as session, session.post(f"{ORDERS}/stop?force=true") as answer:
        assert (answer.status, await answer.json()) == (202, "Pipeline is forcefully stopping")
        assert "server" not in answer.headers
    assert house.asked()["override"]["force"] is True


async def test_a_body_that_nobody_reads_is_not_held_whatever_its_form() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(4096):
            yield b"x" * 65536

    house = house_with_log()
    async with serving(house) as session:
        try:
            async with session.post(f"{ORDERS}/pause", data=endless()) as answer:
                assert answer.status == 202
        except aiohttp.ClientConnectionError:
            pass  # The server may close while the client still writes.
        async with session.get(ORDERS) as answer:
            assert answer.status == 200


async def test_headers_beyond_the_bound_are_refused() -> None:
    house = house_with_log()
    large = {"X-Large": "x" * (32 * HEADERS_MAX_BYTES)}
    async with serving(house) as session:
        try:
            async with session.get(ORDERS, headers=large) as answer:
                assert answer.status in (400, 431)
        except aiohttp.ClientConnectionError:
            pass  # The server may close while the client still writes.
    assert house.kube.log == []

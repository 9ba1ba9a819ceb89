"""The real server on the loopback: streams, clients that leave, and bounds that only it can hold."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from sluice.gateway import GatewaySettings
from sluice.gateway.plumbing import Gateway
from sluice.gateway.serving import HEADERS_MAX_BYTES, build_server

from .house import TOKEN, House, build_pipeline, up

BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORDERS = "/v0/pipelines/orders"


@asynccontextmanager
async def listening(house: House, **more: Any) -> AsyncGenerator[str]:
    """The URL at which it serves."""
    settings = GatewaySettings(namespace="shop", host="127.0.0.1", port=0, **more)
    async with listening_as(Gateway(house.callers, settings)) as url:
        yield url


@asynccontextmanager
async def listening_as(gateway: Gateway) -> AsyncGenerator[str]:
    """The URL at which this one serves."""
    server = build_server(gateway)
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


async def test_it_serves_tls_where_it_is_given_a_certificate(tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    request += ["-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1"]
    request += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(request, check=True, capture_output=True, timeout=30)  # noqa: ASYNC221 - nothing else runs
    trust = ssl.create_default_context(cafile=certificate)
    async with (
        listening(house_with_log(), tls_cert=str(certificate), tls_key=str(key)) as url,
        aiohttp.ClientSession(url.replace("http:", "https:"), headers=BEARER) as session,
        session.get(ORDERS, ssl=trust) as answer,
    ):
        assert (answer.status, (await answer.json())["name"]) == (200, "orders")

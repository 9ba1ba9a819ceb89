"""The way straight to a process, which may be broken, slow or hostile."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import aiohttp
import pytest
from aiohttp import web

from sluice.engines.endpoints import ANSWER_LIMIT_BYTES, DirectEndpoint

from ..loopback import Handler, serve

DEADLINE = 5.0


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as opened:
        yield opened


def text(body: str, status: int = 200) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status)

    return handle


@pytest.mark.parametrize("status", [200, 202, 400, 404, 500, 503])
async def test_code_and_body_come_as_they_are(session: aiohttp.ClientSession, status: int) -> None:
    async with serve(text("said", status)) as port:
        found = await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", DEADLINE)

    assert (found.status, found.body) == (status, b"said")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(session: aiohttp.ClientSession, code: int) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        assert request.path == "/status", "followed"
        return web.Response(status=code, headers={"Location": "/elsewhere"})

    async with serve(redirect) as port:
        found = await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", DEADLINE)

    assert found.status == code


@pytest.mark.parametrize(
    ("size", "is_refused"), [(ANSWER_LIMIT_BYTES, False), (ANSWER_LIMIT_BYTES + 1, True)]
)
async def test_an_answer_beyond_the_limit_is_refused(
    session: aiohttp.ClientSession, size: int, is_refused: bool
) -> None:
    async with serve(text("x" * size)) as port:
        endpoint = DirectEndpoint(session, "127.0.0.1", port)
        if is_refused:
            with pytest.raises(ConnectionError, match="larger than"):
                await endpoint.request("GET", "/status", DEADLINE)
        else:
            assert len((await endpoint.request("GET", "/status", DEADLINE)).body) == size


async def test_an_endless_answer_is_read_no_further_than_the_limit(session: aiohttp.ClientSession) -> None:
    sent = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            sent += 65_536

    async with serve(pour) as port:
        with pytest.raises(ConnectionError, match="larger than"):
            await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", DEADLINE)

    assert sent < 32 * ANSWER_LIMIT_BYTES


async def test_an_answer_that_drips_past_the_deadline_is_given_up(session: aiohttp.ClientSession) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    async with serve(drip) as port:
        with pytest.raises(ConnectionError, match=r"did not answer within 0\.2 s"):
            await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", 0.2)


async def test_silence_is_given_up_at_the_deadline(session: aiohttp.ClientSession) -> None:
    async def wait(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with serve(wait) as port:
        with pytest.raises(ConnectionError, match="did not answer"):
            await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", 0.1)


async def test_a_refused_connection_is_told_as_one(session: aiohttp.ClientSession) -> None:
    async with serve(text("")) as port:
        pass

    with pytest.raises(ConnectionError, match="cannot be reached"):
        await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", DEADLINE)


async def test_an_address_that_is_none_is_told_like_a_refused_connection(
    session: aiohttp.ClientSession,
) -> None:
    with pytest.raises(ConnectionError):
        await DirectEndpoint(session, "::ffff:127.0.0.1", 1).request("GET", "/status", DEADLINE)


@pytest.mark.parametrize(
    "answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
async def test_what_is_not_http_is_told_like_a_refused_connection(
    session: aiohttp.ClientSession, answer: bytes
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            await DirectEndpoint(session, "127.0.0.1", port).request("GET", "/status", DEADLINE)


async def test_cookies_of_a_process_are_not_kept(session: aiohttp.ClientSession) -> None:
    async def set_cookie(request: web.Request) -> web.StreamResponse:
        response = web.Response(status=HTTPStatus.OK, text=request.headers.get("Cookie", ""))
        response.set_cookie("session", "1")
        return response

    async with serve(set_cookie) as port:
        endpoint = DirectEndpoint(session, "127.0.0.1", port)
        await endpoint.request("GET", "/status", DEADLINE)
        second = await endpoint.request("GET", "/status", DEADLINE)

    assert second.body == b""

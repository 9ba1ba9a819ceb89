"""A command in a container: every way in which the API server can tell how it went, or fail to."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from sluice.kube import Execution, Kube, Tail, execute

from .test_client import TOKEN, server

COMMAND = ["/bin/save", "--name", "a b&c"]
SECRET = "s3cret"
OUT, ERR, OUTCOME = b"\x01", b"\x02", b"\x03"
SUCCESS = OUTCOME + b'{"metadata":{},"status":"Success"}'
Script = Callable[[web.WebSocketResponse], Awaitable[None]]


def failure(**fields: Any) -> bytes:
    return OUTCOME + json.dumps({"status": "Failure", **fields}).encode()


def exit_code(code: str) -> bytes:
    causes = {"causes": [{"reason": "ExitCode", "message": code}]}
    return failure(reason="NonZeroExitCode", message=f"exit {code}", details=causes)


def saying(*frames: bytes) -> Script:
    async def run(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_bytes(frame)

    return run


async def run(
    script: Script, deadline: float = 5.0, seen: list[web.Request] | None = None, to_read: bytes = b""
) -> Execution:
    async def handle(request: web.Request) -> web.StreamResponse:
        if seen is not None:
            seen.append(request)
        socket = web.WebSocketResponse(protocols=("v4.channel.k8s.io",))
        await socket.prepare(request)
        await script(socket)
        await socket.close()
        return socket

    async with server(handle) as kube:
        return await in_container(kube, deadline, to_read)


async def in_container(kube: Kube, deadline: float = 5.0, to_read: bytes = b"") -> Execution:
    try:
        return await execute(kube, "shop", "orders-runtime-0", "main", COMMAND, deadline, to_read, [SECRET])
    finally:
        await kube.close()


async def test_the_command_goes_to_the_runtimes_container_word_by_word_and_with_the_operators_name() -> None:
    seen: list[web.Request] = []
    await run(saying(SUCCESS), seen=seen)

    (request,) = seen
    assert (request.method, request.path) == ("GET", "/api/v1/namespaces/shop/pods/orders-runtime-0/exec")
    assert request.query.getall("command") == COMMAND
    assert request.query["container"] == "main"
    assert "stdin" not in request.query
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert "v5.channel.k8s.io" in request.headers["Sec-WebSocket-Protocol"]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([SUCCESS], Execution(0, "")),
        ([OUT, OUT + b"a", ERR + b"b", OUT + b"c\n", SUCCESS], Execution(0, "abc")),
        ([ERR + b"disk full", exit_code("3")], Execution(3, "disk full")),
        ([OUT + "é".encode()[:1], OUT + "é".encode()[1:], SUCCESS], Execution(0, "é")),
        ([b"", b"\x07?", b"\xff\x01", SUCCESS], Execution(0, "")),
        ([SUCCESS[:9], OUTCOME + SUCCESS[9:]], Execution(0, "")),
        ([failure(message="no such file")], Execution(None, "", "no such file")),
        ([failure()], Execution(None, "", "no further explanation")),
        ([exit_code("many")], Execution(None, "", "exit many")),
        ([OUT + b"half"], Execution(None, "half", "the connection ended before the command did")),
        ([OUTCOME + b"garbage"], Execution(None, "", "the connection ended before the command did")),
        ([OUTCOME + b"[1]"], Execution(None, "", "the connection ended before the command did")),
    ],
)
async def test_the_last_message_tells_how_it_ended(frames: list[bytes], expected: Execution) -> None:
    assert await run(saying(*frames)) == expected


async def test_of_a_long_output_the_end_is_kept() -> None:
    frames = [OUT + f"line {number}\n".encode() for number in range(1000)]
    ended = await run(saying(*frames, SUCCESS))

    assert ended.output.startswith("…")
    assert ended.output.endswith("line 999")
    assert len(ended.output) <= 1025


async def test_a_command_that_hangs_is_given_up_at_its_deadline_and_what_it_said_is_kept() -> None:
    async def hang(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(OUT + b"still at it")
        await asyncio.wait_for(socket.receive(), 5)

    assert await run(hang, 0.2) == Execution(None, "still at it", "no end within 0.2 s")


async def test_an_api_server_that_does_not_open_the_socket_is_given_up_too() -> None:
    async def wait(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with server(wait) as kube:
        assert (await in_container(kube, 0.1)).problem == "no end within 0.1 s"


@pytest.mark.parametrize(("code", "words"), [(403, "grant the operator"), (404, "404"), (500, "500")])
async def test_a_refusal_is_told_with_its_code(code: int, words: str) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code)

    async with server(refuse) as kube:
        ended = await in_container(kube)

    assert ended.code is None
    assert words in ended.problem
    assert TOKEN not in ended.problem


async def test_a_connection_that_breaks_leaves_the_outcome_unknown() -> None:
    async def reset(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with server(reset) as kube:
        ended = await in_container(kube)

    assert ended.code is None
    assert ended.problem


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"", ""),
        (b"\n a \n", "a"),
        (b"a\r\nb\tc", "a\nb\tc"),
        (b"\x1b[31mr\x00d", "[31mrd"),
        (b"\xff\xfe", "��"),
        (b"x" * 8, "x" * 8),
        (b"x" * 9, "…" + "x" * 8),
    ],
)
def test_what_is_kept_is_the_end_and_nothing_that_steers_a_terminal(given: bytes, kept: str) -> None:
    tail = Tail(8)
    tail.add(given)

    assert str(tail) == kept


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ([b"a s3cret"], "a ***"),
        ([b"s3c", b"ret"], "***"),
        ([b"s3c\x1bret"], "***"),
        ([b"x" * 20 + b"s3cret" + b"y" * 6], "…**yyyyyy"),
        ([b"x" * 20 + b"s3cret" + b"y" * 8], "…yyyyyyyy"),
    ],
    ids=["whole", "in two parts", "with what steers a terminal", "at the edge", "beyond the edge"],
)
def test_what_is_to_stay_hidden_is_left_out_wherever_the_text_is_cut(parts: list[bytes], kept: str) -> None:
    tail = Tail(8, hidden=["", SECRET])
    for part in parts:
        tail.add(part)

    assert str(tail) == kept


async def test_what_is_to_be_read_goes_to_the_standard_input_and_into_no_address() -> None:
    seen: list[web.Request] = []
    got: list[bytes] = []

    async def read(socket: web.WebSocketResponse) -> None:
        message = await asyncio.wait_for(socket.receive(), 5)
        got.append(message.data)
        await socket.send_bytes(OUT + b"got s3cret")
        await socket.send_bytes(SUCCESS)

    ended = await run(read, seen=seen, to_read=b"s3cret\n")

    assert got == [b"\x00s3cret\n"]
    assert seen[0].query["stdin"] == "true"
    assert SECRET not in str(seen[0].url)
    assert ended == Execution(0, "got ***")

"""A caller's client carries the caller's token and nothing of this process; streams come piece by piece."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from kubernetes.aio import client

from sluice.kube import ApiUnreachableError, Callers, Kube, connect_callers, paths
from sluice.kube import callers as kube_callers

from ..loopback import Handler, serve

OWN, THEIRS = "the-gateways-own-token", "the-callers-token"
LOG = paths.pod_log("shop", "orders-runtime-0", follow=True, tailLines=10, container="main")


def configuration_of(port: int) -> client.Configuration:
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    configuration.api_key = {"BearerToken": f"Bearer {OWN}"}
    return configuration


@asynccontextmanager
async def callers_at(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Callers]:
    async with serve(handler) as port:

        async def load(connections: int) -> client.Configuration:
            assert connections == 3
            return configuration_of(port)

        monkeypatch.setattr(kube_callers, "load_configuration", load)
        async with connect_callers("gateway", 3) as callers:
            yield callers


async def test_each_caller_is_who_its_token_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers["Authorization"], request.query.get("fieldManager", "")))
        return web.json_response({"kind": "Pipeline"})

    async with callers_at(handle, monkeypatch) as callers:
        await callers.acting_as(THEIRS).get(paths.pipeline("shop", "orders"))
        await callers.acting_as("another").merge(paths.pipeline("shop", "orders"), {})
        await callers.acting_as_self().get(paths.pipeline("shop", "orders"))

    assert seen == [(f"Bearer {THEIRS}", ""), ("Bearer another", "gateway"), (f"Bearer {OWN}", "")]


async def test_a_callers_connection_has_no_certificate_that_would_win_over_the_token() -> None:
    known = configuration_of(1)
    known.cert_file, known.key_file = "/somewhere/client.crt", "/somewhere/client.key"
    known.ssl_ca_cert = "/somewhere/ca.crt"
    bare = kube_callers.without_identity(known, 3)

    assert (bare.cert_file, bare.key_file, bare.api_key) == (None, None, {})
    assert bare.refresh_api_key_hook is None
    assert (bare.host, bare.ssl_ca_cert, bare.verify_ssl) == (known.host, known.ssl_ca_cert, True)


@asynccontextmanager
async def streaming(handler: Handler) -> AsyncGenerator[Kube]:
    async with serve(handler) as port:
        api = client.ApiClient(configuration_of(port))
        try:
            yield Kube(api, token=THEIRS)
        finally:
            await api.close()


async def test_a_stream_comes_piece_by_piece_while_it_is_written() -> None:
    more = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        assert dict(request.query) == {"follow": "true", "tailLines": "10", "container": "main"}
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        await more.wait()
        await response.write(b"two\n")
        return response

    async with streaming(handle) as kube, kube.stream(LOG, 5) as (status, pieces):
        assert status == 200
        assert await anext(pieces) == b"one\n"
        more.set()
        assert [piece async for piece in pieces] == [b"two\n"]


async def test_a_stream_ends_at_its_deadline_and_that_is_no_answer() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with streaming(handle) as kube:
        with pytest.raises(ApiUnreachableError):
            async with kube.stream(LOG, 0.1) as (_, pieces):
                await anext(pieces)


def test_a_query_is_added_to_a_path_that_has_one() -> None:
    path = paths.with_query(paths.events_of("shop", "Pipeline", "orders", "u1"), limit=5)

    assert path.count("?") == 1
    assert path.endswith("&limit=5")

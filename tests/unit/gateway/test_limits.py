"""How often one caller may ask, and how long a body may take."""

import asyncio
import json
from collections.abc import AsyncGenerator

import pytest

from sluice.gateway import GatewaySettings, bodies
from sluice.gateway.identity import name_caller
from sluice.gateway.limits import Buckets

from .house import TOKEN, House, build_pipeline, up
from .test_server import serving

ORDERS = "/v0/pipelines/orders"


def test_a_bucket_lets_a_burst_through_and_then_so_many_a_second() -> None:
    now = 0.0
    buckets = Buckets(2.0, 3, clock=lambda: now)
    first = [buckets.take("a") for _ in range(4)]
    now = 0.5
    second = [buckets.take("a") for _ in range(2)]

    assert first == [0.0, 0.0, 0.0, 0.5]
    assert second == [0.0, 0.5]
    assert buckets.take("b") == 0.0


def test_a_bucket_is_never_fuller_than_full() -> None:
    now = 0.0
    buckets = Buckets(10.0, 2, clock=lambda: now)
    buckets.take("a")
    now = 1e6

    assert [buckets.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_only_so_many_callers_are_remembered() -> None:
    buckets = Buckets(1.0, 1, clock=lambda: 0.0)
    for caller in range(20_000):
        buckets.take(caller)

    assert len(buckets) == 10_000


def test_no_rate_is_no_bound() -> None:
    buckets = Buckets(0, 0)

    assert not any(buckets.take("a") for _ in range(1000))


async def test_a_caller_who_asks_too_often_is_told_when_to_come_again() -> None:
    house = House(GatewaySettings(namespace="shop", rate=0.5, burst=3))
    house.hold(build_pipeline(up()))
    answers = [await house.call("GET", ORDERS) for _ in range(4)]
    other = await house.call("GET", ORDERS, token="somebody-else")

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1].code, answers[-1].headers["retry-after"]) == ("TooManyRequests", "2")
    assert other.status == 401
    assert (await house.call("GET", "/healthz", token=None)).status == 200


def test_no_credential_is_kept_to_tell_callers_apart() -> None:
    assert TOKEN.encode() not in name_caller(TOKEN, "192.0.2.1")
    assert name_caller(TOKEN, "192.0.2.1") == name_caller(TOKEN, "192.0.2.2")
    assert name_caller(None, "192.0.2.1") != name_caller(None, "192.0.2.2")
    assert name_caller("192.0.2.1", "x") != name_caller(None, "192.0.2.1")


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow() -> AsyncGenerator[bytes]:
        yield b'{"name":'
        await asyncio.sleep(5)
        yield b'"a"}'

    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    async with serving(House()) as session, session.post("/v0/pipelines", data=slow()) as answer:
        assert (answer.status, (await answer.json())["error_code"]) == (408, "RequestTimeout")


async def test_a_body_without_a_length_is_read_no_further_than_its_bound() -> None:
    async def endless() -> AsyncGenerator[bytes]:
        yield b'{"name": "'
        for _ in range(100):
            yield b"x" * 65536

    house = House()
    async with serving(house) as session:
        try:
            async with session.post("/v0/pipelines", data=endless()) as answer:
                assert (answer.status, (await answer.json())["error_code"]) == (413, "PayloadTooLarge")
        except OSError:
            pass  # The server may close while the client still writes.
    assert house.kube.writes() == []


async def test_what_a_body_holds_is_not_repeated_in_an_error() -> None:
    house = House()
    body = json.dumps({"name": "x", "tags": ["<script>", {"secret": "value"}], "description": ["private"]})
    answer = await house.call("POST", "/v0/pipelines", body=body.encode())

    assert answer.status == 400
    assert not {"script", "secret", "private"} & set(answer.body.decode().replace("<", " ").split())
    assert "value" not in answer.body.decode()

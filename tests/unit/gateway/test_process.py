"""What the process itself is asked: through the pod proxy, and with nothing in it trusted."""

import asyncio
import json
from typing import Any

import pytest

from sluice.gateway import GatewaySettings
from sluice.kube import RAW_LIMIT_BYTES, ApiUnreachableError

from .house import House, build_pipeline, up

ORDERS = "/v0/pipelines/orders"
STATS = f"{ORDERS}/stats"
PROXY = "GET /api/v1/namespaces/shop/pods/orders-runtime-0:{port}/proxy{path}"
LOG = "GET /api/v1/namespaces/shop/pods/orders-runtime-0/log?follow=true&tailLines=10000&container={name}"


def house_with(answer: tuple[int, Any] | None = None, path: str = "/stats", **spec: Any) -> House:
    house = House()
    house.hold(build_pipeline(up(), **spec))
    if answer is not None:
        status, body = answer
        house.nodes.answers[path] = (status, body if isinstance(body, bytes) else json.dumps(body).encode())
    return house


@pytest.mark.parametrize(
    ("endpoint", "path", "body", "kind"),
    [
        ("stats", "/stats", {"global_metrics": {"state": "Running"}}, "application/json"),
        ("checkpoints", "/checkpoints", [{"uuid": "c1", "fingerprint": 2**70}], "application/json"),
        ("metrics?format=json", "/metrics?format=json", {"metrics": []}, "application/json"),
    ],
)
async def test_an_answer_of_the_process_is_passed_on(endpoint: str, path: str, body: Any, kind: str) -> None:
    house = house_with((200, body), path, feldera={"port": 9000})
    answer = await house.call("GET", f"{ORDERS}/{endpoint}")

    assert (answer.status, answer.json) == (200, body)
    assert answer.headers["content-type"].startswith(kind)
    assert house.nodes.asked == [PROXY.format(port=9000, path=path)]


async def test_metrics_are_text_that_no_browser_takes_for_a_page() -> None:
    house = house_with((200, b"<script>records 1\n"), "/metrics?format=prometheus")
    answer = await house.call("GET", f"{ORDERS}/metrics")

    assert answer.body == b"<script>records 1\n"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_error_of_the_process_is_passed_on_with_its_code() -> None:
    body = {"message": "it is over", "error_code": "Terminating", "details": ["a", None]}
    answer = await house_with((410, body)).call("GET", STATS)

    assert (answer.status, answer.json) == (410, body)


STATUS = {"kind": "Status", "apiVersion": "v1"}
UNREACHABLE = "PipelineInteractionUnreachable"


@pytest.mark.parametrize(
    ("answer", "http", "code"),
    [
        pytest.param(
            (503, {**STATUS, "message": "no endpoints"}), 503, UNREACHABLE, id="the proxy finds nobody"
        ),
        pytest.param((404, {**STATUS, "message": "pods not found"}), 503, UNREACHABLE, id="the pod is gone"),
        pytest.param((403, {**STATUS, "message": "no pods/proxy"}), 403, "Forbidden", id="the role lacks it"),
        pytest.param((401, STATUS), 401, "Unauthorized", id="the token ran out"),
        pytest.param((500, b"<html>oops"), 503, UNREACHABLE, id="no error of the contract"),
        pytest.param((302, b""), 503, UNREACHABLE, id="a redirect"),
        pytest.param((200, b"{"), 503, UNREACHABLE, id="no JSON"),
        pytest.param((200, b"1" * (RAW_LIMIT_BYTES + 1)), 503, UNREACHABLE, id="too much"),
    ],
)
async def test_what_is_no_answer_is_told_as_such(answer: tuple[int, Any], http: int, code: str) -> None:
    got = await house_with(answer).call("GET", STATS)

    assert (got.status, got.code) == (http, code)
    assert b"oops" not in got.body


async def test_a_process_that_does_not_answer_in_time_is_unreachable() -> None:
    house = house_with()
    house.nodes.error = ApiUnreachableError("GET /x: TimeoutError")
    answer = await house.call("GET", STATS)

    assert (answer.status, answer.code) == (503, UNREACHABLE)
    assert answer.json["details"] == {
        "pipeline_name": "orders",
        "request": "GET /stats",
        "error": "no answer in time",
    }


# --- The log ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("block", "container"), [({}, "main"), ({"container": "job"}, "job")])
async def test_the_log_comes_as_it_is_written_and_is_closed(block: Any, container: str) -> None:
    house = house_with(feldera=block)
    house.nodes.pieces = [b"one\n", b"two\n"]
    answer = await house.call("GET", f"{ORDERS}/logs")

    assert (answer.status, answer.body) == (200, b"one\ntwo\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "content-length" not in answer.headers
    assert house.nodes.asked == [LOG.format(name=container)]
    assert not house.nodes.is_log_open


async def test_a_client_that_leaves_closes_the_log() -> None:
    house = house_with()
    house.nodes.pieces = [b"one\n"]
    house.nodes.is_endless = True
    answer = await asyncio.wait_for(house.call("GET", f"{ORDERS}/logs", leaves_after=1), 5)

    assert answer.body == b"one\n"
    assert not house.nodes.is_log_open


@pytest.mark.parametrize(
    ("status", "http", "code"),
    [
        (403, 403, "Forbidden"),
        (404, 503, UNREACHABLE),
        (400, 503, UNREACHABLE),
    ],
)
async def test_a_log_that_cannot_be_opened_is_an_error_and_no_empty_log(
    status: int, http: int, code: str
) -> None:
    house = house_with()
    house.nodes.log_status, house.nodes.pieces = status, [json.dumps(STATUS).encode()]
    answer = await house.call("GET", f"{ORDERS}/logs")

    assert (answer.status, answer.code) == (http, code)


async def test_a_log_that_breaks_off_ends() -> None:
    house = house_with()
    house.nodes.pieces, house.nodes.breaks = [b"one\n"], True
    answer = await house.call("GET", f"{ORDERS}/logs")

    assert (answer.status, answer.body) == (200, b"one\n")


async def test_followers_cannot_keep_everybody_else_out() -> None:
    house = House(GatewaySettings(namespace="shop", log_streams=1))
    house.hold(build_pipeline(up()))
    house.nodes.pieces, house.nodes.is_endless = [b"one\n"], True
    follower = asyncio.create_task(house.call("GET", f"{ORDERS}/logs"))
    await house.nodes.opened.wait()
    second = await house.call("GET", f"{ORDERS}/logs")
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)

    assert (second.status, second.code) == (503, "ClusterUnavailable")
    assert not house.nodes.is_log_open
    house.nodes.is_endless = False
    assert (await house.call("GET", f"{ORDERS}/logs")).status == 200

"""What a client sends is bounded and never becomes a line of the log; no exception and no secret gets out."""

import logging

import pytest

from sluice.gateway.settings import MAX_BODY_BYTES

from .house import TOKEN, House, build_pipeline, up

ORDERS = "/v0/pipelines/orders"


@pytest.fixture
def house() -> House:
    made = House()
    made.hold(build_pipeline(up()))
    return made


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 30, "-1", "many", "1e3"])
async def test_a_body_that_is_too_large_is_not_read(house: House, length: str) -> None:
    answer = await house.call("POST", f"{ORDERS}/stop", headers={"Content-Length": length})

    assert (answer.status, answer.code) == (413, "PayloadTooLarge")
    assert house.kube.log == []


async def test_a_bug_costs_one_request_and_tells_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.kube.fail("GET", "/orders", ZeroDivisionError(f"with {TOKEN}"))
    with caplog.at_level(logging.INFO):
        answer = await house.call("GET", ORDERS)

    assert (answer.status, answer.code) == (500, "InternalError")
    assert TOKEN not in answer.body.decode() + caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert (await house.call("GET", ORDERS)).status == 200


@pytest.mark.parametrize(
    "path", ["/a%0AERROR%20all%20is%20lost", "/a%1B[2J", "/%E2%80%AEa", "/v0/pipelines/a%0Db/stop"]
)
async def test_nothing_that_a_client_sends_begins_a_line_of_the_log(
    house: House, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        await house.call("POST", f"{path}?token=in-the-query", headers={"Feldera-Tenant": "a"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("sluice")]

    assert lines
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert TOKEN not in caplog.text
    assert "in-the-query" not in caplog.text


async def test_what_is_asked_for_is_logged_with_whom_it_is_for(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await house.call("POST", f"{ORDERS}/stop?force=true")

    assert "asked shop/orders for override" in caplog.text
    assert f"POST {ORDERS}/stop 202" in caplog.text
    assert TOKEN not in caplog.text


async def test_an_answer_to_wrong_parameters_does_not_repeat_them(house: House) -> None:
    answer = await house.call("POST", f"{ORDERS}/stop?force=%3Cscript%3E")

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "force" in answer.json["message"]
    assert "script" not in answer.body.decode()

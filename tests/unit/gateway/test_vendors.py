"""Seed 002: stopping and starting a container on a machine, each of its status codes."""

import json
import logging
from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT
from sluice.kube import ApiError, ApiUnreachableError

from .house import TOKEN, Answer, House, stopped, up

UID = "7c1a8b52-9a54-4b0c-8b7f-0d7d7c8a5f01"
SEED_ID = "a1b2c3d4-5678-90ef-ghij-klmnopqrstuv"
SEED_BODY = b"""{
"metadata": {
"CLORE_API_KEY": "your-clore-api-key",
"additional_key": "additional_value"
}
}"""


def build_deployment(status: Json | None = None, *, labels: Json | None = None, **spec: Any) -> Json:
    """A deployment whose status the operator wrote last."""
    return {
        "kind": "Deployment",
        "metadata": {
            "namespace": "shop",
            "name": "ledger",
            "uid": UID,
            "generation": 3,
            "labels": labels or {},
            "creationTimestamp": "2026-03-01T12:00:00Z",
        },
        "spec": {"desiredStatus": "Running", "machine": {"nodeName": "a"}, **spec},
        "status": {"observedGeneration": 3, "deploymentId": UID, **(status or up())},
    }


@pytest.fixture
def house() -> House:
    made = House()
    made.hold_deployment(build_deployment())
    return made


async def call(
    house: House, verb: str = "stop", id_: str = UID, body: bytes = SEED_BODY, **more: Any
) -> Answer:
    return await house.call("POST", f"/vendors/v1/machines/deployments/{id_}/{verb}", body=body, **more)


def asked(house: House) -> dict[str, Json]:
    return house.asked("ledger", DEPLOYMENT)


async def test_a_stop_answers_with_the_id_and_asks_for_it(house: House) -> None:
    answer = await call(house, token=None, headers={"X-API-Key": TOKEN})

    assert (answer.status, answer.json) == (200, {"deployment_id": UID})
    assert asked(house)["override"]["desiredStatus"] == "Stopped"
    assert asked(house)["override"]["force"] is False


async def test_a_start_is_its_counterpart() -> None:
    house = House()
    house.hold_deployment(build_deployment(stopped(), desiredStatus="Stopped"))
    answer = await call(house, "start")

    assert (answer.status, answer.json) == (200, {"deployment_id": UID})
    assert asked(house)["override"]["desiredStatus"] == "Running"


async def test_a_deployment_that_failed_is_started_again() -> None:
    house = House()
    house.hold_deployment(build_deployment(stopped(error=True, heldGeneration=3)))
    await call(house, "start")

    assert list(asked(house)) == ["restart"]


@pytest.mark.parametrize(("verb", "desired"), [("stop", "Stopped"), ("start", "Running")])
async def test_what_is_wanted_already_is_asked_for_no_second_time(verb: str, desired: str) -> None:
    house = House()
    house.hold_deployment(build_deployment(desiredStatus=desired))

    assert ((await call(house, verb)).status, asked(house)) == (200, {})


async def test_a_stop_is_read_back_by_the_next(house: House) -> None:
    await call(house)
    first = asked(house)
    await call(house)
    assert asked(house) == first

    await call(house, "start")
    assert asked(house)["override"]["desiredStatus"] == "Running"


async def test_another_id_may_stand_in_a_label() -> None:
    house = House()
    house.hold_deployment(build_deployment(labels={"sluice.dev/external-id": SEED_ID}))
    answer = await call(house, id_=SEED_ID)

    assert (answer.status, answer.json) == (200, {"deployment_id": SEED_ID})
    assert asked(house)["override"]["desiredStatus"] == "Stopped"


@pytest.mark.parametrize(
    "id_",
    [SEED_ID, "x", "9" * 400, "%00", "a%20b", "%C3%A4", "..", UID.upper()[:-1], "ledger", UID[:-1] + "2"],
)
async def test_an_unknown_id_is_not_found_whatever_it_is(house: House, id_: str) -> None:
    answer = await call(house, id_=id_)

    assert (answer.status, answer.code) == (404, "UnknownDeployment")
    assert asked(house) == {}


async def test_an_id_is_found_by_its_name_the_second_time(house: House) -> None:
    await call(house)
    house.kube.log.clear()
    await call(house)

    assert [path.rpartition("/")[2] for method, path in house.kube.log if method == "GET"] == ["ledger"]


async def test_an_object_that_took_the_name_is_not_the_one_of_the_id(house: House) -> None:
    await call(house)
    other = build_deployment()
    other["metadata"]["uid"] = "0c1a8b52-9a54-4b0c-8b7f-0d7d7c8a5f02"
    house.hold_deployment(other)

    assert (await call(house)).code == "UnknownDeployment"
    assert asked(house) == {}


async def test_one_that_is_being_deleted_is_not_started(house: House) -> None:
    body = build_deployment()
    body["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    house.hold_deployment(body)

    assert (await call(house, "start")).code == "UnknownDeployment"
    assert ((await call(house)).status, asked(house)) == (200, {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"metadata",
        b"[]",
        b"{}",
        b'{"metadata": null}',
        b'{"metadata": "CLORE_API_KEY"}',
        b'{"metadata": {}}',
        b'{"metadata": {"CLORE_API_KEY": ""}}',
        b'{"metadata": {"CLORE_API_KEY": "  "}}',
        b'{"metadata": {"CLORE_API_KEY": 12345}}',
        b'{"metadata": {"CLORE_API_KEY": ["a-vendor-secret"]}}',
        b'{"metadata": {"clore_api_key": "a-vendor-secret"}}',
        b'{"CLORE_API_KEY": "a-vendor-secret"}',
        b'{"metadata": {"CLORE_API_KEY": "a-vendor-secret"}',
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("verb", ["stop", "start"])
async def test_a_body_without_the_vendors_credential_is_not_understood(
    house: House, body: bytes, verb: str
) -> None:
    answer = await call(house, verb, body=body)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "a-vendor-secret" not in answer.body.decode()
    assert house.kube.log == []


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": ""}, {"X-API-Key": "apikey:" + "0" * 32 + "." + "A" * 43}]
)
async def test_whoever_has_no_key_is_nobody(house: House, headers: dict[str, str]) -> None:
    answer = await call(house, token=None, headers=headers, body=b"not even looked at")

    assert (answer.status, answer.code) == (401, "Unauthorized")


async def test_whoever_lacks_the_role_is_refused(house: House) -> None:
    house.kube.fail("PATCH", "/ledger", ApiError(403, "Forbidden", "no patch for eve"))
    answer = await call(house)

    assert (answer.status, answer.code) == (403, "Forbidden")


@pytest.mark.parametrize(
    "error",
    [
        ApiUnreachableError("no"),
        ApiError(500, "InternalError", "etcd"),
        ApiError(429, "TooManyRequests", "slowly"),
    ],
)
async def test_a_cluster_that_cannot_answer_is_the_one_error_that_the_api_has_for_it(
    house: House, error: Exception
) -> None:
    house.kube.fail("GET", "/deployments", error)
    answer = await call(house)

    assert (answer.status, answer.code) == (500, "ClusterUnavailable")


@pytest.mark.parametrize("verb", ["stop", "start"])
async def test_the_vendors_credential_is_forgotten(
    house: House, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await call(house, verb, body=SEED_BODY)

    everything = caplog.text + answer.body.decode() + json.dumps(house.kube.objects) + str(house.kube.log)
    assert answer.status == 200
    assert "your-clore-api-key" not in everything
    assert "additional_value" not in everything

"""Events, and what clients ask of the installation."""

from typing import Any

import pytest

from sluice import __version__
from sluice.api.json_values import Json
from sluice.gateway import GatewaySettings
from sluice.kube import ApiError, ApiUnreachableError

from .house import House, build_pipeline, up

EVENTS = "/v0/pipelines/orders/events"
IDS = [f"3f0c7f9e-6a52-4c57-9d1e-8d3a5c1b2a{number}" for number in range(20, 25)]


def event(number: int, message: str, reason: str = "Running") -> Json:
    return {
        "metadata": {"name": f"event-{number}", "uid": IDS[number]},
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-03-01T12:00:0{number}Z",
    }


@pytest.fixture
def house() -> House:
    made = House()
    made.hold(build_pipeline(up()))
    told = [
        event(0, "New -> Provisioning: the pod is being made"),
        event(1, "Provisioning -> Running: the pipeline runs"),
        event(2, "checkpoint t1: Succeeded", "RequestDone"),
        event(3, "Running -> Suspending: making a checkpoint before the stop"),
        event(4, "it broke", "Failed"),
    ]
    for each in told:
        made.kube.put(f"/api/v1/namespaces/shop/events/{each['metadata']['name']}", each)
    return made


async def test_events_tell_of_statuses_the_newest_first(house: House) -> None:
    told: Any = (await house.call("GET", EVENTS)).json
    places = [
        (
            each["deployment_resources_status"],
            each["deployment_resources_desired_status"],
            each["deployment_runtime_status"],
            each["deployment_has_error"],
        )
        for each in told
    ]

    assert [each["event_id"] for each in told] == [IDS[4], IDS[3], IDS[1], IDS[0]]
    assert places == [
        ("Stopping", "Stopped", None, True),
        ("Provisioned", "Provisioned", None, False),
        ("Provisioned", "Provisioned", "Running", False),
        ("Provisioning", "Provisioned", None, False),
    ]
    assert "deployment_error" not in told[0]


async def test_an_event_is_found_by_its_id_or_as_the_latest(house: House) -> None:
    latest = (await house.call("GET", f"{EVENTS}/latest?selector=all")).json
    first = (await house.call("GET", f"{EVENTS}/{IDS[0]}")).json

    assert latest["deployment_error"]["message"] == "it broke"
    assert (first["event_id"], first["recorded_at"]) == (IDS[0], "2026-03-01T12:00:00Z")


async def test_the_configuration_says_what_a_client_needs_to_begin(house: House) -> None:
    told = (await house.call("GET", "/v0/config")).json

    assert (told["edition"], told["version"]) == ("Open source", __version__)
    assert (await house.call("GET", "/v0/config", token=None)).status == 401
    assert (await house.call("GET", "/v0/config", token="made-up")).status == 401


async def test_how_to_log_in_is_no_secret(house: House) -> None:
    answer = await house.call("GET", "/config/authentication", token=None)

    assert (answer.status, answer.json) == (200, {})


@pytest.mark.parametrize("error", [None, ApiUnreachableError("no"), ApiError(500, "InternalError", "etcd")])
async def test_health_is_that_of_the_api_server(house: House, error: Exception | None) -> None:
    if error is not None:
        house.kube.fail("GET", "/version", error)
    answer = await house.call("GET", "/v0/cluster_healthz")

    assert answer.status == (200 if error is None else 503)
    assert answer.json["all_healthy"] is answer.json["api"]["healthy"] is (error is None)
    assert set(answer.json["runner"]) == {"healthy", "message", "unchanged_since", "checked_at"}
    assert (await house.call("GET", "/healthz", token=None)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_gateway_without_keys_says_so_and_what_to_do(method: str) -> None:
    answer = await House(GatewaySettings(namespace="shop")).call(method, "/v0/api-keys", body=b"{}")

    assert (answer.status, answer.code) == (501, "NotSupported")
    assert "Send a token of the Kubernetes cluster" in answer.json["message"]

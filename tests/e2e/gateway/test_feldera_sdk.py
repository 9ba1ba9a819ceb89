"""The ``feldera`` SDK drives a pipeline on real pods, by its own calls, through the gateway."""

from typing import Any

import pytest
from support.clients import tell
from support.gateway import CLERK, Door

NAME = "Zone_Census"


@pytest.fixture(scope="module")
def told(people: Any, gateways: list[str]) -> dict[str, Any]:
    """What the SDK found out in one go."""
    door = Door(gateways[0], people)
    return tell("feldera_story", url=door.url, token=door.token(CLERK), tenant=people.namespace, name=NAME)


def test_it_creates_starts_pauses_resumes_and_stops_a_pipeline_under_the_name_that_it_chose(
    told: dict[str, Any],
) -> None:
    assert told["created"] == [NAME, "STOPPED", "a story", ["sdk"]]
    assert (told["started"], told["paused"], told["resumed"]) == ("RUNNING", "PAUSED", "RUNNING")
    assert told["records"] is True
    assert (bool(told["log"]), told["metrics"]) == (True, True)
    assert told["stopped"] == ["STOPPED", "INUSE"]
    assert told["forced"] == "STOPPED"
    assert told["listed"] is True
    assert {"Provisioning", "Provisioned", "Stopping", "Stopped"} >= set(told["events"])
    assert "Provisioned" in told["events"]


def test_its_checkpoints_are_made_waited_for_and_outlive_a_stop(told: dict[str, Any]) -> None:
    assert told["checkpoint"] > 0
    assert told["checkpoints"] >= 1
    assert told["kept"] >= 2


def test_it_understands_every_refusal(told: dict[str, Any]) -> None:
    assert told["unknown"] == [404, "UnknownPipelineName"]
    assert told["sql"] == [501, "NotSupported"]
    assert told["started otherwise"] == [400, "BootstrapPolicyImmutableUnlessStopped"]
    assert told["cleared while up"] == [400, "StorageStatusImmutableUnlessStopped"]
    assert told["deleted while in use"] == [400, "DeleteRestrictedToClearedStorage"]


def test_the_key_that_it_makes_is_one_that_it_can_use(told: dict[str, Any]) -> None:
    assert told["key"] == ["api_key", "id", "name"]
    assert told["read by key"] == NAME
    assert told["stopped by key"] == [403, "Forbidden"]


def test_what_it_clears_and_deletes_is_gone(told: dict[str, Any], people: Any) -> None:
    assert told["cleared"] == "CLEARED"
    assert told["gone"] == [404, "UnknownPipelineName"]
    assert people.get("slpl")["items"] == []

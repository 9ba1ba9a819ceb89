"""Laws for whatever stands in a pipeline: what is accepted is seen, and the spec is never touched."""

import asyncio
import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluice.api.json_values import Json
from sluice.kube import paths

from .house import CREATED, UID, House, build_pipeline

ORDERS = "/v0/pipelines/orders"
RESOURCES = ["Stopped", "Provisioning", "Provisioned", "Stopping"]
RUNTIME = ["Running", "Paused", "Initializing", "AwaitingApproval", "Standby", "Unavailable"]
DESIRED = ["Stopped", "Suspended", "Running", "Paused", "Standby"]
ERROR: Json = {"message": "it broke", "errorCode": "RunnerCheckError", "details": {}}

STOPS = st.fixed_dictionaries(
    {"mode": st.sampled_from(["Graceful", "Force"]), "requestedAt": st.just(CREATED)},
    optional={
        "cause": st.sampled_from(["Requested", "SpecChanged", "Restart", "Deleted"]),
        "finishedAt": st.just(CREATED),
    },
)
STATUSES = st.fixed_dictionaries(
    {},
    optional={
        "deploymentResourcesStatus": st.sampled_from(RESOURCES),
        "deploymentResourcesDesiredStatus": st.sampled_from(["Stopped", "Provisioned"]),
        "deploymentDesiredStatus": st.sampled_from(DESIRED),
        "deploymentRuntimeStatus": st.sampled_from(RUNTIME),
        "deploymentRuntimeDesiredStatus": st.sampled_from(["Running", "Paused", "Standby", "Suspended"]),
        "deploymentInitial": st.sampled_from(["Running", "Paused", "Standby"]),
        "bootstrapPolicy": st.sampled_from(["Allow", "AwaitApproval"]),
        "deploymentError": st.just(ERROR),
        "storageStatus": st.sampled_from(["Cleared", "InUse", "Clearing"]),
        "observedGeneration": st.sampled_from([2, 3]),
        "heldGeneration": st.sampled_from([2, 3]),
        "stop": STOPS,
    },
)
SPECS = st.one_of(
    st.fixed_dictionaries({"desiredStatus": st.sampled_from(["Running", "Paused", "Stopped"])}),
    st.just({"desiredStatus": "Stopped", "force": True}),
)
HELD_IN_A_ROLL: Json = {
    "deploymentResourcesStatus": "Stopped",
    "deploymentResourcesDesiredStatus": "Stopped",
    "heldGeneration": 3,
    "stop": {"mode": "Graceful", "requestedAt": CREATED, "cause": "SpecChanged"},
}
"""The stop for a changed spec failed: no start follows it by itself."""
REQUESTS = [
    "start",
    "stop",
    "stop?force=true",
    "pause",
    "resume",
    "activate",
    "approve",
    "dismiss_error",
    "clear",
]


def ask(status: Json, spec: Json, *requests: str) -> tuple[House, int, Json]:
    """Ask one after the other; the last answer's status code, and what is read then."""

    async def run() -> tuple[House, int, Json]:
        house = House()
        house.hold(build_pipeline(status, **spec))
        http = 0
        for request in requests:
            http = (await house.call("POST", f"{ORDERS}/{request}")).status
        return house, http, (await house.call("GET", ORDERS)).json

    return asyncio.run(run())


@pytest.mark.parametrize("request_", REQUESTS)
@settings(deadline=None, max_examples=40)
@given(status=STATUSES, spec=SPECS)
def test_a_request_never_touches_the_spec_and_a_refused_one_nothing(
    request_: str, status: Json, spec: Json
) -> None:
    before = copy.deepcopy(build_pipeline(status, **spec))
    house, http, _ = ask(status, spec, request_)
    after: Any = house.kube.objects[paths.pipeline("shop", "orders")]

    assert (after["spec"], after["status"]) == (before["spec"], before["status"])
    assert http < 300 or not house.asked()
    assert all(each["uid"] == UID for each in house.asked().values())


@settings(deadline=None, max_examples=120)
@example(status=HELD_IN_A_ROLL, spec={"desiredStatus": "Running"})
@given(status=STATUSES, spec=SPECS)
def test_a_start_that_is_accepted_is_seen_in_the_next_answer(status: Json, spec: Json) -> None:
    _, http, told = ask(status, spec, "start")

    assert http in (202, 400, 501)
    # A client gives up on what reads Stopped, wants Stopped and has an error (section 4.2).
    has_failed = told["deployment_status"] == told["deployment_desired_status"] == "Stopped"
    assert http != 202 or not has_failed


@settings(deadline=None, max_examples=120)
@given(status=STATUSES, spec=SPECS)
def test_a_stop_that_is_accepted_is_seen_in_the_next_answer(status: Json, spec: Json) -> None:
    _, http, told = ask(status, spec, "stop")

    assert http in (202, 400, 503)
    assert http != 202 or told["deployment_desired_status"] in ("Stopped", "Suspended")


@settings(deadline=None, max_examples=100)
@given(status=STATUSES, spec=SPECS, then=st.sampled_from(["stop", "pause", "resume", "start", "approve"]))
def test_a_force_stop_is_always_accepted_and_only_a_stopped_pipeline_leaves_it(
    status: Json, spec: Json, then: str
) -> None:
    house, http, _ = ask(status, spec, "stop?force=true")
    asked = house.asked()
    assert http == 202
    again, _, _ = ask(status, spec, "stop?force=true", then)
    told = again.asked().get("override", {})

    is_stopped = status.get("deploymentResourcesStatus", "Stopped") == "Stopped"
    if not is_stopped and asked:
        assert (told["desiredStatus"], told["force"]) == ("Stopped", True)

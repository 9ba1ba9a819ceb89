"""The pipeline object: section 4.1 of the published API's lifecycle, and the values of its section 1.1."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.api.json_values import Json
from sluice.api.statuses import RuntimeStatus
from sluice.gateway.picture import build_picture
from sluice.gateway.presenting import Selector, present

from .house import CREATED, DEPLOYMENT_ID, UID, House, build_pipeline, stopped, suspending, up

REQUIRED = [
    "id",
    "name",
    "created_at",
    "version",
    "platform_version",
    "program_version",
    "program_status",
    "program_status_since",
    "refresh_version",
    "storage_status",
    "deployment_status",
    "deployment_status_since",
    "deployment_desired_status",
    "deployment_desired_status_since",
    "deployment_resources_status",
    "deployment_resources_status_since",
    "deployment_resources_desired_status",
    "deployment_resources_desired_status_since",
]
RESOURCES = {"Stopped", "Provisioning", "Provisioned", "Stopping"}
RUNTIME: set[str] = {status.value for status in RuntimeStatus}
RUNTIME_DESIRED = {"Unavailable", "Coordination", "Standby", "Paused", "Running", "Suspended"}
KNOWN: dict[str, set[Any]] = {
    "deployment_status": RESOURCES - {"Provisioned"} | RUNTIME,
    "deployment_desired_status": {"Stopped", "Unavailable", "Standby", "Paused", "Running", "Suspended"},
    "deployment_resources_status": RESOURCES,
    "deployment_resources_desired_status": {"Stopped", "Provisioned"},
    "deployment_runtime_status": RUNTIME | {None},
    "deployment_runtime_desired_status": RUNTIME_DESIRED | {None},
    "deployment_initial": RUNTIME_DESIRED | {None},
    "bootstrap_policy": {"allow", "reject", "await_approval", None},
    "storage_status": {"Cleared", "InUse", "Clearing"},
    "program_status": {"Success"},
}
"""What the enums of the API's clients know."""


def shown(status: Json, selector: Selector = Selector.ALL, **spec: Any) -> Json:
    body = build_pipeline(status, **spec)
    body["metadata"]["resourceVersion"] = "4711"
    return present(build_picture(body), selector)


@pytest.mark.parametrize("selector", Selector)
def test_every_required_field_is_there_and_none_is_null(selector: Selector) -> None:
    told = shown({}, selector)

    assert [field for field in REQUIRED if told.get(field) is None] == []
    assert uuid.UUID(told["id"]) == uuid.UUID(UID)
    for field, value in told.items():
        if field.endswith(("_since", "_at")) and value is not None:
            assert datetime.fromisoformat(value).tzinfo is not None


@pytest.mark.parametrize(
    ("selector", "has", "lacks"),
    [
        ("all", {"program_code", "runtime_config", "deployment_resources_status_details"}, {"connectors"}),
        (
            "status",
            {"deployment_status"},
            {
                "program_code",
                "udf_rust",
                "udf_toml",
                "program_error",
                "program_info",
                "runtime_config",
                "deployment_resources_status_details",
            },
        ),
        ("status_with_connectors", {"connectors"}, {"program_code"}),
    ],
)
async def test_a_selector_says_how_much_is_told(selector: str, has: set[str], lacks: set[str]) -> None:
    house = House()
    house.hold(build_pipeline(up()))
    one = await house.call("GET", f"/v0/pipelines/orders?selector={selector}")
    listed = await house.call("GET", f"/v0/pipelines?selector={selector}")

    assert has <= set(one.json)
    assert not lacks & set(one.json)
    assert listed.json == [one.json]
    assert one.headers["cache-control"] == listed.headers["cache-control"] == "no-cache"


def test_a_running_pipeline_is_told_in_the_words_of_the_api() -> None:
    checkpoint = {"uuid": DEPLOYMENT_ID, "size": 7, "steps": 3, "processedRecords": 9}
    told = shown(up(storageStatusDetails={"checkpoints": [checkpoint]}))

    assert (told["version"], told["refresh_version"]) == (3, 4711)
    assert told["deployment_id"] == DEPLOYMENT_ID
    assert (told["deployment_initial"], told["bootstrap_policy"]) == ("Running", "await_approval")
    assert told["created_at"] == CREATED
    (listed,) = told["storage_status_details"]["checkpoints"]
    told_of_it = {"uuid": DEPLOYMENT_ID, "size": 7, "steps": 3, "processed_records": 9, "fingerprint": 0}
    assert listed.items() >= told_of_it.items()
    json.dumps(told)


def test_an_engines_own_ids_of_checkpoints_reach_no_client_that_knows_only_uuids() -> None:
    checkpoints = [{"uuid": name} for name in ("1-chk-3", "1-savepoint-abc-def")]
    told = shown(up(storageStatusDetails={"checkpoints": checkpoints}))

    listed = told["storage_status_details"]["checkpoints"]
    assert [each["identifier"] for each in listed] == ["1-chk-3", "1-savepoint-abc-def"]
    assert len({uuid.UUID(each["uuid"]) for each in listed}) == 2


def test_an_error_is_told_with_its_details() -> None:
    told = shown(stopped(error=True, heldGeneration=3))

    assert told["deployment_error"] == {
        "message": "it broke",
        "error_code": "RunnerCheckError",
        "details": {"exitCode": 1},
    }


@pytest.mark.parametrize(
    ("status", "combined", "desired"),
    [
        pytest.param(suspending(), "Running", "Suspended", id="suspending is the last status of the runtime"),
        pytest.param(
            stopped(deploymentStatus="Completed", heldGeneration=3), "Stopped", "Stopped", id="completed"
        ),
        pytest.param(up("Compacting"), "Unavailable", "Running", id="a runtime's word of tomorrow"),
        pytest.param(up(desired="Resting"), "Running", "Stopped", id="a wish of tomorrow"),
        pytest.param({}, "Stopped", "Running", id="never seen"),
    ],
)
def test_what_no_client_knows_is_told_in_a_word_that_it_knows(
    status: Json, combined: str, desired: str
) -> None:
    told = shown(status)

    assert (told["deployment_status"], told["deployment_desired_status"]) == (combined, desired)


WORDS = st.sampled_from(sorted({*RUNTIME, *RESOURCES, "Suspending", "Completed", "Tomorrow", "", "Canceled"}))
PLACES = (
    "deploymentStatus",
    "deploymentDesiredStatus",
    "deploymentResourcesStatus",
    "deploymentResourcesDesiredStatus",
    "deploymentRuntimeStatus",
    "deploymentRuntimeDesiredStatus",
    "deploymentInitial",
    "bootstrapPolicy",
    "storageStatus",
)
STATUSES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(PLACES, WORDS),
        "observedGeneration": st.sampled_from([0, 2, 3]),
        "heldGeneration": st.sampled_from([2, 3]),
    },
)
SPECS = st.fixed_dictionaries(
    {
        "desiredStatus": st.sampled_from(["Running", "Paused", "Stopped", "Standby", "Canceled", "Tomorrow"]),
        "force": st.booleans(),
    }
)


@settings(deadline=None, max_examples=300)
@given(status=STATUSES, spec=SPECS)
def test_whatever_stands_in_a_pipeline_a_client_reads_only_what_it_knows(status: Json, spec: Json) -> None:
    told = shown(status, **spec)

    assert {field: told[field] for field, known in KNOWN.items() if told[field] not in known} == {}


async def test_a_list_holds_every_pipeline_of_the_namespace_and_none_that_is_gone() -> None:
    house = House()
    gone = build_pipeline(stopped(), name="gone")
    gone["metadata"]["deletionTimestamp"] = CREATED
    house.hold(build_pipeline(up()))
    house.hold(build_pipeline(stopped(), name="returns"), "returns")
    house.hold(gone, "gone")
    listed = await house.call("GET", "/v0/pipelines")

    assert sorted(each["name"] for each in listed.json) == ["orders", "returns"]
    assert (await house.call("GET", "/v0/pipelines/gone")).status == 404


async def test_a_pipeline_that_is_deleted_while_it_runs_is_shown_until_it_is_stopped() -> None:
    house = House()
    body = build_pipeline(up())
    body["metadata"] |= {"deletionTimestamp": CREATED, "generation": 4}
    house.hold(body)
    told = (await house.call("GET", "/v0/pipelines/orders")).json

    assert (told["deployment_status"], told["deployment_desired_status"]) == ("Running", "Suspended")
    assert (await house.call("POST", "/v0/pipelines/orders/start")).code == "IllegalPipelineAction"

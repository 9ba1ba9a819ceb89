"""``/start``: section 1.3 of the published API's lifecycle and seed 001, row by row, in their order."""

from typing import Any

import pytest

from sluice.api.json_values import Json

from .house import UID, House, build_pipeline, starting, stopped, stopping, suspending, up

START = "/v0/pipelines/orders/start"
WANTS_STOP = {"desiredStatus": "Stopped"}
SEED_001: Json = {
    "message": "Deployment resources status (current: 'Stopping', desired: 'Stopped') cannot have desired"
    " changed to 'Provisioned'. Cannot restart the pipeline while it is stopping. Wait for it to stop before"
    " starting a new instance of the pipeline.",
    "error_code": "IllegalPipelineAction",
    "details": {
        "status": "Stopping",
        "current_desired_status": "Stopped",
        "new_desired_status": "Provisioned",
        "hint": "Cannot restart the pipeline while it is stopping. Wait for it to stop before starting a new"
        " instance of the pipeline.",
    },
}
SYNC = {"size": "1Gi", "sync": {"url": "s3://bucket/folder"}}

REFUSED: list[tuple[str, Json, dict[str, Any], str, int, str]] = [
    ("0 unknown initial", stopped(), {}, "?initial=suspended", 405, "UnsupportedPipelineAction"),
    (
        "0 both bootstraps",
        stopped(),
        {},
        "?silent_bootstrap=true&concurrent_bootstrap=true",
        400,
        "InvalidBootstrapConfig",
    ),
    ("0 one bootstrap", stopped(), {}, "?silent_bootstrap=true", 501, "NotSupported"),
    ("0 no flag", stopped(), {}, "?dismiss_error=perhaps", 400, "InvalidRequest"),
    ("0 no policy", stopped(), {}, "?bootstrap_policy=perhaps", 400, "InvalidRequest"),
    ("1 stopping", stopping(), WANTS_STOP, "", 400, "IllegalPipelineAction"),
    ("1 suspending", suspending(), WANTS_STOP, "", 400, "IllegalPipelineAction"),
    (
        "1 before 2",
        {**stopping(), **stopped(error=True, deploymentResourcesStatus="Stopping")},
        WANTS_STOP,
        "?dismiss_error=false",
        400,
        "IllegalPipelineAction",
    ),
    (
        "2 error",
        stopped(error=True),
        WANTS_STOP,
        "?dismiss_error=false",
        400,
        "CannotStartWithUndismissedError",
    ),
    (
        "2 before 3",
        stopped(error=True, storage="Clearing"),
        WANTS_STOP,
        "?dismiss_error=false",
        400,
        "CannotStartWithUndismissedError",
    ),
    ("3 clearing", stopped(storage="Clearing"), WANTS_STOP, "", 400, "CannotStartWhileClearingStorage"),
    ("5 initial", up(), {}, "?initial=paused", 400, "InitialImmutableUnlessStopped"),
    ("5 before 6", up(), {}, "?initial=paused&bootstrap_policy=allow", 400, "InitialImmutableUnlessStopped"),
    ("6 policy", up(), {}, "?bootstrap_policy=allow", 400, "BootstrapPolicyImmutableUnlessStopped"),
    ("7 standby", stopped(), WANTS_STOP, "?initial=standby", 400, "InitialStandbyNotAllowed"),
    (
        "8 flink",
        stopped(),
        {**WANTS_STOP, "feldera": None, "flink": {}},
        "?initial=paused",
        405,
        "UnsupportedPipelineAction",
    ),
    ("9 policy of the manifest", stopped(), WANTS_STOP, "?bootstrap_policy=allow", 501, "NotSupported"),
]


@pytest.mark.parametrize(
    ("status", "spec", "query", "http", "code"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
async def test_a_start_is_refused_and_nothing_is_asked_for(
    status: Json, spec: dict[str, Any], query: str, http: int, code: str
) -> None:
    house = House()
    house.hold(build_pipeline(status, **spec))
    answer = await house.call("POST", START + query)

    assert (answer.status, answer.code) == (http, code)
    assert house.asked() == {}


async def test_a_start_while_stopping_is_refused_in_the_words_of_the_seed() -> None:
    house = House()
    house.hold(build_pipeline(stopping(), **WANTS_STOP))
    answer = await house.call("POST", START)

    assert (answer.status, answer.json) == (400, SEED_001)


@pytest.mark.parametrize(
    ("status", "spec", "query"),
    [
        pytest.param(up(), {}, "", id="running"),
        pytest.param(up(), {}, "?initial=running&bootstrap_policy=await_approval", id="the same again"),
        pytest.param(up("Paused", "Paused"), {"desiredStatus": "Paused"}, "", id="paused since"),
        pytest.param(starting(), {}, "", id="provisioning"),
        pytest.param(stopped(), {}, "", id="about to start"),
        pytest.param(stopping("SpecChanged"), {}, "", id="stopping for a changed spec"),
    ],
)
async def test_a_start_of_what_is_started_is_accepted_and_changes_nothing(
    status: Json, spec: dict[str, Any], query: str
) -> None:
    house = House()
    house.hold(build_pipeline(status, **spec))
    answer = await house.call("POST", START + query)

    assert (answer.status, answer.json) == (202, "Pipeline is starting")
    assert house.asked() == {}


@pytest.mark.parametrize(
    ("query", "desired", "spec"),
    [
        ("", "Running", {}),
        ("?initial=running", "Running", {}),
        ("?initial=paused", "Paused", {}),
        ("?initial=standby", "Standby", {"storage": SYNC}),
        ("?bootstrap_policy=await_approval", "Running", {}),
        ("?bootstrap_policy=reject", "Running", {"bootstrapPolicy": "Reject"}),
    ],
)
async def test_a_start_overrides_what_the_manifest_says_and_never_writes_it(
    query: str, desired: str, spec: dict[str, Any]
) -> None:
    house = House()
    body = build_pipeline(stopped(), **{**WANTS_STOP, **spec})
    house.hold(body)
    answer = await house.call("POST", START + query)
    (written,) = house.asked().values()

    assert (answer.status, answer.json) == (202, "Pipeline is starting")
    assert written.pop("token")
    assert written == {
        "uid": UID,
        "desiredStatus": desired,
        "force": False,
        "specDesiredStatus": "Stopped",
        "specForce": False,
    }
    (kept,) = [known for path, known in house.kube.objects.items() if path.endswith("/orders")]
    assert kept["spec"] == body["spec"]


@pytest.mark.parametrize("status", [stopped(error=True), stopped(deploymentStatus="Completed")])
async def test_a_pipeline_that_ended_by_itself_is_restarted_too(status: Json) -> None:
    house = House()
    house.hold(build_pipeline({**status, "heldGeneration": 3}))
    answer = await house.call("POST", START)

    assert answer.status == 202
    assert sorted(house.asked()) == ["override", "restart"]

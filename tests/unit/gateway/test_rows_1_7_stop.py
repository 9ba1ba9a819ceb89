"""``/stop``: section 1.7 of the published API's lifecycle and seed 000, row by row."""

from typing import Any

import pytest

from sluice.api.json_values import Json

from .house import CREATED, House, build_pipeline, starting, stopped, stopping, suspending, up

STOP = "/v0/pipelines/orders/stop"
WANTS_STOP = {"desiredStatus": "Stopped"}
WANTS_FORCE = {"desiredStatus": "Stopped", "force": True}
SUSPENDS, FORCES = "Pipeline is suspending", "Pipeline is forcefully stopping"
GIVEN_UP = {"mode": "Graceful", "requestedAt": CREATED, "finishedAt": CREATED, "givenUpFor": "3"}
HELD: Json = {"heldGeneration": 3}

ACCEPTED: list[tuple[str, Json, dict[str, Any], str, str, bool | None]] = [
    # name, status, spec, query, answer, the override's force (None: nothing is written)
    ("stopped already", stopped(), WANTS_STOP, "", FORCES, None),
    ("stopped by itself", stopped(error=True, **HELD), {}, "", FORCES, False),
    ("early start", stopped(), {}, "", FORCES, False),
    ("provisioning", starting(), {}, "", FORCES, False),
    ("stopping already", stopping(), WANTS_STOP, "", FORCES, None),
    ("stopping for a changed spec", stopping("SpecChanged"), {}, "", FORCES, False),
    ("running", up(), {}, "", SUSPENDS, False),
    ("force is false", up(), {}, "?force=false", SUSPENDS, False),
    ("paused", up("Paused", "Paused"), {"desiredStatus": "Paused"}, "", SUSPENDS, False),
    ("initializing", up("Initializing"), {}, "", SUSPENDS, False),
    ("replaying", up("Replaying"), {}, "", SUSPENDS, False),
    ("bootstrapping", up("Bootstrapping"), {}, "", SUSPENDS, False),
    ("awaiting approval", up("AwaitingApproval"), {}, "", SUSPENDS, False),
    ("suspending already", suspending(), WANTS_STOP, "", SUSPENDS, None),
    ("a stop that was given up", up(stop=GIVEN_UP), WANTS_STOP, "", SUSPENDS, False),
    ("never weaker than force", up(desired="Stopped"), WANTS_FORCE, "", FORCES, None),
    ("force, running", up(), {}, "?force=true", FORCES, True),
    ("force, unavailable", up("Unavailable", "Unavailable"), {}, "?force=true", FORCES, True),
    ("force, standby", up("Standby", "Standby"), {"desiredStatus": "Standby"}, "?force=true", FORCES, True),
    ("force over a graceful stop", suspending(), WANTS_STOP, "?force=true", FORCES, True),
    ("force while stopping", stopping(), WANTS_STOP, "?force=true", FORCES, True),
    ("force again", stopping(), WANTS_FORCE, "?force=true", FORCES, None),
    ("force, stopped already", stopped(), WANTS_STOP, "?force=true", FORCES, None),
    ("force, provisioning", starting(), {}, "?force=true", FORCES, True),
]


@pytest.mark.parametrize(
    ("status", "spec", "query", "text", "force"), [pytest.param(*row[1:], id=row[0]) for row in ACCEPTED]
)
async def test_a_stop_is_accepted_and_overrides_the_manifest_where_it_is_needed(
    status: Json, spec: dict[str, Any], query: str, text: str, force: bool | None
) -> None:
    house = House()
    house.hold(build_pipeline(status, **spec))
    answer = await house.call("POST", STOP + query)
    written = house.asked().get("override")

    assert (answer.status, answer.json) == (202, text)
    assert (written is None) is (force is None)
    assert written is None or (written["desiredStatus"], written["force"]) == ("Stopped", force)


@pytest.mark.parametrize(
    ("status", "http", "code", "details"),
    [
        pytest.param(up("Unavailable", "Unavailable"), 503, "PipelineUnavailable", {}, id="unavailable"),
        pytest.param(
            up("Standby", "Standby"), 400, "InvalidTransition", ["suspend", "Standby"], id="standby"
        ),
    ],
)
async def test_a_graceful_stop_is_refused_where_there_is_nobody_to_ask(
    status: Json, http: int, code: str, details: Any
) -> None:
    house = House()
    house.hold(build_pipeline(status))
    answer = await house.call("POST", STOP)

    assert (answer.status, answer.code, answer.json["details"]) == (http, code, details)
    assert (answer.headers.get("retry-after") == "5") is (http == 503)
    assert house.asked() == {}


async def test_a_force_stop_that_the_operator_has_not_seen_is_not_replaced_by_a_graceful_one() -> None:
    house = House()
    house.hold(build_pipeline(up()))
    await house.call("POST", f"{STOP}?force=true")
    asked = house.asked()
    answer = await house.call("POST", STOP)

    assert (answer.status, answer.json) == (202, FORCES)
    assert house.asked() == asked

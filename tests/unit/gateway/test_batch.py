"""Seed 003: batch pipelines are followed and cancelled in its schema, word for word."""

import asyncio
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from sluice.api.json_values import Json
from sluice.gateway import batch
from sluice.kube import ApiError, ApiUnreachableError, paths

from .house import House, build_pipeline, up

SEED: Json = yaml.safe_load((Path(__file__).parent / "seed_003.yaml").read_text(encoding="utf-8"))
UID = "5b1f7f9e-6a52-4c57-9d1e-8d3a5c1b2a10"
BATCH = f"/pipelines/{UID}"
ELEMENTS: list[Json] = [{"name": "load"}, {"name": "fit", "dependsOn": ["load"]}, {"name": "report"}]
STATES = ["Pending", "Running", "Completed", "Failed", "Canceled"]
CODES = [
    "CONFIGURATION_ERROR",
    "MODEL_ERROR",
    "SOLVER_ERROR",
    "EXECUTION_TIMEOUT",
    "SUBMISSION_FAILED",
    "INTERNAL_ERROR",
]


def must_fit(name: str, body: object) -> None:
    """The body is what the seed's schema of this name says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": SEED["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(body)


def build_batch(status: str | None = "Running", *, uid: str = UID, name: str = "study", **told: Any) -> Json:
    """A batch pipeline whose status the operator wrote last."""
    body = build_pipeline(
        {"deploymentStatus": status, "deploymentStatusSince": "2026-03-01T12:00:05Z", **told}
        if status
        else {},
        name=name,
        feldera=None,
        storage=None,
        elements=ELEMENTS,
    )
    body["metadata"] = {**body["metadata"], "uid": uid}
    return body


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "CANCEL_SECONDS", 0.3)
    monkeypatch.setattr(batch, "POLL_SECONDS", 0.01)


@pytest.fixture
def house() -> House:
    made = House()
    made.hold(build_batch(), "study")
    return made


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_told_in_the_seeds_schema(state: str) -> None:
    house = House()
    house.hold(build_batch(state), "study")
    told = (await house.call("GET", BATCH)).json

    must_fit("Pipeline", told)
    assert (told["id"], told["status"]) == (UID, state.lower())
    assert told["is_terminal"] is (state in ("Completed", "Failed", "Canceled"))
    assert told["is_failed"] is (state in ("Failed", "Canceled"))


async def test_where_its_ids_come_from(house: House) -> None:
    body = build_batch(options={"liveProgressUpdates": True})
    body["spec"]["options"] = {"liveProgressUpdates": True}
    body["metadata"]["annotations"] = {
        "sluice.dev/created-by": "ada@example.com",
        "sluice.dev/description": "a study",
    }
    house.hold(body, "study")
    told = (await house.call("GET", BATCH)).json

    must_fit("Pipeline", told)
    assert (told["project_id"], told["organization_id"], told["name"]) == ("shop", "kubernetes", "study")
    assert (told["user_id"], told["created_by_email"]) == ("ada@example.com", "ada@example.com")
    assert (told["description"], told["options"]) == ("a study", {"live_progress_updates": True})
    assert (told["created_at"], told["updated_at"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:00:05Z")


@pytest.mark.parametrize("code", [*CODES, "SomethingNewer", None])
async def test_an_error_has_one_of_the_seeds_codes(code: str | None) -> None:
    house = House()
    error = {"message": "it broke", **({"errorCode": code} if code else {})}
    house.hold(build_batch("Failed", deploymentError=error), "study")
    told = (await house.call("GET", BATCH)).json

    must_fit("Pipeline", told)
    assert (told["error"], told["error_code"]) == ("it broke", code if code in CODES else "INTERNAL_ERROR")


@pytest.mark.parametrize("status", [None, "", "Suspending", "Later"])
async def test_a_state_that_no_client_knows_never_reaches_one(status: str | None) -> None:
    house = House()
    house.hold(build_batch(status), "study")
    told = (await house.call("GET", BATCH)).json

    must_fit("Pipeline", told)
    assert told["status"] == ("running" if status else "pending")


async def test_the_elements_are_told_in_the_order_of_the_manifest() -> None:
    house = House()
    elements = [
        {
            "name": "fit",
            "status": "Failed",
            "error": "diverged",
            "errorCode": "SOLVER_ERROR",
            "startedAt": "2026-03-01T12:00:02Z",
            "finishedAt": "2026-03-01T12:00:03Z",
            "progress": {"step": 3},
        },
        {"name": "load", "status": "Completed"},
    ]
    house.hold(build_batch("Failed", elements=elements), "study")
    told = (await house.call("GET", f"{BATCH}/elements")).json

    assert [(each["name"], each["status"]) for each in told] == [
        ("load", "completed"),
        ("fit", "failed"),
        ("report", "pending"),
    ]
    assert told[1] == {
        "id": f"{UID}/fit",
        "name": "fit",
        "pipeline_id": UID,
        "job_id": f"{UID}/fit",
        "status": "failed",
        "error": "diverged",
        "error_code": "SOLVER_ERROR",
        "started_at": "2026-03-01T12:00:02Z",
        "finished_at": "2026-03-01T12:00:03Z",
        "depends_on": ["load"],
        "progress": {"step": 3},
    }


# --- Cancelling ------------------------------------------------------------------------------------------


class Canceling(House):
    """An operator that cancels what it is asked to, after a while."""

    async def work(self) -> None:
        while "override" not in self.asked("study"):  # noqa: ASYNC110 - it looks as the operator does
            await asyncio.sleep(0.005)
        path = paths.pipeline("shop", "study")
        self.kube.put(path, {**self.kube.objects[path], "status": build_batch("Canceled")["status"]})


async def test_a_cancel_answers_with_what_became_of_it() -> None:
    house = Canceling()
    house.hold(build_batch(), "study")
    work = asyncio.create_task(house.work())
    answer = await house.call("POST", f"{BATCH}/cancel", body=b"{}")
    await work

    must_fit("Pipeline", answer.json)
    assert (answer.status, answer.json["status"]) == (200, "canceled")
    assert house.asked("study")["override"]["desiredStatus"] == "Canceled"
    assert house.asked("study")["override"]["uid"] == UID


async def test_a_cancel_that_takes_long_answers_with_what_is_there(house: House) -> None:
    answer = await house.call("POST", f"{BATCH}/cancel")

    must_fit("Pipeline", answer.json)
    assert (answer.status, answer.json["status"]) == (200, "running")
    assert house.asked("study")["override"]["desiredStatus"] == "Canceled"


@pytest.mark.parametrize("state", ["Completed", "Failed", "Canceled"])
async def test_what_has_ended_stays_as_it_is(state: str) -> None:
    house = House()
    house.hold(build_batch(state), "study")
    answer = await house.call("POST", f"{BATCH}/cancel")

    assert (answer.status, answer.json["status"], house.asked("study")) == (200, state.lower(), {})


async def test_a_second_cancel_asks_for_nothing_more(house: House) -> None:
    await house.call("POST", f"{BATCH}/cancel")
    first = house.asked("study")
    await house.call("POST", f"{BATCH}/cancel")

    assert house.asked("study") == first


# --- What is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["", "/elements", "/cancel"])
@pytest.mark.parametrize("id_", ["study", "x", UID[:-1] + "9", "%00", "..%2Fx", "%C3%A4"])
async def test_an_unknown_id_is_not_found_whatever_it_is(house: House, rest: str, id_: str) -> None:
    answer = await house.call("POST" if rest == "/cancel" else "GET", f"/pipelines/{id_}{rest}")

    assert (answer.status, answer.code in ("UnknownPipelineName", "NotFound")) == (404, True)
    assert house.asked("study") == {}


@pytest.mark.parametrize(
    "target",
    [
        f"/pipelines/{'x' * 300}",
        "/pipelines?limit=0",
        "/pipelines?limit=many",
        "/pipelines?skip=-1",
        "/pipelines?status=Suspending",
        "/pipelines?order=up",
        "/pipelines?created_at=gte.2025-01-01",
        "/pipelines?project_id=A%2Fb",
    ],
)
async def test_a_parameter_that_cannot_be_is_told_in_the_seeds_form(house: House, target: str) -> None:
    answer = await house.call("GET", target)

    assert answer.status == 422
    must_fit("HTTPValidationError", answer.json)
    assert answer.json["detail"]
    assert "xxx" not in answer.body.decode()


async def test_a_pipeline_of_the_other_api_is_none_of_this(house: House) -> None:
    other = build_pipeline(up())
    house.hold(other)
    listed = (await house.call("GET", "/pipelines")).json
    theirs = (await house.call("GET", "/v0/pipelines")).json

    assert [each["name"] for each in listed["pipelines"]] == ["study"]
    assert [each["name"] for each in theirs] == ["orders"]
    assert (await house.call("GET", f"/pipelines/{other['metadata']['uid']}")).status == 404
    assert (await house.call("GET", "/v0/pipelines/study")).code == "UnknownPipelineName"
    assert (await house.call("POST", "/v0/pipelines/study/stop")).code == "UnknownPipelineName"


@pytest.mark.parametrize(
    ("error", "http", "code"),
    [
        (ApiError(403, "Forbidden", "no"), 403, "Forbidden"),
        (ApiError(401, "Unauthorized", "no"), 401, "Unauthorized"),
        (ApiUnreachableError("no"), 503, "ClusterUnavailable"),
    ],
)
async def test_errors_have_the_form_that_the_client_reads(
    house: House, error: Exception, http: int, code: str
) -> None:
    house.kube.fail("GET", "/pipelines", error)
    answer = await house.call("GET", BATCH)

    assert (answer.status, answer.code) == (http, code)


# --- Lists -----------------------------------------------------------------------------------------------


@pytest.fixture
def many() -> House:
    made = House()
    for number in range(5):
        uid = f"5b1f7f9e-6a52-4c57-9d1e-8d3a5c1b2a1{number}"
        body = build_batch(STATES[number], uid=uid, name=f"s{number}")
        body["metadata"]["creationTimestamp"] = f"2026-03-0{number + 1}T12:00:00Z"
        made.hold(body, f"s{number}")
    return made


@pytest.mark.parametrize(
    ("query", "names", "total"),
    [
        ("", ["s4", "s3", "s2", "s1", "s0"], 5),
        ("limit=2", ["s4", "s3"], 5),
        ("limit=2&skip=4", ["s0"], 5),
        ("skip=9", [], 5),
        ("order=asc", ["s0", "s1", "s2", "s3", "s4"], 5),
        ("order_by=name&order=asc&limit=1", ["s0"], 5),
        ("order_by=status&order=asc&limit=1", ["s4"], 5),
        ("status=failed", ["s3"], 1),
        ("name=s1", ["s1"], 1),
        ("id=5b1f7f9e-6a52-4c57-9d1e-8d3a5c1b2a12", ["s2"], 1),
        ("project_id=shop", ["s4", "s3", "s2", "s1", "s0"], 5),
        ("project_id=market", [], 0),
    ],
)
async def test_a_page_of_a_list(many: House, query: str, names: list[str], total: int) -> None:
    answer = await many.call("GET", f"/pipelines?{query}")

    assert [each["name"] for each in answer.json["pipelines"]] == names
    assert (answer.json["count"], answer.json["total"]) == (len(names), total)
    for each in answer.json["pipelines"]:
        must_fit("Pipeline", each)


async def test_the_document_has_the_seeds_operation(house: House) -> None:
    path = "/pipelines/{pipeline_id}/cancel"
    ours, theirs = (each["paths"][path]["post"] for each in (house.app.openapi(), SEED))

    assert ours["operationId"] == theirs["operationId"]
    assert set(theirs["responses"]) <= set(ours["responses"])
    assert ours["responses"]["422"] == theirs["responses"]["422"]
    schema = house.app.openapi()["components"]["schemas"]["FollowedPipeline"]["properties"]
    assert set(schema) - set(SEED["components"]["schemas"]["Pipeline"]["properties"]) == {
        "is_terminal",
        "is_failed",
    }

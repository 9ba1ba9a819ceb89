"""The page over HTTP: its files and their policy, what it reads, who may, and what its buttons write."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT, PIPELINE
from sluice.api.reasons import Reason
from sluice.gateway.app import build_app
from sluice.gateway.page import actions
from sluice.gateway.page.files import read_files
from sluice.gateway.picture import build_picture
from sluice.gateway.plumbing import Gateway
from sluice.gateway.settings import GatewaySettings
from sluice.kube import ApiError, ApiUnreachableError, paths
from sluice.telling.explaining import explain
from sluice.telling.subject import Subject
from sluice.telling.words import Words

from ..cli.stage import START, conditions
from .house import CREATED, House, build_pipeline, starting, stopped, stopping, suspending, up
from .test_batch import build_batch
from .test_vendors import build_deployment

OBJECTS = "/ui/data/objects"
ORDERS = f"{OBJECTS}/pipelines/orders"
SECRETS = ("token", "onclick=", "style=", "innerHTML", "eval(", "localStorage", "sessionStorage", "://")
"""None of these has a place in the page's files, but for the exceptions below."""
EXCEPTIONS = {
    ("api.js", "token"),
    ("main.js", "token"),
    ("detail.js", "token"),
    ("dom.js", "://"),
    ("icon.svg", "://"),
}
FORBIDDEN = (
    'pipelines.sluice.dev is forbidden: User "me" cannot list resource "pipelines" in the namespace "shop"'
)
TYPES = ("text/html", "text/css", "text/javascript", "image/svg+xml")
STATES: dict[str, Json] = {
    "unseen": {},
    "running": up(),
    "paused": up("Paused", "Paused"),
    "unavailable": up("Unavailable"),
    "awaiting": up("AwaitingApproval"),
    "suspending": suspending(),
    "stopping": stopping(),
    "starting": starting(),
    "stopped": stopped(),
    "failed": stopped(error=True, heldGeneration=3),
    "unreadable": {"observedGeneration": "many", "deploymentStatus": 7, "conditions": "none"},
}


@pytest.fixture
def house() -> House:
    made = House()
    made.hold(build_pipeline(up(conditions=conditions("Running", is_ready=True))))
    made.hold(build_batch(), "study")
    made.hold_deployment(build_deployment())
    return made


def without_token(**settings: Any) -> House:
    made = House(GatewaySettings(namespace="shop", **settings))
    made.hold(build_pipeline(up()))
    return made


# --- Files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ui/", *(f"/ui/{name}" for name in read_files())])
async def test_every_file_is_served_to_anybody_under_a_policy_that_allows_only_the_page_itself(
    house: House, path: str
) -> None:
    answer = await house.call("GET", path, token=None)

    assert answer.status == 200
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == rules["form-action"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-type"].split(";")[0] in TYPES
    assert house.kube.log == [], "a file tells nothing of the cluster"


async def test_a_file_that_the_browser_has_is_not_sent_again(house: House) -> None:
    first = await house.call("GET", "/ui/main.js", token=None)
    again = await house.call(
        "GET", "/ui/main.js", token=None, headers={"If-None-Match": first.headers["etag"]}
    )
    other = await house.call("GET", "/ui/main.js", token=None, headers={"If-None-Match": '"another"'})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert (other.status, other.body) == (200, first.body)


@pytest.mark.parametrize(
    "name", ["routes.py", "..", "%2e%2e%2fapp.py", "static", "main.js/", "nothing.js", "data"]
)
async def test_nothing_but_the_pages_files_can_be_asked_for(house: House, name: str) -> None:
    assert (await house.call("GET", f"/ui/{name}", token=None)).status == 404


@pytest.mark.parametrize("path", ["/", "/ui"])
async def test_the_root_leads_to_the_page_behind_any_prefix(house: House, path: str) -> None:
    answer = await house.call("GET", path, token=None)

    assert (answer.status, answer.headers["location"]) == (307, "ui/")


def test_the_files_are_small_and_hold_no_foreign_address_and_nothing_that_makes_markup_of_text() -> None:
    files = read_files()

    assert sum(len(file.content) for file in files.values()) < 64 * 1024
    for name, file in files.items():
        text = file.content.decode()
        found = {(name, word) for word in SECRETS if word in text}
        assert found <= EXCEPTIONS, name
        assert "<script>" not in text, name


async def test_without_the_page_there_is_none_of_it() -> None:
    house = House()
    house.app = build_app(Gateway(house.callers, GatewaySettings(has_page=False)))
    house.hold(build_pipeline(up()))

    for path in ("/", "/ui", "/ui/", "/ui/main.js", OBJECTS, ORDERS):
        assert (await house.call("GET", path)).status == 404
    assert (await house.call("GET", "/v0/pipelines", headers={"Feldera-Tenant": "shop"})).status == 200


# --- Who may see -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ui/data/session", OBJECTS, ORDERS])
async def test_nobody_sees_anything_unless_the_gateway_was_told_so(path: str) -> None:
    house = without_token()
    answer = await house.call("GET", path, token=None)

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert "orders" not in answer.json["message"]
    assert house.kube.log == [], "the API server was not even asked"


async def test_nobody_reads_with_the_gateways_rights_where_it_was_told_so() -> None:
    house = without_token(anonymous_reads=True)

    assert (await house.call("GET", "/ui/data/session", token=None)).json == {
        "user": None,
        "namespace": "shop",
        "cluster": "kubernetes",
    }
    assert [row["name"] for row in (await house.call("GET", OBJECTS, token=None)).json["rows"]] == ["orders"]
    assert house.callers.seen == [None, None], "with no rights but the gateway's own"


def writing_endpoints(house: House) -> Iterator[tuple[str, str]]:
    """Of the published APIs, and the page's own."""
    for path, methods in house.app.openapi()["paths"].items():
        for method in methods.keys() - {"get", "head"}:
            yield method.upper(), re.sub(r"\{\w+\}", "orders", path)
    for name in actions.NAMES:
        yield "POST", f"{ORDERS}/{name}"
    yield "DELETE", "/v0/api_keys/orders"


async def test_reading_without_a_token_never_becomes_asking_at_any_endpoint() -> None:
    house = without_token(anonymous_reads=True)
    asked = list(writing_endpoints(house))
    for method, path in asked:
        answer = await house.call(method, path, token=None, body=b"{}")
        assert (answer.status, answer.code) == (401, "Unauthorized"), (method, path)

    assert len(asked) > 15
    assert house.kube.writes() == []


@pytest.mark.parametrize("settings", [{"anonymous_reads": True}, {"allow_anonymous": True}])
async def test_the_pages_buttons_need_a_token_even_where_the_endpoints_need_none(settings: Json) -> None:
    house = without_token(**settings)
    answer = await house.call("POST", f"{ORDERS}/stop", token=None)

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert house.kube.writes() == []


@pytest.mark.parametrize("site", [None, "none", "same-origin", "same-site", "cross-site"])
async def test_another_sites_page_cannot_ask_in_the_name_of_nobody(site: str | None) -> None:
    house = without_token(allow_anonymous=True)
    headers = {"Sec-Fetch-Site": site} if site else {}
    is_own = site in (None, "none", "same-origin")
    target = "/v0/pipelines/orders/stop?force=true"

    assert (await house.call("POST", target, token=None, headers=headers)).status == (202 if is_own else 403)
    assert bool(house.asked()) is is_own
    assert (await house.call("POST", target, headers=headers)).status == 202, "a token never comes by itself"


@pytest.mark.parametrize("path", ["/ui/data/session", OBJECTS, ORDERS])
async def test_an_unknown_token_is_told_so_and_shown_nothing(house: House, path: str) -> None:
    answer = await house.call("GET", path, token="another")

    assert (answer.status, answer.code) == (401, "Unauthorized")


async def test_who_may_list_nothing_reads_the_api_servers_own_sentence(house: House) -> None:
    for plural in ("/pipelines", "/deployments"):
        house.kube.fail("GET", plural, ApiError(403, "Forbidden", FORBIDDEN))
    answer = await house.call("GET", OBJECTS)

    assert answer.status == 403
    assert FORBIDDEN in answer.json["message"]


async def test_who_may_list_one_kind_sees_it_and_why_the_other_is_missing(house: House) -> None:
    house.kube.fail("GET", "/deployments", ApiError(403, "Forbidden", "deployments are forbidden"))
    shown = (await house.call("GET", OBJECTS)).json

    assert {row["kind"] for row in shown["rows"]} == {"pipelines"}
    assert "deployments are forbidden" in shown["problems"][0]


async def test_who_may_not_list_events_sees_the_rest_and_is_told(house: House) -> None:
    house.kube.fail("GET", "/events", ApiError(403, "Forbidden", "events are forbidden"))
    shown = (await house.call("GET", ORDERS)).json

    assert "events are forbidden" in shown["eventsProblem"]
    assert shown["state"] == "Running"
    assert shown["moments"]


async def test_an_api_server_that_does_not_answer_is_told_with_when_to_come_again(
    house: House,
) -> None:
    house.kube.fail("GET", "/pipelines", ApiUnreachableError("no answer in time"))
    answer = await house.call("GET", OBJECTS)

    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_the_namespace_is_the_one_of_the_header(house: House) -> None:
    answer = await house.call("GET", OBJECTS, headers={"Feldera-Tenant": "elsewhere"})

    assert (answer.json["namespace"], answer.json["rows"]) == ("elsewhere", [])


# --- What is shown ---------------------------------------------------------------------------------------


async def test_the_list_has_every_kind_and_tells_of_each_where_it_is(house: House) -> None:
    rows = {row["name"]: row for row in (await house.call("GET", OBJECTS)).json["rows"]}

    assert {name: row["sort"] for name, row in rows.items()} == {
        "orders": "Pipeline, feldera",
        "study": "Batch pipeline",
        "ledger": "Deployment",
    }
    assert rows["orders"]["tone"] == "good"
    assert (rows["orders"]["wanted"], rows["orders"]["isReady"]) == ("Running", True)


async def test_an_answer_that_did_not_change_is_not_sent_again_and_one_that_did_is(house: House) -> None:
    first = await house.call("GET", OBJECTS)
    known = {"If-None-Match": first.headers["etag"]}
    again = await house.call("GET", OBJECTS, headers=known)
    house.hold(build_pipeline(up("Paused", "Paused")))
    changed = await house.call("GET", OBJECTS, headers=known)

    assert (again.status, again.body) == (304, b"")
    assert changed.status == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_request_that_the_operator_has_not_seen_yet_is_shown_as_what_is_wanted(house: House) -> None:
    await house.call("POST", f"{ORDERS}/stop")
    row = next(row for row in (await house.call("GET", OBJECTS)).json["rows"] if row["name"] == "orders")

    assert (row["state"], row["wanted"], row["isOverridden"]) == ("Running", "Stopped", True)


@pytest.mark.parametrize("reason", Reason)
async def test_the_explanation_is_the_one_of_the_command_line(reason: Reason) -> None:
    house = House()
    body = build_pipeline(up(conditions=conditions(reason)))
    house.hold(body)
    shown = (await house.call("GET", ORDERS)).json["explanation"]
    told = explain(Subject(body), Words("kubectl sluice", "orders", " -n shop"), START)

    assert shown == {"why": told.why, "waitsFor": told.awaits, "canDo": told.do}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", [PIPELINE, DEPLOYMENT])
async def test_every_state_has_a_view_with_an_explanation(state: str, kind: Any) -> None:
    house = House()
    body = build_pipeline(STATES[state])
    house.kube.put(paths.resource(kind, "shop", "orders"), {**body, "kind": kind.name})
    answer = await house.call("GET", f"{OBJECTS}/{kind.plural}/orders")

    assert answer.status == 200, answer.body
    assert answer.json["explanation"]["why"]
    assert answer.json["actions"]
    assert "slpl" not in answer.body.decode() or kind is PIPELINE, "no command for pipelines on a deployment"


@pytest.mark.parametrize(
    "spec", [{}, {"checkpoint": 7}, {"checkpoint": {"intervalSeconds": True}}, {"desiredStatus": []}]
)
async def test_an_object_that_makes_no_sense_does_not_hide_the_others(house: House, spec: Json) -> None:
    metadata: Json = {"name": "odd", "namespace": "shop", "uid": "u"}
    house.hold({"kind": "Pipeline", "metadata": metadata, "spec": spec, "status": {"conditions": [7]}}, "odd")

    rows = (await house.call("GET", OBJECTS)).json["rows"]
    assert {"odd", "orders"} <= {row["name"] for row in rows}
    assert (await house.call("GET", f"{OBJECTS}/pipelines/odd")).status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"{OBJECTS}/pipelines/nothing", 404),
        (f"{OBJECTS}/deployments/orders", 404),
        (f"{OBJECTS}/pipelines/UPPER", 404),
        (f"{OBJECTS}/pipelines/%2e%2e", 404),
        (f"{OBJECTS}/secrets/orders", 400),
    ],
)
async def test_what_is_not_there_is_said_to_be_so(house: House, target: str, status: int) -> None:
    assert (await house.call("GET", target)).status == status


async def test_an_object_that_is_being_deleted_is_shown_for_as_long_as_it_is_there() -> None:
    house = House()
    body = build_pipeline(stopped())
    body["metadata"]["deletionTimestamp"] = CREATED
    house.hold(body)

    assert (await house.call("GET", ORDERS)).json["isDeleting"] is True
    assert (await house.call("GET", OBJECTS)).json["rows"][0]["isDeleting"] is True


# --- Buttons ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", actions.OF_PIPELINES)
async def test_a_button_is_offered_exactly_where_it_writes_something(state: str, name: str) -> None:
    house = House()
    house.hold(build_pipeline(STATES[state]))
    offered = {each["name"]: each["refusal"] for each in (await house.call("GET", ORDERS)).json["actions"]}
    answer = await house.call("POST", f"{ORDERS}/{name}")

    if name not in offered:
        assert answer.status == 404
    elif offered[name] is None:
        assert (answer.status, answer.json["isWritten"]) == (200, True)
        assert house.asked()
    elif answer.status == 200:
        assert answer.json["isWritten"] is False
        assert offered[name] in answer.json["told"]
    else:
        assert answer.json["message"] == offered[name]
    assert bool(house.asked()) is (offered.get(name, "") is None)


@pytest.mark.parametrize(
    ("state", "name", "verbs", "words"),
    [
        ("running", "stop", ["override"], "orders is wanted Stopped until spec.desiredStatus"),
        ("running", "force-stop", ["override"], "orders is wanted Stopped, without a checkpoint, until"),
        ("running", "pause", ["override"], "wanted Paused"),
        ("paused", "resume", ["override"], "wanted Running"),
        (
            "running",
            "checkpoint",
            ["checkpoint"],
            "checkpoint (a checkpoint is asked for)",
        ),
        ("awaiting", "approve", ["approve"], "may take the state over"),
        ("failed", "start", ["override", "restart"], "since orders ended by itself"),
        ("failed", "dismiss-error", ["dismiss-error", "override"], "the error is dismissed"),
    ],
)
async def test_each_button_writes_the_annotations_that_it_says_it_wrote(
    state: str, name: str, verbs: list[str], words: str
) -> None:
    house = House()
    house.hold(build_pipeline(STATES[state]))
    told = (await house.call("POST", f"{ORDERS}/{name}")).json["told"]

    assert sorted(house.asked()) == verbs
    assert words in told
    assert all(f"requests.sluice.dev/{verb}" in told for verb in verbs)
    assert "sluice-gateway" in told


async def test_a_batch_is_canceled_and_a_deployment_is_stopped_and_started(house: House) -> None:
    assert "Canceled" in (await house.call("POST", f"{OBJECTS}/pipelines/study/cancel")).json["told"]
    assert house.asked("study")["override"]["desiredStatus"] == "Canceled"

    await house.call("POST", f"{OBJECTS}/deployments/ledger/stop")
    assert house.asked("ledger", DEPLOYMENT)["override"]["desiredStatus"] == "Stopped"
    await house.call("POST", f"{OBJECTS}/deployments/ledger/force-stop")
    assert house.asked("ledger", DEPLOYMENT)["override"]["force"] is True


async def test_what_cannot_be_taken_back_has_a_question_and_nothing_else_has(house: House) -> None:
    asked = {
        (kind, action["name"])
        for kind, name in (("pipelines", "orders"), ("pipelines", "study"), ("deployments", "ledger"))
        for action in (await house.call("GET", f"{OBJECTS}/{kind}/{name}")).json["actions"]
        if action["question"]
    }

    assert asked == {("pipelines", "force-stop"), ("pipelines", "cancel"), ("deployments", "force-stop")}


async def test_who_may_not_write_reads_the_api_servers_own_sentence(house: House) -> None:
    sentence = 'pipelines.sluice.dev "orders" is forbidden: User "me" cannot patch resource "pipelines"'
    house.kube.fail("PATCH", "/orders", ApiError(403, "Forbidden", sentence))
    answer = await house.call("POST", f"{ORDERS}/stop")

    assert answer.status == 403
    assert sentence in answer.json["message"]
    assert house.asked() == {}


@pytest.mark.parametrize("name", ["clear", "cancel", "delete", "__init__", "%00"])
async def test_a_button_that_an_object_has_not_does_nothing(house: House, name: str) -> None:
    assert (await house.call("POST", f"{ORDERS}/{name}")).status == 404
    assert house.kube.writes() == []


def test_every_request_that_a_button_can_write_has_its_meaning_in_words() -> None:
    for state, status in STATES.items():
        for body in (
            build_pipeline(status),
            build_deployment(status),
            build_batch("Running"),
        ):
            picture = build_picture(body)
            for each in actions.show_actions(picture, START):
                assert each["refusal"] is None or "{" not in each["refusal"], state


def test_the_data_of_the_page_is_no_part_of_the_published_document() -> None:
    assert not any(path.startswith("/ui") for path in House().app.openapi()["paths"])

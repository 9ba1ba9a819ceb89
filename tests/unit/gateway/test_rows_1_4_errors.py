"""What a stopped pipeline can be asked for, and who may ask: section 1.4 and 1.6, row by row."""

from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.gateway import GatewaySettings
from sluice.kube import ApiError, ApiUnreachableError, paths

from .house import TOKEN, UID, GatewayKube, House, build_pipeline, starting, stopped, stopping, suspending, up

ORDERS = "/v0/pipelines/orders"
WANTS_STOP = {"desiredStatus": "Stopped"}
HELD: Json = {"heldGeneration": 3}
CLEARED: Json = {"storage": "Cleared"}

ROWS: list[tuple[str, str, Json, dict[str, Any], int, str]] = [
    # name, request, status, spec, code of HTTP, code of the error
    (
        "dismiss while stopping",
        "POST /dismiss_error",
        {**stopped(error=True), **stopping()},
        WANTS_STOP,
        400,
        "DismissErrorRestrictedToFullyStopped",
    ),
    ("clear while running", "POST /clear", up(), {}, 400, "StorageStatusImmutableUnlessStopped"),
    (
        "clear in the window of an early start",
        "POST /clear",
        stopped(),
        {},
        400,
        "StorageStatusImmutableUnlessStopped",
    ),
    ("delete while running", "DELETE ", up(), {}, 400, "DeleteRestrictedToFullyStopped"),
    ("delete while stopping", "DELETE ", stopping(), WANTS_STOP, 400, "DeleteRestrictedToFullyStopped"),
    ("delete with storage", "DELETE ", stopped(), WANTS_STOP, 400, "DeleteRestrictedToClearedStorage"),
    ("pause while stopped", "POST /pause", stopped(), WANTS_STOP, 503, "PipelineInteractionNotDeployed"),
    ("resume while provisioning", "POST /resume", starting(), {}, 503, "PipelineInteractionNotDeployed"),
    (
        "activate while stopped",
        "POST /activate",
        stopped(),
        WANTS_STOP,
        503,
        "PipelineInteractionNotDeployed",
    ),
    ("approve while stopped", "POST /approve", stopped(), WANTS_STOP, 503, "PipelineInteractionNotDeployed"),
    (
        "checkpoint while stopped",
        "POST /checkpoint",
        stopped(),
        WANTS_STOP,
        503,
        "PipelineInteractionNotDeployed",
    ),
    ("stats while stopped", "GET /stats", stopped(), WANTS_STOP, 503, "PipelineInteractionNotDeployed"),
    ("logs while stopped", "GET /logs", stopped(), WANTS_STOP, 503, "PipelineInteractionNotDeployed"),
    (
        "pause while unavailable",
        "POST /pause",
        up("Unavailable", "Unavailable"),
        {},
        503,
        "PipelineUnavailable",
    ),
    (
        "stats while unavailable",
        "GET /stats",
        up("Unavailable", "Unavailable"),
        {},
        503,
        "PipelineUnavailable",
    ),
    ("pause while suspending", "POST /pause", suspending(), WANTS_STOP, 400, "InvalidTransition"),
    ("resume while suspending", "POST /resume", suspending(), WANTS_STOP, 400, "InvalidTransition"),
    ("pause in standby", "POST /pause", up("Standby", "Standby"), {}, 400, "InvalidTransition"),
    ("resume in standby", "POST /resume", up("Standby", "Standby"), {}, 400, "InvalidTransition"),
    ("activate as standby", "POST /activate?initial=standby", up(), {}, 400, "InvalidActivateStatus"),
    (
        "pause a Flink job",
        "POST /pause",
        up(),
        {"feldera": None, "flink": {}},
        405,
        "UnsupportedPipelineAction",
    ),
    (
        "approve with both",
        "POST /approve?silent_bootstrap=true&concurrent_bootstrap=true",
        up(),
        {},
        400,
        "InvalidBootstrapConfig",
    ),
    ("checkpoint while suspending", "POST /checkpoint", suspending(), WANTS_STOP, 503, "Suspended"),
    ("checkpoint while initializing", "POST /checkpoint", up("Initializing"), {}, 503, "Initializing"),
    (
        "another incarnation",
        "GET /checkpoint_status?incarnation_uuid=x",
        up(),
        {},
        400,
        "IncarnationUuidMismatch",
    ),
    ("stats of a Flink job", "GET /stats", up(), {"feldera": None, "flink": {}}, 501, "NotSupported"),
    ("change without a body", "PUT ", stopped(), {}, 400, "InvalidRequest"),
    ("no selector", "GET ?selector=everything", stopped(), {}, 400, "InvalidRequest"),
    ("no endpoint", "GET /nothing", stopped(), {}, 404, "NotFound"),
    ("an endpoint with a slash", "GET /", stopped(), {}, 404, "NotFound"),
    ("no method", "PUT /start", stopped(), {}, 405, "MethodNotAllowed"),
    (
        "no event",
        "GET /events/3f0c7f9e-6a52-4c57-9d1e-8d3a5c1b2a10",
        stopped(),
        {},
        404,
        "UnknownPipelineMonitorEvent",
    ),
    ("no event's id", "GET /events/first", stopped(), {}, 400, "InvalidRequest"),
]


@pytest.mark.parametrize(
    ("request_", "status", "spec", "http", "code"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
async def test_a_request_is_refused_in_the_form_of_the_api_and_nothing_is_asked_for(
    request_: str, status: Json, spec: dict[str, Any], http: int, code: str
) -> None:
    house = House()
    house.hold(build_pipeline(status, **spec))
    method, _, rest = request_.partition(" ")
    answer = await house.call(method, ORDERS + rest)

    assert (answer.status, answer.code) == (http, code)
    assert (answer.headers.get("retry-after") == "5") is (http == 503)
    assert house.asked() == {}
    assert house.kube.writes() == []


@pytest.mark.parametrize(
    ("verb", "status", "spec", "http", "text", "asks"),
    [
        ("dismiss_error", stopped(), WANTS_STOP, 200, "Pipeline deployment error has been dismissed", []),
        ("dismiss_error", up(), {}, 200, "Pipeline deployment error has been dismissed", []),
        ("dismiss_error", stopped(error=True), WANTS_STOP, 200, None, ["dismiss-error"]),
        ("dismiss_error", stopped(error=True, **HELD), {}, 200, None, ["dismiss-error", "override"]),
        ("clear", stopped(), WANTS_STOP, 202, "Pipeline storage is being cleared", ["clear-storage"]),
        ("clear", stopped(**HELD), {}, 202, None, ["clear-storage"]),
        ("clear", stopped(**CLEARED), WANTS_STOP, 202, "Pipeline storage is being cleared", []),
        ("clear", stopped(storage="Clearing"), WANTS_STOP, 202, None, []),
        ("pause", up(), {}, 202, "Pipeline transitioning from Running to Paused", ["override"]),
        (
            "resume",
            up("Paused", "Paused"),
            {},
            202,
            "Pipeline transitioning from Paused to Running",
            ["override"],
        ),
        ("resume", up(), {}, 202, "Pipeline transitioning from Running to Running", []),
        (
            "activate",
            up("Standby", "Standby"),
            {},
            202,
            "Pipeline transitioning from Standby to Running",
            ["override"],
        ),
        (
            "activate?initial=paused",
            up("Standby", "Standby"),
            {},
            202,
            "Pipeline transitioning from Standby to Paused",
            ["override"],
        ),
        ("approve", up("AwaitingApproval"), {}, 200, "Bootstrap approved", ["approve"]),
        ("approve", up(), {}, 200, "Bootstrap approved", []),
    ],
)
async def test_a_request_is_accepted_in_the_words_of_the_api(
    verb: str, status: Json, spec: dict[str, Any], http: int, text: str | None, asks: list[str]
) -> None:
    house = House()
    house.hold(build_pipeline(status, **spec))
    answer = await house.call("POST", f"{ORDERS}/{verb}")

    assert answer.status == http
    assert text is None or answer.json == text
    assert sorted(house.asked()) == asks


async def test_a_dismissed_error_does_not_start_a_pipeline_that_the_manifest_wants_to_run() -> None:
    house = House()
    house.hold(build_pipeline(stopped(error=True, **HELD)))
    await house.call("POST", f"{ORDERS}/dismiss_error")

    assert house.asked()["override"]["desiredStatus"] == "Stopped"


async def test_the_storage_is_spelled_in_lower_case_where_it_may_not_change() -> None:
    house = House()
    house.hold(build_pipeline(up()))
    answer = await house.call("POST", f"{ORDERS}/clear")

    assert answer.json["message"] == (
        "Cannot transition storage status from 'in_use' to 'clearing' with resources status 'provisioned' and"
        " desired status 'provisioned'. Storage status cannot be changed unless the pipeline is fully"
        " stopped."
    )


async def test_a_deletion_is_of_what_was_looked_at_and_answers_with_nothing() -> None:
    house = House()
    house.hold(build_pipeline(stopped(**CLEARED), **WANTS_STOP))
    answer = await house.call("DELETE", ORDERS)

    assert (answer.status, answer.body) == (200, b"")
    assert (await house.call("GET", ORDERS)).code == "UnknownPipelineName"


# --- Who may ask -----------------------------------------------------------------------------------------

EVERY = [
    ("GET", ""),
    ("DELETE", ""),
    ("PUT", ""),
    ("PATCH", ""),
    *(
        ("POST", f"/{verb}")
        for verb in (
            "start",
            "stop",
            "pause",
            "resume",
            "activate",
            "approve",
            "dismiss_error",
            "clear",
            "checkpoint",
        )
    ),
    *(
        ("GET", f"/{what}")
        for what in (
            "checkpoint_status",
            "checkpoints",
            "stats",
            "metrics",
            "logs",
            "events",
            "events/latest",
        )
    ),
]
SERVED = [("PUT", ""), ("PATCH", "")]


@pytest.mark.parametrize(("method", "rest"), EVERY)
async def test_without_a_token_nobody_is_served(method: str, rest: str) -> None:
    house = House()
    house.hold(build_pipeline(up()))
    answer = await house.call(method, ORDERS + rest, token=None)

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert house.kube.log == []


@pytest.mark.parametrize(("method", "rest"), [each for each in EVERY if each not in SERVED])
async def test_a_token_that_the_cluster_does_not_know_is_refused(method: str, rest: str) -> None:
    house = House()
    house.hold(build_pipeline(up()))
    answer = await house.call(method, ORDERS + rest, token="made-up")

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert "made-up" not in answer.body.decode()
    assert house.callers.seen == ["made-up"]


@pytest.mark.parametrize(
    "header",
    ["Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearer a\tb", "Bearer \xe4", f"Bearer {'x' * 20000}"],
)
async def test_what_is_no_bearer_token_never_leaves_the_gateway(header: str) -> None:
    house = House()
    answer = await house.call("GET", ORDERS, token=None, headers={"Authorization": header})

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert house.callers.seen == []


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_whoever_lacks_the_role_reads_what_the_cluster_says(method: str) -> None:
    house = House()
    house.hold(build_pipeline(up()))
    house.kube.fail(method, "/orders", ApiError(403, "Forbidden", 'User "eve" cannot do that'))
    answer = await house.call("POST", f"{ORDERS}/stop")

    assert (answer.status, answer.code) == (403, "Forbidden")
    assert 'User "eve" cannot do that' in answer.json["message"]


@pytest.mark.parametrize(
    ("error", "http", "code", "wait"),
    [
        (ApiUnreachableError("GET /x: 10.0.0.1 refused"), 503, "ClusterUnavailable", "5"),
        (ApiError(500, "InternalError", "etcd"), 503, "ClusterUnavailable", "5"),
        (ApiError(429, "TooManyRequests", "slowly", 7.0), 503, "ClusterUnavailable", "7"),
        (ApiError(422, "Invalid", "a policy says no"), 400, "InvalidRequest", None),
    ],
)
async def test_a_cluster_that_cannot_answer_is_no_bug_of_ours(
    error: Exception, http: int, code: str, wait: str | None
) -> None:
    house = House()
    house.hold(build_pipeline(up()))
    house.kube.fail("PATCH", "/orders", error)
    answer = await house.call("POST", f"{ORDERS}/stop")

    assert (answer.status, answer.code, answer.headers.get("retry-after")) == (http, code, wait)
    assert "10.0.0.1" not in answer.body.decode()


async def test_an_anonymous_request_has_the_gateways_rights_only_where_that_was_chosen() -> None:
    house = House(GatewaySettings(namespace="shop", allow_anonymous=True))
    house.hold(build_pipeline(up()))

    assert (await house.call("GET", ORDERS, token=None)).status == 200
    assert (await house.call("GET", ORDERS, token="made-up")).status == 401
    assert (await house.call("GET", ORDERS)).status == 200
    assert house.callers.seen == [None, "made-up", TOKEN]


async def test_the_tenant_is_the_namespace() -> None:
    house = House()
    house.kube.put(paths.pipeline("market", "orders"), build_pipeline(stopped()))
    there = await house.call("GET", ORDERS, headers={"Feldera-Tenant": "market"})
    here = await house.call("GET", ORDERS)

    assert (there.status, here.status, here.code) == (200, 404, "UnknownPipelineName")


@pytest.mark.parametrize("tenant", ["", "a/b", "..", "A", "a" * 64, "kube-system/pods"])
async def test_a_tenant_that_can_be_no_namespace_never_becomes_a_path(tenant: str) -> None:
    house = House()
    answer = await house.call("GET", ORDERS, headers={"Feldera-Tenant": tenant})

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert house.kube.log == []


@pytest.mark.parametrize("name", ["a_", "..", "a%2Fb", "a%3Fb", "-a", "x" * 64, "a%0Ab", "a%0A", "%C3%A4"])
async def test_a_name_that_can_be_no_object_is_unknown_and_never_becomes_a_path(name: str) -> None:
    house = House()
    answer = await house.call("GET", f"/v0/pipelines/{name}")

    assert (answer.status, answer.code in ("UnknownPipelineName", "NotFound")) == (404, True)
    assert house.kube.log == []


async def test_a_write_that_meets_another_is_decided_anew() -> None:
    house = House()
    house.hold(build_pipeline(up()))
    house.kube.fail("PATCH", "/orders", ApiError(409, "Conflict", "modified"))
    answer = await house.call("POST", f"{ORDERS}/stop")

    assert answer.status == 202
    assert [method for method, _ in house.kube.log] == ["GET", "PATCH", "GET", "PATCH"]
    assert house.asked()["override"]["uid"] == UID


async def test_a_pipeline_that_never_comes_to_rest_is_given_up() -> None:
    house = House()
    house.hold(build_pipeline(up()))
    for _ in range(5):
        house.kube.fail("PATCH", "/orders", ApiError(409, "Conflict", "modified"))
    answer = await house.call("POST", f"{ORDERS}/stop")

    assert (answer.status, answer.code) == (503, "ClusterUnavailable")


class Interrupted(GatewayKube):
    """Somebody else changes a pipeline right after it was read for the first time."""

    def __init__(self, status: Json) -> None:
        super().__init__()
        self._status: Json | None = status

    async def get(self, path: str) -> Json | None:
        found = await super().get(path)
        if found is not None and self._status is not None:
            self.put(path, {**found, "status": {**self._status, "observedGeneration": 3}})
            self._status = None
        return found


async def test_a_start_that_somebody_else_made_meanwhile_is_not_made_a_restart() -> None:
    house = House(kube=Interrupted(starting()))
    house.hold(build_pipeline(stopped(error=True, **HELD)))
    answer = await house.call("POST", f"{ORDERS}/start")

    assert (answer.status, house.asked()) == (202, {})


async def test_a_pipeline_that_somebody_started_meanwhile_is_not_deleted() -> None:
    house = House(kube=Interrupted(starting()))
    house.hold(build_pipeline(stopped(**CLEARED), **WANTS_STOP))
    answer = await house.call("DELETE", ORDERS)

    assert (answer.status, answer.code) == (400, "DeleteRestrictedToFullyStopped")
    assert (await house.call("GET", ORDERS)).status == 200

"""The service's own document: every route is in it, and every answer that a test provokes is declared."""

from typing import Any

import pytest

from .house import House, build_pipeline, stopped, up

ERRORS = {"401", "403", "413", "429", "500"}
"""What any request may be answered with."""
OPEN = {"/healthz", "/config/authentication"}
"""What needs no token."""
ORDERS = "/v0/pipelines/orders"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = House().app.openapi()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_tells_its_errors_its_summary_and_that_it_needs_a_token(
    document: dict[str, Any],
) -> None:
    for (method, path), operation in operations(document).items():
        assert set(operation["responses"]) >= ERRORS, (method, path)
        assert operation["description"], (method, path)
        secured: list[dict[str, list[str]]] = [{"HTTPBearer": []}, {"APIKeyHeader": []}]
        assert (operation.get("security") == secured) is (path not in OPEN), (method, path)
        assert ("422" in operation["responses"]) is path.startswith("/pipelines"), (method, path)
        assert ("503" in operation["responses"]) is not path.startswith("/vendors"), (method, path)


def test_every_operation_has_an_id_of_its_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("post", "/v0/pipelines/{name}/start", {"initial", "bootstrap_policy", "dismiss_error"}),
        ("post", "/v0/pipelines/{name}/stop", {"force"}),
        ("get", "/v0/pipelines/{name}", {"selector"}),
    ],
)
def test_the_parameters_of_the_seeds_are_declared(
    document: dict[str, Any], method: str, path: str, parameters: set[str]
) -> None:
    declared = {each["name"] for each in document["paths"][path][method]["parameters"]}

    assert declared == {"name", "Feldera-Tenant", *parameters} | (
        {"silent_bootstrap", "concurrent_bootstrap"} if path.endswith("/start") else set()
    )


VALUES = ["", "true", "running", "paused", "standby", "allow", "all", "\x00", "ü", "9" * 400, "-1", "%2F"]


@pytest.mark.parametrize("is_up", [True, False])
async def test_no_value_of_a_parameter_leads_to_an_answer_that_is_not_declared(
    document: dict[str, Any], is_up: bool
) -> None:
    house = House()
    house.hold(build_pipeline(up() if is_up else stopped(storage="Cleared")))
    for (method, path), operation in operations(document).items():
        target = path.replace("{name}", "orders").replace("{event_id}", "latest")
        queries = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for query in queries or ["ignored"]:
            for value in VALUES:
                answer = await house.call(method.upper(), f"{target}?{query}={value}")
                assert str(answer.status) in operation["responses"], (method, target, query, value)
                assert answer.status != 500, (method, target, query, value)

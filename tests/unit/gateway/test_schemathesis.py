"""Requests that the document allows, and many that it does not: no 500, no answer that is not declared."""

import importlib
from typing import Any, Final

import hypothesis
import pytest
from hypothesis import strategies

from sluice.gateway.limits import Buckets
from sluice.kube import paths

from .house import TOKEN, House, build_pipeline, stopped, up
from .test_batch import build_batch
from .test_vendors import build_deployment

# By name: the types that it ships are not those that a strict checker can follow.
schemathesis: Any = importlib.import_module("schemathesis")
checks: Any = importlib.import_module("schemathesis.specs.openapi.checks")
transformed: Any = importlib.import_module("schemathesis.generation.modes")

CHECKS: Final = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
EXAMPLES: Final = 4
"""Of each operation, each sent as it is and once more with the name of something that is there."""
KNOWN: Final = {
    "name": "orders",
    "pipeline_id": build_batch()["metadata"]["uid"],
    "deployment_id": build_deployment()["metadata"]["uid"],
    "event_id": "latest",
}
BUG: Final = 500
"""Codes beyond it say what is not there or not served, and are declared as such."""
SCHEMA: Any = schemathesis.openapi.from_asgi("/openapi.json", House().app)
OPERATIONS: Final[dict[str, Any]] = {
    f"{found.method.upper()} {found.path}": found
    for found in (result.ok() for result in SCHEMA.get_all_operations())
}
MODES: Final = (transformed.GenerationMode.POSITIVE, transformed.GenerationMode.NEGATIVE)


@pytest.fixture
def house() -> House:
    """A gateway with something of everything to be found."""
    made = House()
    made.app.state.gateway.buckets = Buckets(0, 0)
    made.hold(build_pipeline(up()))
    made.hold(build_pipeline(stopped(storage="Cleared"), name="idle", desiredStatus="Stopped"), "idle")
    made.hold(build_batch("Canceled"), "study")
    made.hold_deployment(build_deployment())
    made.kube.put(
        paths.config_map("shop", "sluice-pipeline-template"), {"data": {"pipelineTemplate": "a: ["}}
    )
    made.nodes.answers["/stats"] = (200, b'{"global_metrics": {}}')
    return made


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_the_document_declares(name: str, house: House) -> None:
    del house
    cases = [OPERATIONS[name].as_strategy(generation_mode=mode) for mode in MODES]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[
            hypothesis.HealthCheck.too_slow,
            hypothesis.HealthCheck.filter_too_much,
            hypothesis.HealthCheck.large_base_example,
            hypothesis.HealthCheck.data_too_large,
        ],
    )
    @hypothesis.given(case=strategies.one_of(cases))
    def must_be_declared(case: Any) -> None:
        given: dict[str, object] = dict(case.path_parameters or {})
        for names in (given, {**given, **{key: KNOWN[key] for key in given if key in KNOWN}}):
            case.path_parameters = names
            answer = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
            case.validate_response(answer, checks=CHECKS)
            assert answer.status_code != BUG

    must_be_declared()

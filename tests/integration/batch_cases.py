"""Batch pipelines that the API server has to refuse, and ones that it has to take."""

from datetime import UTC, datetime
from typing import Any, Final

from support.kubectl import Manifest

from integration.admission_cases import ABSENT, AT_LEAST_ONE, POD_SPEC, Refused, changed, storage
from sluice.api.element_status import ElementStatus, fitted

VALID_BATCH: Final[Manifest] = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Pipeline",
    "metadata": {"name": "sweep"},
    "spec": {"desiredStatus": "Canceled", "template": {"spec": POD_SPEC}, "elements": [{"name": "a"}]},
}
MOMENT: Final = datetime(2026, 3, 1, tzinfo=UTC)


def element(**fields: Any) -> Manifest:
    return {"elements": [{"name": "a", **fields}]}


def refused(because: str, words: tuple[str, ...], spec: Manifest) -> Refused:
    return Refused(because, words, spec, valid=VALID_BATCH)


REFUSED_BATCHES: Final = (
    refused("an empty graph", ("spec.elements", "at least 1 items"), {"elements": []}),
    refused(
        "more elements than etcd holds",
        ("spec.elements", "at most 1000 items"),
        {"elements": [{"name": f"e{number}"} for number in range(1001)]},
    ),
    refused(
        "two elements of one name",
        ("spec.elements[1]", "Duplicate value"),
        {"elements": [{"name": "a"}, {"name": "a"}]},
    ),
    refused("an element without a name", ("spec.elements[0].name", "Required"), {"elements": [{}]}),
    refused(
        "an element's name that no Job can have",
        ("spec.elements[0].name", "write lowercase letters, digits and"),
        element(name="A_1"),
    ),
    refused(
        "elements that are to pause",
        ("spec.desiredStatus", "write desiredStatus Running or Canceled"),
        {"desiredStatus": "Paused"},
    ),
    refused(
        "elements that are to stop",
        ("spec.desiredStatus", "write desiredStatus Running or Canceled"),
        {"desiredStatus": "Stopped"},
    ),
    refused(
        "elements whose volume is to be copied",
        ("spec.storage", "elements make no checkpoints that could be copied"),
        storage(sync={"url": "s3://bucket/folder"}),
    ),
    refused(
        "elements with a schedule of checkpoints",
        ("spec.checkpoint", "elements make their own checkpoints"),
        {"checkpoint": {"schedule": "*/30 * * * *"}},
    ),
    refused("an element that has no template", ("spec.template",), {"template": ABSENT}),
    refused(
        "none at once",
        ("spec.batch.parallelism", AT_LEAST_ONE),
        {"batch": {"parallelism": 0}},
    ),
    refused(
        "a failure policy that does not exist",
        ("spec.batch.failurePolicy", '"FailFast", "Continue"'),
        {"batch": {"failurePolicy": "Ignore"}},
    ),
    Refused(
        "batch without elements",
        ("batch and options go only with elements",),
        {"batch": {"parallelism": 2}},
    ),
)

ACCEPTED_BATCHES: Final[dict[str, Manifest]] = {
    "the least that a batch pipeline needs": VALID_BATCH,
    "elements with force": changed(VALID_BATCH, {"spec": {"force": True}}),
    "elements with templates of their own only": changed(
        VALID_BATCH, {"spec": {"template": ABSENT, **element(template={"spec": POD_SPEC})}}
    ),
    "every field of a batch pipeline": changed(
        VALID_BATCH,
        {
            "spec": {
                "batch": {
                    "parallelism": 3,
                    "failurePolicy": "Continue",
                    "ttlSecondsAfterFinished": 0,
                    "inputs": ["given.csv"],
                },
                "options": {"liveProgressUpdates": False},
                "storage": {"mountPath": "/data"},
                **element(
                    dependsOn=["b"],
                    args=["--fast"],
                    env={"RATE": "3"},
                    template={"spec": POD_SPEC},
                    retries=2,
                    timeoutSeconds=60,
                    hook={"exec": {"command": ["save"]}, "timeoutSeconds": 5},
                    inputs=["given.csv"],
                    outputs=["made.csv"],
                ),
            }
        },
    ),
}


def a_thousand_elements() -> Manifest:
    """As many as there may be, each with arguments of its own, and one that waits for all the others."""
    names = [f"simulation-{number:04}" for number in range(999)]
    elements: list[Manifest] = [
        {
            "name": name,
            "args": [
                "--c-rate",
                f"{number / 100}",
                "--temperature",
                "298.15",
                "--cycles",
                "200",
                "--out",
                name,
            ],
            "outputs": [f"{name}.csv"],
            **({"dependsOn": [names[number - 10]]} if number >= 10 else {}),
        }
        for number, name in enumerate(names)
    ]
    fit: Manifest = {"name": "fit", "dependsOn": names}
    spec = {"elements": [*elements, fit], "storage": {"size": "1Gi"}}
    return changed(VALID_BATCH, {"metadata": {"name": "thousand"}, "spec": spec})


def longest_element(name: str) -> Manifest:
    """The status of an element that has as much to say as it may."""
    given = ElementStatus(
        name=name,
        status="Failed",
        error="no convergence " * 50,
        error_code="CONFIGURATION_ERROR",
        retries=100,
        submitted_at=MOMENT,
        started_at=MOMENT,
        finished_at=MOMENT,
    )
    return fitted(given).model_dump(by_alias=True, exclude_none=True, mode="json")

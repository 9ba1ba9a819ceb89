"""Objects of a newer version: an operator reads what it knows and never falls over the rest."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from sluice.api.spec import PipelineSpec
from sluice.api.status import CONDITION_MESSAGE_MAX_LENGTH, MESSAGE_MAX_LENGTH, PipelineStatus

SPEC: dict[str, Any] = {
    "desiredStatus": "Stopped",
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
    "feldera": {},
}


def test_fields_that_a_newer_version_added_are_ignored() -> None:
    newer = {**SPEC, "quorum": 3, "stop": {"drain": True}, "feldera": {"workers": {"count": 4}}}

    assert PipelineSpec.model_validate(newer) == PipelineSpec.model_validate(SPEC)


def test_the_pod_template_keeps_every_field_as_it_was_written() -> None:
    pod = {"containers": [{"name": "main", "newField": 1}], "nodeSelector": {"disk": "fast"}}
    spec = PipelineSpec.model_validate({**SPEC, "template": {"spec": pod}})

    assert spec.template is not None
    assert spec.template.spec.model_dump() == pod


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"desiredStatus": "Hibernating"}, "desiredStatus"),
        ({"restart": {"policy": "Sometimes"}}, "restart.policy"),
        ({"stop": {"onTimeout": "Wait"}}, "stop.onTimeout"),
        ({"provisioningTimeoutSeconds": "10m"}, "provisioningTimeoutSeconds"),
        ({"template": {"spec": {}}}, "template.spec.containers"),
    ],
)
def test_a_spec_value_that_is_not_known_is_one_error_that_names_the_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        PipelineSpec.model_validate({**SPEC, **change})

    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [field]


def test_what_only_the_api_server_checks_does_not_make_a_stored_spec_unreadable() -> None:
    stored = {**SPEC, "storage": {"size": "ten", "mountPath": "data", "existingClaim": "My_Claim"}}
    storage = PipelineSpec.model_validate(stored).storage

    assert storage is not None
    assert storage.size == "ten"


def test_status_values_that_a_newer_operator_wrote_are_read_as_they_are() -> None:
    status = PipelineStatus.model_validate(
        {
            "deploymentStatus": "Hibernating",
            "deploymentRuntimeStatus": "Dreaming",
            "stop": {"mode": "Deferred", "requestedAt": "2026-01-02T03:04:05Z", "quorum": 2},
            "hibernation": {"since": "2026-01-02T03:04:05Z"},
        }
    )

    assert status.deployment_status == "Hibernating"
    assert status.stop is not None
    assert (status.stop.mode, status.stop.requested_at) == (
        "Deferred",
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_longer_texts_than_this_version_writes_are_cut_and_not_refused() -> None:
    status = PipelineStatus.model_validate(
        {
            "deploymentError": {"message": "m" * 5000, "errorCode": "RuntimeError"},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "Waiting",
                    "message": "m" * 40_000,
                    "lastTransitionTime": "2026-01-02T03:04:05Z",
                    "observedGeneration": 1,
                }
            ],
        }
    )

    assert status.deployment_error is not None
    assert len(status.deployment_error.message) == MESSAGE_MAX_LENGTH
    assert len(status.conditions[0].message) == CONDITION_MESSAGE_MAX_LENGTH


def test_an_empty_status_is_that_of_a_pipeline_nobody_looked_at_yet() -> None:
    assert PipelineStatus.model_validate({}) == PipelineStatus()


def test_a_status_survives_being_written_and_read_again() -> None:
    written = {
        "observedGeneration": 3,
        "deploymentStatus": "Stopped",
        "deploymentStatusSince": "2026-01-02T03:04:05Z",
        "storageStatusDetails": {"checkpoints": [{"uuid": "a", "size": 2**40}]},
    }
    status = PipelineStatus.model_validate(written)

    dumped = status.model_dump(by_alias=True, exclude_none=True, exclude_unset=True)
    assert dumped == written

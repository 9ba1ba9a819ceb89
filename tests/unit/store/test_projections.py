"""From a pod as the API server sends it to what a decision may know of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.api import constants
from sluice.observation import Exit, LastWords
from sluice.store import project_pod

from .pods import Json, ended_pod, pod, said, states, terminated, unscheduled

RUNNING_STATE = {"running": {"startedAt": "2026-03-01T12:00:05Z"}}
DISRUPTED = [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]


def exit_of(body: Json) -> Exit:
    found = project_pod(body).pod.exit
    assert found is not None
    return found


def test_a_running_pod_can_be_asked() -> None:
    record = project_pod(pod())

    assert (record.namespace, record.name, record.resource_version) == ("shop", "orders-runtime-0", 1042)
    assert (record.owner_uid, record.address) == ("uid-of-orders", "10.0.0.7")
    assert record.owner == ("Pipeline", "shop", "orders")
    assert (record.container, record.is_ready) == ("main", True)
    seen = record.pod
    assert (seen.run_number, seen.node_name) == (3, "node-a")
    assert (seen.is_started, seen.has_ended, seen.is_deleting) == (True, False, False)
    assert (seen.exit, seen.waiting, seen.grace_seconds) == (None, None, None)


def test_a_pod_without_an_address_cannot_be_asked_yet() -> None:
    assert project_pod(pod(status={"podIP": None})).pod.is_started is False


def test_a_pod_that_finds_no_node_says_so_in_kubernetes_words() -> None:
    seen = project_pod(unscheduled()).pod

    assert seen.waiting == "Unschedulable: 0/2 nodes are available: 2 Insufficient cpu."
    assert (seen.node_name, seen.is_started, seen.has_ended) == (None, False, False)


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"])
def test_a_container_that_cannot_start_says_why(reason: str) -> None:
    waiting = {"waiting": {"reason": reason, "message": "no such image"}}
    seen = project_pod(pod(status={"phase": "Pending", "containerStatuses": states(main=waiting)})).pod

    assert seen.waiting == f"{reason}: no such image"
    assert seen.is_started is False


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_the_steps_of_every_start_are_no_reason(reason: str) -> None:
    waiting = {"waiting": {"reason": reason}}

    assert project_pod(pod(status={"containerStatuses": states(main=waiting)})).pod.waiting is None


def test_a_crash_has_its_code_its_reason_and_its_last_words() -> None:
    body = ended_pod(1, "Error", said())

    found = exit_of(body)
    assert (found.code, found.reason, found.is_disruption) == (1, "Error", False)
    assert found.words.checkpoint == "c7"
    assert found.words.error is not None
    assert found.words.error.error_code == "RuntimeError.WorkerPanic"
    assert project_pod(body).pod.has_ended


def test_out_of_memory_is_named() -> None:
    found = exit_of(ended_pod(137, "OOMKilled"))

    assert (found.code, found.reason) == (137, "OOMKilled")


def test_a_pod_that_is_evicted_while_its_container_still_runs_has_not_ended() -> None:
    body = pod(
        status={
            "phase": "Failed",
            "reason": "Evicted",
            "message": "The node was low on resource: memory.",
            "conditions": DISRUPTED,
        }
    )
    seen = project_pod(body).pod

    assert (seen.has_ended, seen.exit, seen.is_started) == (False, None, True)


def test_an_evicted_pod_has_ended_with_its_last_container_and_says_why() -> None:
    body = ended_pod(143, conditions=DISRUPTED)
    body["status"] |= {"reason": "Evicted", "message": "low on memory"}

    found = exit_of(body)
    assert (found.code, found.reason, found.message) == (143, "Evicted", "low on memory")
    assert found.is_disruption
    assert project_pod(body).pod.has_ended


def test_a_pod_that_its_node_refused_ended_without_ever_running() -> None:
    body = pod(status={"phase": "Failed", "reason": "OutOfcpu", "containerStatuses": []})

    assert project_pod(body).pod.has_ended
    assert (exit_of(body).code, exit_of(body).reason) == (None, "OutOfcpu")


def test_a_runtime_that_ended_beside_a_living_sidecar_has_ended_and_its_pod_has_not() -> None:
    body = pod(status={"containerStatuses": states(main=terminated(1), proxy=RUNNING_STATE)})

    assert exit_of(body).code == 1
    assert project_pod(body).pod.has_ended is False


def test_a_sidecar_that_ended_beside_a_living_runtime_is_nothing() -> None:
    body = pod(status={"containerStatuses": states(main=RUNNING_STATE, proxy=terminated(1))})
    seen = project_pod(body).pod

    assert (seen.exit, seen.has_ended, seen.is_started) == (None, False, True)


@pytest.mark.parametrize("kind", ["containerStatuses", "initContainerStatuses"])
def test_a_failed_pod_in_which_any_container_runs_has_not_ended(kind: str) -> None:
    body = ended_pod(1)
    body["status"][kind] = [*body["status"].get(kind, []), {"name": "sidecar", "state": RUNNING_STATE}]

    assert project_pod(body).pod.has_ended is False


def test_a_deletion_under_way_is_told_with_its_grace() -> None:
    deletion = {"deletionTimestamp": "2026-03-01T12:10:00Z", "deletionGracePeriodSeconds": 600}
    seen = project_pod(pod(metadata=deletion)).pod

    assert (seen.is_deleting, seen.grace_seconds) == (True, 600)


def test_a_pod_that_was_deleted_before_it_was_bound_never_ran() -> None:
    seen = project_pod(unscheduled(deletionTimestamp="2026-03-01T12:00:00Z")).pod

    assert (seen.is_deleting, seen.node_name, seen.exit) == (True, None, None)


@pytest.mark.parametrize(
    ("changes", "is_disruption"),
    [
        ({}, False),
        ({"conditions": DISRUPTED}, True),
        ({"conditions": [{"type": "DisruptionTarget", "status": "False"}]}, False),
    ],
)
def test_only_a_disruption_makes_an_end_one(changes: dict[str, Any], is_disruption: bool) -> None:
    assert exit_of(ended_pod(143, **changes)).is_disruption is is_disruption


def test_an_end_after_a_deletion_is_a_disruption() -> None:
    body = ended_pod(143)
    body["metadata"]["deletionTimestamp"] = "2026-03-01T12:10:00Z"

    assert exit_of(body).is_disruption


@pytest.mark.parametrize(
    "message",
    [
        None,
        "",
        "Traceback (most recent call last): ...",
        "[1, 2]",
        "null",
        '"c7"',
        "{",
        '{"checkpoint": 7}',
        '{"checkpoint": ""}',
        '{"checkpoint": ["c7"], "error": null}',
        said({"checkpoint": "c7", "padding": "x" * 10_240}),
        "\ud800",
    ],
    ids=lambda message: repr(message)[:24],
)
def test_last_words_that_are_none_are_no_words(message: str | None) -> None:
    assert exit_of(ended_pod(1, "Error", message)).words == LastWords()


@pytest.mark.parametrize(
    "error",
    [
        {"message": "boom", "error_code": "Boom", "details": ["unsupported input"]},
        {"message": "boom", "error_code": "Boom", "details": None},
        {"message": "boom", "error_code": "Boom", "details": "why"},
        {"message": "boom", "error_code": "Boom"},
    ],
    ids=lambda error: json.dumps(error.get("details", "none")),
)
def test_last_words_may_carry_details_of_any_form(error: Json) -> None:
    words = exit_of(ended_pod(1, "Error", said({"checkpoint": "c7", "error": error}))).words

    assert words.checkpoint == "c7"
    assert words.error is not None
    assert words.error.error_code == "Boom"


def test_details_that_are_nested_too_deeply_to_be_written_are_left_out() -> None:
    deep: Json = {}
    for _ in range(300):
        deep = {"": deep}
    error = {"message": "boom", "error_code": "Boom", "details": deep}
    words = exit_of(ended_pod(1, "Error", said({"checkpoint": "c7", "error": error}))).words

    assert words.checkpoint == "c7"
    assert words.error is not None
    assert words.error.details == {}


@pytest.mark.parametrize("error", ["boom", 7, {"message": "boom"}, {"error_code": 3}, [1]])
def test_an_error_that_cannot_be_read_does_not_cost_the_checkpoint(error: object) -> None:
    words = exit_of(ended_pod(1, "Error", said({"checkpoint": "c7", "error": error}))).words

    assert words == LastWords(checkpoint="c7")


@pytest.mark.parametrize("number", ["", "-1", "three", "1.5"])
def test_a_run_number_that_is_none_counts_as_none(number: str) -> None:
    body = pod()
    body["metadata"]["labels"]["sluice.dev/run-number"] = number

    assert project_pod(body).pod.run_number == 0


def test_long_messages_are_cut() -> None:
    body = ended_pod(1, message=None)
    body["status"]["message"] = "x" * 5000

    assert len(exit_of(body).message) == 512


def test_a_pod_that_nobody_has_looked_at_yet_is_just_there() -> None:
    body = pod()
    del body["status"]
    seen = project_pod(body).pod

    assert (seen.is_started, seen.has_ended, seen.exit, seen.waiting) == (False, False, None, None)


def test_the_words_of_a_maintenance_pod_are_what_is_left_on_the_volume() -> None:
    listed = [
        {"uuid": "c1", "size": 10, "steps": 1, "processed_records": 7, "created_at": "2026-03-01T12:00:00Z"},
        {"size": 10},
        {"uuid": "c2"},
    ]
    body = ended_pod(0, "Completed", said({"checkpoints": listed, "error": None}))
    body["metadata"]["labels"][constants.LABEL_ROLE] = constants.MAINTENANCE_ROLE
    seen = project_pod(body).pod

    assert seen.is_maintenance
    assert seen.exit is not None
    assert seen.exit.words.checkpoints is not None
    assert [checkpoint.uuid for checkpoint in seen.exit.words.checkpoints] == ["c1", "c2"]
    assert seen.exit.words.checkpoints[0].created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert not project_pod(pod()).pod.is_maintenance


@pytest.mark.parametrize(
    ("words", "expected"), [({"checkpoints": []}, ()), ({"checkpoints": 7}, None), ({}, None)], ids=str
)
def test_a_list_that_is_none_is_told_from_an_empty_one(words: Json, expected: object) -> None:
    assert exit_of(ended_pod(0, "Completed", said(words))).words.checkpoints == expected

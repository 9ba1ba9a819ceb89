"""The chart's health scripts and actions, judged by Argo CD's own library for what the operator writes."""

from typing import Any

import pytest
from support.argocd import judge
from support.kubectl import Manifest

from sluice.api.requests import read_requests
from sluice.api.statuses import CombinedStatus, RuntimeStatus

UID = "3f0c7f9e-6a52-4c57-9d1e-8d3a5c1b2a10"
UP: Manifest = {"deploymentResourcesStatus": "Provisioned"}
STOP = {"mode": "Graceful", "requestedAt": "2026-03-01T12:00:00Z"}


def condition(kind: str, reason: str, status: str = "True") -> Manifest:
    return {"type": kind, "status": status, "reason": reason, "message": f"because of {reason}"}


READY = condition("Ready", "Running")
NOT_READY = condition("Ready", "Starting", "False")


def body(
    *conditions: Manifest, kind: str = "Pipeline", spec: Manifest | None = None, **status: Any
) -> Manifest:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": "orders", "namespace": "shop", "uid": UID, "generation": 2, "annotations": {}},
        "spec": {"desiredStatus": "Running", "feldera": {}, **(spec or {})},
        "status": {"observedGeneration": 2, "conditions": list(conditions), **status},
    }


def stopping(*conditions: Manifest, **stop: Any) -> Manifest:
    return body(*conditions, deploymentStatus="Suspending", stop={**STOP, **stop}, **UP)


HEALTH: dict[str, tuple[Manifest, str, str]] = {
    "it runs": (body(READY, deploymentStatus="Running", **UP), "Healthy", "because of Running"),
    "an intended stop": (
        body(condition("Ready", "Stopped"), deploymentStatus="Stopped"),
        "Healthy",
        "Stopped",
    ),
    "an intended pause": (
        body(condition("Ready", "Paused"), deploymentStatus="Paused", **UP),
        "Healthy",
        "Paused",
    ),
    "the end of its input": (
        body(condition("Ready", "Completed"), deploymentStatus="Completed"),
        "Healthy",
        "",
    ),
    "it starts": (body(NOT_READY, deploymentStatus="Provisioning"), "Progressing", "because of Starting"),
    "a graceful stop": (stopping(NOT_READY), "Progressing", "Suspending"),
    "a stop that is stuck": (
        stopping(NOT_READY, condition("Stalled", "StopStuck"), lastError="no", blockers=["a", "b"]),
        "Progressing",
        "Suspending: no; it waits for: a, b",
    ),
    "it needs a person": (
        body(NOT_READY, condition("Stalled", "InvalidSpec"), deploymentStatus="Stopped"),
        "Degraded",
        "because of InvalidSpec",
    ),
    "it waits for approval": (
        body(condition("Ready", "AwaitingApproval", "False"), deploymentStatus="AwaitingApproval", **UP),
        "Suspended",
        "because of AwaitingApproval",
    ),
    "an override": (
        body(condition("Ready", "Stopped"), deploymentStatus="Stopped", override={"token": "t"}),
        "Healthy",
        "by an override",
    ),
}


def test_each_state_is_judged_as_people_mean_it() -> None:
    judged = judge(*((case, "") for case, _, _ in HEALTH.values()))

    assert {name: found.status for name, found in zip(HEALTH, judged, strict=True)} == {
        name: health for name, (_, health, _) in HEALTH.items()
    }
    for (name, (_, _, words)), found in zip(HEALTH.items(), judged, strict=True):
        assert words in found.message, name


def test_no_status_is_one_that_the_script_cannot_judge() -> None:
    statuses = [*map(str, CombinedStatus), *map(str, RuntimeStatus), "Pending", "Failed", "Canceled"]
    cases = [
        body(NOT_READY, deploymentStatus=status, kind=kind)
        for status in statuses
        for kind in ("Pipeline", "Deployment")
    ]
    bare = [{**body(), "status": status} for status in (Manifest(), None)] + [
        {"metadata": {"uid": UID}, **_without_metadata()}
    ]

    for found in judge(*((case, "") for case in [*cases, *bare])):
        assert found.status in ("Progressing", "Suspended")


def _without_metadata() -> Manifest:
    made = body()
    return {"apiVersion": made["apiVersion"], "kind": made["kind"], "spec": made["spec"]}


def test_a_status_that_speaks_of_an_older_spec_is_believed_in_nothing() -> None:
    old = body(READY, deploymentStatus="Running", observedGeneration=1)

    assert judge((old, ""))[0].status == "Progressing"


def test_a_pipeline_that_the_operator_was_told_to_leave_alone_is_suspended() -> None:
    paused = body(READY, deploymentStatus="Running")
    paused["metadata"]["annotations"]["sluice.dev/paused"] = "true"

    assert judge((paused, ""))[0].status == "Suspended"


ACTIONS: dict[str, tuple[str, Manifest]] = {
    "start": ("override", {"desiredStatus": "Running", "force": False}),
    "pause": ("override", {"desiredStatus": "Paused", "force": False}),
    "stop": ("override", {"desiredStatus": "Stopped", "force": False}),
    "force-stop": ("override", {"desiredStatus": "Stopped", "force": True}),
    "cancel": ("override", {"desiredStatus": "Canceled", "force": False}),
    "checkpoint": ("checkpoint", {}),
    "restart": ("restart", {}),
    "approve": ("approve", {}),
    "dismiss-error": ("dismiss-error", {}),
}


@pytest.mark.parametrize("kind", ["Pipeline", "Deployment"])
def test_an_action_writes_a_request_that_the_operator_understands_and_nothing_else(kind: str) -> None:
    given = body(READY, kind=kind, deploymentStatus="Running", **UP)
    for name, found in zip(ACTIONS, judge(*((given, action) for action in ACTIONS)), strict=True):
        verb, arguments = ACTIONS[name]
        (request,) = read_requests(found.result["metadata"]["annotations"])

        assert (request.verb, request.uid, request.problem) == (verb, UID, None)
        assert request.token.startswith("argocd-")
        assert request.arguments.items() >= arguments.items()
        assert found.result["spec"] == given["spec"]
        assert found.result["status"] == given["status"]


def test_an_override_says_what_git_said_when_it_was_made() -> None:
    given = body(READY, deploymentStatus="Stopped", spec={"desiredStatus": "Stopped", "force": True})
    (request,) = read_requests(judge((given, "start"))[0].result["metadata"]["annotations"])

    assert request.arguments["specDesiredStatus"] == "Stopped"
    assert request.arguments["specForce"] is True


def test_a_pipeline_that_ended_by_itself_is_started_by_a_restart_as_well() -> None:
    held = body(deploymentStatus="Stopped", heldGeneration=2)
    requests = read_requests(judge((held, "start"))[0].result["metadata"]["annotations"])

    assert {request.verb for request in requests} == {"override", "restart"}


def test_git_is_followed_again_once_the_override_is_taken_away() -> None:
    given = body(READY, deploymentStatus="Stopped")
    given["metadata"]["annotations"] = {"requests.sluice.dev/override": "{}", "team": "data"}
    found = judge((given, "follow-git"))[0]

    assert "follow-git" in found.actions
    assert found.result["metadata"]["annotations"] == {"team": "data"}


OFFERED: dict[str, tuple[Manifest, set[str]]] = {
    "it runs": (
        body(READY, deploymentStatus="Running", **UP),
        {"pause", "stop", "force-stop", "checkpoint", "restart"},
    ),
    "it is stopped": (body(READY, deploymentStatus="Stopped"), {"start", "pause", "restart"}),
    "it stops": (stopping(NOT_READY), {"force-stop"}),
    "it is being forced": (stopping(NOT_READY, mode="Force"), set()),
    "it waits for approval": (
        body(NOT_READY, deploymentStatus="AwaitingApproval", **UP),
        {"start", "pause", "stop", "force-stop", "checkpoint", "restart", "approve"},
    ),
    "it failed": (
        body(NOT_READY, deploymentStatus="Stopped", deploymentError={"message": "no"}),
        {"start", "pause", "restart", "dismiss-error"},
    ),
    "a deployment": (
        body(READY, kind="Deployment", deploymentStatus="Running", **UP),
        {"stop", "force-stop", "checkpoint", "restart"},
    ),
    "a Flink job cannot pause": (
        body(READY, deploymentStatus="Stopped", spec={"flink": {}}),
        {"start", "restart"},
    ),
    "a batch": (body(READY, deploymentStatus="Running", spec={"elements": []}), {"cancel", "restart"}),
}


def test_only_those_actions_are_offered_that_make_sense_now() -> None:
    judged = judge(*((case, "") for case, _ in OFFERED.values()))

    assert {name: set(found.actions) for name, found in zip(OFFERED, judged, strict=True)} == {
        name: offered for name, (_, offered) in OFFERED.items()
    }

"""Pods as an API server sends them, cut to the fields that anybody reads."""

import copy
import json
from typing import Any

from sluice.api import constants

Json = dict[str, Any]

RUNNING: Json = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "orders-runtime-0",
        "namespace": "shop",
        "uid": "9c5d0d3e-0000-4000-8000-000000000009",
        "resourceVersion": "1042",
        "creationTimestamp": "2026-03-01T12:00:00Z",
        "labels": {
            constants.LABEL_MANAGED_BY: constants.MANAGED_BY,
            constants.LABEL_KIND: "Pipeline",
            constants.LABEL_NAME: "orders",
            constants.LABEL_UID: "uid-of-orders",
            constants.LABEL_RUN_NUMBER: "3",
            constants.LABEL_DEPLOYMENT_ID: "11111111-1111-4111-8111-111111111111",
        },
    },
    "spec": {
        "nodeName": "node-a",
        "containers": [{"name": "main", "image": "example.com/job:1"}, {"name": "proxy"}],
    },
    "status": {
        "phase": "Running",
        "podIP": "10.0.0.7",
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": "True"},
        ],
        # In the order of their names, not of the spec.
        "containerStatuses": [
            {"name": "aaa", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            {"name": "main", "state": {"running": {"startedAt": "2026-03-01T12:00:05Z"}}},
            {"name": "proxy", "state": {"running": {"startedAt": "2026-03-01T12:00:05Z"}}},
        ],
    },
}
LAST_WORDS: Json = {
    "checkpoint": "c7",
    "error": {"message": "a worker panicked", "error_code": "RuntimeError.WorkerPanic", "details": {}},
}


def pod(*, metadata: Json | None = None, status: Json | None = None, **spec: Any) -> Json:
    """The running pod with other fields."""
    body = copy.deepcopy(RUNNING)
    body["metadata"] |= metadata or {}
    body["status"] |= status or {}
    body["spec"] |= spec
    return body


def states(**by_container: Json) -> list[Json]:
    return [{"name": name, "state": state} for name, state in by_container.items()]


def terminated(code: int, reason: str = "Error", message: str | None = None) -> Json:
    ended: Json = {"exitCode": code, "reason": reason}
    return {"terminated": ended if message is None else {**ended, "message": message}}


def ended_pod(code: int, reason: str = "Error", message: str | None = None, **changes: Any) -> Json:
    """All containers have terminated."""
    state = terminated(code, reason, message)
    phase = "Succeeded" if code == 0 else "Failed"
    statuses = states(main=state, proxy=terminated(0, "Completed"))
    return pod(status={"phase": phase, "containerStatuses": statuses, **changes})


def unscheduled(**metadata: Any) -> Json:
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/2 nodes are available: 2 Insufficient cpu.",
    }
    body = pod(metadata=metadata)
    body["status"] = {"phase": "Pending", "conditions": [condition]}
    del body["spec"]["nodeName"]
    return body


def said(words: object = LAST_WORDS) -> str:
    return json.dumps(words)

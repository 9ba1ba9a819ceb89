"""The objects that stand still: one of each thing that a person comes to the page for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from unit.reconcile.fake_kube import FakeKube

from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT, PIPELINE, Kind
from sluice.kube import paths

HOSTILE = "<img src=x onerror=alert(1)>"
"""What somebody writes who hopes that it becomes markup."""


class Now:
    """The moment that all of them are told from: what belongs together must not differ by a second."""

    moment = datetime.now(UTC)


def ago(**span: float) -> str:
    return (Now.moment - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def conditions(
    reason: str, message: str, *, since: str, ready: bool = True, stalled: bool = False
) -> list[Json]:
    values = {
        "Ready": ready,
        "Available": ready,
        "Reconciling": not ready and not stalled,
        "Stalled": stalled,
    }
    return [
        {
            "type": kind,
            "status": str(value),
            "reason": reason,
            "message": message,
            "lastTransitionTime": since,
            "observedGeneration": 2,
        }
        for kind, value in values.items()
    ]


def build(name: str, kind: Kind, spec: Json, status: Json) -> Json:
    metadata = {
        "namespace": "shop",
        "name": name,
        "uid": f"uid-of-{name}",
        "generation": 2,
        "creationTimestamp": ago(days=3),
    }
    return {
        "kind": kind.name,
        "metadata": metadata,
        "spec": spec,
        "status": {"observedGeneration": 2, **status},
    }


def event(
    name: str, reason: str, message: str, at: str, kind: str = "Pipeline", level: str = "Normal"
) -> Json:
    return {
        "metadata": {"name": f"{name}.{reason}.{at}", "namespace": "shop"},
        "involvedObject": {"kind": "Pipeline", "name": name, "uid": f"uid-of-{name}"},
        "reason": reason,
        "message": message,
        "type": level,
        "lastTimestamp": at,
    }


def up(state: str, since: str, **more: Any) -> Json:
    return {
        "deploymentStatus": state,
        "deploymentStatusSince": since,
        "deploymentDesiredStatus": "Running",
        "deploymentDesiredStatusSince": since,
        "deploymentResourcesStatus": "Provisioned",
        "deploymentResourcesDesiredStatus": "Provisioned",
        "deploymentRuntimeStatus": state,
        "deploymentRuntimeDesiredStatus": "Running",
        "storageStatus": "InUse",
        "storageSize": "10Gi",
        "runNumber": 4,
        **more,
    }


def down(state: str, since: str, **more: Any) -> Json:
    return {
        "deploymentStatus": state,
        "deploymentStatusSince": since,
        "deploymentDesiredStatus": "Stopped",
        "deploymentResourcesStatus": "Stopped",
        "deploymentResourcesDesiredStatus": "Stopped",
        "storageStatus": "InUse",
        **more,
    }


def checkpoints(*minutes: float) -> Json:
    listed = [
        {
            "uuid": f"0199a6c4-7{index:03d}-7000-8000-00000000000{index}",
            "size": 48_000_000 + 3_100_000 * index,
            "processedRecords": 1_200_000 + 310_000 * index,
            "createdAt": ago(minutes=each),
        }
        for index, each in enumerate(minutes)
    ]
    return {"storageStatusDetails": {"checkpoints": listed}, "lastCheckpointTime": ago(minutes=minutes[-1])}


def census() -> Json:
    """Runs, with a past: a restart, checkpoints by an interval, some on request."""
    taken = (24, 18.9, 14, 11.2, 6.1, 1.1)
    requests = [
        {
            "verb": "checkpoint",
            "token": f"monday-{number}",
            "state": "Succeeded",
            "requestedAt": ago(minutes=begun),
            "finishedAt": ago(minutes=begun - took),
        }
        for number, begun, took in ((1, 18.95, 0.05), (2, 11.4, 0.2), (3, 6.2, 0.1))
    ]
    stop = {
        "mode": "Graceful",
        "cause": "SpecChanged",
        "requestedAt": ago(minutes=24.4),
        "finishedAt": ago(minutes=23.6),
        "checkpoint": "0199a6c4-7000-7000-8000-000000000000",
    }
    status = up(
        "Running",
        ago(minutes=22.9),
        deploymentId="0199a6c4-0000-7000-8000-000000000001",
        runtime={"name": "census-runtime-0", "nodeName": "node-a"},
        conditions=conditions("Running", "the pipeline runs", since=ago(minutes=22.9)),
        requests=requests,
        stop=stop,
        **checkpoints(*taken),
    )
    spec = {"desiredStatus": "Running", "feldera": {}, "checkpoint": {"intervalSeconds": 300}, "storage": {}}
    return build("census", PIPELINE, spec, status)


def census_events() -> list[Json]:
    steps = (
        (31, "Provisioning", "Initializing", "Initializing", "the process is initializing"),
        (30.6, "Initializing", "Running", "Running", "the pipeline runs"),
        (24.4, "Running", "Suspending", "Suspending", "making a checkpoint before the stop"),
        (23.9, "Suspending", "Stopping", "Stopping", "waiting for the pod to end"),
        (23.6, "Stopping", "Provisioning", "Provisioning", "the pod is being made"),
        (23.2, "Provisioning", "Initializing", "Initializing", "the process is initializing"),
        (22.9, "Initializing", "Running", "Running", "the pipeline runs"),
    )
    told = [event("census", r, f"{a} -> {b}: {m}", ago(minutes=t)) for t, a, b, r, m in steps]
    trouble = "the process ended and is started again: it ran out of memory"
    return [*told, event("census", "Restarting", trouble, ago(minutes=31.2), level="Warning")]


def stuck() -> Json:
    """A graceful stop that cannot make its checkpoint."""
    stop = {
        "mode": "Graceful",
        "cause": "Requested",
        "requestedAt": ago(minutes=14),
        "attempt": 9,
        "lastError": "no space left on device",
        "blockers": [f"input {HOSTILE} is in a transaction"],
        "nextAttemptAt": ago(minutes=-0.5),
    }
    message = (
        "the graceful stop cannot make its checkpoint; set force: true to stop without one. The volume is"
        " full."
    )
    given = conditions("StopStuck", message, since=ago(minutes=4), ready=False, stalled=True)
    status = {
        **up("Suspending", ago(minutes=14), stop=stop, conditions=given, **checkpoints(52, 33)),
        "deploymentDesiredStatus": "Suspended",
        "deploymentRuntimeStatus": "Running",
    }
    return build("fraud-rules", PIPELINE, {"desiredStatus": "Stopped", "flink": {}}, status)


def failed() -> Json:
    """Ended by itself, with an error whose words somebody chose."""
    error = {"message": f"it broke {HOSTILE}", "errorCode": "RunnerCheckError", "details": {"exitCode": 1}}
    given = conditions(
        "Failed",
        "the pipeline stopped by itself; change the spec, or ask for a restart, to start it again: exit code"
        " 1",
        since=ago(hours=2),
        ready=False,
        stalled=True,
    )
    status = down(
        "Stopped",
        ago(hours=2),
        deploymentError=error,
        conditions=given,
        heldGeneration=2,
        **checkpoints(150, 125),
    )
    return build("audit-trail", PIPELINE, {"desiredStatus": "Running", "feldera": {}}, status)


def awaiting() -> Json:
    message = "the program is not the one that made the checkpoint; approve it, or stop the pipeline."
    given = conditions("AwaitingApproval", message, since=ago(minutes=3), ready=False, stalled=True)
    status = up("AwaitingApproval", ago(minutes=3), conditions=given, **checkpoints(9))
    return build("prices", PIPELINE, {"desiredStatus": "Running", "feldera": {}}, status)


def at_rest() -> Json:
    given = conditions("Stopped", "the pipeline is stopped", since=ago(days=1))
    status = down("Stopped", ago(days=1), conditions=given, **checkpoints(1460, 1441))
    return build("returns", PIPELINE, {"desiredStatus": "Stopped", "feldera": {}}, status)


def study() -> Json:
    """A batch pipeline half done."""
    states = ("Completed", "Completed", "Running", "Failed", "Pending", "Pending")
    elements = [
        {
            "name": f"fit-{number}",
            "status": state,
            "submittedAt": ago(minutes=20 - number),
            **({} if state == "Pending" else {"startedAt": ago(minutes=20 - number)}),
            **({"finishedAt": ago(minutes=12 - number)} if state in ("Completed", "Failed") else {}),
            **({"progress": {"percent": 62, "message": "cycle 310 of 500"}} if state == "Running" else {}),
            **({"error": "the solver diverged", "errorCode": "SOLVER_ERROR"} if state == "Failed" else {}),
        }
        for number, state in enumerate(states, start=1)
    ]
    counts = {"total": 6, "completed": 2, "running": 1, "failed": 1, "pending": 2}
    message = "the elements are run, each as soon as those that it depends on are completed"
    status = {
        "deploymentStatus": "Running",
        "deploymentStatusSince": ago(minutes=20),
        "elements": elements,
        "elementCounts": counts,
        "elementProgress": "2/6",
        "conditions": conditions("ElementsRunning", message, since=ago(minutes=20), ready=False),
    }
    spec = {"desiredStatus": "Running", "elements": [{"name": each["name"]} for each in elements]}
    return build("battery-sweep", PIPELINE, spec, status)


def ledger() -> Json:
    """A container on a machine."""
    status = up(
        "Running",
        ago(hours=5),
        machine="node-b",
        deploymentId="7c1a8b52-9a54-4b0c-8b7f-0d7d7c8a5f01",
        runtime={"name": "ledger-deployment-0", "nodeName": "node-b"},
        conditions=conditions("Running", "the deployment runs", since=ago(hours=5)),
        **checkpoints(310, 240, 120, 45),
    )
    return build(
        "ledger", DEPLOYMENT, {"desiredStatus": "Running", "machine": {"nodeName": "node-b"}}, status
    )


def bring_on(kube: FakeKube) -> None:
    """All of them, on this API server."""
    Now.moment = datetime.now(UTC)
    for body in (census(), stuck(), failed(), awaiting(), at_rest(), study()):
        kube.put(paths.pipeline("shop", body["metadata"]["name"]), body)
    kube.put(paths.resource(DEPLOYMENT, "shop", "ledger"), ledger())
    for each in census_events():
        kube.put(f"{paths.event('shop')}/{each['metadata']['name']}", each)

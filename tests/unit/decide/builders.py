"""The inputs of a decision, complete and plausible, of which a test names only what it is about."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sluice.api.reasons import ConditionType
from sluice.api.spec import PipelineSpec
from sluice.api.status import (
    CheckpointStatus,
    ConditionStatus,
    ErrorStatus,
    PipelineStatus,
    RestartStatus,
    RuntimePodStatus,
    StopStatus,
    StorageDetailsStatus,
)
from sluice.api.statuses import DesiredStatus
from sluice.decide import Action, CreatePod, Decision, DeletePod, EngineCall, decide
from sluice.observation import (
    Claim,
    EngineVerb,
    Exit,
    Intent,
    LastWords,
    Node,
    Observed,
    Pod,
    Refusal,
    RefusalKind,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeUnreachable,
)

A = TypeVar("A", bound=Action)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME, UID, POD_NAME = "orders", "uid-of-orders", "orders-runtime-0"
POD_UID, NODE = "uid-of-the-pod", "node-a"
FIRST_START, NEXT_START = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SUSPEND, PAUSE, RESUME = (
    EngineCall(verb) for verb in (EngineVerb.SUSPEND, EngineVerb.PAUSE, EngineVerb.RESUME)
)
BOOM = ErrorStatus(message="a worker panicked", error_code="RuntimeError.WorkerPanic")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def spec_of(**fields: Any) -> PipelineSpec:
    """A spec with storage; fields by their names in a manifest."""
    basis = {
        "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
        "feldera": {},
        "storage": {},
    }
    return PipelineSpec.model_validate(basis | fields)


def intent_of(
    desired: DesiredStatus = DesiredStatus.RUNNING, spec: PipelineSpec | None = None, **changes: Any
) -> Intent:
    basis = Intent(
        name=NAME,
        uid=UID,
        generation=1,
        desired_status=desired,
        force=False,
        is_deleting=False,
        has_finalizer=True,
        revision="orders-0123456789",
        spec=spec or spec_of(),
    )
    return dataclasses.replace(basis, **changes)


RUN = intent_of()
PAUSED = intent_of(DesiredStatus.PAUSED)
STOP = intent_of(DesiredStatus.STOPPED)
FORCE = intent_of(DesiredStatus.STOPPED, force=True)


def pod_of(**changes: Any) -> Pod:
    """The runtime's pod, running."""
    basis = Pod(
        uid=POD_UID,
        is_ours=True,
        run_number=1,
        deployment_id=FIRST_START,
        node_name=NODE,
        is_deleting=False,
        grace_seconds=None,
        has_ended=False,
        is_started=True,
    )
    return dataclasses.replace(basis, **changes)


def ended(code: int | None, *, checkpoint: str | None = None, error: ErrorStatus | None = None) -> Pod:
    """The runtime's pod after its process ended."""
    return pod_of(has_ended=True, is_started=False, exit=exit_of(code, checkpoint=checkpoint, error=error))


def exit_of(
    code: int | None,
    *,
    checkpoint: str | None = None,
    error: ErrorStatus | None = None,
    is_disruption: bool = False,
) -> Exit:
    reason = "Completed" if code == 0 else "Error"
    return Exit(code, reason, is_disruption=is_disruption, words=LastWords(checkpoint, error))


def answer_of(
    status: str = "Running", desired: str | None = None, *checkpoints: str, **changes: Any
) -> RuntimeAnswer:
    listed = tuple(CheckpointStatus(uuid=uuid) for uuid in checkpoints) if checkpoints else None
    basis = RuntimeAnswer(status=status, desired=desired or status, checkpoints=listed)
    return dataclasses.replace(basis, **changes)


SILENCE = RuntimeUnreachable("no answer within 5 s")
FATAL = RuntimeFailed(BOOM)


def seen_of(pod: Pod | None = None, **changes: Any) -> Observed:
    return dataclasses.replace(Observed(pod=pod, new_id=NEXT_START), **changes)


NOTHING = seen_of()


def serving(status: str = "Running", *checkpoints: str, desired: str | None = None) -> Observed:
    """A pod whose process answers."""
    return seen_of(pod_of(), runtime=answer_of(status, desired, *checkpoints))


def refused(
    kind: RefusalKind, message: str = "exceeded quota: pods=10", action: type[Action] = CreatePod
) -> Observed:
    return seen_of(refusal=refusal_of(action, kind, message))


def refusal_of(action: type[Action], kind: RefusalKind, message: str) -> Refusal:
    return Refusal(kind, "Forbidden", message, action.__name__)


READY_NODE = Node(exists=True, is_ready=True)
SILENT_NODE = Node(exists=True, is_ready=False)
REMOVED_NODE = Node(exists=False)
OUT_OF_SERVICE_NODE = Node(exists=True, is_out_of_service=True)
OWN_CLAIM = Claim(is_ours=True, run_number=7)


def stored(**fields: Any) -> PipelineStatus:
    """A status as it is read from the API."""
    return PipelineStatus.model_validate(PipelineStatus(**fields).model_dump(by_alias=True, mode="json"))


def stopped(**changes: Any) -> PipelineStatus:
    basis: dict[str, Any] = {
        "observed_generation": 1,
        "deployment_status": "Stopped",
        "deployment_desired_status": "Stopped",
        "deployment_resources_status": "Stopped",
        "deployment_resources_desired_status": "Stopped",
        "storage_status": "InUse",
        "run_number": 1,
    }
    return stored(**(basis | changes))


def provisioning(**changes: Any) -> PipelineStatus:
    """A start that was written down one second ago."""
    return _with_compute(
        {
            "deployment_status": "Provisioning",
            "deployment_resources_status": "Provisioning",
            "deployment_resources_status_since": ago(1),
            "runtime": RuntimePodStatus(name=POD_NAME),
        }
        | changes
    )


def provisioned(**changes: Any) -> PipelineStatus:
    """A pipeline that runs, with the checkpoint ``c1``."""
    return _with_compute(
        {
            "deployment_status": "Running",
            "deployment_resources_status": "Provisioned",
            "deployment_runtime_status": "Running",
            "deployment_runtime_desired_status": "Running",
            "runtime": RuntimePodStatus(name=POD_NAME, uid=POD_UID, node_name=NODE),
            "storage_status_details": _checkpoints("c1"),
        }
        | changes
    )


def suspending(stop: dict[str, Any] | None = None, **changes: Any) -> PipelineStatus:
    """A graceful stop that was asked for five seconds ago, when ``c1`` was there."""
    known: dict[str, Any] = {
        "mode": "Graceful",
        "requested_at": ago(5),
        "known_checkpoints": ["c1"],
        "attempt": 1,
        "next_attempt_at": ago(-60),
    }
    return provisioned(
        **(
            {
                "deployment_status": "Suspending",
                "deployment_desired_status": "Suspended",
                "stop": StopStatus(**(known | (stop or {}))),
            }
            | changes
        )
    )


def stopping(mode: str = "Graceful", stop: dict[str, Any] | None = None, **changes: Any) -> PipelineStatus:
    """The pod is being deleted."""
    known: dict[str, Any] = {"mode": mode, "requested_at": ago(5), "known_checkpoints": ["c1"]}
    return _with_compute(
        {
            "deployment_status": "Stopping",
            "deployment_desired_status": "Stopped",
            "deployment_resources_status": "Stopping",
            "deployment_resources_desired_status": "Stopped",
            "deployment_initial": None,
            "runtime": RuntimePodStatus(name=POD_NAME, uid=POD_UID, node_name=NODE),
            "storage_status_details": _checkpoints("c1"),
            "stop": StopStatus(**(known | (stop or {}))),
        }
        | changes
    )


def _with_compute(changes: dict[str, Any]) -> PipelineStatus:
    basis: dict[str, Any] = {
        "observed_generation": 1,
        "deployment_desired_status": "Running",
        "deployment_resources_desired_status": "Provisioned",
        "deployment_id": FIRST_START,
        "deployment_initial": "Running",
        "storage_status": "InUse",
        "run_number": 1,
        "revision": "orders-0123456789",
        "restart": RestartStatus(),
    }
    return stored(**(basis | changes))


def _checkpoints(*uuids: str) -> StorageDetailsStatus:
    return StorageDetailsStatus(checkpoints=[CheckpointStatus(uuid=uuid) for uuid in uuids])


def look(intent: Intent, status: PipelineStatus, seen: Observed = NOTHING, *, after: float = 0.0) -> Decision:
    return decide(intent, status, seen, NOW + timedelta(seconds=after))


def reread(status: PipelineStatus) -> PipelineStatus:
    """The status after it went through the API."""
    return PipelineStatus.model_validate(status.model_dump(by_alias=True, exclude_none=True, mode="json"))


def actions_of(decision: Decision, kind: type[A]) -> list[A]:
    return [action for action in decision.actions if isinstance(action, kind)]


def deletes_pod(decision: Decision) -> bool:
    return bool(actions_of(decision, DeletePod))


def condition(decision: Decision, kind: ConditionType = ConditionType.READY) -> ConditionStatus:
    (found,) = [entry for entry in decision.status.conditions if entry.type == kind]
    return found


def checkpoint_ids(status: PipelineStatus) -> list[str]:
    details = status.storage_status_details
    return [] if details is None else [checkpoint.uuid for checkpoint in details.checkpoints]

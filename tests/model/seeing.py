"""What the operator sees of a world, as ``reconcile.observe`` would find it, and what ``decide`` makes of it.

Decisions are pure, so each distinct one is made and judged once and remembered.
"""

from functools import lru_cache
from typing import NamedTuple

from sluice import decide as actions
from sluice.api.errors import ErrorCode, build_error
from sluice.api.status import ErrorStatus, PipelineStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.decide import Action, Decision
from sluice.observation import (
    Claim,
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
    RuntimeObservation,
    RuntimeUnreachable,
)

from . import world as w
from .abstraction import GENERATION, checkpoints_up_to, identifier
from .setting import Setting
from .world import Do, User, World

NEW_START = 99
"""The id that a start would get now: higher than all others until ``canonical`` closes the gap."""
CODES = {"input ended": 0, "checkpointed": 143, "killed": 137, "failed": 1, "never ran": None}
UNSAID = -1
"""A process without storage lists no checkpoints, which is not the same as an empty list."""
ANSWERED, UNREACHABLE, FAILED = "answered", "unreachable", "failed"
BEFORE_A_POD = ("", ResourcesStatus.STOPPED, ResourcesStatus.PROVISIONING)


class Heard(NamedTuple):
    """What came of asking the process."""

    kind: str
    status: str = ""
    desired: str = ""
    newest: int = 0


class Seen(NamedTuple):
    """The abstract form of ``Observed``."""

    pod: w.Pod | None = None
    last_seen: w.Pod | None = None
    node: str = ""
    claim: int = 0
    heard: Heard | None = None
    refusal: str = ""


def is_ours(pod: w.Pod | None) -> bool:
    """Whether there is a pod, and it belongs to the pipeline."""
    return pod is not None and pod.phase != w.FOREIGN


def believed_pod(world: World) -> w.Pod | None:
    """The pod as the operator believes it to be: from its store, or asked for where that is doubtful."""
    is_expected = world.status.runtime is not None
    if world.store is None and is_expected and world.tombstone is None:
        return world.pod
    return world.store


def last_good_spec_has_storage(user: User, revision: int) -> bool | None:
    """Whether the spec in force declares storage; ``None`` when no spec can be understood."""
    if user.is_valid:
        return user.has_storage
    return {0: None, 1: False, 2: True}[revision]


def look_at(world: World) -> Seen:
    """Everything that one decision may look at beside the intent and the status."""
    pod = believed_pod(world)
    last_seen = world.tombstone if not is_ours(pod) else None
    return Seen(
        pod=pod,
        last_seen=last_seen,
        node=_seen_node(world, pod, last_seen),
        claim=_seen_claim(world, pod),
        heard=_ask(world, pod),
        refusal=world.refusal,
    )


def _seen_node(world: World, pod: w.Pod | None, last_seen: w.Pod | None) -> str:
    runtime = world.status.runtime
    is_known = (last_seen is not None and last_seen.phase != w.NEW) or (
        runtime is not None and runtime.is_bound
    )
    is_over = last_seen is not None and last_seen.phase == w.ENDED
    return "" if is_ours(pod) or not is_known or is_over else world.node


def _seen_claim(world: World, pod: w.Pod | None) -> int:
    """Looked at wherever a pod may be about to be made."""
    user, status = world.user, world.status
    is_before_pod = pod is None and status.resources in BEFORE_A_POD
    is_start_wanted = user.desired != DesiredStatus.STOPPED and not user.is_deleting
    has_storage = last_good_spec_has_storage(user, status.revision)
    is_looked_at = is_before_pod and is_start_wanted and has_storage
    return world.claim if is_looked_at else 0


def _ask(world: World, pod: w.Pod | None) -> Heard | None:
    status = world.status
    if pod is None or pod.phase != w.UP or last_good_spec_has_storage(world.user, status.revision) is None:
        return None
    if status.resources == ResourcesStatus.STOPPING or pod.run < status.run:
        return None
    process = world.process
    is_there = world.pod is not None and world.pod.uid == pod.uid
    if process is None or process.is_mute or not is_there or world.node in (w.SILENT, w.DOWN):
        return Heard(UNREACHABLE)
    if process.status == "Failed":
        return Heard(FAILED)
    return Heard(ANSWERED, process.status, process.desired, world.newest if pod.has_storage else UNSAID)


# --- The real arguments ----------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def intent_of(user: User, revision: int, setting: Setting, *, has_finalizer: bool) -> Intent:
    """The real intent."""
    storage = last_good_spec_has_storage(user, revision)
    return Intent(
        name="pipeline",
        uid="pipeline-uid",
        generation=GENERATION,
        desired_status=DesiredStatus(user.desired),
        force=user.force,
        is_deleting=user.is_deleting,
        has_finalizer=has_finalizer,
        revision=f"revision-{2 if storage else 1}",
        spec=None if storage is None else setting.spec(has_storage=storage),
        spec_error=None if user.is_valid else "template: not understood",
    )


@lru_cache(maxsize=65536)
def observed_of(seen: Seen) -> Observed:
    """The real observation."""
    return Observed(
        pod=_pod(seen.pod),
        last_seen=_pod(seen.last_seen),
        node=_node(seen.node),
        claim=Claim(is_ours=True, run_number=seen.claim) if seen.claim else None,
        runtime=_runtime(seen.heard),
        refusal=Refusal(RefusalKind(seen.refusal), "Refused", "refused") if seen.refusal else None,
        new_deployment_id=f"start-{NEW_START}",
    )


@lru_cache(maxsize=4096)
def _pod(pod: w.Pod | None) -> Pod | None:
    if pod is None:
        return None
    return Pod(
        uid=f"uid-{pod.uid}",
        is_ours=pod.phase != w.FOREIGN,
        run_number=pod.run,
        deployment_id=identifier("start", pod.start) or "",
        node_name=None if pod.phase == w.NEW else "node",
        is_deleting=pod.deleting != w.NO,
        grace_seconds={w.NO: None, w.LONG: 600, w.SHORT: 1}[pod.deleting],
        has_ended=pod.phase == w.ENDED,
        is_started=pod.phase == w.UP,
        exit=_exit(pod),
    )


def _exit(pod: w.Pod) -> Exit | None:
    if pod.exit is None:
        return None
    kind, _, mark = pod.exit.kind.partition(", ")
    error = ErrorStatus(message="it broke", error_code="WorkerPanic") if kind == "failed" else None
    return Exit(
        code=CODES[kind],
        reason="OOMKilled" if kind == "killed" else "Error",
        is_disruption=pod.deleting != w.NO or bool(mark),
        words=LastWords(identifier("checkpoint", pod.exit.checkpoint), error),
    )


def _node(state: str) -> Node | None:
    if not state:
        return None
    return Node(
        exists=state != w.REMOVED,
        is_ready=state in (w.OK, w.SILENT),
        is_out_of_service=state == w.OUT_OF_SERVICE,
    )


def _runtime(heard: Heard | None) -> RuntimeObservation | None:
    match heard:
        case None:
            return None
        case Heard(kind="answered"):
            listed = None if heard.newest == UNSAID else checkpoints_up_to(heard.newest)
            return RuntimeAnswer(heard.status, heard.desired, checkpoints=listed)
        case Heard(kind="failed"):
            return RuntimeFailed(build_error(ErrorCode.SUSPEND_FAILED, reason="it cannot go on"))
        case _:
            return RuntimeUnreachable("no answer")


# --- The answer ------------------------------------------------------------------------------------------


def to_do(decision: Decision, intent: Intent) -> tuple[Do, ...]:
    """The actions of a decision, as what is left to do."""
    has_storage = intent.spec is not None and intent.spec.storage is not None
    return tuple(_to_do(action, has_storage=has_storage) for action in decision.actions)


def _to_do(action: Action, *, has_storage: bool) -> Do:
    match action:
        case actions.CreatePod():
            start = int(action.deployment_id.rpartition("-")[2] or 0)
            return Do(
                "CreatePod",
                run=action.run_number,
                start=start,
                detail=str(action.initial),
                has_storage=has_storage,
            )
        case actions.DeletePod():
            return Do("DeletePod", uid=int(action.uid.rpartition("-")[2]), grace=action.grace_seconds)
        case actions.ApplyClaim():
            return Do("ApplyClaim", run=action.run_number)
        case actions.EngineCall():
            return Do("EngineCall", detail=str(action.verb))
        case _:
            return Do(type(action).__name__)


def label_of(status: PipelineStatus) -> str:
    """The combined status that people see."""
    return status.deployment_status or ""

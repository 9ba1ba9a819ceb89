"""From what is seen to the real observation, and from a real decision to what is left to do.

Decisions are pure, so each distinct one is made and judged once and remembered.
"""

from functools import lru_cache

from sluice import decide as actions
from sluice.api.errors import ErrorCode, build_error
from sluice.api.status import ErrorStatus, PipelineStatus
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
from .seeing import UNSAID, Heard, Seen
from .setting import Setting
from .variants import BAD, TEMPLATES
from .words import checkpoints_listed, identifier
from .world import Do

NEW_START = 99
"""The id that a start would get now: higher than all others until ``canonical`` closes the gap."""
CODES = {
    "input ended": 0,
    "listed": 0,
    "checkpointed": 143,
    "killed": 137,
    "failed": 1,
    "hopeless": 1,
    "misconfigured": 78,
    "never ran": None,
}
ERRORS = {
    "failed": ErrorStatus(message="it broke", error_code="WorkerPanic"),
    "hopeless": ErrorStatus(
        message="it cannot begin",
        error_code="InitializationError",
        details={"error": {"error_code": "BootstrapRejected"}},
    ),
}


@lru_cache(maxsize=65536)
def observed_of(seen: Seen, setting: Setting) -> Observed:
    """The real observation."""
    refusal = seen.refusal
    return Observed(
        pod=_pod(seen.pod, setting),
        last_seen=_pod(seen.last_seen, setting),
        node=_node(seen.node),
        claim=_claim(seen, setting),
        runtime=_runtime(seen.heard, setting),
        refusal=refusal and Refusal(RefusalKind(refusal.kind), "Refused", "refused", refusal.action),
        ticket="ticket" if seen.has_ticket else None,
        template_problem="the image is missing" if seen.is_template_bad else None,
        can_maintain=setting.can_maintain,
        new_id=f"start-{NEW_START}",
    )


def _claim(seen: Seen, setting: Setting) -> Claim | None:
    if not seen.claim:
        return None
    return Claim(
        is_ours=not setting.existing_claim,
        run_number=seen.claim,
        start_from=seen.claim_start or None,
        is_too_small=seen.claim_excess < 0,
        is_too_large=seen.claim_excess > 0,
    )


@lru_cache(maxsize=4096)
def _pod(pod: w.Pod | None, setting: Setting) -> Pod | None:
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
        exit=_exit(pod, setting),
        is_maintenance=bool(pod.task),
    )


def _exit(pod: w.Pod, setting: Setting) -> Exit | None:
    if pod.exit is None:
        return None
    kind, _, mark = pod.exit.kind.partition(", ")
    listed = checkpoints_listed(pod.exit.checkpoint, pod.exit.surplus, setting) if kind == "listed" else None
    words = LastWords(
        None if pod.task else identifier("checkpoint", pod.exit.checkpoint), ERRORS.get(kind), listed
    )
    return Exit(
        code=CODES[kind],
        reason="OOMKilled" if kind == "killed" else "Error",
        is_disruption=pod.deleting != w.NO or bool(mark),
        words=words,
    )


def _node(state: str) -> Node | None:
    if not state:
        return None
    return Node(
        exists=state != w.REMOVED,
        is_ready=state in (w.OK, w.SILENT),
        is_out_of_service=state == w.OUT_OF_SERVICE,
    )


def _runtime(heard: Heard | None, setting: Setting) -> RuntimeObservation | None:
    match heard:
        case None:
            return None
        case Heard(kind="answered"):
            has_list = heard.newest != UNSAID
            listed = checkpoints_listed(heard.newest, heard.surplus, setting) if has_list else None
            failure = "the disk is full" if heard.is_checkpoint_failed else None
            return RuntimeAnswer(heard.status, heard.desired, checkpoints=listed, checkpoint_error=failure)
        case Heard(kind="failed"):
            return RuntimeFailed(build_error(ErrorCode.SUSPEND_FAILED, reason="it cannot go on"))
        case _:
            return RuntimeUnreachable("no answer")


# --- The answer ------------------------------------------------------------------------------------------


def to_do(decision: Decision, intent: Intent) -> tuple[Do, ...]:
    """The actions of a decision, as what is left to do."""
    return tuple(_to_do(action, intent) for action in decision.actions)


def _to_do(action: Action, intent: Intent) -> Do:
    match action:
        case actions.CreatePod():
            return Do(
                "CreatePod",
                run=action.run_number,
                start=int(action.deployment_id.rpartition("-")[2] or 0),
                detail=str(action.initial),
                has_storage=intent.spec is not None and intent.spec.storage is not None,
                start_from=action.start_from,
                is_bad=is_template_bad(intent),
            )
        case actions.CreateMaintenancePod():
            has_storage = intent.spec is not None and intent.spec.storage is not None
            return Do(
                "CreateMaintenancePod",
                run=action.run_number,
                detail=str(action.task),
                has_storage=has_storage,
            )
        case actions.DeletePod():
            return Do("DeletePod", uid=int(action.uid.rpartition("-")[2]), grace=action.grace_seconds)
        case actions.ApplyClaim():
            return Do("ApplyClaim", run=action.run_number, start_from=action.start_from or "")
        case actions.EngineCall():
            return Do("EngineCall", detail=f"{action.verb} {action.argument}".strip())
        case _:
            return Do(type(action).__name__)


def is_template_bad(intent: Intent) -> bool:
    """Whether the API server refuses the template of the spec in force."""
    template = intent.spec.template if intent.spec else None
    return template is not None and template.spec.containers[0].get("image") == TEMPLATES[BAD]


def label_of(status: PipelineStatus) -> str:
    """The combined status that people see."""
    return status.deployment_status or ""

"""The rules of stopping that one decision can break by itself.

Each returns nothing, or a sentence that says what is wrong. ``RULES`` holds them under their names.
"""

from sluice.api.reasons import StopReason
from sluice.api.statuses import StopMode
from sluice.decide import CreatePod, DeletePod, EngineCall
from sluice.decide.grace import NOTHING_TO_SAVE_GRACE_SECONDS
from sluice.observation import RuntimeAnswer, RuntimeFailed

from . import world as w
from .case import PROVISIONED, PROVISIONING, STOPPED, STOPPING, Case, Rule
from .seeing import is_ours, is_runtime
from .words import PRESENT


def _may_do_without(case: Case, reason: str) -> bool:
    pod, answer = case.observed.pod, case.observed.runtime
    match reason:
        case "NoStorage":
            return case.seen.pod is None or not case.seen.pod.has_storage
        case "NeverStarted":
            return case.seen.pod is not None and case.seen.pod.phase != w.UP
        case "NotProvisioned":
            return case.before.resources == PROVISIONING and not isinstance(answer, RuntimeAnswer)
        case "AlreadySuspended":
            return isinstance(answer, RuntimeAnswer) and answer.status == "Suspended"
        case "Standby" | "AwaitingApproval":
            return isinstance(answer, RuntimeAnswer) and reason in (answer.status, answer.desired)
        case "Unreadable":
            return case.intent.spec is None
        case _:
            return pod is None


def graceful_stop_keeps_the_work(case: Case) -> str | None:
    stop, pod = case.after.stop, case.observed.pod
    if not case.does(DeletePod) or stop is None or stop.mode != StopMode.GRACEFUL or pod is None:
        return None
    if pod.exit is not None or stop.made > stop.known or case.before.resources == STOPPING:
        return None
    if case.has_new_error or pod.is_maintenance or is_of_an_earlier_run(case):
        return None
    if case.tries_again and isinstance(case.observed.runtime, RuntimeFailed):
        # Declared by stop.onError: the process that cannot make the checkpoint makes room for the next.
        return None
    if stop.reason and _may_do_without(case, stop.reason):
        return None
    return (
        f"the pod is deleted without a checkpoint, and the reason {stop.reason or '(none)'!r} does not hold"
    )


def is_of_an_earlier_run(case: Case) -> bool:
    """Whether the pod that is seen belongs to a run that is over, with the next one written down."""
    pod, before = case.observed.pod, case.before
    return pod is not None and before.resources == PROVISIONING and pod.run_number < before.run


def a_checkpoint_is_told_by_its_id(case: Case) -> str | None:
    stop = case.after.stop
    if stop is not None and stop.made and stop.made <= stop.known:
        return "a checkpoint that was known before the stop counts as the stop's own"
    return None


def known_checkpoints_are_recorded_first(case: Case) -> str | None:
    stop = case.after.stop
    if case.before.stop is None and stop is not None and stop.known < case.before.newest:
        return "a stop begins without a record of the checkpoints that were there"
    return None


def a_stop_without_checkpoint_says_why(case: Case) -> str | None:
    stop = case.decision.status.stop
    if case.before.resources != STOPPING or case.after.resources != STOPPED or stop is None:
        return None
    if stop.checkpoint or stop.reason or stop.mode == StopMode.FORCE or case.after.held:
        return None
    return "it is Stopped after a graceful stop with neither a checkpoint nor a reason"


def a_run_is_deleted_only_for_a_cause(case: Case) -> str | None:
    pod = case.observed.pod
    if not case.does(DeletePod) or pod is None or case.after.resources == STOPPING:
        return None
    is_over = pod.exit is not None or isinstance(case.observed.runtime, RuntimeFailed)
    # A maintenance pod has a rule of its own.
    if is_over or is_of_an_earlier_run(case) or pod.is_maintenance:
        return None
    return "a pod that serves is deleted although nothing is being stopped"


def a_suspended_process_is_not_disturbed(case: Case) -> str | None:
    is_called = any(
        isinstance(action, EngineCall) and action.verb != "suspend" for action in case.decision.actions
    )
    is_stopping = case.after.stop is not None or case.is_stop_wanted
    return (
        "a process that is to be suspended is asked for something else" if is_called and is_stopping else None
    )


def no_pod_goes_without_grace(case: Case) -> str | None:
    graces = [action.grace_seconds for action in case.decision.actions if isinstance(action, DeletePod)]
    return "a pod is deleted with grace 0" if 0 in graces else None


def force_is_never_cancelled(case: Case) -> str | None:
    stop, after = case.before.stop, case.after
    if stop is None or stop.mode != StopMode.FORCE:
        return None
    if after.resources not in (STOPPING, STOPPED):
        return f"a force stop leads to {after.resources}"
    if after.stop is not None and after.stop.mode != StopMode.FORCE:
        return "a force stop became a graceful one"
    return None


def a_stop_is_never_cancelled(case: Case) -> str | None:
    before, after = case.before, case.after
    # Declared by stop.onError KeepRunning: see the rule of stops that are given up.
    is_forgotten = before.stop is not None and after.stop is None and after.resources != STOPPED
    if is_forgotten and not case.gives_up:
        return "a stop was forgotten before Stopped"
    if before.resources == STOPPING and after.resources not in (STOPPING, STOPPED):
        return f"Stopping leads to {after.resources}"
    return None


def nothing_starts_before_stopped(case: Case) -> str | None:
    if not case.does(CreatePod):
        return None
    stop, policy = case.before.stop, case.setting.stop.on_error
    is_tried_again = stop is not None and stop.mode == StopMode.GRACEFUL and policy != "Force"
    if is_tried_again and case.before.resources == PROVISIONING and not case.is_force_wanted:
        # Declared by stop.onError: the process that could not make the checkpoint is asked anew.
        return None
    if case.after.stop is not None or case.before.stop is not None:
        return "a pod is made while a stop is under way"
    if case.is_stop_wanted:
        return "a pod is made although a stop is wanted"
    return None


def force_comes_at_once(case: Case) -> str | None:
    before, after, stop = case.before, case.after, case.after.stop
    if not case.is_force_wanted or before.resources not in (PROVISIONING, PROVISIONED, STOPPING):
        return None
    if after.resources == STOPPED:
        return None
    is_forced = after.resources == STOPPING and stop is not None and stop.mode == StopMode.FORCE
    return None if is_forced else "force is wanted and the stop is not a force stop"


def force_shortens_the_grace(case: Case) -> str | None:
    stop, pod = case.after.stop, case.seen.pod
    if stop is None or stop.mode != StopMode.FORCE or pod is None or pod.phase == w.ENDED:
        return None
    if not is_runtime(pod):
        # Somebody else's, or a maintenance pod, whose grace is short anyway.
        return None
    graces = [action.grace_seconds for action in case.decision.actions if isinstance(action, DeletePod)]
    is_short = pod.deleting == w.SHORT or 1 in graces
    return None if is_short else "the pod of a force stop keeps its long grace"


def a_graceful_stop_keeps_the_grace(case: Case) -> str | None:
    stop = case.after.stop
    if (stop is not None and stop.mode != StopMode.GRACEFUL) or not is_runtime(case.seen.pod):
        return None
    # Its checkpoint is made, or it never answered: SIGTERM has nothing left to save.
    has_nothing_to_save = stop is not None and (stop.made > 0 or stop.reason == StopReason.NOT_PROVISIONED)
    allowed = {None, NOTHING_TO_SAVE_GRACE_SECONDS} if has_nothing_to_save else {None}
    graces = {action.grace_seconds for action in case.decision.actions if isinstance(action, DeletePod)}
    return None if graces <= allowed else "a pod loses its grace without force"


def only_a_declared_deadline_forces(case: Case) -> str | None:
    before, stop = case.before, case.after.stop
    was_graceful = before.stop is not None and before.stop.mode == StopMode.GRACEFUL
    if not was_graceful or stop is None or stop.mode != StopMode.FORCE or case.is_force_wanted:
        return None
    if case.has_new_error:
        return None
    return "a graceful stop became a force stop without force, deadline or error"


def a_deadline_is_kept(case: Case) -> str | None:
    stop, spec = case.before.stop, case.intent.spec
    is_past = stop is not None and stop.mode == StopMode.GRACEFUL and stop.deadline == PRESENT
    if not is_past or spec is None or spec.stop.on_timeout != "Force":
        return None
    if case.before.resources not in (PROVISIONING, PROVISIONED) or case.tries_again:
        return None
    # Of a run that serves the pod may be missing: then its end is waited for, not the deadline.
    is_missing = case.before.resources == PROVISIONED and not is_ours(case.seen.pod)
    is_over = case.after.resources in (STOPPING, STOPPED) or is_missing
    return None if is_over else "the deadline of a graceful stop is past, and it goes on"


RULES: dict[str, Rule] = {
    "R1 graceful stop keeps the work": graceful_stop_keeps_the_work,
    "R1 a checkpoint is told by its id": a_checkpoint_is_told_by_its_id,
    "R1 known checkpoints are recorded first": known_checkpoints_are_recorded_first,
    "R1 a stop without checkpoint says why": a_stop_without_checkpoint_says_why,
    "R1 a run is deleted only for a cause": a_run_is_deleted_only_for_a_cause,
    "R1 a suspended process is not disturbed": a_suspended_process_is_not_disturbed,
    "R2 no pod goes without grace": no_pod_goes_without_grace,
    "R3 force is never cancelled": force_is_never_cancelled,
    "R3 a stop is never cancelled": a_stop_is_never_cancelled,
    "R3 nothing starts before Stopped": nothing_starts_before_stopped,
    "R4 force comes at once": force_comes_at_once,
    "R4 force shortens the grace": force_shortens_the_grace,
    "R4 graceful keeps the grace": a_graceful_stop_keeps_the_grace,
    "R4 only a declared deadline forces": only_a_declared_deadline_forces,
    "R4 a declared deadline is kept": a_deadline_is_kept,
}

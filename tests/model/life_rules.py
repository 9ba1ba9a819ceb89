"""The rules of starting, running and telling that one decision can break by itself.

Each returns nothing, or a sentence that says what is wrong. ``RULES`` holds them under their names.
"""

from sluice.api.status import ConditionStatus
from sluice.decide import CreateMaintenancePod, RemoveFinalizer

from .case import LASTING, PROVISIONED, PROVISIONING, STOPPED, STOPPING, Case, Rule
from .seeing import FAILED, is_ours
from .words import PRESENT


def _condition(case: Case, kind: str) -> ConditionStatus:
    return next(entry for entry in case.decision.status.conditions if entry.type == kind)


def every_start_has_its_own_id(case: Case) -> str | None:
    before, after = case.before, case.after
    new = case.observed.new_id
    if case.is_begun or case.tries_again:
        # Where stop.onError has the process tried again, its storage remembers the suspension by the id.
        return None if case.decision.status.deployment_id == new else "a start has no id of its own"
    if case.decision.status.deployment_id == new:
        return "something that is no start took a new id"
    adopted = case.seen.pod is not None and after.start == case.seen.pod.start
    is_kept = after.start == before.start or adopted or (after.start == 0 and after.resources == STOPPED)
    return None if is_kept else "the id changed within a start"


def the_id_is_written_before_the_pod(case: Case) -> str | None:
    for do in case.todo:
        if do.kind == "CreatePod" and (do.start, do.run) != (case.after.start, case.after.run):
            return "a pod is made with an id or a run number that status does not hold"
        if do.kind == "CreatePod" and case.after.resources != PROVISIONING:
            return "a pod is made although status is not Provisioning"
    return None


def run_numbers_never_fall(case: Case) -> str | None:
    if case.after.run < case.before.run:
        return "the run number fell"
    is_taken = case.is_begun or case.does(CreateMaintenancePod)
    if is_taken and case.after.run <= max(case.before.run, case.seen.claim):
        return "a start took a run number that was given before"
    return None


def a_killed_operator_does_it_again(case: Case) -> str | None:
    kinds = {do.kind for do in case.todo} & LASTING
    missing = kinds - {do.kind for do in case.again}
    return f"killed before {' and '.join(sorted(missing))}, it would never do it" if missing else None


def the_finalizer_goes_last(case: Case) -> str | None:
    """With the object, or at rest when a deletion would have nothing to undo."""
    before, after, user = case.before, case.after, case.user
    if not case.does(RemoveFinalizer):
        return None
    if after.resources not in ("", STOPPED) or is_ours(case.seen.pod):
        return "the finalizer is removed while there is something to undo"
    if user.is_deleting:
        return None
    storage = case.intent.spec.storage if case.intent.spec else None
    is_data_to_go = storage is not None and storage.on_delete == "Delete" and before.storage == "InUse"
    is_at_work = before.maintenance is not None or after.maintenance is not None
    if is_data_to_go or is_at_work or after.storage == "Clearing" or case.intent.spec is None:
        return "the finalizer is removed although a deletion would have something to undo"
    is_at_rest = before.is_overdue and (case.is_stop_wanted or after.held == PRESENT)
    return None if is_at_rest else "the finalizer is removed from a pipeline that is not at rest"


def errors_stay(case: Case) -> str | None:
    is_dismissed = "dismiss-error" in case.newly_asked
    if case.before.has_error and not case.after.has_error and not case.is_begun and not is_dismissed:
        return "deploymentError is lost although nobody started the pipeline"
    return None


def a_held_pipeline_stays_stopped(case: Case) -> str | None:
    # Asked for now: a request that was taken earlier has already let it go.
    is_asked = bool(case.newly_asked & {"dismiss-error", "restart"})
    if case.is_begun and case.before.held == PRESENT and not is_asked:
        return "a pipeline that ended by itself is started although its spec did not change"
    return None


def a_failure_is_recorded(case: Case) -> str | None:
    before, after = case.before, case.after
    if before.resources not in (PROVISIONING, PROVISIONED) or before.stop is not None:
        return None
    is_failed = case.seen.heard is not None and case.seen.heard.kind == FAILED
    if is_failed and after.resources == STOPPING and not case.has_new_error and not case.is_force_wanted:
        return "the process failed, and deploymentError does not say so"
    was = before.restart.times if before.restart else 0
    is_counted = after.resources == PROVISIONING and after.restart is not None and after.restart.times > was
    if is_counted and after.restart is not None and not after.restart.has_error:
        return "a failure is counted and not recorded in status.restart.lastError"
    return None


def the_hopeless_is_not_tried_again(case: Case) -> str | None:
    pod, before = case.seen.pod, case.before
    is_hopeless = pod is not None and pod.exit is not None and pod.exit.kind in ("hopeless", "misconfigured")
    if (
        not is_hopeless
        or before.resources not in (PROVISIONING, PROVISIONED)
        or case.after.resources == STOPPING
    ):
        return None
    is_of_now = pod is not None and pod.run >= before.run
    return "what can never begin like this is tried again" if is_of_now else None


def a_move_with_a_checkpoint_is_no_failure(case: Case) -> str | None:
    pod, before, after = case.observed.pod or case.observed.last_seen, case.before.restart, case.after
    if pod is None or pod.exit is None or not pod.exit.is_disruption or pod.exit.code != 143:
        return None
    if case.is_stop_wanted or case.before.stop is not None or case.before.resources != PROVISIONED:
        return None
    count = after.restart.times if after.restart else 0
    is_counted = count > (before.times if before else 0) or case.has_new_error
    return "a pod that was moved with its checkpoint counts as failed" if is_counted else None


def an_unusable_spec_starts_nothing(case: Case) -> str | None:
    is_begun = case.is_begun and not case.user.is_valid
    return "a pipeline is started on a spec that cannot be understood" if is_begun else None


def ready_tells_the_truth(case: Case) -> str | None:
    after = case.after
    is_ready = _condition(case, "Ready").status == "True"
    if case.user.is_deleting or not case.user.is_valid:
        return "Ready although it is being deleted or not understood" if is_ready else None
    if case.is_stop_wanted_then:
        is_reached = after.resources == STOPPED
    else:
        is_completed = after.resources == STOPPED and bool(after.held) and not after.has_error
        is_there = after.resources == PROVISIONED and after.stop is None
        # Not the whole spec is in force, or a process that was activated already is to go back.
        heard = case.seen.heard
        is_leaving = (
            case.intent.desired_status == "Standby" and heard is not None and heard.desired != "Standby"
        )
        is_current = not case.seen.is_template_bad and not is_leaving
        is_reached = is_completed or (is_there and after.shown == case.intent.desired_status and is_current)
    if is_ready == is_reached:
        return None
    return "the desired state is reached and Ready is false" if is_reached else "Ready is true too early"


def a_stuck_stop_is_stalled(case: Case) -> str | None:
    stop = case.before.stop
    if stop is None or not stop.is_late or case.after.resources != PROVISIONED or case.after.stop is None:
        return None
    is_here = is_ours(case.seen.pod)
    is_stalled = _condition(case, "Stalled").status == "True"
    return "a stop is stuck for ten minutes and not Stalled" if is_here and not is_stalled else None


def a_suspension_shows_where_it_leads(case: Case) -> str | None:
    after, status = case.after, case.decision.status
    shown = status.deployment_status, status.deployment_desired_status
    if after.resources == PROVISIONED and after.stop is not None and shown != ("Suspending", "Suspended"):
        return f"a graceful stop shows {shown}"
    if after.resources == STOPPING and shown != ("Stopping", "Stopped"):
        return f"a stop shows {shown}"
    return None


RULES: dict[str, Rule] = {
    "R5 every start has its own id": every_start_has_its_own_id,
    "R5 the id is written before the pod": the_id_is_written_before_the_pod,
    "R5 run numbers never fall": run_numbers_never_fall,
    "R6 a killed operator does it again": a_killed_operator_does_it_again,
    "R7 the finalizer goes last": the_finalizer_goes_last,
    "R8 errors stay": errors_stay,
    "R8 a held pipeline stays stopped": a_held_pipeline_stays_stopped,
    "R8 a failure is recorded": a_failure_is_recorded,
    "R8 the hopeless is not tried again": the_hopeless_is_not_tried_again,
    "R8 a move with a checkpoint is no failure": a_move_with_a_checkpoint_is_no_failure,
    "R9 an unusable spec starts nothing": an_unusable_spec_starts_nothing,
    "S1 Ready tells the truth": ready_tells_the_truth,
    "S2 a stuck stop is Stalled": a_stuck_stop_is_stalled,
    "S3 a suspension shows where it leads": a_suspension_shows_where_it_leads,
}

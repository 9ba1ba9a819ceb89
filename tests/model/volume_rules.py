"""The rules of the volume, and of the pods that work on it, that one decision can break by itself."""

from sluice.decide import ApplyClaim, CreateMaintenancePod, CreatePod, DeleteClaim, DeletePod, GrowClaim

from .case import PROVISIONED, PROVISIONING, STOPPED, STOPPING, Case, Rule
from .seeing import is_ours, is_runtime
from .words import PRESENT

REST = ("", STOPPED)


def volume_goes_only_for_a_reason(case: Case) -> str | None:
    """With the pipeline where that is declared, or because somebody asked for it; never people's own."""
    storage = case.intent.spec.storage if case.intent.spec else None
    if not case.does(DeleteClaim):
        return None
    if storage is not None and storage.existing_claim is not None:
        return "a claim is deleted that people made"
    if is_ours(case.seen.pod) or case.after.resources not in REST:
        return "the volume is deleted while a pod may use it"
    is_declared = storage is not None and storage.on_delete == "Delete" and case.user.is_deleting
    is_asked = case.before.storage == "Clearing"
    return None if is_declared or is_asked else "the volume is deleted although nobody declared it"


def clearing_begins_on_request(case: Case) -> str | None:
    before, after = case.before, case.after
    if after.storage != "Clearing" or before.storage == "Clearing":
        return None
    is_asked = any(entry.verb == "clear-storage" and entry.is_open for entry in after.requests)
    is_at_rest = before.resources in REST and after.resources == STOPPED and not is_ours(case.seen.pod)
    if not is_asked or not is_at_rest or case.user.is_deleting:
        return "the storage is cleared although nobody asked, or something runs"
    return "it is cleared before that is written down" if case.decision.actions else None


def clearing_ends_with_nothing_left(case: Case) -> str | None:
    before, after = case.before, case.after
    if before.storage != "Clearing" or after.storage == "Clearing":
        return None
    outcomes = case.outcomes_of("clear-storage")
    if after.storage == "Cleared":
        if not after.is_listed:
            return "a start after the clearing would not know of it"
        is_gone = case.seen.claim == 0 if not case.setting.existing_claim else _is_emptied(case)
        is_open = any(entry.verb == "clear-storage" and entry.is_open for entry in before.requests)
        is_told = "Succeeded" in outcomes or not is_open
        return None if is_gone and is_told else "the storage counts as cleared, and it is not"
    is_impossible = case.setting.existing_claim and not case.setting.can_maintain
    return None if is_impossible and "Failed" in outcomes else f"a clearing ends in {after.storage}"


def _is_emptied(case: Case) -> bool:
    pod = case.seen.pod or case.seen.last_seen
    is_done = pod is not None and pod.task == "Clear" and pod.exit is not None and pod.exit.kind == "listed"
    return case.before.is_listed or is_done


def nothing_starts_while_clearing(case: Case) -> str | None:
    is_clearing = case.before.storage == "Clearing" or case.after.storage == "Clearing"
    is_started = case.is_begun or case.does(CreatePod)
    return "a start begins on storage that is being cleared" if is_clearing and is_started else None


def maintenance_is_alone(case: Case) -> str | None:
    """Its pod is made only where no other of the pipeline's can be, and with a number of its own."""
    if not case.does(CreateMaintenancePod):
        return None
    if case.seen.pod is not None or case.after.resources not in (*REST, STOPPING):
        return "a maintenance pod is made beside another"
    if case.after.runtime is None or case.after.runtime.uid:
        return "a maintenance pod is made, and status names another pod"
    numbers = {do.run for do in case.todo if do.kind in ("CreateMaintenancePod", "ApplyClaim")}
    return None if numbers == {case.after.run} else "a maintenance pod has a number that status does not hold"


def maintenance_has_a_reason(case: Case) -> str | None:
    before, work = case.before, case.after.maintenance
    if work is None or before.maintenance is not None:
        return None
    if case.user.is_deleting:
        return "a volume is worked on while the pipeline is being deleted"
    match work.task:
        case "Clear":
            is_due = before.storage == "Clearing" and case.setting.existing_claim
        case "List":
            stop = case.after.stop
            is_due = case.after.resources == STOPPING and stop is not None and stop.is_doubtful
            is_due = is_due and not case.is_force_wanted
        case _:
            is_at_rest = before.resources in REST and (case.is_stop_wanted or case.after.held == PRESENT)
            is_due = is_at_rest and before.surplus == PRESENT and before.newest > 0
    return None if is_due else f"a pod is made for {work.task}, and there is no reason for it"


def maintenance_keeps_the_resume_point(case: Case) -> str | None:
    is_cleared = case.before.storage == "Clearing" or case.after.storage in ("Clearing", "Cleared")
    pod = case.seen.pod or case.seen.last_seen
    is_work = pod is not None and bool(pod.task)
    if is_work and not is_cleared and case.after.newest < case.before.newest:
        return "the checkpoint that it resumes from is lost"
    return None


def maintenance_is_ended_in_order(case: Case) -> str | None:
    pod, work = case.seen.pod, case.before.maintenance
    if pod is None or not pod.task or not case.does(DeletePod):
        return None
    is_over = pod.exit is not None or work is None or work.is_late
    return None if is_over or case.after.maintenance is None else "a maintenance pod is ended in its work"


def a_runtime_waits_for_maintenance(case: Case) -> str | None:
    pod = case.seen.pod
    is_worked_on = pod is not None and bool(pod.task)
    is_started = case.is_begun or case.does(CreatePod)
    if is_worked_on and (is_started or case.after.resources in (PROVISIONING, PROVISIONED)):
        return "a start does not wait for the end of a maintenance pod"
    return None


def a_claim_only_grows(case: Case) -> str | None:
    if not case.does(GrowClaim):
        return None
    is_own = case.seen.claim > 0 and not case.setting.existing_claim
    return None if is_own and case.seen.claim_excess < 0 else "a claim is resized without need"


def a_size_that_cannot_be_is_told(case: Case) -> str | None:
    heard, after = case.seen.heard, case.after
    is_here = after.resources == PROVISIONED and after.stop is None and is_runtime(case.seen.pod)
    if not is_here or heard is None or heard.kind != "answered" or case.seen.claim_excess <= 0:
        return None
    told = next(e for e in case.decision.status.conditions if e.type == "ChangesPending")
    return None if told.status == "True" else "a volume is not made smaller, and nobody is told"


def start_from_counts_once(case: Case) -> str | None:
    """For the first start after it was written; restarts of that start keep it."""
    before, after, spec = case.before, case.after, case.intent.spec
    if not case.is_begun or spec is None:
        return None
    known = before.taken or case.seen.claim_start or "Latest"
    # What is left elsewhere (an object store) is not to come back after a clearing: not before a process
    # has used the storage again, so that a start which was cut off early changes nothing.
    usual = "Fresh" if before.is_listed else "Latest"
    wanted = usual if spec.start_from == known else spec.start_from
    if after.start_from != wanted:
        return f"a start begins from {after.start_from} where {wanted} is due"
    return None if after.taken == spec.start_from else "where it begins is not noted"


def a_start_keeps_what_it_was_given(case: Case) -> str | None:
    before, after = case.before, case.after
    has_compute = {before.resources, after.resources} <= {PROVISIONING, PROVISIONED}
    is_same = has_compute and before.start == after.start and before.bootstrap
    if is_same and (before.bootstrap, before.start_from) != (after.bootstrap, after.start_from):
        return "what a start was given changed within it"
    return None


def the_claim_is_marked_first(case: Case) -> str | None:
    kinds = [type(action) for action in case.decision.actions]
    pods = [kinds.index(kind) for kind in (CreatePod, CreateMaintenancePod) if kind in kinds]
    if not pods or (case.does(CreatePod) and not any(do.has_storage for do in case.todo)):
        return None
    return None if ApplyClaim in kinds[: pods[0]] else "a pod is made before the claim knows its run"


RULES: dict[str, Rule] = {
    "R7 the volume goes only for a reason": volume_goes_only_for_a_reason,
    "R6 the claim is marked first": the_claim_is_marked_first,
    "V1 clearing begins on request": clearing_begins_on_request,
    "V1 clearing ends with nothing left": clearing_ends_with_nothing_left,
    "V1 nothing starts while clearing": nothing_starts_while_clearing,
    "V2 maintenance is alone": maintenance_is_alone,
    "V2 maintenance has a reason": maintenance_has_a_reason,
    "R7 maintenance keeps the resume point": maintenance_keeps_the_resume_point,
    "V2 maintenance is ended in order": maintenance_is_ended_in_order,
    "V2 a runtime waits for maintenance": a_runtime_waits_for_maintenance,
    "V3 a claim only grows": a_claim_only_grows,
    "V3 a size that cannot be is told": a_size_that_cannot_be_is_told,
    "V4 startFrom counts once": start_from_counts_once,
    "R5 a start keeps what it was given": a_start_keeps_what_it_was_given,
}

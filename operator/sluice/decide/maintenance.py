"""Work on the volume of a stopped pipeline, by a pod under the runtime's own name.

The name makes the API server refuse both at once, and everything that holds for the runtime's pod holds for
this one: it is remembered, it is deleted by uid, and its end needs proof. What it did is told by its last
words. A start, a deletion or a force waits for its end, and not for its success unless it clears.
"""

from datetime import datetime, timedelta
from typing import Final

from sluice.api.reasons import Reason
from sluice.api.status import CheckpointStatus, MaintenanceStatus
from sluice.api.statuses import MaintenanceTask
from sluice.decide.absence import is_proven_gone, wait_for_proof
from sluice.decide.checkpoints import mirror_checkpoints
from sluice.decide.decision import AddFinalizer, ApplyClaim, CreateMaintenancePod, DeletePod
from sluice.decide.draft import Draft
from sluice.decide.requests import is_held
from sluice.decide.run_pod import forget_pod, remember_pod
from sluice.decide.timing import restart_backoff, seconds_since
from sluice.observation import Pod

GRACE_SECONDS: Final = 10
ATTEMPTS_MAX: Final = {MaintenanceTask.LIST: 2, MaintenanceTask.RETAIN: 5, MaintenanceTask.CLEAR: 1_000_000}
"""What so many pods could not do needs a person. Nobody is to wait long for a list."""
FIRST_BACKOFF_SECONDS: Final = 10
LONGEST_BACKOFF_SECONDS: Final = 600
POD_SECONDS: Final = 300
"""A pod that has not ended within this time is replaced."""


def begin(draft: Draft, task: MaintenanceTask) -> None:
    """Write the task down and make its pod."""
    draft.set(maintenance=MaintenanceStatus(task=task))
    _make_pod(draft)


def go_on(draft: Draft) -> bool:
    """Go on with what is under way. False when nothing is, or when it may be left for something else."""
    pod = draft.observed.pod
    # What it found counts, also where somebody wants more by now.
    _harvest(draft, pod if pod is not None and pod.is_ours else draft.observed.last_seen)
    work = draft.status.maintenance
    if work is not None and _is_overtaken(draft, work):
        draft.set(maintenance=None)
    if pod is not None and pod.is_ours:
        if pod.is_maintenance:
            _mind_pod(draft, pod)
        return pod.is_maintenance
    if draft.status.runtime is not None and not is_proven_gone(draft):
        wait_for_proof(draft)
        return True
    draft.set(runtime=None)
    return _try_again(draft)


def _is_overtaken(draft: Draft, work: MaintenanceStatus) -> bool:
    """Whether somebody wants more than this work. A clearing is carried to its end."""
    if draft.intent.is_deleting:
        return True
    if work.task == MaintenanceTask.LIST:
        return draft.is_force_wanted
    return work.task == MaintenanceTask.RETAIN and not draft.is_stop_wanted and not is_held(draft)


def surplus(draft: Draft) -> list[CheckpointStatus]:
    """Checkpoints that are not to be kept, never the newest. See to it that the next such is noticed."""
    details, retain = draft.status.storage_status_details, draft.spec.checkpoint.retain
    known = details.checkpoints if details is not None else []
    found = known[: -retain.count]
    if retain.max_age_seconds is not None:
        ages = [
            (each, _expiry(draft, each, retain.max_age_seconds)) for each in known[:-1] if each not in found
        ]
        found += [each for each, expiry in ages if expiry is not None and expiry <= draft.now]
        later = [expiry for _, expiry in ages if expiry is not None and expiry > draft.now]
        if later:
            draft.look_again_in((min(later) - draft.now).total_seconds())
    return found


def _expiry(draft: Draft, checkpoint: CheckpointStatus, max_age_seconds: int) -> datetime | None:
    made = checkpoint.created_at
    return None if made is None else min(made, draft.now) + timedelta(seconds=max_age_seconds)


def _mind_pod(draft: Draft, pod: Pod) -> None:
    remember_pod(draft, pod)
    work = draft.status.maintenance
    is_late = work is not None and seconds_since(work.started_at, draft.now) >= POD_SECONDS
    if (work is None or pod.exit is not None or is_late) and not pod.is_deleting:
        draft.act(DeletePod(pod.uid, GRACE_SECONDS))
    draft.say(Reason.MAINTENANCE, detail=_what(draft, pod))
    draft.look_again_in(POD_SECONDS)


def _what(draft: Draft, pod: Pod) -> str:
    work = draft.status.maintenance
    return f"{work.task if work else 'its pod is leaving'}{': ' + pod.waiting if pod.waiting else ''}"


def _harvest(draft: Draft, pod: Pod | None) -> None:
    """Take over what the pod left behind, if it has ended."""
    work, exit_ = draft.status.maintenance, pod.exit if pod is not None and pod.is_maintenance else None
    if work is None or exit_ is None:
        return
    words = exit_.words
    if exit_.code != 0 or words.checkpoints is None:
        said = words.error.message if words.error else f"its pod ended with {exit_.code} ({exit_.reason})"
        _fail(draft, work, said)
        return
    mirror_checkpoints(draft, words.checkpoints)
    draft.set(maintenance=None)


def _fail(draft: Draft, work: MaintenanceStatus, said: str) -> None:
    if work.next_attempt_at is not None:
        return
    wait = restart_backoff(work.attempt, FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS)
    changes = {"last_error": said, "next_attempt_at": draft.now + wait}
    draft.set(maintenance=work.model_copy(update=changes))


def _try_again(draft: Draft) -> bool:
    """Make the next pod when its time has come. False when the work waits and nothing waits for it."""
    _fail_without_a_word(draft)
    work = draft.status.maintenance
    if work is None or work.attempt >= ATTEMPTS_MAX[MaintenanceTask(work.task)]:
        return False
    if work.next_attempt_at is None or work.next_attempt_at <= draft.now:
        _make_pod(draft)
        return True
    draft.look_again_in((work.next_attempt_at - draft.now).total_seconds())
    return work.task != MaintenanceTask.RETAIN


def _fail_without_a_word(draft: Draft) -> None:
    """An attempt that was begun and has no pod: it was refused, or is gone without a trace."""
    work = draft.status.maintenance
    if work is not None and work.attempt and work.next_attempt_at is None:
        refusal = draft.refusal_of(ApplyClaim, CreateMaintenancePod)
        _fail(draft, work, refusal.message if refusal else "its pod is gone without a word")


def _make_pod(draft: Draft) -> None:
    work, claim = draft.status.maintenance, draft.observed.claim
    if work is None:
        return
    number = max(draft.status.run_number, claim.run_number if claim else 0) + 1
    changes = {"attempt": work.attempt + 1, "started_at": draft.now, "next_attempt_at": None}
    draft.set(run_number=number, maintenance=work.model_copy(update=changes))
    forget_pod(draft)
    if not draft.intent.has_finalizer:
        draft.act(AddFinalizer())
    draft.act(
        ApplyClaim(number, None),
        CreateMaintenancePod(MaintenanceTask(work.task), number),
    )
    draft.say(Reason.MAINTENANCE, detail=work.task)
    draft.look_again_in(1)

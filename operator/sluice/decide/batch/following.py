"""Where an element that was started is by now, told from its Job and its pods."""

from datetime import datetime

from sluice.api.batch import ElementSpec
from sluice.api.element_status import BatchStatus, ElementErrorCode, ElementStatus
from sluice.api.reasons import Reason
from sluice.api.waiting import reason_of_waiting
from sluice.batch_observation import ElementPod, ElementSeen, Job, JobState, RefusalScope
from sluice.decide.batch.elements import changed, failed, seen
from sluice.decide.batch.words import explain_failure
from sluice.decide.draft import Draft
from sluice.decide.timing import refused_delay, seconds_since

JOB_DELETED = "its Job was deleted by somebody else"
NO_VERDICT = "whether its outputs are there could not be found out"
WITHOUT_POD_SECONDS = 3
VERDICT_SECONDS = 10
"""So long after the end of a Job the last version of its pod may still be on its way."""


def follow(draft: Draft, element: ElementStatus, spec: ElementSpec) -> ElementStatus:
    """The element as it is now."""
    found = seen(draft).of(element.name)
    job = found.job
    if job is None:
        return _without_job(draft, element, found)
    if job.state is JobState.ACTIVE:
        return _active(draft, element, found, job)
    return result(draft, element, spec, found, job)


def result(
    draft: Draft, element: ElementStatus, spec: ElementSpec, found: ElementSeen, job: Job
) -> ElementStatus:
    """What the end of its Job means. It is told with its last words, or not yet."""
    if found.is_being_read:
        return element
    element = _with_times(element, found, job)
    finished_at = job.finished_at or draft.now
    if job.state is JobState.FAILED:
        code, words = explain_failure(job, found, spec)
        return failed(element, code, words, finished_at)
    if spec.outputs:
        missing = found.last_pod.missing_outputs if found.last_pod else None
        if missing is None and seconds_since(job.finished_at, draft.now) < VERDICT_SECONDS:
            draft.look_again_in(1)
            return element
        if missing is None:
            return failed(element, ElementErrorCode.INTERNAL_ERROR, NO_VERDICT, finished_at)
        if missing:
            said = f"; it said: {found.tail}" if found.tail else ""
            words = f"declared outputs are missing: {missing}{said}"
            return failed(element, ElementErrorCode.INTERNAL_ERROR, words, finished_at)
    return changed(element, status=BatchStatus.COMPLETED.value, finished_at=finished_at)


def _with_times(element: ElementStatus, found: ElementSeen, job: Job) -> ElementStatus:
    began = [pod.started_at for pod in found.pods if pod.started_at is not None]
    changes = {
        "started_at": element.started_at or min(began, default=None),
        "retries": _retries(job, element),
    }
    is_same = all(getattr(element, name) == value for name, value in changes.items())
    return element if is_same else changed(element, **changes)


def _retries(job: Job, element: ElementStatus) -> int | None:
    """Each failed pod but the last one of a Job that has failed was followed by another."""
    again = job.failures - (1 if job.state is JobState.FAILED else 0)
    return max(again, element.retries or 0) or None


def _without_job(draft: Draft, element: ElementStatus, found: ElementSeen) -> ElementStatus:
    refusal = found.refusal
    if element.started_at is not None:
        return failed(element, ElementErrorCode.INTERNAL_ERROR, JOB_DELETED, draft.now)
    if refusal is None:
        return element
    if refusal.scope is RefusalScope.SPEC:
        return failed(element, ElementErrorCode.CONFIGURATION_ERROR, refusal.message, draft.now)
    return _refused(draft, element, refusal.message)


def _refused(draft: Draft, element: ElementStatus, message: str) -> ElementStatus:
    limit = draft.spec.provisioning_timeout_seconds
    if seconds_since(element.submitted_at, draft.now) >= limit:
        return failed(element, ElementErrorCode.SUBMISSION_FAILED, message, draft.now)
    draft.say(Reason.REFUSED, detail=message)
    draft.look_again_in(refused_delay(element.submitted_at, draft.now))
    return element


def _active(draft: Draft, element: ElementStatus, found: ElementSeen, job: Job) -> ElementStatus:
    element = _with_times(element, found, job)
    running = [pod for pod in found.pods if pod.is_started]
    if running:
        since = element.started_at or running[-1].started_at or draft.now
        return _running(element, found, since)
    failure = _why_not(draft, element, found)
    if failure is not None:
        # Its Job is removed as what it leaves behind.
        return failure
    return element


def _running(element: ElementStatus, found: ElementSeen, since: datetime) -> ElementStatus:
    progress = found.progress or element.progress
    changes = {"status": BatchStatus.RUNNING.value, "started_at": since, "progress": progress}
    if all(getattr(element, name) == value for name, value in changes.items()):
        return element
    after = changed(element, **changes)
    # What was cut is read whole again: that is no change.
    return element if after == element else after


def _why_not(draft: Draft, element: ElementStatus, found: ElementSeen) -> ElementStatus | None:
    """Why a Job that runs no container never will, once it had its time."""
    if found.refusal is not None:
        if found.refusal.scope is RefusalScope.SPEC:
            return failed(element, ElementErrorCode.CONFIGURATION_ERROR, found.refusal.message, draft.now)
        after = _refused(draft, element, found.refusal.message)
        return after if after.is_over else None
    # One that has run and is not over yet waits for what runs beside it.
    waiting = next((pod for pod in found.live_pods if pod.started_at is None), None)
    if waiting is None:
        # No event tells why there is no pod.
        draft.look_again_in(WITHOUT_POD_SECONDS)
        return None
    if waiting.waiting is not None:
        draft.say(reason_of_waiting(waiting.waiting), detail=waiting.waiting)
    return _waited_too_long(draft, element, waiting)


def _waited_too_long(draft: Draft, element: ElementStatus, pod: ElementPod) -> ElementStatus | None:
    """One without a node waits for its turn; one with a node that does not start lacks something."""
    if pod.scheduled_at is None or pod.is_deleting:
        return None
    left = draft.spec.provisioning_timeout_seconds - seconds_since(pod.scheduled_at, draft.now)
    if left > 0:
        draft.look_again_in(left)
        return None
    words = pod.waiting or "its container did not start; look at the events of its pod"
    return failed(element, ElementErrorCode.CONFIGURATION_ERROR, words, draft.now)

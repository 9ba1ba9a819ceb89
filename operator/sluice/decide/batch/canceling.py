"""From the cancel to the end of the run: hooks, then Jobs and pods are deleted and waited for."""

from datetime import timedelta

from sluice.api.batch import HOOK_SECONDS, ElementSpec
from sluice.api.element_status import BatchStatus, ElementStatus
from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus, StopStatus
from sluice.api.statuses import ResourcesDesiredStatus, ResourcesStatus, StopCause, StopMode
from sluice.batch_observation import ElementSeen, Job, JobState
from sluice.decide.batch.elements import canceled, changed, replace_each, seen
from sluice.decide.batch.ending import end_if_over
from sluice.decide.batch.following import result
from sluice.decide.batch.graph import elements_of
from sluice.decide.batch.removing import delete_job, remove_leftovers
from sluice.decide.batch.writing import is_held_back
from sluice.decide.decision import RunElementHook
from sluice.decide.draft import Draft

HOOK_SLACK_SECONDS = 10
"""For a hook that was begun late, or again after a restart of the operator."""
LOOK_SECONDS = 1.0


def begin_cancel(draft: Draft, mode: StopMode, cause: StopCause) -> None:
    """Write the cancel down: from here on nothing starts. What was not started never will be."""
    draft.set(
        stop=StopStatus(mode=mode, cause=cause, requested_at=draft.now),
        deployment_resources_status=ResourcesStatus.STOPPING,
        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,
    )
    replace_each(draft, lambda each: each if each.is_over or each.is_under_way else canceled(each, draft.now))


def cancel(draft: Draft, entry: PipelineStatus) -> None:
    """Cancel what is under way, and end the run when the last of it is gone.

    ``entry`` is the status before this look.
    """
    draft.say(Reason.CANCELING)
    stop = draft.active_stop
    if stop is not None and draft.is_stop_wanted and draft.is_force_wanted and stop.mode != StopMode.FORCE:
        draft.set_stop(mode=StopMode.FORCE)
    specs = elements_of(draft.spec)
    replace_each(draft, lambda each: _go_on(draft, each, specs.get(each.name)) if each.is_under_way else each)
    remove_leftovers(draft)
    if end_if_over(draft):
        return
    draft.look_again_in(LOOK_SECONDS)
    is_new = entry.stop != draft.status.stop
    if not is_new:
        is_held_back(draft, entry)


def _go_on(draft: Draft, element: ElementStatus, spec: ElementSpec | None) -> ElementStatus:
    found = seen(draft).of(element.name)
    job = found.job
    if job is not None and job.state is not JobState.ACTIVE:
        # It ended by itself before the cancel reached it: that stays its result.
        return result(draft, element, spec or ElementSpec(name=element.name), found, job)
    if job is None:
        return element if found.live_pods else _gone(draft, element, found)
    element = _as_seen(element, found)
    if job.is_deleting:
        return element
    if spec is not None and _awaits_hook(draft, element, spec, found):
        return element
    return _delete(draft, element, found, job)


def _gone(draft: Draft, element: ElementStatus, found: ElementSeen) -> ElementStatus:
    problem = found.hook.problem if found.hook else None
    return canceled(element, draft.now, problem or element.error)


def _as_seen(element: ElementStatus, found: ElementSeen) -> ElementStatus:
    """It may have begun to run after the last look: how it ended says so."""
    began = [pod.started_at for pod in found.pods if pod.started_at is not None]
    if element.started_at is not None or not began:
        return element
    return changed(element, status=BatchStatus.RUNNING.value, started_at=min(began))


def _awaits_hook(draft: Draft, element: ElementStatus, spec: ElementSpec, found: ElementSeen) -> bool:
    """Whether its hook has to come to its end first. Bounded by the clock, whoever runs it."""
    stop, running = draft.active_stop, [pod for pod in found.pods if pod.is_started and not pod.is_deleting]
    if spec.hook is None or stop is None or stop.mode == StopMode.FORCE or not running:
        return False
    limit = spec.hook.timeout_seconds or HOOK_SECONDS
    if draft.now >= stop.requested_at + timedelta(seconds=limit + HOOK_SLACK_SECONDS):
        return False
    if found.hook is not None and found.hook.is_over:
        return False
    pod = running[-1]
    draft.act(RunElementHook(element.name, pod.name, pod.uid))
    return True


def _delete(draft: Draft, element: ElementStatus, found: ElementSeen, job: Job) -> ElementStatus:
    delete_job(draft, found, job)
    return changed(element, error=found.hook.problem) if found.hook and found.hook.problem else element

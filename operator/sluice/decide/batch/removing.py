"""Jobs and pods that are to go: of a cancel, and of elements that ended otherwise than their Jobs."""

from sluice.api.statuses import StopMode
from sluice.batch_observation import ElementSeen, Job, JobState
from sluice.decide.batch.elements import elements, seen
from sluice.decide.decision import Action, DeleteElementPods, DeleteJobs
from sluice.decide.draft import Draft
from sluice.decide.grace import FORCE_GRACE_SECONDS


def delete_job(draft: Draft, found: ElementSeen, job: Job) -> None:
    """The Job first, so that it makes no other pod; then its pods, which get SIGTERM and their grace."""
    draft.act(DeleteJobs(((job.name, job.uid),)))
    delete_pods(draft, found)


def delete_pods(draft: Draft, found: ElementSeen) -> None:
    """Each once, and a second time where force leaves less grace than the first."""
    grace = FORCE_GRACE_SECONDS if is_forced(draft) else None
    pods = tuple(
        (pod.name, pod.uid)
        for pod in found.live_pods
        if not pod.is_deleting or (grace is not None and (pod.grace_seconds or 0) > grace)
    )
    if pods:
        draft.act(DeleteElementPods(pods, grace))


def is_forced(draft: Draft) -> bool:
    """Whether a cancel is under way that waits for nobody."""
    stop = draft.active_stop
    return stop is not None and stop.mode == StopMode.FORCE


def remove_leftovers(draft: Draft) -> None:
    """What an element left behind that has ended for us.

    A pod without a Job was made while that was deleted. A Job was told of late, or its deletion broke off.
    """
    for element in elements(draft):
        found = seen(draft).of(element.name)
        job = found.job
        if job is None or job.is_deleting:
            delete_pods(draft, found)
        elif element.is_over and job.state is JobState.ACTIVE:
            delete_job(draft, found, job)
    _delete_together(draft)


def _delete_together(draft: Draft) -> None:
    """All Jobs in one action, and all pods in one after it: one by one, many would take long to be gone."""
    jobs: list[tuple[str, str]] = []
    pods: list[tuple[str, str]] = []
    others: list[Action] = []
    for action in draft.actions:
        match action:
            case DeleteJobs():
                jobs.extend(action.jobs)
            case DeleteElementPods():
                pods.extend(action.pods)
            case _:
                others.append(action)
    draft.actions = others
    if jobs:
        draft.act(DeleteJobs(tuple(jobs)))
    if pods:
        draft.act(DeleteElementPods(tuple(pods), FORCE_GRACE_SECONDS if is_forced(draft) else None))

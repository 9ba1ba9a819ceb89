"""The rules, over every state and every decision."""

from sluice.api.element_status import TERMINAL, BatchStatus
from sluice.api.status import PipelineStatus
from sluice.api.statuses import ResourcesStatus, StopMode
from sluice.batch_observation import JobState
from sluice.decide import Decision, DeleteElementPods, DeleteJobs

from .world import LIVE, PodState, Setting, World


class RuleBrokenError(Exception):
    """A rule does not hold."""


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise RuleBrokenError(rule)


class Rules:
    """Those of one setting."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def check_creation(self, world: World, status: PipelineStatus, name: str) -> None:
        """A Job is being made."""
        _require(
            status.deployment_resources_status == ResourcesStatus.PROVISIONED,
            "no element starts after the cancel was written, or without a run",
        )
        by_name = {each.name: each for each in status.elements or ()}
        _require(by_name[name].submitted_at is not None, "a start is written before its Job is made")
        done = {each.name for each in by_name.values() if each.status == BatchStatus.COMPLETED}
        _require(
            done.issuperset(self._setting.elements[name]),
            "an element starts only when all that it depends on is completed",
        )
        _require(not world.body(name).was_created, "no element is started twice in one run")
        busy = [each for each, body in world.bodies if body.job is JobState.ACTIVE and each != name]
        _require(len(busy) < self._setting.parallelism, "never more than parallelism at once")

    def check_decision(self, world: World, before: PipelineStatus, decision: Decision) -> None:
        """What one look changes and does."""
        after = decision.status
        if after.run_number == before.run_number:
            self._check_results_stay(before, after)
        else:
            _require(after.run_number <= 1 + world.people.tokens, "only a restart request begins another run")
            kept = [each for each in after.elements or () if each.is_over]
            was = {each.name: each.status for each in before.elements or ()}
            _require(
                all(each.status == BatchStatus.COMPLETED == was.get(each.name) for each in kept),
                "the next run keeps what is completed and nothing else",
            )
        self._check_truth(world, before, after)
        self._check_actions(world, before, decision)

    def _check_results_stay(self, before: PipelineStatus, after: PipelineStatus) -> None:
        has_run = before.deployment_id is not None
        known = {
            each.name: each.status for each in before.elements or () if each.status in TERMINAL and has_run
        }
        now = {each.name: each.status for each in after.elements or ()}
        _require(
            all(now[name] == status for name, status in known.items()), "what has ended keeps its result"
        )
        is_over = before.deployment_resources_status == ResourcesStatus.STOPPED and has_run
        _require(
            not is_over or after.deployment_resources_status == ResourcesStatus.STOPPED,
            "a run that has ended is not taken up again",
        )

    def _check_truth(self, world: World, before: PipelineStatus, after: PipelineStatus) -> None:
        if after.run_number != before.run_number:
            return
        was = {each.name: each.status for each in before.elements or ()}
        for each in after.elements or ():
            if each.status == was.get(each.name):
                continue
            body = world.body(each.name)
            if each.status == BatchStatus.COMPLETED:
                _require(body.came_to is JobState.COMPLETED, "only what succeeded is Completed")
            if each.status == BatchStatus.FAILED:
                _require(body.came_to is not JobState.COMPLETED, "what succeeded is not Failed")
            if each.status == BatchStatus.CANCELED:
                _require(body.came_to is None or not body.is_told, "what ended by itself is not Canceled")
                _require(
                    not body.is_told or body.pod not in LIVE, "an element is Canceled once its pod has ended"
                )
        has_ended = (
            after.deployment_resources_status == ResourcesStatus.STOPPED
            and before.deployment_resources_status not in (None, ResourcesStatus.STOPPED)
        )
        left = [name for name, body in world.bodies if body.job is JobState.ACTIVE or body.pod in LIVE]
        _require(not has_ended or not left, "a run has ended only when nothing of it runs")

    def _check_actions(self, world: World, before: PipelineStatus, decision: Decision) -> None:
        after = decision.status
        over = {each.name for each in before.elements or () if each.is_over}
        is_forced = after.stop is not None and after.stop.mode == StopMode.FORCE
        for action in decision.actions:
            match action:
                case DeleteElementPods(_, grace):
                    _require(
                        grace == (1 if is_forced else None), "one second if forced, else the pod's own grace"
                    )
                case DeleteJobs(jobs):
                    for name in (job.removeprefix("job-") for job, _ in jobs):
                        # What was told of late, after it was given up, is only cleared away.
                        self._check_hook(world, name, is_forced=is_forced or name in over)
                case _:
                    pass

    def _check_hook(self, world: World, name: str, *, is_forced: bool) -> None:
        body = world.body(name)
        is_owed = name in self._setting.hooked and body.pod is PodState.RUNNING and body.is_told
        _require(not is_owed or is_forced or body.hook == "over", "the hook comes before the end")

"""A small world of Jobs for the batch lifecycle: what was decided is done, and then looked at again."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.api.element_status import ElementStatus
from sluice.api.requests import Request
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.batch_observation import BatchObserved, ElementPod, ElementSeen, Job, JobState
from sluice.decide import (
    Action,
    CreateJobs,
    Decision,
    DeleteElementPods,
    DeleteJobs,
    DeleteRunJobs,
    decide,
)
from sluice.observation import Intent, Observed

Elements = tuple[dict[str, Any], ...]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEMPLATE = {"spec": {"containers": [{"name": "main", "image": "example.com/sim:1"}]}}
CHAIN: Elements = ({"name": "a"}, {"name": "b", "dependsOn": ["a"]}, {"name": "c", "dependsOn": ["b"]})
FAN: Elements = ({"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "end", "dependsOn": ["a", "b", "c"]})


def spec_of(*elements: dict[str, Any], **fields: Any) -> PipelineSpec:
    given = {"template": TEMPLATE, "elements": list(elements), **fields}
    return PipelineSpec.model_validate(given)


def intent_of(spec: PipelineSpec, desired: str = "Running", **changes: Any) -> Intent:
    basis = Intent(
        name="sweep",
        uid="uid-of-sweep",
        generation=1,
        desired_status=DesiredStatus(desired),
        force=False,
        is_deleting=False,
        has_finalizer=True,
        revision="sweep-0123456789",
        spec=spec,
    )
    return dataclasses.replace(basis, **changes)


def restart(token: str = "again") -> tuple[Request, ...]:
    return (Request(RequestVerb.RESTART, token),)


@dataclasses.dataclass
class World:
    """One pipeline, its Jobs by element, and a clock that people move."""

    intent: Intent
    status: PipelineStatus = dataclasses.field(default_factory=PipelineStatus)
    now: datetime = NOW
    jobs: dict[str, ElementSeen] = dataclasses.field(default_factory=dict[str, ElementSeen])
    changes: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    created: list[str] = dataclasses.field(default_factory=list[str])
    graces: list[int | None] = dataclasses.field(default_factory=list[int | None])

    def seen(self) -> Observed:
        is_live = any(
            each.live_pods or (each.job and each.job.state is JobState.ACTIVE) for each in self.jobs.values()
        )
        batch = BatchObserved(elements=dict(self.jobs), is_clear=not is_live, has_jobs=bool(self.jobs))
        run = f"run-{self.status.run_number + 1}"
        return Observed(batch=dataclasses.replace(batch, **self.changes), new_id=run)

    def look(self) -> Decision:
        """One look: the status is written, and then what was decided is done."""
        decision = decide(self.intent, self.status, self.seen(), self.now)
        dumped = decision.status.model_dump(by_alias=True, exclude_none=True, mode="json")
        self.status = PipelineStatus.model_validate(dumped)
        for action in decision.actions:
            self.do(action)
        return decision

    def settle(self) -> Decision:
        """Look until nothing changes any more."""
        for _ in range(20):
            before = self.status
            decision = self.look()
            if self.status == before and not decision.actions:
                return decision
        raise AssertionError(f"it does not come to rest: {self.status}")

    def do(self, action: Action) -> None:
        match action:
            case CreateJobs(elements):
                for name in elements:
                    assert name not in self.jobs, f"{name} is started a second time"
                    self.created.append(name)
                    job = Job(f"job-{name}", f"uid-{name}", JobState.ACTIVE, self.now)
                    self.jobs[name] = ElementSeen(job=job)
            case DeleteJobs(jobs):
                gone = {uid for _, uid in jobs}
                for name, each in list(self.jobs.items()):
                    if each.job is not None and each.job.uid in gone:
                        self.jobs[name] = dataclasses.replace(each, job=None)
            case DeleteElementPods(pods, grace):
                self.graces.append(grace)
                for name, each in list(self.jobs.items()):
                    kept = tuple(
                        dataclasses.replace(pod, is_deleting=True, grace_seconds=grace or 30)
                        if (pod.name, pod.uid) in pods
                        else pod
                        for pod in each.pods
                    )
                    self.jobs[name] = dataclasses.replace(each, pods=kept)
            case DeleteRunJobs():
                self.jobs.clear()
            case _:
                pass

    # --- What Kubernetes and the elements do ---------------------------------------------------------------

    def run(self, *names: str, **changes: Any) -> None:
        """Their containers begin to run."""
        for name in names:
            basis = ElementPod(f"pod-{name}", f"pod-uid-{name}", is_started=True, has_ended=False)
            pod = dataclasses.replace(basis, started_at=self.now, scheduled_at=self.now, **changes)
            self.jobs[name] = dataclasses.replace(self.jobs[name], pods=(pod,))

    def end_pods(self, *names: str) -> None:
        """Their pods are gone."""
        for name in names:
            self.jobs[name] = dataclasses.replace(self.jobs[name], pods=())

    def complete(self, *names: str) -> None:
        for name in names:
            self._end(name, 0, JobState.COMPLETED)

    def fail(
        self, name: str, code: int = 1, *, message: str = "", reason: str = "BackoffLimitExceeded"
    ) -> None:
        self._end(name, code, JobState.FAILED, message=message, reason=reason)

    def _end(self, name: str, code: int, state: JobState, *, message: str = "", reason: str = "") -> None:
        pod = ElementPod(
            f"pod-{name}",
            f"pod-uid-{name}",
            is_started=False,
            has_ended=True,
            started_at=self.now,
            exit_code=code,
            exit_reason="Completed" if code == 0 else "Error",
            message=message,
        )
        seen = self.jobs[name]
        assert seen.job is not None
        job = dataclasses.replace(seen.job, state=state, reason=reason, finished_at=self.now)
        self.jobs[name] = dataclasses.replace(seen, job=job, pods=(pod,))

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def want(self, desired: str, **changes: Any) -> None:
        generation = self.intent.generation + 1
        fields = {"desired_status": DesiredStatus(desired), "generation": generation, **changes}
        self.intent = dataclasses.replace(self.intent, **fields)

    # --- What people read ----------------------------------------------------------------------------------

    def element(self, name: str) -> ElementStatus:
        (found,) = [each for each in self.status.elements or [] if each.name == name]
        return found

    def where(self) -> dict[str, str]:
        return {each.name: each.status for each in self.status.elements or []}

    def ready(self) -> tuple[str, str]:
        (found,) = [each for each in self.status.conditions if each.type == "Ready"]
        return found.status, found.reason


def world_of(*elements: dict[str, Any], **fields: Any) -> World:
    return World(intent_of(spec_of(*elements, **fields)))


def begun(*elements: dict[str, Any], **fields: Any) -> World:
    """A run whose first elements were started."""
    world = world_of(*elements, **fields)
    world.look()
    world.look()
    return world

"""The states of the world, and what of one the operator sees."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sluice.api.element_status import ElementStatus
from sluice.api.requests import Request
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.batch_observation import BatchObserved, ElementPod, ElementSeen, HookRun, Job, JobState
from sluice.observation import Intent, Observed

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
OWN_GRACE: Final = 30
TEMPLATE: Final = {"spec": {"containers": [{"name": "main", "image": "example.com/sim:1"}]}}


class PodState(StrEnum):
    """Where the pod of an element is."""

    NONE = "none"
    RUNNING = "running"
    DELETED = "deleted"
    """It was deleted, with its own grace."""
    FORCED = "forced"
    """It was deleted, with one second."""
    ENDED = "ended"


LIVE: Final = (PodState.RUNNING, PodState.DELETED, PodState.FORCED)


@dataclass(frozen=True)
class Body:
    """What is there of one element in the present run."""

    job: JobState | None = None
    pod: PodState = PodState.NONE
    was_created: bool = False
    """Its Job was made in this run."""
    is_told: bool = True
    """The watches have told of it."""
    may_still_start: bool = False
    """The Job is gone, and its controller has not heard of that yet."""
    hook: str = ""
    """Empty, ``running`` or ``over``."""
    came_to: JobState | None = None
    """How its Job ended, whatever became of it then."""


@dataclass(frozen=True)
class People:
    """What people want, and how often they may still change their mind."""

    desired: str = "Running"
    force: bool = False
    tokens: int = 0
    """So many restarts were asked for."""
    cancels_left: int = 1
    runs_left: int = 1
    restarts_left: int = 1


@dataclass(frozen=True)
class World:
    """One state. ``status`` is named by its essence, so that equal ones are one state."""

    status: str
    bodies: tuple[tuple[str, Body], ...]
    people: People = People()
    crashes_left: int = 1
    vandals_left: int = 1
    is_due: bool = True
    """The list of elements may be written for what nobody waits for."""

    def body(self, name: str) -> Body:
        return dict(self.bodies)[name]

    def with_body(self, name: str, **changes: Any) -> "World":
        found = tuple((each, replace(b, **changes) if each == name else b) for each, b in self.bodies)
        return replace(self, bodies=found)


@dataclass(frozen=True)
class Setting:
    """A graph, and how it is run."""

    name: str
    spec: PipelineSpec

    @property
    def elements(self) -> dict[str, tuple[str, ...]]:
        """What each depends on."""
        return {each.name: tuple(each.depends_on or ()) for each in self.spec.elements or ()}

    @property
    def parallelism(self) -> int:
        assert self.spec.batch is not None
        return self.spec.batch.parallelism

    @property
    def hooked(self) -> frozenset[str]:
        return frozenset(each.name for each in self.spec.elements or () if each.hook is not None)


def setting_of(name: str, policy: str, parallelism: int, *elements: dict[str, Any]) -> Setting:
    batch = {"parallelism": parallelism, "failurePolicy": policy}
    given = {"template": TEMPLATE, "batch": batch, "elements": list(elements)}
    return Setting(name, PipelineSpec.model_validate(given))


HOOK: Final = {"exec": {"command": ["save"]}}
A: Final = {"name": "a"}
B: Final = {"name": "b"}
B_AFTER_A: Final = {"name": "b", "dependsOn": ["a"]}
CHAIN: Final = setting_of("a chain that its first failure ends", "FailFast", 1, A, B_AFTER_A)
WITH_HOOK: Final = setting_of("a chain with a hook", "Continue", 2, {**A, "hook": HOOK}, B_AFTER_A)
ONE_PLACE: Final = setting_of("one place for two", "Continue", 1, A, B)
SETTINGS: Final = (CHAIN, WITH_HOOK, ONE_PLACE)


class Statuses:
    """The statuses that were met, by their essence."""

    def __init__(self) -> None:
        self._known: dict[str, PipelineStatus] = {}

    def name(self, status: PipelineStatus) -> str:
        stop = status.stop
        essence = (
            status.deployment_resources_status,
            status.deployment_status,
            status.run_number,
            (stop.mode, stop.cause, stop.finished_at is not None) if stop else None,
            tuple(_essence(each) for each in status.elements or ()),
            tuple((each.token, each.state) for each in status.requests),
            status.deployment_error is not None,
        )
        key = repr(essence)
        self._known.setdefault(key, status)
        return key

    def __getitem__(self, key: str) -> PipelineStatus:
        return self._known[key]


def _essence(each: ElementStatus) -> tuple[object, ...]:
    return each.name, each.status, each.submitted_at is not None, each.started_at is not None


def intent_of(setting: Setting, people: People) -> Intent:
    requests = [Request(RequestVerb.RESTART, f"t{people.tokens}")] if people.tokens else []
    return Intent(
        name="sweep",
        uid="uid",
        generation=1,
        desired_status=DesiredStatus(people.desired),
        force=people.force,
        is_deleting=False,
        has_finalizer=True,
        revision="sweep-1",
        spec=setting.spec,
        requests=tuple(requests),
    )


def seen_of(world: World) -> Observed:
    """What the store, the API server and the operator's own memory tell."""
    told = {name: _element_seen(name, body) for name, body in world.bodies if body.is_told}
    is_busy = any(
        each.live_pods or (each.job and each.job.state is JobState.ACTIVE) for each in told.values()
    )
    is_clear = not any(body.job is JobState.ACTIVE or body.pod in LIVE for _, body in world.bodies)
    batch = BatchObserved(
        elements=told, write_due_in=0.0 if world.is_due else 0.5, is_clear=is_clear and not is_busy
    )
    return Observed(batch=batch, new_id="run")


def _element_seen(name: str, body: Body) -> ElementSeen:
    job = Job(f"job-{name}", f"uid-{name}", body.job, NOW, finished_at=NOW) if body.job else None
    pods: tuple[ElementPod, ...] = ()
    if body.pod is not PodState.NONE:
        graces = {PodState.DELETED: OWN_GRACE, PodState.FORCED: 1}
        pod = ElementPod(
            f"pod-{name}",
            f"pod-uid-{name}",
            is_started=body.pod in LIVE,
            has_ended=body.pod is PodState.ENDED,
            is_deleting=body.pod in graces,
            grace_seconds=graces.get(body.pod),
            scheduled_at=NOW,
            started_at=NOW,
        )
        pods = (pod,)
    hook = HookRun(is_over=body.hook == "over") if body.hook else None
    return ElementSeen(job=job, pods=pods, hook=hook)

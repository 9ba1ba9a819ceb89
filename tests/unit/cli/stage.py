"""A cluster in memory whose pipeline changes as a test tells it to, one step for each moment waited."""

import asyncio
import copy
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import CliRunner, Result

from sluice.api.json_values import Json
from sluice.api.requests import read_requests
from sluice.cli.program import people
from sluice.cli.session import Session, Target
from sluice.kube import paths
from sluice.telling.subject import Subject
from sluice.telling.words import Words

from ..reconcile.fake_kube import FakeKube, apply_merge_patch

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STAMP = "2026-11-24T11:00:00Z"
WORDS = Words("sluice", "orders")
PLACE = paths.pipeline("shop", "orders")
PATIENCE = timedelta(hours=1)
REACHED = ("Running", "Paused", "Standby", "Stopped", "Completed", "Canceled")
Step = Json | Callable[["Stage"], None]


def conditions(
    reason: str, message: str = "", *, is_ready: bool = False, is_stalled: bool = False
) -> list[Json]:
    """The three conditions that say whether it is there, as the operator writes them."""
    values = {"Ready": is_ready, "Stalled": is_stalled, "Reconciling": not is_ready and not is_stalled}
    return [
        {
            "type": kind,
            "status": str(value),
            "reason": reason,
            "message": message or f"the message of {reason}",
            "lastTransitionTime": STAMP,
            "observedGeneration": 1,
        }
        for kind, value in values.items()
    ]


def status(deployment_status: str, reason: str, generation: int = 1, **more: Any) -> Json:
    """A status that has seen this generation; it is ready where state and reason are one word."""
    is_stalled = more.pop("is_stalled", False)
    is_there = deployment_status == reason in REACHED and not is_stalled
    flags = {"is_ready": more.pop("is_ready", is_there), "is_stalled": is_stalled}
    return {
        "observedGeneration": generation,
        "deploymentStatus": deployment_status,
        "deploymentStatusSince": STAMP,
        "conditions": conditions(reason, more.pop("message", ""), **flags),
        **more,
    }


def pipeline(
    desired: str = "Running",
    *,
    force: bool = False,
    owner: tuple[str, str] | None = None,
    status: Json | None = None,
    annotations: dict[str, str] | None = None,
) -> Json:
    """A pipeline; ``owner`` is the manager of ``spec.desiredStatus`` and its operation."""
    managers: list[Json] = (
        [{"manager": owner[0], "operation": owner[1], "fieldsV1": {"f:spec": {"f:desiredStatus": {}}}}]
        if owner
        else []
    )
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {
            "name": "orders",
            "namespace": "shop",
            "uid": "uid-1",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": "2026-11-24T10:00:00Z",
            "annotations": annotations or {},
            "managedFields": managers,
        },
        "spec": {"desiredStatus": desired, "force": force, "feldera": {}},
        "status": status or {},
    }


class StagedKube(FakeKube):
    """It counts generations as an API server does, and answers raw requests."""

    def __init__(self) -> None:
        super().__init__()
        self.patches: list[Json] = []
        self.answers: dict[str, list[tuple[int, str]]] = {}
        """What raw requests for a path with this part are answered, in turn; the last one stays."""
        self.asked: list[str] = []

    async def merge(self, path: str, patch: Json) -> Json:
        before = copy.deepcopy(self.objects.get(path, {}))
        written = await super().merge(path, patch)
        self.patches.append(patch)
        if written["spec"] != before["spec"]:
            self.objects[path]["metadata"]["generation"] += 1
        return copy.deepcopy(self.objects[path])

    async def raw(
        self, method: str, path: str, deadline: float, body: Json | None = None
    ) -> tuple[int, bytes]:
        self.asked.append(path)
        for part, answers in self.answers.items():
            if part in path:
                code, text = answers.pop(0) if len(answers) > 1 else answers[0]
                return code, text.encode()
        return 404, b'{"message": "not found"}'


class Stage:
    """The cluster, the clock, and the steps that are still to come."""

    def __init__(self, *bodies: Json, steps: list[Step] | None = None) -> None:
        self.kube = StagedKube()
        self.time = START
        self.steps = steps or []
        self.kube.put(paths.api_group(), {})
        for body in bodies:
            self.kube.put(paths.pipeline("shop", body["metadata"]["name"]), body)

    @property
    def body(self) -> Json:
        return self.kube.objects[PLACE]

    @property
    def token(self) -> str:
        """The token of the request that stands among the annotations."""
        return read_requests(self.body["metadata"]["annotations"])[-1].token

    def tell(self, status: Json) -> None:
        """The operator writes this status."""
        self.kube.put(PLACE, apply_merge_patch(self.body, {"status": status}))

    def finish(self, verb: str, state: str, **more: Any) -> None:
        """The operator records the outcome of the request that stands there."""
        outcome = {"verb": verb, "token": self.token, "state": state, "requestedAt": STAMP, **more}
        if state != "InProgress":
            outcome["finishedAt"] = STAMP
        self.tell({"requests": [outcome]})

    def run(self, *arguments: str, **more: Any) -> Result:
        """A command, as a person types it."""
        return CliRunner().invoke(
            people, arguments, obj=self.open, prog_name="sluice", catch_exceptions=False, **more
        )

    def open(self, target: Target) -> AbstractAsyncContextManager[Session]:
        return self._open(target)

    @asynccontextmanager
    async def _open(self, target: Target) -> AsyncGenerator[Session]:
        yield Session(self.kube, target.namespace or "shop", lambda: self.time, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        assert self.time < START + PATIENCE, "the command waits for something that never comes"
        if self.steps:
            step = self.steps.pop(0)
            if callable(step):
                step(self)
            else:
                self.tell(step)
        await asyncio.sleep(0)


def interrupt(_: Stage) -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


def subject(**fields: Any) -> Subject:
    return Subject(pipeline(**fields))

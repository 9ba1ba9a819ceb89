"""SIGTERM before the entrypoint saw its job serve. Flink is scripted, and its JVMs only sleep."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from sluice import contract
from sluice.flink_contract import Checkpoints, Completed, Counts, Job, JobState, Operation
from sluice.runtime.flink import life
from sluice.runtime.flink.life import Ending, Life
from sluice.runtime.flink.rest import UnansweredError
from sluice.runtime.flink.settings import parse
from sluice.runtime.signals import Signals

SERVING: Final = Job("a" * 32, JobState.RUNNING, 1, {"running": 1, "finished": 0, "total": 1})
STARTING: Final = Job("a" * 32, JobState.CREATED, 1, {"running": 0, "finished": 0, "total": 1})
SAVEPOINT: Final = "3-savepoint-aaaaaa-bbbbbbbbbbbb"
MADE: Final = Completed(
    1,
    "/data/savepoints/3/savepoint-aaaaaa-bbbbbbbbbbbb",
    size=5,
    created=2,
    is_savepoint=True,
    ended_job=True,
)
SILENT: Final = UnansweredError("timed out")

State = Job | UnansweredError | None
Terminated = Callable[[list[State]], Ending]


class ScriptedRest:
    """The job as one question after the other finds it; SIGTERM comes with the first, a stop succeeds."""

    def __init__(self, states: list[State], signals: Signals) -> None:
        self._states = states
        self._signals = signals
        self._completed: tuple[Completed, ...] = ()

    def job(self) -> Job | None:
        self._signals.termination_requested = True
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if isinstance(state, UnansweredError):
            raise state
        return state

    def failed_application(self) -> str | None:
        return None

    def checkpoints(self, job: Job) -> Checkpoints:
        del job
        return Checkpoints(self._completed, None, 0, is_stopping=False, counts=Counts(0, 0, None, None))

    def stop(self, job: Job) -> str:
        self._completed = (MADE,)
        self._states = [replace(job, state=JobState.FINISHED)]
        return "trigger"

    def operation(self, job: Job, trigger: str) -> Operation:
        del job, trigger
        return Operation(is_done=True, location=MADE.path)


def sleep(*_: object) -> list[str]:
    return ["sleep", "60"]


@pytest.fixture
def terminated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminated:
    """Runs an application that is asked to end while it looks at its job for the first time."""
    monkeypatch.setattr(life, "jobmanager_command", sleep)
    monkeypatch.setattr(life, "taskmanager_command", sleep)
    monkeypatch.setattr(life, "POLL_SECONDS", 0.01)
    environment = {
        contract.ENV_RUN_NUMBER: "3",
        contract.ENV_DEPLOYMENT_ID: "d",
        contract.ENV_STORAGE: str(tmp_path),
    }

    def run(states: list[State]) -> Ending:
        signals = Signals()

        def scripted(port: int) -> ScriptedRest:
            del port
            return ScriptedRest(states, signals)

        monkeypatch.setattr(life, "Rest", scripted)
        return Life(parse(["--job-class", "Job"], environment), signals, tmp_path / "words").live()

    return run


@pytest.mark.parametrize(
    "states",
    [[None, SERVING], [STARTING, SERVING], [STARTING, SILENT, SILENT, SERVING]],
    ids=["there was no job", "it was starting", "flink was too busy to say so"],
)
def test_a_job_that_may_have_served_since_the_last_look_is_stopped_with_a_savepoint(
    terminated: Terminated, states: list[State]
) -> None:
    assert terminated(states) == Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, checkpoint=SAVEPOINT)


@pytest.mark.parametrize("state", [None, STARTING, SILENT], ids=["no job yet", "it starts", "no flink yet"])
def test_a_job_that_never_served_ends_at_once(terminated: Terminated, state: State) -> None:
    assert terminated([state]) == Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM)

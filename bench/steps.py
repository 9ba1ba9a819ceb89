"""The steps of a run, in order, and which measures need which."""

import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from bench import floor, graphs, latency, pipelines
from bench.run import Run
from bench.runtime_control import RuntimeControl
from localkube.progress import LocalkubeError

Action = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """One step; it is taken when one of its measures is asked for."""

    name: str
    measures: frozenset[str]
    needs_operator: bool = True


BARE: Final = Step("bare watcher", frozenset({"P3"}), needs_operator=False)
STEPS: Final = (
    Step("floor", frozenset({"P1", "P2"}), needs_operator=False),
    Step("floor with volumes", frozenset({"P1"}), needs_operator=False),
    Step("warm-up", frozenset({"P1", "P2", "P3", "P5", "P6", "P7"})),
    Step("pipelines", frozenset({"P1", "P2", "P5"})),
    Step("one lifecycle", frozenset({"P4"})),
    Step("pipelines with volumes", frozenset({"P1", "P2", "P3", "P6", "P7"})),
    Step("rest", frozenset({"P6"})),
    Step("latency", frozenset({"P3"})),
    Step("graceful stops", frozenset({"P2"})),
    BARE,
    Step("bare Jobs", frozenset({"P8"}), needs_operator=False),
    Step("a graph", frozenset({"P8"})),
)


def choose(measures: tuple[str, ...]) -> list[Step]:
    """The steps that these measures need."""
    return [step for step in STEPS if step.measures & set(measures)]


async def take(run: Run, runtime: RuntimeControl, steps: list[Step]) -> None:
    """Take the steps. One that fails is recorded, and the others are taken all the same."""
    actions = _actions(run, runtime)
    is_operator_up = False
    for step in steps:
        if step.needs_operator and not is_operator_up:
            run.start_operator()
            is_operator_up = True
        if not step.needs_operator and is_operator_up:
            run.stop_operator()
            is_operator_up = False
        with run.progress.step(step.name):
            await _attempt(run, step, actions[step.name])


async def _attempt(run: Run, step: Step, action: Action) -> None:
    try:
        await action()
    except Exception as error:
        run.results.failures[step.name] = _describe(error)
        with run.processes.log("failures").open("a") as sink:
            sink.write(traceback.format_exc())
        if isinstance(error, LocalkubeError):
            # A process of the run is gone: nothing more can be measured.
            raise


def _describe(error: Exception) -> str:
    first = error
    while isinstance(first, ExceptionGroup):
        first = cast("Sequence[Exception]", first.exceptions)[0]
    return f"{first} ({type(first).__name__})"


def _actions(run: Run, runtime: RuntimeControl) -> dict[str, Action]:
    return {
        "floor": lambda: floor.measure_floor(run),
        "floor with volumes": lambda: floor.measure_floor_with_volumes(run),
        "warm-up": lambda: pipelines.warm_up(run),
        "pipelines": lambda: pipelines.measure_plain(run, runtime),
        "one lifecycle": lambda: pipelines.measure_lifecycle(run, runtime),
        "pipelines with volumes": lambda: latency.measure_creation_with_stops(run, runtime),
        "rest": lambda: pipelines.measure_rest(run),
        "latency": lambda: latency.measure_operator(run, runtime),
        "graceful stops": lambda: pipelines.measure_graceful(run, runtime),
        "bare Jobs": lambda: graphs.measure_bare_jobs(run),
        "a graph": lambda: graphs.measure_graph(run),
        BARE.name: lambda: latency.measure_bare_watcher(run, runtime),
    }

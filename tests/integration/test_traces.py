"""The model speaks of the real thing: its traces, replayed, lead to the status that it says.

From each setting: the shortest path to every change of the combined status that the settings before it do not
have, and the longest path of all.
"""

import asyncio
import itertools
from functools import cache

import pytest
from model.explorer import Exploration, explore, label_of
from model.operator_steps import LOOKS
from model.setting import Setting
from model.world import World

from integration.stage.cluster import Cluster
from integration.stage.moves_of_people import template
from integration.stage.replay import Gate, Replay, spec_of
from integration.stage.stage import Stage
from sluice.api.policies import RestartSpec, StopSpec
from sluice.api.statuses import StopTimeoutPolicy, VolumePolicy
from sluice.decide import Action
from sluice.reconcile.act import Actor

Edge = tuple[str, str]
"""A change of the combined status."""
Trace = tuple[tuple[str, World], ...]
SETTINGS = (
    Setting("paused", frozenset({"pause"})),
    Setting(
        "deadline",
        frozenset({"mute"}),
        stop=StopSpec(timeout_seconds=300, on_timeout=StopTimeoutPolicy.FORCE),
    ),
    Setting("ending", frozenset({"end", "crash"}), restart=RestartSpec(max_restarts=1)),
    Setting("no storage", frozenset({"crash", "end"}), has_storage=False),
    Setting("discarded", frozenset({"delete"}), before_delete=False, on_delete=VolumePolicy.DELETE),
)
RUNNING_STATUSES = ("Provisioning", "Running", "Paused", "Unavailable")
ENDING_STATUSES = ("Suspending", "Stopping", "Stopped", "Completed")
_numbers = itertools.count(1)


@cache
def sample() -> dict[str, list[Trace]]:
    """The traces of each setting, by its name; none of them is the beginning of another."""
    edges: set[Edge] = set()
    return {setting.name: _traces_of(explore(setting), edges) for setting in SETTINGS}


def _traces_of(found: Exploration, known: set[Edge]) -> list[Trace]:
    """``known`` grows by the edges that are new."""
    ends: dict[Edge, World] = {}
    for world, entry in found.parents.items():
        if entry is not None and entry[1] == LOOKS:
            edge = label_of(entry[0].status), label_of(world.status)
            if edge not in known:
                ends.setdefault(edge, world)
    known.update(ends)
    farthest = list(found.parents)[-1]
    traces = {_trace(found, world) for world in (*ends.values(), farthest)}
    beginnings = {trace[:length] for trace in traces for length in range(len(trace))}
    return sorted(traces - beginnings, key=lambda trace: (len(trace), str(trace)))


def _trace(found: Exploration, world: World) -> Trace:
    steps: list[tuple[str, World]] = []
    entry = found.parents[world]
    while entry is not None:
        before, sentence = entry
        steps.append((sentence, world))
        world, entry = before, found.parents[before]
    return tuple(reversed(steps))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Every action of every operator waits here: anything may come between two of them."""
    made = Gate()
    carry_out = Actor._carry_out  # pyright: ignore[reportPrivateUsage] - the one place between two actions

    async def wait_and_carry_out(self: Actor, *arguments: object) -> object:
        action = arguments[-1]
        assert isinstance(action, Action)
        await made.wait(action)
        return await carry_out(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Actor, "_carry_out", wait_and_carry_out)
    return made


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_real_reconciler_goes_where_the_model_goes(
    acted: Cluster, runner: asyncio.Runner, gate: Gate, setting: Setting
) -> None:
    for trace in sample()[setting.name]:
        runner.run(replay(acted, gate, setting, trace))


def test_the_sample_reaches_every_status() -> None:
    traces = [trace for found in sample().values() for trace in found]
    reached = {label_of(world.status) for trace in traces for _, world in trace}
    assert reached >= {*RUNNING_STATUSES, *ENDING_STATUSES}
    assert max(len(trace) for trace in traces) > 40


async def replay(cluster: Cluster, gate: Gate, setting: Setting, trace: Trace) -> None:
    stage = Stage(cluster, f"trace{next(_numbers)}", can_maintain=False)
    await stage.create(spec_of(setting, template("example.com/job:1")))
    replayed, told = Replay(stage, setting, gate), list[str]()
    try:
        for sentence, world in trace:
            told.append(sentence)
            await replayed.step(sentence, world)
    except AssertionError as broken:
        path = "\n".join(f"{number:3} {sentence}" for number, sentence in enumerate(told, 1))
        raise AssertionError(f"{broken}\non this trace of {setting.name}:\n{path}\n{stage.scene}") from broken
    finally:
        await replayed.kill()

"""The model speaks of the real thing: its traces, replayed, lead to the status that it says.

From each setting: the shortest path to every change of the combined status, and the longest path of all.
"""

import asyncio
import itertools

import pytest
from model.explorer import Exploration, explore, label_of
from model.operator_steps import LOOKS
from model.setting import Setting
from model.world import World
from stage.cluster import Cluster
from stage.moves import template
from stage.replay import Gate, Replay, spec_of
from stage.stage import Stage

from sluice.api.policies import RestartSpec, StopSpec
from sluice.api.statuses import StopTimeoutPolicy, VolumePolicy
from sluice.decide import Action
from sluice.reconcile.act import Actor

Trace = tuple[tuple[str, World], ...]
SETTINGS = (
    Setting("paused", frozenset({"pause"})),
    Setting(
        "deadline",
        frozenset({"mute"}),
        stop=StopSpec(timeout_seconds=300, on_timeout=StopTimeoutPolicy.FORCE),
    ),
    Setting("no storage", frozenset({"crash", "end"}), has_storage=False),
    Setting("discarded", frozenset({"delete"}), before_delete=False, on_delete=VolumePolicy.DELETE),
    Setting("ending", frozenset({"end", "crash"}), restart=RestartSpec(max_restarts=1)),
)
_numbers = itertools.count(1)


def traces_of(found: Exploration) -> list[Trace]:
    """A sample of the paths: none of them is the beginning of another."""
    ends: dict[tuple[str, str], World] = {}
    for world, entry in found.parents.items():
        if entry is not None and entry[1] == LOOKS:
            edge = label_of(entry[0].status), label_of(world.status)
            ends.setdefault(edge, world)
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
    traces = traces_of(explore(setting))
    assert len(traces) > 3
    for trace in traces:
        runner.run(replay(acted, gate, setting, trace))


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
        raise AssertionError(f"{broken}\non this trace of {setting.name}:\n{path}") from broken
    finally:
        await replayed.kill()

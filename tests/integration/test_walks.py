"""Whatever happens, in whatever order: the rules hold, and in the end every wish comes true.

The same walks are made each time; the environment variable ``SLUICE_WALKS`` asks for more. A failure tells
its walk, step by step.
"""

import asyncio
import itertools
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from integration.stage.cluster import Cluster
from integration.stage.move import Scene, look_at
from integration.stage.moves import MOVES
from integration.stage.moves_of_people import template
from integration.stage.stage import Stage
from sluice.api import constants
from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE
from sluice.kube import paths

WALKS = int(os.environ.get("SLUICE_WALKS", "12"))
STEPS = 40
NUMBERS = st.integers(0, 2**16)
STRIDE = 7919
"""Hypothesis likes small numbers better; this spreads them over all the moves."""
SPEC: Json = {
    "desiredStatus": "Running",
    "storage": {"size": "1Mi"},
    "template": template("example.com/job:1"),
    "feldera": {},
}
_numbers = itertools.count(1)


@pytest.mark.timeout(max(120, 10 * WALKS))
# No shrinking: a smaller walk costs as many real API calls again as a hundred examples.
@settings(
    max_examples=WALKS,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(data=st.data())
def test_every_rule_holds_on_every_walk(acted: Cluster, runner: asyncio.Runner, data: st.DataObject) -> None:
    stage, told = Stage(acted, f"walk{next(_numbers)}"), list[str]()
    try:
        runner.run(stage.create(SPEC))
        if data.draw(st.booleans()):
            told.append("all goes well until it is Running")
            runner.run(stage.settle("Running"))
        for _ in range(STEPS):
            scene = look_at(stage)
            if scene is None:
                break
            _step(runner, scene, data, told)
        runner.run(see_every_wish_come_true(stage))
    except Exception as broken:
        walk = "\n".join(f"{number:3} {sentence}" for number, sentence in enumerate(told, 1))
        raise AssertionError(f"{broken}\non this walk:\n{walk}\n{stage.scene}") from broken


def _step(runner: asyncio.Runner, scene: Scene, data: st.DataObject, told: list[str]) -> None:
    """One move, drawn by its number."""
    possible = [move for move in MOVES if move.is_possible(scene) for _ in range(move.weight)]
    move = possible[data.draw(NUMBERS) * STRIDE % len(possible)]
    told.append(move.sentence)

    async def make() -> None:
        await move.act(scene)
        await scene.stage.settle_news()

    runner.run(make())


async def see_every_wish_come_true(stage: Stage) -> None:
    """From anywhere: force leads to Stopped, a kind world to Running with nothing lost, then away."""
    body = stage.body
    if body is not None:
        await stage.annotate(constants.ANNOTATION_PAUSED, None)
        await stage.request("override", None)
        if "deletionTimestamp" not in body["metadata"]:
            await _stop_and_start(stage)
            await stage.delete()
        await stage.settle(None)
    await _nothing_may_be_left(stage)


async def _stop_and_start(stage: Stage) -> None:
    mended = template("example.com/job:1") | {"metadata": None}
    await stage.edit(desiredStatus="Stopped", force=True, template=mended)
    await stage.settle("Stopped")
    before = stage.kubelet.storage
    await stage.edit(desiredStatus="Running", force=None)
    await stage.settle("Running")
    process = stage.kubelet.process
    assert process is not None
    if process.storage is before and before.checkpoints:
        assert process.records == before.checkpoints[-1].records, "it does not go on from its last checkpoint"


async def _nothing_may_be_left(stage: Stage) -> None:
    """The rules of requests as a whole, and what a deletion has to undo."""
    _, namespace, name = stage.key
    assert await stage.kube.get(paths.pod(namespace, PIPELINE.pod_name(name))) is None, "its pod is left"
    stage.witness.judge_effects(stage.deaths)

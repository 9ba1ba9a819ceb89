"""The battery sweep as its page has it: real simulations by PyBaMM, in its own image."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from support.batch import BatchAtWork, told
from support.kubectl import Kubectl, Manifest

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "battery_sweep" / "pipeline.yaml"
SWEEP_SECONDS: Final = 280
"""Four simulations of ten seconds of CPU each, two at once, and a fit."""


@pytest.fixture
def sweep(system: Kubectl, namespace: Kubectl) -> Iterator[BatchAtWork]:
    at_work = BatchAtWork(namespace, "battery-sweep")
    yield at_work
    at_work.send_away()
    at_work.wait_until_gone()


def read_example() -> Manifest:
    manifest: Manifest = yaml.safe_load(EXAMPLE.read_text())
    return manifest


def test_the_sweep_finds_the_exponent_of_the_cell_and_leaves_a_plot(sweep: BatchAtWork) -> None:
    sweep.apply(read_example())
    sweep.wait_for("Completed", SWEEP_SECONDS)

    assert set(sweep.where().values()) == {"Completed"}, told(sweep.elements())
    words = sweep.logs()["fit"]
    found = re.search(r"exponent\D*(\d+\.\d+)", words)
    assert found is not None, words
    # A real lithium-ion cell loses a little of its capacity at higher rates; an ideal one has 1.
    assert 1.0 < float(found[1]) < 1.3


def test_what_the_cell_cannot_do_and_what_is_no_model_are_told_apart(sweep: BatchAtWork) -> None:
    manifest = read_example()
    simulations = manifest["spec"]["elements"][:2]
    simulations[0]["args"] = ["--c-rate", "60", "--out", "c-0-5.csv"]
    simulations[1]["args"] = ["--c-rate", "-1", "--out", "c-1.csv"]
    manifest["spec"]["elements"] = simulations
    sweep.apply(manifest)
    sweep.wait_for("Failed", SWEEP_SECONDS)

    elements = sweep.elements()
    assert elements["c-0-5"]["errorCode"] == "SOLVER_ERROR", told(elements)
    assert elements["c-1"]["errorCode"] == "MODEL_ERROR", told(elements)
    assert "above zero" in elements["c-1"]["error"]

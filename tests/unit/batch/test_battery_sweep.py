"""The example's own arithmetic, without PyBaMM: the fit, and how it tells that there is no result."""

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "examples" / "battery_sweep"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"battery_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_exponent_of_a_cell_that_follows_peukerts_law_is_found() -> None:
    capacities = {rate: 5.0 * rate ** (1 - 1.07) for rate in (0.25, 0.5, 1.0, 1.5)}
    exponent, capacity = load("fit").fit(capacities)

    assert exponent == pytest.approx(1.07)
    assert capacity == pytest.approx(5.0)


def test_one_discharge_is_no_fit() -> None:
    with pytest.raises(ValueError, match="at least two"):
        load("fit").fit({1.0: 5.0})


class SolverError(Exception):
    """As PyBaMM raises it."""


def pybamm_that(raises: Exception | None) -> Any:
    """As much of PyBaMM as the example uses."""

    def solve(times: list[float]) -> dict[str, Any]:
        if raises is not None:
            raise raises
        entries = {"Discharge capacity [A.h]": [0.0, 5.0], "Voltage [V]": [4.2, 2.5]}
        return {name: SimpleNamespace(entries=values) for name, values in entries.items()}

    def make_parameters(name: str) -> dict[str, Any]:
        return {"name": name}

    def make_simulation(model: object, **_: Any) -> Any:
        return SimpleNamespace(solve=solve)

    return SimpleNamespace(
        ParameterValues=make_parameters,
        Simulation=make_simulation,
        lithium_ion=SimpleNamespace(SPMe=object),
        SolverError=SolverError,
    )


@pytest.mark.parametrize(
    ("rate", "raises", "code", "name"),
    [
        ("1", None, 0, None),
        ("60", SolverError("no convergence"), 70, "SOLVER_ERROR"),
        ("-1", None, 65, "MODEL_ERROR"),
    ],
)
def test_each_end_has_its_exit_code_and_its_last_words(
    rate: str,
    raises: Exception | None,
    code: int,
    name: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulate = load("simulate")
    words = tmp_path / "termination-log"
    words.touch()
    monkeypatch.setattr(simulate, "LAST_WORDS", words)
    monkeypatch.setitem(sys.modules, "pybamm", pybamm_that(raises))
    monkeypatch.setenv("SLUICE_STORAGE", str(tmp_path))
    monkeypatch.delenv("SLUICE_PROGRESS_FILE", raising=False)

    assert simulate.main(["--c-rate", rate, "--out", "x.csv"]) == code
    assert (name or "") in words.read_text()
    if code == 0:
        rate_read, (capacities, _) = load("fit").read_curve(tmp_path / "x.csv")
        assert math.isclose(rate_read, 1.0)
        assert capacities == [0.0, 5.0]

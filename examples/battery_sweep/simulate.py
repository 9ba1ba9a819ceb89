"""Discharge a lithium-ion cell at one C-rate and write it down: ``simulate.py --c-rate 1 --out one.csv``.

Exit codes: 0 done, 65 the model cannot be built as it was asked for, 70 the solver found no solution. What
went wrong is told in the container's termination message too.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sluice.runtime import report_progress

EXIT_MODEL_ERROR: Final = 65
EXIT_SOLVER_ERROR: Final = 70
LAST_WORDS: Final = Path("/dev/termination-log")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--c-rate", type=float, required=True, help="current, 1 empties the cell in an hour")
    parser.add_argument("--temperature", type=float, default=298.15, help="in kelvin")
    parser.add_argument("--out", required=True, help="name of the file, below the volume")
    return parser.parse_args(arguments)


def give_up(code: int, name: str, message: str) -> int:
    """Tell why there is no result."""
    print(message, file=sys.stderr)
    if LAST_WORDS.exists():
        LAST_WORDS.write_text(json.dumps({"errorCode": name, "message": message[:1024]}))
    return code


def simulate(pybamm: Any, c_rate: float, temperature: float) -> tuple[list[float], list[float]]:
    """Discharged capacity in ampere-hours and voltage in volts, point by point until the cell is empty.

    Raises ``ValueError`` for values that no cell has, and ``pybamm.SolverError``.
    """
    if c_rate <= 0 or temperature <= 0:
        raise ValueError("the C-rate and the temperature have to be above zero")
    report_progress(10, "building the model")
    parameters = pybamm.ParameterValues("Chen2020")
    parameters["Ambient temperature [K]"] = temperature
    simulation = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=parameters, C_rate=c_rate)
    report_progress(30, "solving")
    # A fifth longer than an ideal cell lasts: it ends where the voltage has fallen to its limit.
    solution = simulation.solve([0, 3600 * 1.2 / c_rate])
    capacity = solution["Discharge capacity [A.h]"].entries
    voltage = solution["Voltage [V]"].entries
    return [float(value) for value in capacity], [float(value) for value in voltage]


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, and return the exit code."""
    options = parse(arguments)
    # It has no types, and takes seconds: not before the arguments are understood.
    pybamm: Any = import_module("pybamm")
    try:
        capacity, voltage = simulate(pybamm, options.c_rate, options.temperature)
    except ValueError as error:
        return give_up(EXIT_MODEL_ERROR, "MODEL_ERROR", str(error))
    except pybamm.SolverError as error:
        return give_up(EXIT_SOLVER_ERROR, "SOLVER_ERROR", str(error))
    path = Path(os.environ.get("SLUICE_STORAGE", ".")) / options.out
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["c_rate", "capacity_ah", "voltage_v"])
        writer.writerows([options.c_rate, *row] for row in zip(capacity, voltage, strict=True))
    report_progress(100, "done")
    print(f"{options.c_rate:g} C: {capacity[-1]:.3f} Ah")
    return 0


if __name__ == "__main__":
    sys.exit(main())

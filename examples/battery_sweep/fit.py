"""Fit Peukert's law to the discharges of a sweep, and plot them: ``fit.py one.csv two.csv --plot sweep.svg``.

The faster a cell is emptied, the less it gives. Peukert's law says so with one exponent: the capacity falls
with the current to the power of 1 - k. k is 1 for an ideal cell, and a little more for a real one.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from math import exp, log
from pathlib import Path
from typing import Any, Final

from sluice.runtime import report_progress

Curve = tuple[list[float], list[float]]
"""Capacities in ampere-hours and voltages in volts."""
PLOT_INCHES: Final = (7, 4.5)


def read_curve(path: Path) -> tuple[float, Curve]:
    """C-rate and discharge of one file."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    capacities = [float(row["capacity_ah"]) for row in rows]
    return float(rows[0]["c_rate"]), (capacities, [float(row["voltage_v"]) for row in rows])


def fit(capacities: Mapping[float, float]) -> tuple[float, float]:
    """Peukert's exponent, and the capacity in ampere-hours at 1 C, by least squares over the logarithms.

    Raises ``ValueError`` for fewer than two different C-rates.
    """
    if len(capacities) < 2:
        raise ValueError("a fit needs at least two C-rates")
    xs, ys = [log(rate) for rate in capacities], [log(capacity) for capacity in capacities.values()]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mean_x) ** 2 for x in xs
    )
    return 1 - slope, exp(mean_y - slope * mean_x)


def plot(curves: Mapping[float, Curve], exponent: float, path: Path) -> None:
    """All discharges in one picture."""
    library: Any = import_module("matplotlib")
    library.use("svg")
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=PLOT_INCHES)
    for rate, (capacities, voltages) in sorted(curves.items()):
        axes.plot(capacities, voltages, label=f"{rate:g} C")
    axes.set(
        xlabel="discharged capacity [Ah]", ylabel="voltage [V]", title=f"Peukert exponent {exponent:.3f}"
    )
    axes.legend()
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and plot, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="results of simulate.py, below the volume")
    parser.add_argument("--plot", required=True, help="name of the picture, below the volume")
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("SLUICE_STORAGE", "."))
    curves = dict(read_curve(folder / name) for name in options.files)
    exponent, capacity = fit({rate: capacities[-1] for rate, (capacities, _) in curves.items()})
    report_progress(50, "plotting")
    plot(curves, exponent, folder / options.plot)
    print(json.dumps({"peukert_exponent": round(exponent, 4), "capacity_at_1c_ah": round(capacity, 4)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

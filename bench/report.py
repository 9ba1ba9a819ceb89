"""What a run leaves behind: the closing table, a JSON file, a plot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.plot import draw
from bench.results import Results, percentile
from bench.verdicts import Line, Verdict

NOISE: Final = 0.1
"""From here on what others do on the machine may shape the figures."""
STYLES: Final = {
    Verdict.HOLDS: "green",
    Verdict.FALLS_SHORT: "red",
    Verdict.NOT_MEASURED: "yellow",
}


def write_files(folder: Path, results: Results, lines: Sequence[Line], about: dict[str, Any]) -> None:
    """Write ``results.json`` and ``results.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        **about,
        "objects": results.objects,
        "numbers": {name: round(number, 4) for name, number in results.numbers.items()},
        "latencies_ms": {name: _summary(samples) for name, samples in results.samples.items()},
        "cpu_ms_per_object": {
            phase: {who: round(spent, 2) for who, spent in cpu.items()}
            for phase, cpu in results.cpu_ms.items()
        },
        "operator_requests_per_object": {
            phase: {what: round(count, 2) for what, count in counted.items()}
            for phase, counted in results.requests.items()
        },
        "busy_elsewhere": {phase: round(share, 2) for phase, share in results.busy_elsewhere.items()},
        "failures": results.failures,
        "lines": [
            {
                "measure": line.measure,
                "what": line.what,
                "figure": line.figure,
                "target": line.target,
                "verdict": line.verdict.value,
            }
            for line in lines
        ],
    }
    (folder / "results.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    (folder / "results.svg").write_text(draw(results))


def show(console: Console, results: Results, lines: Sequence[Line]) -> None:
    """Print the closing table, and last what was run and what fell short."""
    table = Table(title=f"Sluice, {results.objects:,} objects", title_justify="left")
    for column in ("", "what", "figure", "target", ""):
        table.add_column(column)
    for line in lines:
        verdict = Text(line.verdict.value, style=STYLES[line.verdict])
        table.add_row(line.measure, line.what, line.figure, line.target, verdict)
    console.print(table)
    elsewhere = max(results.busy_elsewhere.values(), default=0.0)
    if elsewhere > NOISE:
        note = f"Others used up to {elsewhere:.0%} of this machine meanwhile: repeat it on an idle one."
        console.print(note, style="yellow", markup=False)
    for step, reason in results.failures.items():
        console.print(f"failed: {step}: {reason}", style="red", markup=False)
    console.print(summarize(results, lines), markup=False, soft_wrap=True)


def summarize(results: Results, lines: Sequence[Line]) -> str:
    """The last line: what ran, and what fell short."""
    measured = [line for line in lines if line.verdict is not Verdict.NOT_MEASURED]
    short = sorted({line.measure for line in lines if line.verdict is Verdict.FALLS_SHORT})
    failed = f"; failed: {', '.join(results.failures)}" if results.failures else ""
    said = f"fell short: {', '.join(short)}" if short else "nothing fell short"
    return f"{len(measured)} of {len(lines)} figures measured at {results.objects:,} objects; {said}{failed}."


def _summary(samples: list[float]) -> dict[str, float]:
    in_ms = [sample * 1000 for sample in samples]
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found = {name: round(percentile(in_ms, share), 2) for name, share in shares.items()}
    return {"count": float(len(in_ms)), **found}

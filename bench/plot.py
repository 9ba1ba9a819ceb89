"""A plot of a run, drawn by hand: two groups of bars need no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bench.results import Results, percentile

WIDTH, MARGIN, LABELS = 900, 40, 260
BAR, GAP = 16, 4
COLOURS: Final = {"floor": "#9aa5b1", "Sluice": "#2563eb", "bare watcher": "#9aa5b1"}
RATES: Final = (
    ("created to ready", "floor.create", "plain.create"),
    ("the same with volumes", "floor_volumes.create", "volumes.create"),
    ("graceful stop with checkpoint", "floor.stop", "volumes.graceful"),
    ("force stop", "floor.stop", "plain.force"),
)
LATENCIES: Final = (("patch to checkpoint request", "suspend"), ("patch to pod deletion", "delete"))


@dataclass(frozen=True)
class Bar:
    """One bar: its group, whose it is, and how long."""

    group: str
    whose: str
    value: float


def draw(results: Results) -> str:
    """The plot as SVG: rates above, latencies below."""
    rates = _rates(results)
    latencies = _latencies(results)
    panels = [
        ("objects a second, more is better", rates),
        ("p99 in milliseconds, less is better", latencies),
    ]
    parts: list[str] = []
    top = MARGIN
    for title, bars in panels:
        if bars:
            parts.append(_panel(title, bars, top))
            top += 34 + len(bars) * (BAR + GAP) + MARGIN // 2
    header = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        f'viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="12">'
    )
    title = f"Sluice against the floor, {results.objects:,} objects"
    return "\n".join(
        [
            header,
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="20" y="26" font-size="16">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _rates(results: Results) -> list[Bar]:
    bars: list[Bar] = []
    for label, floor, ours in RATES:
        for whose, name in (("floor", floor), ("Sluice", ours)):
            if f"{name}.rate" in results.numbers:
                bars.append(Bar(label, whose, results.numbers[f"{name}.rate"]))
    return bars


def _latencies(results: Results) -> list[Bar]:
    bars: list[Bar] = []
    for label, kind in LATENCIES:
        for whose, who in (("bare watcher", "bare"), ("Sluice", "operator")):
            samples = results.samples.get(f"latency.{who}.{kind}")
            if samples:
                bars.append(Bar(label, whose, percentile(samples, 0.99) * 1000))
    return bars


def _panel(title: str, bars: Sequence[Bar], top: int) -> str:
    longest = max(bar.value for bar in bars) or 1.0
    scale = (WIDTH - LABELS - 120) / longest
    parts = [f'<text x="20" y="{top + 16}" font-weight="bold">{escape(title)}</text>']
    for number, bar in enumerate(bars):
        y = top + 28 + number * (BAR + GAP)
        width = max(bar.value * scale, 1.0)
        label = f"{bar.group}: {bar.whose}"
        parts += [
            f'<text x="{LABELS - 10}" y="{y + 12}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[bar.whose]}"/>',
            f'<text x="{LABELS + width + 6:.1f}" y="{y + 12}">{bar.value:.1f}</text>',
        ]
    return "\n".join(parts)

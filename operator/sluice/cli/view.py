"""How a wait looks: a live view on a terminal, a line for each news elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from sluice.cli.journey import Journey
from sluice.telling.tones import Tone, tone_of
from sluice.telling.words import duration

REFRESHES_PER_SECOND = 8
COLOURS = {
    Tone.GOOD: "green",
    Tone.CALM: "cyan",
    Tone.AT_REST: "blue",
    Tone.LEAVING: "yellow",
    Tone.ASKING: "magenta",
    Tone.BAD: "red",
}
"""Of states; the others are on their way, and plain."""


MARKS: dict[bool | None, RenderableType] = {
    True: Text("✓", style="green"),
    False: Text("✗", style="red"),
}
"""Of the last phase once the wait is over."""


class View(Protocol):
    """Shows a journey while it goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, journey: Journey, news: Sequence[str], now: datetime) -> None: ...


class LineView:
    """For logs: each news on a line of its own, with the seconds since the beginning."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, journey: Journey, news: Sequence[str], now: datetime) -> None:
        """Print what is new."""
        for line in news:
            passed = duration((now - journey.began).total_seconds())
            self._console.print(f"{passed:>10}  {journey.name}: {line}", markup=False)


class LiveView:
    """For a terminal: the whole journey, drawn again and again in one place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=False)
        self._spinner = Spinner("dots")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, journey: Journey, news: Sequence[str], now: datetime) -> None:
        """Draw it as it is now."""
        self._live.update(draw(journey, now, self._spinner), refresh=True)


def draw(journey: Journey, now: datetime, spinner: RenderableType = "…") -> RenderableType:
    """Phases with their times, then what holds the last one up."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(min_width=12)
    table.add_column(justify="right", min_width=8)
    times = journey.times(now)
    for name, seconds in times[:-1]:
        table.add_row(MARKS[True], coloured(name), Text(duration(seconds), style="dim"))
    for name, seconds in times[-1:]:
        table.add_row(MARKS.get(journey.is_reached, spinner), coloured(name), duration(seconds))
    details = [Text(f"  {line}", style="dim") for line in journey.held.facts()]
    details += [Text(f"  {line}", style="dim italic") for line in journey.held.countdowns(now)]
    return Group(Text(journey.name, style="bold"), table, *details)


def coloured(status: str | None) -> Text:
    """A state in its colour."""
    return Text(status or "-", style=COLOURS.get(tone_of(status), ""))


def choose_view(console: Console) -> View:
    """The live one where there is a terminal that can move its cursor."""
    return LiveView(console) if console.is_terminal and not console.is_dumb_terminal else LineView(console)

"""How a timeline looks on a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sluice.telling.timeline import Kind, Moment
from sluice.telling.words import ago

GLYPHS = {
    Kind.STATE: ("●", "blue"),
    Kind.CHECKPOINT: ("◆", "green"),
    Kind.ERROR: ("✗", "red"),
    Kind.REQUEST: ("▸", "magenta"),
    Kind.CONDITION: ("○", "dim"),
}


def draw(moments: Sequence[Moment], now: datetime) -> RenderableType:
    """The timeline, from top to bottom; the day stands where it changes."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    day = ""
    for moment in moments:
        local = moment.time.astimezone(UTC)
        if f"{local:%Y-%m-%d}" != day:
            day = f"{local:%Y-%m-%d}"
            table.add_row(Text(day, style="bold"), "", "", "")
        glyph, style = GLYPHS[moment.kind]
        passed = "" if moment.time > now else ago(moment.time, now)
        table.add_row(f"{local:%H:%M:%S}", passed, Text(glyph, style=style), Text(moment.text, style=style))
    return table

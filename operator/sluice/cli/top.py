"""``top``: what every pipeline of a namespace does now, as its processes tell it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

import click
import orjson
from rich.console import RenderableType
from rich.live import Live
from rich.table import Table

from sluice.api.json_values import Json, as_object, child
from sluice.api.kinds import PIPELINE
from sluice.api.statuses import CombinedStatus
from sluice.cli import printing
from sluice.cli.exits import Exit
from sluice.cli.options import with_target
from sluice.cli.session import Session, Target, run
from sluice.cli.view import coloured
from sluice.contract import DEFAULT_PORT
from sluice.kube import ApiUnreachableError, paths
from sluice.telling.subject import Subject
from sluice.telling.words import ago, size

STATS_SECONDS: Final = 3.0
AT_ONCE: Final = 16
"""So many processes are asked at the same time."""
WITHOUT_PROCESS: Final = frozenset(
    {None, CombinedStatus.STOPPED, CombinedStatus.PROVISIONING, CombinedStatus.COMPLETED}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A pipeline, and the counters of its process where it has any that answers."""

    subject: Subject
    metrics: Json
    time: datetime

    def number(self, name: str) -> float | None:
        """A counter, if it is there and a number."""
        value = self.metrics.get(name)
        return float(value) if isinstance(value, (int, float)) else None


@click.command()
@click.option("--interval", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Seconds.")
@click.option("--once", is_flag=True, help="Print the table once; so it is where there is no terminal.")
@with_target
def top(target: Target, interval: float, once: bool) -> None:
    """Show what the pipelines of a namespace do, again and again until Ctrl-C."""
    screen = printing.console()

    async def work(session: Session) -> Exit:
        readings = await observe_all(session)
        if once or not screen.is_terminal:
            printing.draw(draw(readings, {}))
            return Exit.REACHED
        with Live(draw(readings, {}), console=screen, auto_refresh=False) as live:
            while True:
                await session.sleep(interval)
                before = {each.subject.name: each for each in readings}
                readings = await observe_all(session)
                live.update(draw(readings, before), refresh=True)

    run(target, work)


async def observe_all(session: Session) -> list[Reading]:
    """Every pipeline of the namespace, with its counters."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def observe(subject: Subject) -> Reading:
        async with gate:
            metrics = await _observe_metrics(session, subject)
        return Reading(subject, metrics, session.now())

    subjects = [subject async for subject in session.all()]
    return list(await asyncio.gather(*(observe(subject) for subject in subjects)))


async def _observe_metrics(session: Session, subject: Subject) -> Json:
    """Nothing where there is no process, it speaks another contract, or the person may not ask it."""
    spec = child(subject.body, "spec")
    if "feldera" not in spec or subject.status.deployment_status in WITHOUT_PROCESS:
        return {}
    port = int(child(spec, "feldera").get("port", DEFAULT_PORT))
    path = paths.pod_proxy(session.namespace, PIPELINE.pod_name(subject.name), port, "/stats")
    try:
        code, content = await session.kube.raw("GET", path, STATS_SECONDS)
        return child(as_object(orjson.loads(content)), "global_metrics") if code == HTTPStatus.OK else {}
    except (ApiUnreachableError, orjson.JSONDecodeError):
        return {}


def draw(readings: Sequence[Reading], before: dict[str, Reading]) -> RenderableType:
    """The table; a rate needs two looks."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "NAME",
        "STATUS",
        "FOR",
        "RECORDS",
        "PER SECOND",
        "MEMORY",
        "STORAGE",
        "CHECKPOINT",
        "RESTARTS",
    ):
        is_number = heading not in ("NAME", "STATUS")
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=True)
    for each in readings:
        status = each.subject.status
        records = each.number("total_processed_records")
        table.add_row(
            each.subject.name,
            coloured(status.deployment_status),
            ago(status.deployment_status_since, each.time),
            "-" if records is None else f"{records:.0f}",
            _rate(each, before.get(each.subject.name)),
            size(each.number("rss_bytes")),
            size(each.number("storage_bytes")),
            ago(status.last_checkpoint_time, each.time),
            str(status.restart.count if status.restart else 0),
        )
    return table


def _rate(now: Reading, before: Reading | None) -> str:
    later, earlier = now.number("total_processed_records"), None
    if before is not None:
        earlier = before.number("total_processed_records")
    if before is None or later is None or earlier is None or later < earlier:
        return "-"
    seconds = (now.time - before.time).total_seconds()
    return f"{(later - earlier) / seconds:.1f}" if seconds > 0 else "-"


COMMANDS = (top,)

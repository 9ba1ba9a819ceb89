"""The commands that only look: ``status``, ``history``, ``explain``."""

from collections.abc import Sequence
from datetime import datetime

import click
import orjson
import yaml
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sluice.api.element_status import BatchStatus, ElementCountsStatus, ElementStatus
from sluice.api.json_values import Json
from sluice.api.reasons import ConditionType
from sluice.cli import timeline
from sluice.cli.exits import Exit
from sluice.cli.options import (
    name_argument,
    optional_name_argument,
    output_option,
    with_target,
    words_for,
)
from sluice.cli.printing import Printer, draw
from sluice.cli.session import Session, Target, run
from sluice.cli.view import coloured
from sluice.kube import paths
from sluice.telling.explaining import explain as explain_subject
from sluice.telling.subject import Subject
from sluice.telling.timeline import collect
from sluice.telling.words import ago

NONE = "-"
ELEMENTS_SHOWN = 12
"""A batch pipeline may have a thousand."""
DATA_FORMATS = click.Choice(("json", "yaml"))


@click.command()
@optional_name_argument
@output_option
@with_target
def status(target: Target, name: str | None, output: str | None) -> None:
    """Show where a pipeline is, or all of the namespace."""
    printer = Printer(output)

    async def work(session: Session) -> Exit:
        now = session.now()
        found = [await session.must_find(name)] if name else [each async for each in session.all()]
        if output is not None and name:
            printer.show(found[0].body)
        elif output is not None:
            printer.show_all([each.body for each in found])
        elif name:
            draw(_draw_one(found[0], now))
        elif found:
            draw(_draw_all(found, now))
        else:
            printer.say(f"There are no pipelines in namespace {session.namespace}.")
        return Exit.REACHED

    run(target, work)


def _draw_all(found: Sequence[Subject], now: datetime) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("NAME", "WANTED", "STATUS", "FOR", "READY", "CHECKPOINT", "WHY"):
        table.add_column(heading, overflow="fold")
    for subject in found:
        status, ready = subject.status, subject.condition(ConditionType.READY)
        table.add_row(
            subject.name,
            _wanted(subject),
            coloured(status.deployment_status),
            ago(status.deployment_status_since, now),
            ready.status if ready else NONE,
            ago(status.last_checkpoint_time, now),
            ready.message if ready and ready.status != "True" else "",
        )
    return table


def _wanted(subject: Subject) -> str:
    wish = subject.wish
    told = wish.desired + (" (force)" if wish.force else "")
    return f"{told} (override)" if subject.override is not None else told


def _draw_one(subject: Subject, now: datetime) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for heading, value in _rows(subject, now):
        table.add_row(heading, value)
    return table


def _rows(subject: Subject, now: datetime) -> list[tuple[str, RenderableType]]:
    status, ready = subject.status, subject.condition(ConditionType.READY)
    rows: list[tuple[str, RenderableType]] = [
        ("Name", f"{subject.namespace}/{subject.name}"),
        ("Wanted", _wanted(subject)),
        ("Status", coloured(status.deployment_status)),
        ("For", ago(status.deployment_status_since, now)),
    ]
    if ready is not None:
        rows.append(("Ready", f"{ready.status} ({ready.reason}): {ready.message}"))
    if status.element_counts is None:
        rows.append(("Checkpoint", _checkpoint(subject, now)))
    else:
        rows += _elements(status.element_counts, status.elements or [])
    stop = status.stop
    if stop is not None and stop.finished_at is None:
        rows.append(("Stop", f"{stop.mode}, attempt {stop.attempt}, for {ago(stop.requested_at, now)}"))
        rows += [("Waits for", blocker) for blocker in stop.blockers]
        rows += [("Last error", stop.last_error)] if stop.last_error else []
    if status.restart is not None and status.restart.count:
        rows.append(("Restarts", f"{status.restart.count} in a row"))
    error = status.deployment_error
    if error is not None:
        rows.append(("Error", Text(f"{error.error_code}: {error.message}", style="red")))
    pending = subject.condition(ConditionType.CHANGES_PENDING)
    if pending is not None and pending.status == "True":
        rows.append(("Pending", f"{pending.reason}: {pending.message}"))
    rows += [("Request", f"{each.verb} {each.token}: {each.state}") for each in status.requests[-3:]]
    return rows


def _elements(counts: ElementCountsStatus, elements: Sequence[ElementStatus]) -> list[tuple[str, str]]:
    """How many are where, then those that people ask about: what failed, and what runs."""
    places = {name: count for name, count in counts.model_dump().items() if count and name != "total"}
    told = ", ".join(f"{count} {name}" for name, count in places.items())
    order = (BatchStatus.FAILED, BatchStatus.RUNNING)
    telling = sorted(
        (each for each in elements if each.status in order), key=lambda each: order.index(each.status)
    )
    rows = [(f"  {each.name}", _element(each)) for each in telling[:ELEMENTS_SHOWN]]
    more = len(telling) - len(rows)
    return [("Elements", f"{told} of {counts.total}"), *rows, *([("", f"and {more} more")] if more else [])]


def _element(element: ElementStatus) -> str:
    parts = [element.status, element.error_code, element.error]
    if element.progress is not None and not element.is_over:
        percent = element.progress.percent
        parts += [None if percent is None else f"{percent} %", element.progress.message]
    return ": ".join(part for part in parts if part)


def _checkpoint(subject: Subject, now: datetime) -> str:
    status = subject.status
    details = status.storage_status_details
    if details is None or not details.checkpoints:
        return NONE
    return f"{details.checkpoints[-1].uuid}, {ago(status.last_checkpoint_time, now)} old"


@click.command()
@name_argument
@click.option("--output", "-o", type=DATA_FORMATS, help="Print the moments as data.")
@with_target
def history(target: Target, name: str, output: str | None) -> None:
    """Draw a pipeline's life as a timeline, from what the cluster still has."""

    async def work(session: Session) -> Exit:
        subject = await session.must_find(name)
        selector = f"involvedObject.uid={subject.uid}"
        events = session.kube.list(paths.event(session.namespace), field_selector=selector)
        moments = collect(subject, [event async for event in events])
        if output is None:
            draw(timeline.draw(moments, session.now()))
        else:
            entries = [{"time": m.time.isoformat(), "kind": str(m.kind), "text": m.text} for m in moments]
            click.echo(_as_data(entries, output))
        return Exit.REACHED

    run(target, work)


@click.command()
@name_argument
@click.option("--output", "-o", type=DATA_FORMATS, help="Print the answers as data.")
@with_target
def explain(target: Target, name: str, output: str | None) -> None:
    """Say why a pipeline is where it is, what it waits for, and what you can do."""
    words = words_for(target, name)

    async def work(session: Session) -> Exit:
        subject = await session.must_find(name)
        account = explain_subject(subject, words, session.now())
        parts = {"why": account.why, "waitsFor": account.awaits, "canDo": account.do}
        if output is not None:
            click.echo(_as_data(parts, output))
            return Exit.REACHED
        for heading, lines in zip(HEADINGS, parts.values(), strict=True):
            draw(Group(Text(heading, style="bold"), *(Padding(Text(line), (0, 0, 0, 2)) for line in lines)))
        return Exit.REACHED

    run(target, work)


HEADINGS = ("Why it is so", "What it waits for", "What you can do")


def _as_data(value: list[Json] | Json | dict[str, list[str]], output: str) -> str:
    if output == "json":
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    text: str = yaml.safe_dump(value, sort_keys=False)
    return text.rstrip()


COMMANDS = (status, history, explain)

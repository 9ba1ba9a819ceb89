"""``logs``: what the process writes, across restarts of its pod.

Following is a request each second from the last line on, not one that stays open: every request has a
deadline, and the next pod of the same name is followed without a gap.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, NamedTuple

import click
import orjson

from sluice.api.json_values import as_object
from sluice.api.kinds import PIPELINE
from sluice.api.timing import to_kubernetes_time
from sluice.cli.exits import Exit, Problem
from sluice.cli.options import name_argument, with_target, words_for
from sluice.cli.session import Session, Target, run
from sluice.kube import ApiUnreachableError, paths

DEADLINE_SECONDS: Final = 30.0
FOLLOW_SECONDS: Final = 1.0
CHUNK_BYTES: Final = 1024 * 1024
"""So much is asked for at once."""


class Tail:
    """Knows which lines were printed, so that two looks that overlap print each line once."""

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._shown: set[str] = set()

    @property
    def since(self) -> str | None:
        """The second from which on to ask; the API takes no finer time."""
        return None if self._last is None else to_kubernetes_time(self._last.astimezone(UTC))

    def take(self, text: str) -> list[str]:
        """The lines that are new, without their times. What has no line's end yet is left for later."""
        news: list[str] = []
        for line in text.splitlines(keepends=True):
            stamp, _, content = line.partition(" ")
            moment = _moment(stamp)
            if moment is None or not line.endswith("\n") or self._is_old(moment, line):
                continue
            self._shown = self._shown | {line} if moment == self._last else {line}
            self._last = moment
            news.append(content.rstrip("\n"))
        return news

    def skip(self) -> None:
        """Go on after a second in which more was written than one answer holds."""
        if self._last is not None:
            self._last = self._last.replace(microsecond=0) + timedelta(seconds=1)

    def _is_old(self, moment: datetime, line: str) -> bool:
        return self._last is not None and (moment < self._last or line in self._shown)


class Chunk(NamedTuple):
    """One answer."""

    code: int
    text: str

    @property
    def is_full(self) -> bool:
        return len(self.text) >= CHUNK_BYTES


@click.command()
@name_argument
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--tail", type=click.IntRange(0), help="Only so many of the last lines.")
@click.option("--container", "-c", metavar="NAME", help="Another container than the runtime.")
@with_target
def logs(target: Target, name: str, follow: bool, tail: int | None, container: str | None) -> None:
    """Print what the process of a pipeline writes."""
    explain = words_for(target, name).command("explain")

    async def work(session: Session) -> Exit:
        # A pod with several containers has to be told which; the process may be any of them.
        chosen = container or (await session.must_find(name)).runtime_container
        lines = Tail()
        chunk = await _read(session, name, chosen, tail, None)
        if chunk.code != HTTPStatus.OK and not follow:
            raise Problem(f"{name} has no log now: {_message(chunk.text)}. {explain} says why.")
        _print(lines, chunk)
        while follow:
            await session.sleep(0 if chunk.is_full else FOLLOW_SECONDS)
            chunk = await _read_again(session, name, chosen, lines)
            _print(lines, chunk)
        return Exit.REACHED

    run(target, work)


def _print(lines: Tail, chunk: Chunk) -> None:
    if chunk.code != HTTPStatus.OK:
        # Between two pods there is none. It is what following is for.
        return
    news = lines.take(chunk.text)
    for line in news:
        click.echo(line)
    if chunk.is_full and not news:
        lines.skip()


async def _read_again(session: Session, name: str, container: str | None, lines: Tail) -> Chunk:
    try:
        return await _read(session, name, container, None, lines.since)
    except ApiUnreachableError as error:
        click.echo(f"sluice: no log for a moment: {error}", err=True)
        return Chunk(HTTPStatus.SERVICE_UNAVAILABLE, "")


async def _read(
    session: Session, name: str, container: str | None, tail: int | None, since: str | None
) -> Chunk:
    path = paths.pod_log(
        session.namespace,
        PIPELINE.pod_name(name),
        container=container,
        tailLines=tail,
        sinceTime=since,
        timestamps=True,
        limitBytes=CHUNK_BYTES,
    )
    code, content = await session.kube.raw("GET", path, DEADLINE_SECONDS)
    return Chunk(code, content.decode("utf-8", "replace"))


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        return None


def _message(text: str) -> str:
    try:
        return str(as_object(orjson.loads(text)).get("message", text))
    except orjson.JSONDecodeError:
        return text.strip() or "the API server gave no reason"


COMMANDS = (logs,)

"""What goes to the standard output: sentences for people, or the object for programs."""

import sys
from dataclasses import dataclass
from typing import Any, Final

import click
import orjson
import yaml
from rich.console import Console, RenderableType

from sluice.api.constants import GROUP
from sluice.api.json_values import Json, child
from sluice.api.kinds import PIPELINE

ENDLESS: Final = 10_000
"""Columns of what is no terminal."""


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints as ``-o`` says. Where that is for a program, sentences go to stderr."""

    output: str | None = None

    def say(self, sentence: str) -> None:
        """A sentence."""
        click.echo(sentence, err=self.output is not None)

    def show(self, body: Json) -> None:
        """The object, where it was asked for."""
        if self.output is not None:
            click.echo(_format(body, self.output))

    def show_all(self, bodies: list[Json]) -> None:
        """Several objects, as kubectl prints a list."""
        if self.output == "name":
            for body in bodies:
                self.show(body)
        else:
            self.show({"apiVersion": "v1", "kind": "List", "items": [_without_managers(b) for b in bodies]})


def _format(body: Json, output: str) -> str:
    if output == "name":
        return f"{PIPELINE.noun}.{GROUP}/{child(body, 'metadata').get('name')}"
    shown = _without_managers(body)
    if output == "json":
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode()
    text: str = yaml.safe_dump(shown, sort_keys=False)
    return text.rstrip()


def _without_managers(body: Json) -> Json:
    metadata = {key: value for key, value in child(body, "metadata").items() if key != "managedFields"}
    return {**body, "metadata": metadata} if "metadata" in body else body


def console(*, is_error: bool = False) -> Console:
    """A console on the stream as it is now; where that is no terminal, lines are as long as they are."""
    stream: Any = sys.stderr if is_error else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else ENDLESS, highlight=False)


def draw(picture: RenderableType) -> None:
    """Draw on the standard output, without the blanks that only a terminal's background needs."""
    screen = console()
    with screen.capture() as captured:
        screen.print(picture)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())

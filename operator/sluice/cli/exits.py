"""How a command ends: its exit code, which scripts may trust, and one sentence."""

from enum import IntEnum
from typing import IO, Any, NamedTuple

import click


class Exit(IntEnum):
    """Exit codes. They are part of the documents: docs/cli.md."""

    REACHED = 0
    FAILED = 1
    USAGE = 2
    TIMEOUT = 3
    NOT_FOUND = 4
    INTERRUPTED = 130


class Verdict(NamedTuple):
    """The end of a command."""

    code: Exit
    sentence: str


class Problem(click.ClickException):
    """A command that cannot go on. The sentence says what to do."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        # click declares it on the class and reads it from the instance.
        vars(self)["exit_code"] = int(code)

    def show(self, file: IO[Any] | None = None) -> None:
        """One line on the standard error."""
        click.echo(f"sluice: {self.message}", file=file, err=True)

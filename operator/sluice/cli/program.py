"""The commands, and the ways in which people call them."""

import click

from sluice import __version__
from sluice.cli import acting, logs, reading, top
from sluice.cli.completing import complete_for_kubectl, completion

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=CONTEXT_SETTINGS)
@click.version_option(__version__, prog_name="sluice")
def people() -> None:
    """Start, stop and understand pipelines.

    Exit codes: 0 reached, 1 failed, 2 wrong usage, 3 time over, 4 not found, 130 interrupted.
    """


for _command in (*acting.COMMANDS, *reading.COMMANDS, *top.COMMANDS, *logs.COMMANDS, completion):
    people.add_command(_command)


def plugin() -> None:
    """``kubectl sluice``."""
    people.main(prog_name="kubectl sluice", complete_var="_KUBECTL_SLUICE_COMPLETE")


def plugin_completion() -> None:
    """``kubectl_complete-sluice``: what kubectl calls to complete ``kubectl sluice``."""
    complete_for_kubectl(people)

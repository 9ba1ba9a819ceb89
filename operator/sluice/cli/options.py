"""Options that many commands have, spelled in one place."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from sluice.cli.completing import complete_name
from sluice.cli.session import Target
from sluice.kube import Cluster
from sluice.telling.words import Words

Command = Callable[..., Any]
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
FORMATS: Final = ("json", "yaml", "name")


class Duration(click.ParamType[timedelta]):
    """``90``, ``90s``, ``10m`` or ``1h``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it. Fails with a sentence for everything else, zero included."""
        found = re.fullmatch(r"(\d+)([smh]?)", str(value))
        if found is None or int(found[1]) == 0:
            self.fail(f"{value!r} is no duration: write 90, 90s, 10m or 1h.", param, ctx)
        return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def with_target(command: Command) -> Command:
    """``-n``, ``--context`` and ``--kubeconfig``, given to the command as one ``target``."""

    @wraps(command)
    def call(*, namespace: str | None, context: str | None, kubeconfig: str | None, **rest: Any) -> Any:
        return command(target=Target(Cluster(kubeconfig, context), namespace), **rest)

    for option in (
        click.option("--kubeconfig", metavar="FILE", help="The kubeconfig to use."),
        click.option("--context", metavar="NAME", help="The context of the kubeconfig to use."),
        click.option("--namespace", "-n", metavar="NAME", help="The namespace; default: the context's."),
    ):
        call = option(call)
    return call


def _complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    given = context.params
    cluster = Cluster(given.get("kubeconfig"), given.get("context"))
    names = complete_name(Target(cluster, given.get("namespace")), incomplete, context.find_root().obj)
    return [CompletionItem(name) for name in names]


name_argument = click.argument("name", shell_complete=_complete)
optional_name_argument = click.argument("name", required=False, shell_complete=_complete)
output_option = click.option(
    "--output", "-o", type=click.Choice(FORMATS), help="Print the object so, and sentences to stderr."
)


def words_for(target: Target, name: str) -> Words:
    """How to spell a command on this pipeline, as it was typed here."""
    cli = click.get_current_context().find_root().info_name or "sluice"
    return Words(cli, name, f" -n {target.namespace}" if target.namespace else "")

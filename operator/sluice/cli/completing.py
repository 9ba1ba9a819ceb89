"""Completion: names of pipelines from the cluster, and the scripts that bash, zsh, fish and kubectl run."""

import asyncio
import sys
from typing import Final

import click
from click.shell_completion import ShellComplete, get_completion_class

from sluice.cli.exits import Problem
from sluice.cli.session import Opener, Target, open_session

SECONDS: Final = 3.0
"""So long a shell waits for names; after that it offers none."""
SHELLS: Final = ("bash", "zsh", "fish")
NO_FILES: Final = ":4"
"""What kubectl understands as: do not offer files."""


def complete_name(target: Target, start: str, opener: Opener | None = None) -> list[str]:
    """Names that begin so. Whatever goes wrong, a completion has no words for it: there are none then."""

    async def look() -> list[str]:
        async with asyncio.timeout(SECONDS), (opener or open_session)(target) as session:
            return [found.name async for found in session.all() if found.name.startswith(start)]

    try:
        return asyncio.run(look())
    except Exception:  # noqa: BLE001 (an error here would be printed into the line that is being typed)
        return []


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what makes SHELL complete commands, options and names.

    bash: eval "$(sluice completion bash)" in ~/.bashrc; zsh likewise in ~/.zshrc;
    fish: sluice completion fish > ~/.config/fish/completions/sluice.fish
    """
    context = click.get_current_context().find_root()
    found = get_completion_class(shell)
    if found is None:
        raise Problem(f"There is no completion for {shell}: use one of {', '.join(SHELLS)}.")
    program = (context.info_name or "sluice").replace("kubectl ", "kubectl-")
    variable = f"_{program}_complete".replace("-", "_").upper()
    click.echo(found(context.command, {}, program, variable).source())


def complete_for_kubectl(group: click.Group) -> None:
    """Answer ``kubectl_complete-sluice``: one candidate a line, and what kubectl is to make of them."""
    words = sys.argv[1:] or [""]
    shell = ShellComplete(group, {}, "kubectl sluice", "")
    for item in shell.get_completions(words[:-1], words[-1]):
        click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(NO_FILES)

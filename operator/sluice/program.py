"""``sluice``: the commands for people, and those that run a part of Sluice.

The latter are imported only when they are asked for: what they need takes seconds to load, and a person who
types a command, or a shell that completes one, waits for it.
"""

import click

from sluice.cli.program import people

SERVERS = ("gateway", "operator")
"""Commands of ``python3 -m sluice``, which is what the image runs."""


class Program(click.Group):
    """People's commands by themselves, the servers by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them."""
        return [*super().list_commands(ctx), *SERVERS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in SERVERS:
            return super().get_command(ctx, cmd_name)
        from sluice.__main__ import main as servers

        return servers.get_command(ctx, cmd_name)


main = Program("sluice", commands=people.commands, params=people.params, help=people.help)
main.context_settings = people.context_settings

"""Completion, and the two programs that people call."""

import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from sluice.cli import completing, program
from sluice.cli.session import Target
from sluice.program import main

from .stage import Stage, pipeline


def two() -> Stage:
    other = pipeline()
    other["metadata"]["name"] = "orphans"
    return Stage(pipeline(), other)


@pytest.mark.parametrize(("start", "names"), [("", ["orders", "orphans"]), ("ord", ["orders"]), ("x", [])])
def test_names_are_completed_from_the_cluster(start: str, names: list[str]) -> None:
    assert completing.complete_name(Target(), start, two().open) == names


def test_a_completion_that_finds_no_cluster_is_silent() -> None:
    def broken(_: Target) -> None:
        raise OSError("no cluster")

    assert completing.complete_name(Target(), "", broken) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("shell", completing.SHELLS)
@pytest.mark.parametrize("name", ["sluice", "kubectl sluice"])
def test_every_shell_gets_its_script(shell: str, name: str) -> None:
    result = CliRunner().invoke(program.people, ["completion", shell], prog_name=name)

    assert result.exit_code == 0
    assert name.replace(" ", "-") in result.stdout
    assert f"_{name.replace(' ', '_').upper()}_COMPLETE" in result.stdout


def test_kubectl_gets_its_candidates_and_a_directive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-sluice", "dismi"])

    program.plugin_completion()

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("dismiss-error\t")
    assert lines[-1] == ":4"


def ends_well(run: Callable[[], object]) -> bool:
    with pytest.raises(SystemExit) as ended:
        run()
    return ended.value.code == 0


def test_the_plugin_calls_itself_as_people_call_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl-sluice", "stop", "--help"])

    assert ends_well(program.plugin)
    assert "Usage: kubectl sluice stop" in capsys.readouterr().out


def test_sluice_has_the_commands_for_people_and_those_that_serve() -> None:
    context = click.Context(main)

    assert set(main.list_commands(context)) == {*program.people.commands, "gateway", "operator"}
    served = main.get_command(context, "operator")
    assert served is not None
    assert served.name == "operator"
    assert main.get_command(context, "levitate") is None


@pytest.mark.parametrize("command", sorted(program.people.commands))
def test_every_command_says_what_it_is_for(command: str) -> None:
    result = CliRunner().invoke(program.people, [command, "--help"])

    assert result.exit_code == 0
    assert program.people.commands[command].help

"""The state machine in every state that can be reached."""

from collections.abc import Iterable

import pytest

from . import __main__ as command_line
from .abstraction import abstract, concrete
from .explorer import Exploration, Finding, explore
from .judging import Broken
from .numbering import canonical
from .setting import Setting
from .settings import DEFAULT, SMALL
from .survey import Survey
from .world import World


def told(findings: Iterable[Finding]) -> str:
    return "\n\n".join(
        "\n".join([f"{finding.broken.rule}: {finding.broken.message}", *finding.path]) for finding in findings
    )


@pytest.mark.parametrize("setting", DEFAULT, ids=lambda setting: setting.name)
def test_no_rule_is_broken_in_any_reachable_state(setting: Setting, surveys: dict[str, Survey]) -> None:
    found = surveys[setting.name]
    assert not found.findings, told(found.findings)
    assert found.states > 900


@pytest.fixture(scope="module")
def invalid() -> Exploration:
    return explore(next(setting for setting in SMALL if setting.name == "invalid"))


def test_every_world_is_kept_under_its_canonical_name(invalid: Exploration) -> None:
    assert all(canonical(world) == world for world in invalid.parents)


def test_a_status_survives_the_way_to_the_real_one_and_back(invalid: Exploration) -> None:
    setting = invalid.setting
    for status in {world.status for world in invalid.parents}:
        assert abstract(concrete(status, setting), setting) == status


def test_a_finding_comes_with_the_shortest_path_to_it(invalid: Exploration) -> None:
    farthest = list(invalid.parents)[-1]
    first = next(iter(invalid.parents))
    invalid.report(farthest, Broken("a rule", "is broken"), "the last step")
    path = invalid.findings.pop().path
    assert path[-1] == "the last step"
    assert path[0].startswith(("operator", "user"))
    assert invalid.path_to(first) == ()
    assert len(path) - 1 == _distance(invalid, farthest)


def _distance(found: Exploration, world: World) -> int:
    steps = 0
    entry = found.parents[world]
    while entry is not None:
        steps += 1
        entry = found.parents[entry[0]]
    return steps


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len(set(command_line.RULES)) == len(command_line.RULES) > 40


def test_the_command_ends_with_one_line_that_says_what_was_walked(capsys: pytest.CaptureFixture[str]) -> None:
    code = command_line.main(["--size", "small", "--setting", "no storage"])
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[-1].startswith("model: ")
    assert lines[-1].endswith(f"{len(command_line.RULES)} rules checked, 0 broken")


def test_the_command_fails_when_nothing_was_walked(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--setting", "of no such name"]) == 1
    assert "model: 0 states" in capsys.readouterr().out

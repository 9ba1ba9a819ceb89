"""Graphs of elements in every state that can be reached, and the defects that the rules find."""

import pytest

from .explorer import explore
from .mutants import MUTANTS, Mutant
from .rules import RuleBrokenError
from .world import SETTINGS, Setting


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_rule_holds_in_every_state_that_can_be_reached(setting: Setting) -> None:
    states = explore(setting)

    print(f"{setting.name}: {states} states")
    assert states > 1000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_defect_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.module, mutant.name, mutant.other)

    with pytest.raises(RuleBrokenError):
        explore(mutant.setting)

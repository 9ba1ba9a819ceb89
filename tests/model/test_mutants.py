"""That the explorer can see: whatever is wrong with ``decide``, it finds it."""

import sys

import pytest

import sluice.decide
from sluice.decide import lifecycle

from . import liveness, mutants_of_living, mutants_of_requests, mutants_of_stopping, mutants_of_volumes
from .explorer import Finding, explore
from .mutation import Mutant, StaleMutantError, decide_of
from .settings import SMALL
from .side_by_side import side_by_side

MUTANTS = (
    *mutants_of_stopping.MUTANTS,
    *mutants_of_living.MUTANTS,
    *mutants_of_requests.MUTANTS,
    *mutants_of_volumes.MUTANTS,
)


def first_finding(mutant: Mutant) -> Finding | None:
    setting = next(setting for setting in SMALL if setting.name == mutant.setting)
    found = explore(setting, decide_of(mutant), most_findings=1)
    if not found.findings:
        liveness.check(found)
    return found.findings[0] if found.findings else None


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding | None]:
    """What is found in each mutant, by its sentence."""
    return side_by_side(finding_in, [mutant.sentence for mutant in MUTANTS])


def finding_in(sentence: str) -> Finding | None:
    return first_finding(next(mutant for mutant in MUTANTS if mutant.sentence == sentence))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.sentence)
def test_a_mutant_is_caught(mutant: Mutant, findings: dict[str, Finding | None]) -> None:
    finding = findings[mutant.sentence]
    assert finding is not None, "the explorer did not notice"
    assert finding.path


def test_there_are_many_mutants_and_no_two_are_the_same() -> None:
    assert len(MUTANTS) >= 120
    assert len({mutant.sentence for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.module, mutant.before, mutant.after) for mutant in MUTANTS}) == len(MUTANTS)


def test_a_mutant_leaves_the_real_state_machine_alone() -> None:
    changed = decide_of(MUTANTS[0])
    assert changed is not sluice.decide.decide
    assert sys.modules["sluice.decide.lifecycle"] is lifecycle
    assert lifecycle.decide is sluice.decide.decide


def test_a_mutant_that_changes_nothing_is_an_error() -> None:
    with pytest.raises(StaleMutantError, match=r"stands 0 times in stopping\.py"):
        decide_of(Mutant("nothing", "life", "stopping", "text that is nowhere", ""))


def test_an_unchanged_state_machine_is_not_blamed() -> None:
    harmless = Mutant(
        "nothing is wrong", "invalid", "timing", "REST_SECONDS: Final = 300.0", "REST_SECONDS: Final = 301.0"
    )
    assert first_finding(harmless) is None

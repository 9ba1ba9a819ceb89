"""The table of suites is sound, and its budgets add up."""

from pathlib import Path

from . import catalogue
from .suite import Budget, Part, Suite

ROOT = Path(__file__).resolve().parents[2]
FINAL_TOTAL = Budget(cold=95 * 60, warm=68 * 60)


def sum_of(suites: list[Suite]) -> Budget:
    budgets = [catalogue.ENVIRONMENT, *(suite.budget for suite in suites)]
    return Budget(sum(one.cold for one in budgets), sum(one.warm for one in budgets))


def in_whole_run() -> list[Suite]:
    return [suite for suite in catalogue.SUITES if suite.part is not Part.BY_NAME]


def test_names_are_unique() -> None:
    names = [suite.name for suite in catalogue.SUITES]

    assert len(names) == len(set(names))


def test_suites_come_after_what_they_need_and_stage_by_stage() -> None:
    seen = set[str]()
    for suite in catalogue.SUITES:
        assert set(suite.needs) <= seen, suite.name
        seen.add(suite.name)
    stages = [suite.stage for suite in catalogue.SUITES]
    assert stages == sorted(stages)


def test_the_fast_subset_names_suites_that_need_no_cluster() -> None:
    needs = {suite.name: suite.needs for suite in catalogue.SUITES}

    assert all(needs[name] == () for name in catalogue.CHECK)


def test_the_budgets_of_the_suites_that_are_there_fit_into_the_whole_run() -> None:
    there = [one for one in in_whole_run() if one.part is Part.ALWAYS or one.is_present(ROOT)]
    needed = sum_of(there)

    assert needed.cold <= catalogue.TOTAL.cold
    assert needed.warm <= catalogue.TOTAL.warm


def test_the_budgets_of_all_suites_fit_into_what_continuous_integration_allows() -> None:
    needed = sum_of(in_whole_run())

    assert catalogue.TOTAL.cold <= FINAL_TOTAL.cold
    assert needed.cold <= FINAL_TOTAL.cold
    assert needed.warm <= FINAL_TOTAL.warm


def test_a_warm_run_is_never_given_more_time_than_a_cold_one() -> None:
    assert all(suite.budget.warm <= suite.budget.cold for suite in catalogue.SUITES)

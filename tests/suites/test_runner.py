"""The runner runs what was asked for, in the table's order, and tells what did not run."""

from pathlib import Path

import pytest

from . import fakes
from .execution import child_environment
from .outcome import Result
from .runner import Plan, UnknownSuiteError, environment_outcome, make_plan, run_plan
from .suite import Part, Stage


def results(plan: Plan, root: Path, *, keep_going: bool = False) -> dict[str, Result]:
    place, _ = fakes.place(root)
    outcomes = run_plan(plan, place, keep_going=keep_going)
    return {outcome.name: outcome.result for outcome in outcomes}


def test_tests_are_counted_with_their_skips(tmp_path: Path) -> None:
    body = "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('too dark')\n"
    fakes.write_test(tmp_path, "unit", body)
    place, output = fakes.place(tmp_path)

    (outcome,) = run_plan(Plan((fakes.suite_of_tests("unit"),)), place)

    assert outcome.result is Result.PASSED
    assert outcome.counts.passed == 1
    assert outcome.counts.skips[0].endswith("::test_b: too dark")
    assert "[1/1] unit ..." in output.getvalue()


def test_a_failed_test_shows_the_end_of_its_log(tmp_path: Path) -> None:
    fakes.write_test(tmp_path, "unit", "def test_a(): assert 'left' == 'right'\n")
    place, output = fakes.place(tmp_path)

    (outcome,) = run_plan(Plan((fakes.suite_of_tests("unit"),)), place)

    assert outcome.result is Result.FAILED
    assert outcome.counts.failed == 1
    assert "'left' == 'right'" in output.getvalue()
    assert "'left' == 'right'" in place.log("unit").read_text()


def test_a_suite_without_any_test_function_is_not_a_success(tmp_path: Path) -> None:
    fakes.write_test(tmp_path, "unit", "")

    assert results(Plan((fakes.suite_of_tests("unit"),)), tmp_path) == {"unit": Result.FAILED}


def test_a_suite_without_files_falls_short(tmp_path: Path) -> None:
    assert results(Plan((fakes.suite_of_tests("unit"),)), tmp_path) == {"unit": Result.MISSING}


def test_every_check_of_a_suite_counts_as_one_test(tmp_path: Path) -> None:
    place, _ = fakes.place(tmp_path)

    (outcome,) = run_plan(Plan((fakes.check("lint", "exit 1"),)), place)

    assert (outcome.counts.passed, outcome.counts.failed) == (0, 1)


def test_a_failure_keeps_later_stages_from_starting_but_not_its_own(tmp_path: Path) -> None:
    suites = (
        fakes.check("format", "exit 1"),
        fakes.check("lint"),
        fakes.check("unit", stage=Stage.UNIT),
    )

    assert results(Plan(suites), tmp_path) == {
        "format": Result.FAILED,
        "lint": Result.PASSED,
        "unit": Result.NOT_RUN,
    }


def test_going_on_regardless_runs_later_stages(tmp_path: Path) -> None:
    suites = (fakes.check("format", "exit 1"), fakes.check("unit", stage=Stage.UNIT))

    assert results(Plan(suites), tmp_path, keep_going=True)["unit"] is Result.PASSED


def test_what_needs_a_failed_step_does_not_run_even_when_going_on(tmp_path: Path) -> None:
    suites = (fakes.step("cluster", "exit 1"), fakes.step("image", needs=("cluster",)))

    assert results(Plan(suites), tmp_path, keep_going=True)["image"] is Result.NOT_RUN


def test_a_suite_is_cold_until_it_has_passed_once(tmp_path: Path) -> None:
    place, _ = fakes.place(tmp_path)
    plan = Plan((fakes.check("lint", "test -e ready || { touch ready; exit 1; }"),))

    colds = [run_plan(plan, place)[0].cold for _ in range(3)]

    assert colds == [True, True, False]


def test_what_a_suite_needs_is_added_in_the_order_of_the_table(tmp_path: Path) -> None:
    fakes.write_test(tmp_path, "integration", "def test_a(): pass\n")
    suites = (
        fakes.step("cluster"),
        fakes.suite_of_tests("integration", Stage.CLUSTER, needs=("cluster",)),
    )

    plan = make_plan(["integration"], suites, tmp_path)

    assert [suite.name for suite in plan.suites] == ["cluster", "integration"]


def test_no_cluster_is_brought_up_for_a_suite_without_files(tmp_path: Path) -> None:
    suites = (fakes.step("cluster"), fakes.suite_of_tests("e2e-flink", needs=("cluster",)))

    plan = make_plan(["e2e-flink"], suites, tmp_path)

    assert [suite.name for suite in plan.suites] == ["e2e-flink"]


def test_the_whole_run_takes_later_suites_in_as_soon_as_their_files_are_there(
    tmp_path: Path,
) -> None:
    fakes.write_test(tmp_path, "e2e-flink", "def test_a(): pass\n")
    suites = tuple(
        fakes.suite_of_tests(name, part=part)
        for name, part in [
            ("unit", Part.ALWAYS),
            ("e2e-flink", Part.WHEN_PRESENT),
            ("e2e-batch", Part.WHEN_PRESENT),
            ("soak", Part.BY_NAME),
        ]
    )

    plan = make_plan(["all"], suites, tmp_path)

    assert [suite.name for suite in plan.suites] == ["unit", "e2e-flink"]
    assert plan.absent == ("e2e-batch",)


def test_an_unknown_suite_is_refused_with_the_names_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownSuiteError, match=r"no suite 'unti'; there are: unit"):
        make_plan(["unti"], (fakes.suite_of_tests("unit"),), tmp_path)


def test_children_do_not_hear_from_the_make_that_runs_us(tmp_path: Path) -> None:
    environment = child_environment({"MAKEFLAGS": "s", "MAKELEVEL": "1", "A": "b"}, tmp_path)

    assert environment["A"] == "b"
    assert not {"MAKEFLAGS", "MAKELEVEL"} & environment.keys()


def test_the_time_make_took_for_the_virtualenv_is_a_line_of_the_table(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".made").touch()

    outcome = environment_outcome({"MAKE_STARTED": "1"}, tmp_path)

    assert outcome is not None
    assert outcome.cold
    assert environment_outcome({}, tmp_path) is None

"""Percentiles, ratios, and the closing table."""

import pytest
from bench.report import summarize
from bench.results import MEASURES, Results, percentile
from bench.verdicts import Line, Verdict, build_lines


def line(results: Results, measure: str, start: str) -> Line:
    (found,) = [
        one for one in build_lines(results) if (one.measure, one.what[: len(start)]) == (measure, start)
    ]
    return found


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 50.0), (0.9, 90.0), (0.99, 99.0), (1.0, 100.0), (0.0, 1.0)],
)
def test_a_percentile_is_a_sample(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == expected


def test_the_p99_of_few_samples_is_the_largest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


def test_what_was_not_measured_is_said_so() -> None:
    lines = build_lines(Results(1000))

    assert {one.measure for one in lines} == set(MEASURES)
    assert {one.verdict for one in lines} == {Verdict.NOT_MEASURED}


def test_only_the_measures_that_were_asked_for_have_lines() -> None:
    assert {one.measure for one in build_lines(Results(1000), ("P4", "P5"))} == {"P4", "P5"}


@pytest.mark.parametrize(
    ("rate", "verdict"), [(74.9, Verdict.HOLDS), (75.0, Verdict.HOLDS), (74.0, Verdict.FALLS_SHORT)]
)
def test_a_rate_is_judged_by_its_share_of_the_floor(rate: float, verdict: Verdict) -> None:
    results = Results(1000, {"plain.create.rate": rate, "floor.create.rate": 100.0})

    assert line(results, "P1", "Pipelines").verdict is verdict


def test_a_rate_without_its_floor_is_no_ratio() -> None:
    results = Results(1000, {"plain.create.rate": 80.0})

    assert line(results, "P1", "Pipelines").verdict is Verdict.NOT_MEASURED


@pytest.mark.parametrize(("ours", "verdict"), [(0.3, Verdict.HOLDS), (0.31, Verdict.FALLS_SHORT)])
def test_a_latency_is_judged_against_the_bare_watcher(ours: float, verdict: Verdict) -> None:
    samples = {"latency.operator.suspend": [ours], "latency.bare.suspend": [0.1]}
    results = Results(1000, samples=samples)

    assert line(results, "P3", "patch to checkpoint").verdict is verdict


@pytest.mark.parametrize(("writes", "verdict"), [(18.0, Verdict.HOLDS), (19.0, Verdict.FALLS_SHORT)])
def test_writes_are_counted_without_events(writes: float, verdict: Verdict) -> None:
    results = Results(1000, {"lifecycle.writes": writes, "lifecycle.events": 10.0})

    found = line(results, "P4", "API writes")

    assert found.verdict is verdict
    assert "10 Events" in found.figure


def test_cpu_is_the_operators_alone() -> None:
    results = Results(1000, cpu_ms={"plain.create": {"operator": 4.0, "kube-apiserver": 20.0}})

    assert line(results, "P5", "operator CPU a Pipeline, create").verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("objects", "cpu", "verdict"),
    [
        (10_000, 0.01, Verdict.HOLDS),
        (10_000, 0.06, Verdict.FALLS_SHORT),
        (100, 0.01, Verdict.NOT_MEASURED),
        (100, 0.06, Verdict.FALLS_SHORT),
    ],
)
def test_few_objects_can_miss_a_target_for_many_but_not_reach_it(
    objects: int, cpu: float, verdict: Verdict
) -> None:
    results = Results(objects, {"rest.cpu": cpu, "rest.rss_mib": 80.0})

    assert line(results, "P6", "at rest").verdict is verdict


def test_the_slowest_stop_decides_whether_stops_overtake() -> None:
    results = Results(5000, samples={"overtaking": [0.1, 0.2, 1.5]})

    found = line(results, "P7", "a stop")

    assert found.verdict is Verdict.FALLS_SHORT
    assert "1500 ms" in found.figure


def test_the_last_line_says_what_ran_and_what_fell_short() -> None:
    results = Results(1000, {"lifecycle.writes": 20.0, "lifecycle.events": 1.0})
    results.failures["rest"] = "the operator ended"

    said = summarize(results, build_lines(results, ("P4", "P7")))

    assert said == "1 of 2 figures measured at 1,000 objects; fell short: P4; failed: rest."

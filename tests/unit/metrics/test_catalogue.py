"""The names of metrics keep to Prometheus' conventions, and every metric that is named exists."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sluice.metrics import FAMILIES, Family, FleetCollector, GatewayMetrics, Metrics, render
from sluice.metrics.catalogue import Type

BASE_UNITS = ("_seconds", "_bytes", "_total", "_info")


def told() -> dict[str, str]:
    """Name and help of everything that the two processes tell."""
    metrics, gateway = Metrics(), GatewayMetrics()
    metrics.registry.register(FleetCollector(list))
    text = render(metrics.registry).decode() + render(gateway.registry).decode()
    return dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))


def test_every_metric_of_the_catalogue_is_told_and_no_other() -> None:
    assert told() == {family.name: family.meaning for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_name_keeps_to_the_conventions(family: Family) -> None:
    assert re.fullmatch(r"sluice_[a-z]+(_[a-z]+)*", family.name)
    assert family.name.endswith("_total") == (family.type is Type.COUNTER)
    assert bool(family.buckets) == (family.type is Type.HISTOGRAM)
    if family.type is Type.HISTOGRAM:
        assert family.name.endswith(BASE_UNITS)
        assert list(family.buckets) == sorted(family.buckets)
    assert not {"le", "quantile"} & set(family.labels)


def test_what_is_told_can_be_read_by_prometheus_own_parser() -> None:
    metrics = Metrics()
    metrics.note_call("GET", 200, 0.01)
    metrics.note_call("PATCH", None, 15.0)
    families = {
        family.name: family for family in text_string_to_metric_families(render(metrics.registry).decode())
    }

    calls = families["sluice_api_requests"].samples
    assert {(sample.labels["verb"], sample.labels["code"]) for sample in calls if sample.value} == {
        ("GET", "200"),
        ("PATCH", "unreachable"),
    }

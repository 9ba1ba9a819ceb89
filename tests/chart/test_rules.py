"""What the dashboard and the alerts are made of exists, and each alert has its section in the runbook."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import yaml
from support.chart import CHART, render
from support.kubectl import Manifest

from sluice.metrics import FAMILIES
from sluice.metrics.catalogue import Type

RUNBOOK = CHART.parents[1] / "docs" / "runbook.md"
NAME = re.compile(r"\bsluice_[a-z_]+\b")
GROUPING = re.compile(r"\b(?:by|without) \(([^)]*)\)")
OF_THE_SCRAPE = {"le", "namespace", "exported_namespace"}
"""Labels that Prometheus or the buckets bring."""


def series() -> dict[str, set[str]]:
    """Name of every series with its labels: a histogram has three."""
    found: dict[str, set[str]] = {}
    for family in FAMILIES:
        endings = ("_bucket", "_sum", "_count") if family.type is Type.HISTOGRAM else ("",)
        found |= {family.name + ending: set(family.labels) for ending in endings}
    return found


def alerts() -> list[Manifest]:
    spec = render({"metrics": {"prometheusRule": {"enabled": True}}}).one("PrometheusRule", "sluice")["spec"]
    return [rule for group in spec["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Of every alert and every panel."""
    yield from (alert["expr"] for alert in alerts())
    dashboard = json.loads((CHART / "files" / "dashboard.json").read_text())
    panels = cast("list[dict[str, Any]]", dashboard["panels"])
    yield from (target["expr"] for panel in panels for target in panel.get("targets", []))


def test_every_metric_that_is_named_exists_and_has_the_labels_it_is_grouped_by() -> None:
    known, used = series(), set[str]()
    for expression in expressions():
        names = NAME.findall(expression)
        assert names, expression
        assert set(names) <= known.keys(), expression
        labels = set[str]().union(*(known[name] for name in names)) | OF_THE_SCRAPE
        for group in GROUPING.findall(expression):
            assert {label.strip() for label in group.split(",")} <= labels, expression
        used |= set(names)
    shown = {family.name for family in FAMILIES if any(name.startswith(family.name) for name in used)}

    assert shown == {family.name for family in FAMILIES}, "each metric is on the dashboard"


def test_each_alert_says_what_it_is_about_and_has_a_section_in_the_runbook() -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    told = alerts()

    assert [alert["alert"] for alert in told] == sections
    for alert in told:
        annotations = alert["annotations"]
        assert annotations.keys() == {"summary", "description", "runbook_url"}
        assert annotations["runbook_url"].endswith(f"docs/runbook.md#{alert['alert'].lower()}")
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert alert["for"]


def test_the_dashboard_in_the_cluster_is_the_file() -> None:
    made = render({"metrics": {"dashboard": {"enabled": True}}}).one("ConfigMap", "sluice-dashboard")

    assert json.loads(made["data"]["sluice.json"]) == json.loads(
        (CHART / "files" / "dashboard.json").read_text()
    )
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]

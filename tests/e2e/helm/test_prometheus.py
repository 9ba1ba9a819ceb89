"""A real Prometheus over the installed operator: it takes the rules, and knows what the dashboard asks."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from support.chart import CHART, NAMESPACE
from support.kubectl import Kubectl
from support.pipeline import PipelineAtWork, example_manifest
from support.programs import debian_program

FILES = CHART / "files"


def promtool(*arguments: str, text: str | None = None) -> str:
    """What promtool says, which has to be content."""
    done = subprocess.run(
        [debian_program("promtool"), *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_alerts() -> None:
    count = len(yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"][0]["rules"])

    assert f"SUCCESS: {count} rules found" in promtool("check", "rules", str(FILES / "alerts.yaml"))


def test_promtool_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    dashboard = json.loads((FILES / "dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    variables = {"$namespace": ".*", "$__rate_interval": "5m"}
    for name, value in variables.items():
        asked = [expression.replace(name, value) for expression in asked]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(asked)]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    assert f"SUCCESS: {len(asked)} rules found" in promtool("check", "rules", str(path))


def test_the_alerts_go_off_when_they_should_and_not_before(tmp_path: Path) -> None:
    rules = tmp_path / "alerts.yaml"
    rules.write_text((FILES / "alerts.yaml").read_text())
    tests = tmp_path / "tests.yaml"
    tests.write_text(yaml.safe_dump(_story(rules)))

    promtool("test", "rules", str(tests))


def _story(rules: Path) -> dict[str, Any]:
    """A stop hangs from the tenth minute on; a watch freezes; the operator goes altogether."""
    stuck = {"kind": "Pipeline"}
    alerts = {
        alert["alert"]: alert
        for group in yaml.safe_load(rules.read_text())["groups"]
        for alert in group["rules"]
    }
    annotations = dict(alerts["SluiceStopStuck"]["annotations"])
    filled = {
        name: re.sub(r"{{ \$labels\.kind }}", "Pipeline", text).replace("{{ $value }}", "1")
        for name, text in annotations.items()
    }
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": 'sluice_stops_stuck{kind="Pipeline"}', "values": "0x9 1x20"},
                    {"series": 'sluice_build_info{version="0"}', "values": "1x40"},
                ],
                "alert_rule_test": [
                    {"eval_time": "14m", "alertname": "SluiceStopStuck", "exp_alerts": []},
                    {
                        "eval_time": "17m",
                        "alertname": "SluiceStopStuck",
                        "exp_alerts": [
                            {"exp_labels": {"severity": "warning", **stuck}, "exp_annotations": filled}
                        ],
                    },
                    {"eval_time": "20m", "alertname": "SluiceDown", "exp_alerts": []},
                ],
            }
        ],
    }


def test_what_the_operator_tells_is_what_promtool_accepts_and_prometheus_conventions_ask_for(
    system: Kubectl, pipeline: PipelineAtWork
) -> None:
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.stop()
    pipeline.wait_for("Stopped")
    pod = system.get("pods", "-l", "app.kubernetes.io/name=sluice-operator")["items"][0]["metadata"]["name"]
    told = system.must("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:8081/proxy/metrics")

    promtool("check", "metrics", text=told)
    for transition in ("start", "suspend", "stop"):
        labels = f'{{kind="Pipeline",transition="{transition}"}}'
        name = f"sluice_lifecycle_transition_duration_seconds_count{labels}"
        found = re.search(rf"^{name} (\S+)$", told, re.MULTILINE)
        assert found is not None, transition
        assert float(found[1]) >= 1
    assert re.search(r'^sluice_objects{kind="Pipeline",status="Stopped"} [1-9]', told, re.MULTILINE)

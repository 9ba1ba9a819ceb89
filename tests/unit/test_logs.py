"""The log: a line for people, or an object for programs."""

import json
import logging
from typing import Any

import pytest

from sluice.logs import JsonFormatter, about
from sluice.metrics import Metrics

from .reconcile.bench import Bench


def entry(message: str, *arguments: object, **more: Any) -> dict[str, Any]:
    record = logging.getLogger("sluice").makeRecord(
        "sluice", logging.WARNING, __file__, 1, message, arguments, None, **more
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_an_entry_is_one_json_object_that_names_what_it_is_about() -> None:
    told = entry("%s: %s", "pipeline shop/orders", "two\nlines", extra=about("Pipeline", "shop", "orders"))

    assert told["level"] == "warning"
    assert told["message"] == "pipeline shop/orders: two\nlines"
    assert told["object"] == {"kind": "Pipeline", "namespace": "shop", "name": "orders"}
    assert told["time"].endswith("+00:00")


def test_an_entry_about_nothing_in_particular_has_no_object() -> None:
    assert "object" not in entry("watching all namespaces")


async def test_each_transition_is_one_line_and_a_look_at_rest_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "sluice")
    bench = Bench(metrics=Metrics())
    await bench.start()
    await bench.look()
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.end_pod()
    await bench.look()

    arrows = [record.getMessage() for record in caplog.records if "->" in record.getMessage()]
    assert [line.split(": ")[1].split(" (")[0] for line in arrows] == [
        "new -> Provisioning",
        "Provisioning -> Running",
        "Running -> Stopping",
        "Stopping -> Stopped",
    ]
    assert len(caplog.records) == len(arrows)

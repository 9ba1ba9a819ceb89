"""Counting requests, CPU and memory from what the API server and the kernel write."""

import json
from typing import Any

import pytest
from bench.audit import count_requests, split_writes
from bench.machine import parse_field
from bench.usage import Usage, cpu_between, parse_busy, parse_stat

OPERATOR = "system:serviceaccount:sluice-system:sluice-operator"


def entry(verb: str, resource: str, subresource: str = "", **changes: Any) -> str:
    target = {"resource": resource, "subresource": subresource, "namespace": "one"}
    body = {"user": {"username": OPERATOR}, "verb": verb, "objectRef": target, "stage": "ResponseComplete"}
    return json.dumps({**body, **changes})


def test_requests_are_counted_by_verb_and_resource() -> None:
    lines = [
        entry("patch", "pipelines", "status"),
        entry("patch", "pipelines", "status"),
        entry("get", "persistentvolumeclaims"),
    ]

    counted = count_requests(lines, OPERATOR, "one")

    assert counted == {"patch pipelines/status": 2, "get persistentvolumeclaims": 1}


@pytest.mark.parametrize(
    "other",
    [
        entry("patch", "pipelines", user={"username": "somebody"}),
        entry("patch", "pipelines", objectRef={"resource": "pipelines", "namespace": "two"}),
        entry("list", "pipelines", objectRef=None),
        entry("watch", "pipelines", stage="ResponseStarted"),
    ],
)
def test_what_is_not_the_operators_in_this_namespace_is_not_counted(other: str) -> None:
    assert not count_requests([other], OPERATOR, "one")


def test_events_are_apart_and_reads_are_no_writes() -> None:
    lines = [
        entry("create", "pods"),
        entry("deletecollection", "controllerrevisions"),
        entry("create", "events"),
        entry("get", "nodes"),
    ]

    assert split_writes(count_requests(lines, OPERATOR, "one")) == (2, 1)


def test_a_processes_line_is_read_whatever_its_name_is() -> None:
    fields = ["S", *["0"] * 10, "250", "50", *["0"] * 8, "100", *["0"] * 20]
    text = f"42 (a ) odd (name) {' '.join(fields)}\n"

    usage = parse_stat(text, page_size=4096, ticks=100)

    assert usage == Usage(cpu_seconds=3.0, rss_bytes=409_600)


def test_cpu_between_two_looks_leaves_out_who_was_not_there_at_both() -> None:
    before = {"etcd": Usage(1.0, 0), "gone": Usage(5.0, 0)}
    after = {"etcd": Usage(1.5, 0), "new": Usage(9.0, 0)}

    assert cpu_between(before, after) == {"etcd": 0.5}


def test_a_machine_is_busy_with_everything_but_idling() -> None:
    text = "cpu  100 10 50 9999 9999 5 5 30 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"

    assert parse_busy(text, ticks=100) == 2.0


def test_a_field_of_a_file_of_the_kernel() -> None:
    text = "processor\t: 0\nmodel name\t: A: fast one\nmodel name\t: another\n"

    assert parse_field(text, "model name") == "A: fast one"
    assert parse_field(text, "flags") == ""

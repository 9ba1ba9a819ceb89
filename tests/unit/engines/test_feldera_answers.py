"""What an answer of a process means, whatever it answers: nothing in it is trusted."""

import json
from typing import Any

import pytest

from sluice.api.errors import ErrorCode
from sluice.engines import HttpAnswer
from sluice.engines.feldera import read_blockers, read_error, read_status
from sluice.observation import RuntimeAnswer, RuntimeFailed, RuntimeObservation, RuntimeUnreachable

from .answers import BOOM, EXTENDED, Json, answer, nested


def running(body: object = EXTENDED, status: int = 200) -> RuntimeAnswer:
    seen = read_status(answer(body, status))
    assert isinstance(seen, RuntimeAnswer)
    return seen


def failed(body: object, status: int = 500) -> RuntimeFailed:
    seen = read_status(answer(body, status))
    assert isinstance(seen, RuntimeFailed)
    return seen


def test_an_extended_status_is_mirrored() -> None:
    seen = running()

    assert (seen.status, seen.desired) == ("Running", "Paused")
    assert seen.details == {"reason": "steady"}, "counters change with every look and are left out"
    assert seen.checkpoints is not None
    assert [checkpoint.uuid for checkpoint in seen.checkpoints] == ["c1", "c2"]
    assert (seen.checkpoints[1].size, seen.checkpoints[1].processed_records) == (20, 200)


@pytest.mark.parametrize("word", ["Running", "Paused", "Initializing"])
def test_a_bare_status_of_an_older_process_is_understood(word: str) -> None:
    seen = running(word)

    assert (seen.status, seen.desired, seen.checkpoints) == (word, word, None)


@pytest.mark.parametrize(
    ("details", "listed"),
    [(None, None), ({}, ()), ({"checkpoints": None}, ()), ({"checkpoints": []}, ())],
    ids=repr,
)
def test_no_list_is_told_from_an_empty_list(details: Json | None, listed: tuple[()] | None) -> None:
    assert running({**EXTENDED, "storage_status_details": details}).checkpoints == listed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>welcome</html>",
        b"null",
        b"42",
        b"[]",
        b"{}",
        b'"Dancing"',
        b"\xff\xfe\x00",
        b'{"runtime_status": "Running"}',
        json.dumps({**EXTENDED, "storage_status_details": {"checkpoints": [{"size": 1}]}}).encode(),
        json.dumps({**EXTENDED, "storage_status_details": {"checkpoints": [7]}}).encode(),
        json.dumps(
            {**EXTENDED, "storage_status_details": {"checkpoints": [{"uuid": "c", "size": "big"}]}}
        ).encode(),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_an_answer_that_cannot_be_understood_is_no_reason_to_stop_anything(body: bytes) -> None:
    seen = read_status(HttpAnswer(200, body))

    assert isinstance(seen, RuntimeUnreachable)
    assert 0 < len(seen.message) <= 2048


@pytest.mark.parametrize(
    "body", [BOOM, "Initializing", b"", b"<html>503</html>", {"message": 1}], ids=lambda body: repr(body)[:30]
)
def test_503_means_ask_again_whatever_stands_in_it(body: object) -> None:
    assert isinstance(read_status(answer(body, 503)), RuntimeUnreachable)


@pytest.mark.parametrize("status", [400, 404, 410, 500, 501, 502, 204, 301])
def test_any_other_code_is_fatal_with_the_error_of_its_body(status: int) -> None:
    error = failed(BOOM, status).error

    assert (error.message, error.error_code) == ("a worker panicked", "RuntimeError.WorkerPanic")
    assert error.details == {"worker": 3}


@pytest.mark.parametrize(
    "body", [b"", b"oops", b"[1]", {"message": "only this"}, {"error_code": 3}], ids=repr
)
def test_a_fatal_answer_without_an_error_body_is_told_by_its_code(body: object) -> None:
    error = failed(body, 500).error

    assert error.error_code == ErrorCode.INVALID_RESPONSE
    assert "HTTP 500" in error.message
    assert error.details == {"status": 500}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (None, {}),
        ({}, {}),
        (["start", "Suspended"], {"values": ["start", "Suspended"]}),
        ("why", {"values": "why"}),
        ({"a": {"b": None}, "c": [None, 1]}, {"a": {}, "c": [1]}),
        ({"blob": "x" * 5000}, {}),
        (nested(200), {}),
    ],
    ids=lambda details: repr(details)[:30],
)
def test_the_error_keeps_its_code_whatever_its_details_are(details: Any, expected: Json) -> None:
    error = failed({**BOOM, "details": details}).error

    assert (error.error_code, error.details) == ("RuntimeError.WorkerPanic", expected)


def test_an_error_without_details_has_none() -> None:
    body = {key: value for key, value in BOOM.items() if key != "details"}

    assert failed(body).error.details == {}


@pytest.mark.parametrize("field", ["message", "error_code"])
def test_texts_of_an_error_are_bounded(field: str) -> None:
    error = failed({**BOOM, field: "x" * 900_000}).error

    assert len(error.message) <= 2048
    assert len(error.error_code) <= 128


@pytest.mark.parametrize(
    "details",
    [{"reason": "r" * 9000}, {"blob": ["x" * 100] * 100}, nested(100), {"reason": nested(100)}],
    ids=["long reason", "big list", "deep", "deep reason"],
)
def test_details_that_are_too_long_or_too_deep_are_replaced_by_one_sentence(details: Json) -> None:
    seen = running({**EXTENDED, "runtime_status_details": details})

    assert seen.details is not None
    assert list(seen.details) == ["reason"]
    assert len(str(seen.details["reason"])) <= 2048


def test_details_hold_no_nulls_that_a_merge_patch_would_take_for_deletions() -> None:
    details = {"a": None, "b": {"c": None, "d": [None, {"e": None}]}}

    assert running({**EXTENDED, "runtime_status_details": details}).details == {"b": {"d": [{}]}}


@pytest.mark.parametrize("details", [None, {}, [], "x", 7, {"connector_stats": {"num_errors": 1}}], ids=repr)
def test_details_that_say_nothing_are_none(details: object) -> None:
    assert running({**EXTENDED, "runtime_status_details": details}).details is None


def test_names_and_ids_are_bounded() -> None:
    seen = running(
        {
            "runtime_status": "R" * 1000,
            "runtime_desired_status": "R" * 1000,
            "storage_status_details": {"checkpoints": [{"uuid": "u" * 1000}]},
        }
    )

    assert seen.checkpoints is not None
    assert max(len(seen.status), len(seen.desired), len(seen.checkpoints[0].uuid)) <= 64


@pytest.mark.parametrize("status", [200, 403, 404, 500, 502, 503, 504])
def test_an_answer_of_the_api_server_says_nothing_about_the_process(status: int) -> None:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "error trying to reach service: dial tcp 10.0.0.7:8080: connection refused",
        "reason": "ServiceUnavailable",
        "code": status,
    }
    seen: RuntimeObservation = read_status(answer(body, status))

    assert isinstance(seen, RuntimeUnreachable)
    assert "connection refused" in seen.message


@pytest.mark.parametrize(
    ("stats", "blockers"),
    [
        ({"checkpoint_activity": {"status": "delayed", "reasons": ["Replaying"]}}, ("Replaying",)),
        (
            {"checkpoint_activity": {"reasons": [{"InputEndpointBarrier": "in"}]}},
            ('{"InputEndpointBarrier":"in"}',),
        ),
        ({"checkpoint_activity": {"reasons": ["x" * 999]}}, ("x" * 256,)),
        ({"checkpoint_activity": {"reasons": ["x"] * 1000}}, ("x",) * 10),
        ({"checkpoint_activity": {"status": "idle"}}, ()),
        ({"checkpoint_activity": None}, ()),
        ({"checkpoint_activity": {"reasons": {"a": 1}}}, ()),
        ({}, ()),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_a_checkpoint_waits_for_is_read_from_the_statistics(
    stats: Json, blockers: tuple[str, ...]
) -> None:
    assert read_blockers(stats) == blockers


def test_reasons_that_are_nested_too_deeply_are_no_defect() -> None:
    (blocker,) = read_blockers({"checkpoint_activity": {"reasons": [nested(300)]}})

    assert blocker
    assert read_error(answer(nested(300), 500)).error_code == ErrorCode.INVALID_RESPONSE

"""What Flink's answers mean; ``flink_recorded.json`` holds real ones of 2.3.0, cut to what is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.flink_contract import (
    TEXT_MAX_LENGTH,
    UNREADABLE,
    Job,
    JobState,
    checkpoint_id,
    read_checkpoints,
    read_job,
    read_operation,
    root_cause,
)

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("flink_recorded.json").read_text())
TRACE = """org.apache.flink.runtime.JobException: Recovery is suppressed by a strategy
\tat org.apache.flink.Handler.handle(Handler.java:213)
\tat org.apache.flink.Handler.report(Handler.java:163)
Caused by: java.lang.RuntimeException: first
\tat Counts.open(Counts.java:1)
\t... 3 more
Caused by: java.lang.IllegalStateException: told to fail
because of this
\tat Counts.process(Counts.java:9)
\tSuppressed: java.io.IOException: closing failed too
\t\tat Counts.close(Counts.java:12)
"""


def job(state: str, **tasks: int) -> Job:
    return Job("0" * 32, JobState(state), 1, {"running": 0, "finished": 0, **tasks})


@pytest.mark.parametrize(
    ("answer", "is_serving"), [("scheduled", False), ("overview", True), ("stopped_overview", False)]
)
def test_a_job_serves_once_all_its_tasks_run_whatever_its_state_says(answer: str, is_serving: bool) -> None:
    seen = read_job(RECORDED[answer])

    assert seen is not None
    assert seen.is_serving is is_serving
    assert RECORDED["scheduled"]["jobs"][0]["state"] == "RUNNING"


@pytest.mark.parametrize(
    ("seen", "is_serving"),
    [
        (job("RUNNING", total=0), False),
        (job("RUNNING", running=1, finished=2, total=3), True),
        (job("RUNNING", finished=3, total=3), False),
        (job("RESTARTING", running=3, total=3), False),
    ],
    ids=str,
)
def test_finished_tasks_count_as_long_as_others_run(seen: Job, is_serving: bool) -> None:
    assert seen.is_serving is is_serving


def test_there_may_be_no_job_yet_and_the_last_of_several_counts() -> None:
    (first,) = RECORDED["overview"]["jobs"]
    later = {**first, "jid": "later", "start-time": first["start-time"] + 1}

    assert read_job({"jobs": []}) is None
    assert read_job({"jobs": [later, first]}) == read_job({"jobs": [later]})


def test_what_flink_has_discarded_is_not_listed_and_the_stop_is_the_final_savepoint() -> None:
    seen = read_checkpoints(RECORDED["stopped_with_history"])

    assert [one.number for one in seen.completed] == [21]
    assert seen.final == seen.completed[-1]
    assert seen.completed[-1].is_savepoint
    assert not seen.is_stopping
    assert len(RECORDED["stopped_with_history"]["history"]) > 1


def test_a_run_that_resumed_knows_what_it_resumed_from() -> None:
    seen = read_checkpoints(RECORDED["restored"])

    assert seen.completed == ()
    assert seen.final is None
    assert str(seen.restored).endswith("/data/savepoints/1/savepoint-d0345c-d2d1425fd6bc")


def test_a_stop_under_way_shows_in_the_history() -> None:
    assert read_checkpoints(RECORDED["stopping"]).is_stopping
    assert not read_checkpoints(RECORDED["restored"]).is_stopping, "that one is a regular checkpoint"


def test_a_stop_that_flink_took_back_is_no_end() -> None:
    taken_back = json.loads(json.dumps(RECORDED["stopped"]))
    assert read_checkpoints(taken_back).final is not None
    latest = taken_back["latest"]
    latest["restored"]["restore_timestamp"] = latest["savepoint"]["trigger_timestamp"] + 1

    assert read_checkpoints(taken_back).final is None


def test_the_last_savepoint_is_listed_although_it_left_the_history() -> None:
    moved_on = json.loads(json.dumps(RECORDED["stopped_with_history"]))
    moved_on["history"] = []

    assert [one.number for one in read_checkpoints(moved_on).completed] == [21]


def test_an_operation_is_under_way_done_or_failed() -> None:
    failed = {
        "status": {"id": "COMPLETED"},
        "operation": {"failure-cause": {"class": "x", "stack-trace": TRACE}},
    }

    assert not read_operation(RECORDED["stopping_status"]).is_done
    assert str(read_operation(RECORDED["stopped_status"]).location).endswith("afa6277040ed")
    assert read_operation(failed).failure == root_cause(TRACE)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("file:/data/checkpoints/3/" + "a" * 32 + "/chk-34", "3-chk-34"),
        ("file:/data/checkpoints/3/" + "a" * 32 + "/chk-34/", "3-chk-34"),
        ("/data/savepoints/12/savepoint-a542f9-c5a77c88c872", "12-savepoint-a542f9-c5a77c88c872"),
    ],
)
def test_a_checkpoint_is_named_by_its_run_and_its_own_name(path: str, name: str) -> None:
    assert checkpoint_id(path) == name


@pytest.mark.parametrize(
    "path", ["", "<checkpoint-not-externally-addressable>", "/data/chk-3", "/data/checkpoints/x/j/chk-3"]
)
def test_a_path_of_no_run_of_ours_has_no_name(path: str) -> None:
    with pytest.raises(ValueError, match="is no checkpoint"):
        checkpoint_id(path)


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (TRACE, "java.lang.IllegalStateException: told to fail because of this"),
        ("java.io.IOException: alone\n\tat A.b(A.java:1)\n", "java.io.IOException: alone"),
        ("Caused by: x.Y: z", "x.Y: z"),
        ("", "unknown"),
    ],
    ids=["nested", "alone", "a single line", "nothing"],
)
def test_the_root_cause_is_the_innermost_exception_in_one_line(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause


def test_a_root_cause_is_cut_to_its_bound() -> None:
    assert len(root_cause("x" * 100_000)) == TEXT_MAX_LENGTH


@pytest.mark.parametrize(
    "text", ["null", "[]", '"x"', "{}", '{"jobs": 3}', '{"jobs": [{}]}', '{"latest": null}']
)
def test_what_is_no_answer_of_flink_raises_what_its_readers_catch(text: str) -> None:
    body = json.loads(text)
    for read in (read_job, read_checkpoints, read_operation):
        with pytest.raises(UNREADABLE):
            read(body)

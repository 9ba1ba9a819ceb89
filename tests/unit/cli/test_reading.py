"""The commands that only look."""

import json
from typing import Any

import pytest
import yaml

from sluice.cli.exits import Exit
from sluice.kube import paths
from sluice.telling.words import ago, duration, sentence, size

from .stage import STAMP, START, Stage, interrupt, pipeline, status

CHECKPOINT = {"uuid": "cp-1", "size": 2048, "processedRecords": 70, "createdAt": "2026-11-24T11:30:00Z"}
RICH_STATUS = status(
    "Stopped",
    "Stopped",
    lastCheckpointTime="2026-11-24T11:30:00Z",
    storageStatusDetails={"checkpoints": [CHECKPOINT]},
    stop={
        "mode": "Graceful",
        "cause": "Requested",
        "requestedAt": "2026-11-24T11:29:00Z",
        "finishedAt": "2026-11-24T11:31:00Z",
        "checkpoint": "cp-1",
    },
    requests=[
        {
            "verb": "checkpoint",
            "token": "monday",
            "state": "Refused",
            "reason": "PipelineUnavailable",
            "requestedAt": "2026-11-24T11:10:00Z",
            "finishedAt": "2026-11-24T11:10:00Z",
        }
    ],
)


def event(reason: str, time: str, kind: str = "Normal", uid: str = "uid-1") -> dict[str, Any]:
    return {
        "metadata": {"name": f"e-{reason}-{uid}"},
        "involvedObject": {"uid": uid},
        "reason": reason,
        "message": f"what {reason}\nmeans",
        "type": kind,
        "lastTimestamp": time,
    }


def stage_with_a_past() -> Stage:
    stage = Stage(pipeline(status=RICH_STATUS))
    for each in (
        event("Suspending", "2026-11-24T11:29:00Z"),
        event("Failed", "2026-11-23T23:00:00Z", "Warning"),
        event("Failed", "2026-11-24T11:00:00Z", "Warning", uid="another"),
    ):
        stage.kube.put(f"{paths.event('shop')}/{each['metadata']['name']}", each)
    return stage


def test_history_is_everything_that_the_cluster_still_has_in_its_order() -> None:
    result = stage_with_a_past().run("history", "orders", "-o", "json")

    moments = json.loads(result.stdout)
    told = [f"{moment['time'][11:16]} {moment['kind']} {moment['text']}" for moment in moments]
    assert [moment["time"] for moment in moments] == sorted(moment["time"] for moment in moments)
    for line in (
        "23:00 error Failed: what Failed means",
        "10:00 state created",
        "11:00 condition Ready True: Stopped",
        "11:10 request checkpoint monday: Refused: PipelineUnavailable",
        "11:29 request Graceful stop asked for, cause Requested",
        "11:29 state Suspending: what Suspending means",
        "11:30 checkpoint checkpoint cp-1 (2.0 KiB, 70 records)",
        "11:31 state stop ended, with checkpoint cp-1",
    ):
        assert line in told
    assert len([line for line in told if "Failed" in line]) == 1, "the other object's event is not ours"


def test_history_tells_what_one_second_held_in_the_order_in_which_it_came() -> None:
    second = "2026-11-24T11:30:07Z"
    stage = Stage(
        pipeline(
            status=status(
                "Stopped",
                "Stopped",
                deploymentStatusSince=second,
                stop={
                    "mode": "Graceful",
                    "requestedAt": second,
                    "finishedAt": second,
                    "checkpoint": "cp-1",
                    "cause": "Requested",
                },
                storageStatusDetails={"checkpoints": [{"uuid": "cp-1", "createdAt": second}]},
            )
        )
    )
    # The API server lists events by their names, which mean nothing.
    for reason in ("Suspending", "Stopping", "Stopped"):
        each = event(reason, second)
        stage.kube.put(f"{paths.event('shop')}/{each['metadata']['name']}", each)

    result = stage.run("history", "orders", "-o", "json")

    told = [moment["text"] for moment in json.loads(result.stdout) if moment["time"].startswith(second[:19])]
    assert told == [
        "Graceful stop asked for, cause Requested",
        "Suspending: what Suspending means",
        "Stopping: what Stopping means",
        "Stopped: what Stopped means",
        "checkpoint cp-1",
        "stop ended, with checkpoint cp-1",
        "Stopped since then",
    ]


def test_history_is_drawn_day_by_day() -> None:
    lines = stage_with_a_past().run("history", "orders").stdout.splitlines()

    assert lines[0].strip() == "2026-11-23"
    assert [line.strip() for line in lines].count("2026-11-24") == 1
    assert any("◆ checkpoint cp-1" in line for line in lines)
    assert any("✗ Failed" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "there"),
    [
        (["status"], ["NAME", "orders", "Stopped", "30 min"]),
        (["status", "orders"], ["shop/orders", "cp-1, 30 min old", "checkpoint monday: Refused"]),
    ],
)
def test_status_tells_where_it_is(arguments: list[str], there: list[str]) -> None:
    result = Stage(pipeline(status=RICH_STATUS)).run(*arguments)

    assert result.exit_code == Exit.REACHED
    for text in there:
        assert text in result.stdout


def test_status_of_nothing_says_so() -> None:
    result = Stage().run("status", "-n", "empty")

    assert result.stdout == "There are no pipelines in namespace empty.\n"


def test_status_tells_everything_of_a_stop_that_hangs_and_of_an_error() -> None:
    told = status(
        "Suspending",
        "StopStuck",
        is_stalled=True,
        stop={
            "mode": "Graceful",
            "requestedAt": STAMP,
            "attempt": 3,
            "blockers": ["input a is busy"],
            "lastError": "disk full",
        },
        restart={"count": 2},
        deploymentError={"message": "it broke", "errorCode": "RunnerCheckError"},
    )

    text = Stage(pipeline(status=told)).run("status", "orders").stdout

    for part in (
        "Graceful, attempt 3, for 1 h",
        "input a is busy",
        "disk full",
        "2 in a row",
        "RunnerCheckError",
    ):
        assert part in text


def test_status_of_a_batch_pipeline_tells_what_failed_and_what_runs() -> None:
    elements = [
        {"name": "load", "status": "Completed"},
        {"name": "fit", "status": "Running", "progress": {"percent": 40, "message": "step 4"}},
        {"name": "plot", "status": "Failed", "errorCode": "SOLVER_ERROR", "error": "no convergence"},
        *({"name": f"sweep-{number}", "status": "Running"} for number in range(20)),
    ]
    counts = {"total": 23, "completed": 1, "running": 21, "failed": 1}
    told = status("Running", "ElementsRunning", elementCounts=counts, elements=elements)

    lines = [
        line.split() for line in Stage(pipeline(status=told)).run("status", "orders").stdout.splitlines()
    ]
    texts = [" ".join(line) for line in lines]

    assert "Elements 21 running, 1 completed, 1 failed of 23" in texts
    at = texts.index("plot Failed: SOLVER_ERROR: no convergence")
    assert texts[at + 1] == "fit Running: 40 %: step 4"
    assert "and 10 more" in texts
    assert not any(text.startswith("Checkpoint") for text in texts)


def test_a_list_for_programs_is_a_list_as_kubectl_prints_it() -> None:
    stage = Stage(pipeline(status=RICH_STATUS))

    assert yaml.safe_load(stage.run("status", "-o", "yaml").stdout)["kind"] == "List"
    assert stage.run("status", "-o", "name").stdout == "pipeline.sluice.dev/orders\n"


def test_top_shows_what_the_processes_tell() -> None:
    busy, stopped = (
        pipeline(status=status("Running", "Running")),
        pipeline(status=status("Stopped", "Stopped")),
    )
    stopped["metadata"]["name"] = "resting"
    stage = Stage(busy, stopped)
    metrics = {"total_processed_records": 12345, "rss_bytes": 3 * 1024 * 1024, "storage_bytes": 10}
    stage.kube.answers["/stats"] = [(200, json.dumps({"global_metrics": metrics}))]

    lines = stage.run("top").stdout.splitlines()

    assert lines[1].split() == [
        "orders",
        "Running",
        "1",
        "h",
        "12345",
        "-",
        "3.0",
        "MiB",
        "10",
        "B",
        "-",
        "0",
    ]
    assert lines[2].split() == ["resting", "Stopped", "1", "h", "-", "-", "-", "-", "-", "0"]
    assert len(stage.kube.asked) == 1, "a stopped pipeline has no process to ask"


@pytest.mark.parametrize("answer", [(403, "no"), (200, "no JSON"), (200, '{"global_metrics": 7}')])
def test_top_goes_without_counters_that_it_cannot_have(answer: tuple[int, str]) -> None:
    stage = Stage(pipeline(status=status("Running", "Running")))
    stage.kube.answers["/stats"] = [answer]

    result = stage.run("top", "--once")

    assert result.exit_code == Exit.REACHED
    assert " - " in result.stdout


def test_logs_are_printed_without_the_times_that_kubernetes_adds() -> None:
    stage = Stage(pipeline())
    stage.kube.answers["/log"] = [(200, "2026-11-24T11:00:00.1Z first\n2026-11-24T11:00:00.25Z second\n")]

    result = stage.run("logs", "orders", "--tail", "2")

    assert result.stdout == "first\nsecond\n"
    assert "tailLines=2" in stage.kube.asked[0]


@pytest.mark.parametrize(
    ("named", "options", "container"),
    [(None, [], "first"), ("second", [], "second"), (None, ["-c", "third"], "third")],
)
def test_logs_are_those_of_the_process_whatever_else_is_in_its_pod(
    named: str | None, options: list[str], container: str
) -> None:
    body = pipeline()
    body["spec"]["template"] = {"spec": {"containers": [{"name": "first"}, {"name": "second"}]}}
    body["spec"]["feldera"] = {"container": named} if named else {}
    stage = Stage(body)
    stage.kube.answers["/log"] = [(200, "")]

    assert stage.run("logs", "orders", *options).exit_code == Exit.REACHED
    assert f"container={container}&" in stage.kube.asked[0]


def test_followed_logs_print_each_line_once_and_outlive_the_pod() -> None:
    stage = Stage(pipeline(), steps=[{}, {}, {}, {}, interrupt])
    stage.kube.answers["/log"] = [
        (200, "2026-11-24T11:00:00.5Z a\n2026-11-24T11:00:00.5Z b\n2026-11-24T11:00:00.6Z beg"),
        (200, "2026-11-24T11:00:00.5Z b\n2026-11-24T11:00:00.5Z c\n2026-11-24T11:00:00.6Z begun\n"),
        (404, "{}"),
        (200, "2026-11-24T11:00:09Z after the restart\n"),
    ]

    result = stage.run("logs", "orders", "-f")

    assert result.stdout.splitlines() == ["a", "b", "c", "begun", "after the restart"]
    assert result.exit_code == Exit.INTERRUPTED
    assert "sinceTime=2026-11-24T11%3A00%3A00Z" in stage.kube.asked[1]


def test_a_pipeline_without_a_pod_has_no_log_and_says_so() -> None:
    result = Stage(pipeline()).run("logs", "orders")

    assert result.exit_code == Exit.FAILED
    assert "orders has no log now: not found. `sluice explain orders` says why." in result.stderr


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (12, "12 s"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (97200, "1 d 3 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_other_words_are_what_people_expect() -> None:
    assert (ago(None, START), ago(START, START)) == ("-", "now")
    assert (size(None), size(12), size(1536), size(5 * 1024**4)) == ("-", "12 B", "1.5 KiB", "5.0 TiB")
    assert (sentence("it is"), sentence("Is it?"), sentence("")) == ("It is.", "Is it?", "")

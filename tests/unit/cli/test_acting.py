"""The commands that change something, from what is typed to the exit code."""

import json
from typing import Any

import pytest
import yaml

from sluice.cli.exits import Exit
from sluice.kube import ApiError, ApiUnreachableError

from .stage import PLACE, STAMP, Stage, Step, interrupt, pipeline, status

GIT = ("argocd-controller", "Apply")
SUSPENDING = status(
    "Suspending", "Suspending", 2, stop={"mode": "Graceful", "requestedAt": STAMP, "attempt": 1}
)
STOPPED_WITH = status(
    "Stopped", "Stopped", 2, stop={"finishedAt": "2026-11-24T12:00:01Z", "checkpoint": "cp-7"}
)


def running(**fields: Any) -> dict[str, Any]:
    return pipeline(status=status("Running", "Running"), **fields)


def ended(deployment_status: str, reason: str | None, generation: int = 2) -> dict[str, Any]:
    stop = {"mode": "Graceful", "requestedAt": "2026-11-24T12:00:00Z", "finishedAt": STAMP, "reason": reason}
    return status(deployment_status, deployment_status, generation, stop=stop)


def test_a_stop_is_waited_for_and_names_its_checkpoint() -> None:
    stage = Stage(running(), steps=[SUSPENDING, STOPPED_WITH])

    result = stage.run("stop", "orders", "--wait")

    assert result.exit_code == Exit.REACHED
    assert stage.kube.patches[0]["spec"] == {"desiredStatus": "Stopped", "force": False}
    assert result.stdout.splitlines() == [
        "Wrote spec.desiredStatus: Stopped of orders, which no manifest owns. Undo: `sluice start orders`.",
        "orders is stopped, with checkpoint cp-7.",
    ]
    assert "Suspending" in result.stderr


def test_where_git_owns_the_field_an_override_is_written_and_its_outcome_waited_for() -> None:
    def see(stage: Stage) -> None:
        override = {"token": stage.token, "desiredStatus": "Stopped", "specDesiredStatus": "Running"}
        stage.tell({**ended("Stopped", None, 1), "override": override})
        stage.finish("override", "InProgress")

    # The first look has a Ready that does not know the request yet.
    stage = Stage(running(owner=GIT), steps=[{}, see])

    result = stage.run("stop", "orders", "--wait", "-n", "shop")

    assert (result.exit_code, stage.steps) == (Exit.REACHED, [])
    assert list(stage.kube.patches[0]) == ["metadata"]
    assert "argocd-controller owns spec.desiredStatus" in result.stdout
    assert "Undo: `sluice start orders -n shop`." in result.stdout


def test_without_waiting_the_write_is_all() -> None:
    result = Stage(running()).run("stop", "orders", "--no-wait", "--force")

    assert result.exit_code == Exit.REACHED
    assert "and force: true" in result.stdout


@pytest.mark.parametrize(
    ("command", "steps", "code", "told"),
    [
        ("stop", [ended("Stopped", "NoStorage")], Exit.REACHED, "there is nowhere to put a checkpoint"),
        ("stop", [ended("Stopped", "Failed")], Exit.FAILED, "without a checkpoint: the process failed"),
        ("stop", [ended("Stopped", "DeadlineExceeded")], Exit.FAILED, "spec.stop.timeoutSeconds was over"),
        ("stop", [ended("Stopped", None)], Exit.REACHED, "resumes from the checkpoint before"),
        ("stop", [status("Running", "StopFailed", 2, is_stalled=True)], Exit.FAILED, "sluice explain orders"),
        ("cancel", [status("Canceled", "Canceled", 2)], Exit.REACHED, "orders is Canceled."),
        (
            "cancel",
            [status("Canceled", "Canceled", 2, elementProgress="3/7")],
            Exit.REACHED,
            "orders is Canceled, 3/7 elements completed.",
        ),
        (
            "cancel",
            [status("Failed", "NothingToCancel", 2, is_ready=True)],
            Exit.REACHED,
            "orders had ended before: Failed.",
        ),
        ("pause", [status("Paused", "Paused", 2)], Exit.REACHED, "orders is Paused."),
        ("pause", [status("Stopped", "Failed", 2, is_stalled=True)], Exit.FAILED, "The message of Failed."),
        ("pause", [status("Completed", "Completed", 2)], Exit.REACHED, "the end of its input"),
        (
            "pause",
            [status("AwaitingApproval", "AwaitingApproval", 2, is_stalled=True)],
            Exit.FAILED,
            "explain",
        ),
    ],
)
def test_every_end_of_a_wait_has_its_exit_code(
    command: str, steps: list[Step], code: Exit, told: str
) -> None:
    result = Stage(running(), steps=steps).run(command, "orders", "--wait")

    assert result.exit_code == code
    assert told in result.stdout


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        (
            status("Completed", "Completed", 2, elementCounts={"total": 7}),
            Exit.REACHED,
            "has reached its end",
        ),
        (status("Failed", "RunFailed", 2, is_stalled=True), Exit.FAILED, "sluice explain orders"),
        (status("Canceled", "Canceled", 2, is_stalled=True), Exit.FAILED, "sluice explain orders"),
    ],
)
def test_a_start_after_a_cancel_waits_for_the_next_run(end: dict[str, Any], code: Exit, told: str) -> None:
    def see(stage: Stage) -> None:
        stage.tell(status("Running", "ElementsRunning", 2))
        stage.finish("restart", "Succeeded")

    before = pipeline("Canceled", status=status("Canceled", "Canceled"))
    stage = Stage(before, steps=[status("Canceled", "Canceled", 2, is_stalled=True), see, end])

    result = stage.run("start", "orders", "--wait")

    assert (result.exit_code, stage.steps) == (code, [])
    assert told in result.stdout


def test_a_pipeline_that_completed_is_stopped_although_its_status_still_says_completed() -> None:
    told = status("Completed", "Stopped", 2)
    told["conditions"][0]["status"] = "True"

    assert Stage(running(), steps=[told]).run("stop", "orders", "--wait").exit_code == Exit.REACHED


def test_a_status_of_the_generation_before_ends_no_wait() -> None:
    stage = Stage(running(), steps=[ended("Stopped", None, 1), ended("Stopped", None, 2)])

    assert stage.run("stop", "orders", "--wait").exit_code == Exit.REACHED
    assert stage.steps == []


def test_a_stop_that_is_stuck_is_waited_for_because_it_goes_on() -> None:
    stuck = status("Suspending", "StopStuck", 2, is_stalled=True, stop=SUSPENDING["stop"])
    stage = Stage(running(), steps=[stuck, STOPPED_WITH])

    assert stage.run("stop", "orders", "--wait").exit_code == Exit.REACHED


def test_a_pipeline_that_is_stopped_already_is_not_written() -> None:
    old = {"mode": "Graceful", "requestedAt": STAMP, "finishedAt": STAMP, "reason": "Failed"}
    stage = Stage(pipeline("Stopped", status=status("Stopped", "Stopped", stop=old)))

    result = stage.run("stop", "orders", "--wait")

    assert (result.exit_code, stage.kube.patches) == (Exit.REACHED, [])
    assert "nothing was written" in result.stdout


def test_time_that_is_over_has_a_code_of_its_own_and_the_stop_goes_on() -> None:
    result = Stage(running(), steps=[SUSPENDING]).run("stop", "orders", "--timeout", "5s")

    assert result.exit_code == Exit.TIMEOUT
    assert "the stop goes on: `sluice status orders`" in result.stdout


def test_ctrl_c_ends_the_waiting_and_not_the_stop() -> None:
    stage = Stage(running(), steps=[SUSPENDING, interrupt])

    result = stage.run("stop", "orders", "--wait")

    assert result.exit_code == Exit.INTERRUPTED
    assert "Nobody waits any more, and the stop goes on" in result.stdout
    assert stage.body["spec"]["desiredStatus"] == "Stopped"


def test_a_pipeline_that_goes_while_it_is_waited_for_is_not_found() -> None:
    def delete(stage: Stage) -> None:
        del stage.kube.objects[PLACE]

    result = Stage(running(), steps=[delete]).run("pause", "orders", "--wait")

    assert result.exit_code == Exit.NOT_FOUND
    assert "orders is gone" in result.stdout


def test_a_change_in_between_is_read_again_and_decided_anew() -> None:
    stage = Stage(running())
    stage.kube.fail("PATCH", "orders", ApiError(409, "Conflict", "the object has been modified"))

    assert stage.run("stop", "orders").exit_code == Exit.REACHED
    assert len(stage.kube.patches) == 1


def test_a_pipeline_that_changes_all_the_time_is_given_up() -> None:
    stage = Stage(running())
    for _ in range(5):
        stage.kube.fail("PATCH", "orders", ApiError(409, "Conflict", "the object has been modified"))

    result = stage.run("stop", "orders")

    assert result.exit_code == Exit.FAILED
    assert "Try again." in result.stderr


def test_a_look_that_fails_is_told_and_the_next_one_counts() -> None:
    def fall_silent(stage: Stage) -> None:
        stage.kube.fail("GET", "orders", ApiUnreachableError("connection reset"))

    result = Stage(running(), steps=[fall_silent, STOPPED_WITH | {"stop": SUSPENDING["stop"]}]).run(
        "stop", "orders", "--wait"
    )

    assert result.exit_code == Exit.REACHED
    assert "no look at the cluster: connection reset" in result.stderr


def test_an_api_server_that_is_silent_for_a_minute_ends_the_wait() -> None:
    stage = Stage(running())

    def fall_silent(stage: Stage) -> None:
        for _ in range(200):
            stage.kube.fail("GET", "orders", ApiUnreachableError("connection reset"))

    stage.steps.append(fall_silent)
    result = stage.run("stop", "orders", "--wait")

    assert result.exit_code == Exit.FAILED
    assert "has not answered for 1 min" in result.stdout


def test_a_pipeline_that_is_being_deleted_is_left_alone_but_can_be_forced() -> None:
    body = running()
    body["metadata"]["deletionTimestamp"] = STAMP

    def go(stage: Stage) -> None:
        del stage.kube.objects[PLACE]

    refused = Stage(body).run("stop", "orders")
    forced = Stage(body, steps=[go]).run("stop", "orders", "--force", "--wait")

    assert (refused.exit_code, forced.exit_code) == (Exit.FAILED, Exit.REACHED)
    assert "is being deleted" in refused.stderr


@pytest.mark.parametrize("command", ["checkpoint", "approve", "dismiss-error", "clear"])
@pytest.mark.parametrize(
    ("state", "reason", "code", "told"),
    [
        ("Succeeded", None, Exit.REACHED, "is done: all is well."),
        ("Failed", "RunEnded", Exit.FAILED, "ask again once it runs"),
        ("Refused", "PipelineInteractionNotDeployed", Exit.FAILED, "`sluice start orders` first"),
        ("Ignored", "OtherObject", Exit.FAILED, "Ask anew if this object is meant"),
    ],
)
def test_a_request_ends_as_the_operator_says(
    command: str, state: str, reason: str | None, code: Exit, told: str
) -> None:
    verb = "clear-storage" if command == "clear" else command

    def begin(stage: Stage) -> None:
        stage.finish(verb, "InProgress")

    def end(stage: Stage) -> None:
        stage.finish(verb, state, reason=reason, message="all is well")

    options = ["--yes"] if command == "clear" else []
    result = Stage(running(), steps=[begin, end]).run(command, "orders", "--wait", *options)

    assert result.exit_code == code
    assert told in result.stdout


def test_a_restart_is_done_when_the_pipeline_is_back() -> None:
    def begin(stage: Stage) -> None:
        stage.finish("restart", "InProgress")

    def end(stage: Stage) -> None:
        stage.tell(status("Provisioning", "Provisioning"))
        stage.finish("restart", "Succeeded")

    stage = Stage(running(), steps=[begin, end, status("Running", "Running")])
    result = stage.run("restart", "orders", "--wait")

    assert (result.exit_code, stage.steps) == (Exit.REACHED, [])
    assert "Provisioning" in result.stderr


def test_an_override_that_is_taken_back_is_waited_for_until_it_is_over() -> None:
    given = {"token": "t-1", "uid": "uid-1", "desiredStatus": "Stopped", "force": False}
    in_force = {"token": "t-1", "desiredStatus": "Stopped", "specDesiredStatus": "Running"}
    body = pipeline(
        owner=GIT,
        annotations={"requests.sluice.dev/override": json.dumps(given)},
        status=status("Stopped", "Stopped", override=in_force),
    )
    stage = Stage(body, steps=[{}, status("Running", "Running") | {"override": None}])

    result = stage.run("start", "orders", "--wait")

    assert (result.exit_code, stage.steps) == (Exit.REACHED, [])
    assert "Took the override of orders back" in result.stdout


def test_clearing_asks_first_and_says_how_to_answer_in_a_script() -> None:
    result = Stage(running()).run("clear", "orders")

    assert result.exit_code == Exit.USAGE
    assert "--yes" in result.stderr


@pytest.mark.parametrize(
    ("output", "read"),
    [("json", json.loads), ("yaml", yaml.safe_load), ("name", str.strip)],
)
def test_an_output_for_programs_has_the_sentences_elsewhere(output: str, read: Any) -> None:
    stage = Stage(running(owner=GIT), steps=[])

    result = stage.run("start", "orders", "--wait", "-o", output)

    found = read(result.stdout)
    assert (
        found == "pipeline.sluice.dev/orders"
        if output == "name"
        else found["spec"]["desiredStatus"] == "Running"
    )
    assert "managedFields" not in result.stdout
    assert "nothing was written" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["stop", "nobody"], Exit.NOT_FOUND),
        (["status", "nobody"], Exit.NOT_FOUND),
        (["stop"], Exit.USAGE),
        (["stop", "orders", "--timeout", "soon"], Exit.USAGE),
        (["stop", "orders", "--timeout", "0"], Exit.USAGE),
        (["levitate", "orders"], Exit.USAGE),
    ],
)
def test_what_cannot_be_meant_has_its_code(arguments: list[str], code: Exit) -> None:
    result = Stage(running()).run(*arguments)

    assert result.exit_code == code
    assert result.stderr


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ApiUnreachableError("no route"), "The API server does not answer: no route"),
        (ApiError(401, "Unauthorized", "no"), "log in again"),
        (ApiError(403, "Forbidden", "no patch"), "You may not do this: no patch"),
        (ApiError(422, "Invalid", "spec is wrong"), "refused: spec is wrong (Invalid)"),
    ],
)
def test_an_error_of_the_cluster_is_one_sentence(error: Exception, told: str) -> None:
    stage = Stage(running())
    stage.kube.fail("PATCH", "orders", error)

    result = stage.run("stop", "orders")

    assert result.exit_code == Exit.FAILED
    assert result.stderr.startswith("sluice: ")
    assert told in result.stderr


def test_a_cluster_without_pipelines_says_how_to_install_them() -> None:
    stage = Stage()
    stage.kube.objects.clear()

    result = stage.run("status", "orders")

    assert result.exit_code == Exit.FAILED
    assert "kubectl apply --server-side -f crds/" in result.stderr


def test_a_status_that_this_version_cannot_read_is_said_so() -> None:
    result = Stage(pipeline(status={"observedGeneration": "many"})).run("status", "orders")

    assert result.exit_code == Exit.FAILED
    assert "by this version of Sluice: update it" in result.stderr

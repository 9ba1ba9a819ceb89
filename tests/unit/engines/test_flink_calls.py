"""Which requests the engine makes, and what it makes of where a job is."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.runtimes import runtime_at

from sluice.api.engine_blocks import FlinkSpec
from sluice.api.statuses import DesiredStatus
from sluice.engines import Call, EngineRefusedError, HttpAnswer, Question
from sluice.engines.flink import FlinkEngine, build_arguments, trigger_id
from sluice.observation import (
    EngineVerb,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeObservation,
    RuntimeUnreachable,
)
from sluice.runtime.flink.settings import parse

from .answers import Json, answer

ENGINE = FlinkEngine()
RECORDED: Json = json.loads(Path(__file__).with_name("flink_recorded.json").read_text())
OVERVIEW = "/v1/jobs/overview"
JOB = f"/v1/jobs/{RECORDED['overview']['jobs'][0]['jid']}"
EXCEPTIONS = {
    "exceptionHistory": {"entries": [{"stacktrace": "a.B: outer\n\tat x\nCaused by: c.D: inner\n\tat y"}]}
}
FAILED = {
    "status": {"id": "COMPLETED"},
    "operation": {"failure-cause": {"class": "c", "stack-trace": "c.D: no"}},
}


UNDER_WAY = {"status": {"id": "IN_PROGRESS"}, "operation": None}
DONE = {
    "status": {"id": "COMPLETED"},
    "operation": {"location": "file:/data/savepoints/1/savepoint-3326a1-8cb0ffc5d991"},
}
CONFIG = [
    {"key": "rest.port", "value": "8080"},
    {"key": "sluice.resume.checkpoint", "value": "1-chk-3"},
    {"key": "sluice.resume.reason", "value": "it was asked for by its id"},
]
STOP = Call(EngineVerb.SUSPEND, id="start/stop/1")
SAVEPOINT = Call(EngineVerb.CHECKPOINT, id="start/checkpoint")
ENVIRONMENT = {"SLUICE_RUN_NUMBER": "7", "SLUICE_DEPLOYMENT_ID": "d"}


def outcome_of(call: Call) -> str:
    return f"{JOB}/savepoints/{trigger_id(call.id)}"


def overview(state: str = "RUNNING", **tasks: int) -> Json:
    (job,) = RECORDED["overview"]["jobs"]
    return {"jobs": [{**job, "state": state, "tasks": {**job["tasks"], **tasks}}]}


class Flink:
    """Answers by path; silent where it has no answer."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = {path: answer(body) for path, body in answers.items()}
        self.posted: list[tuple[str, Json | None]] = []
        self.asked: list[str] = []

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        assert 0 < deadline <= 10
        self.asked.append(path)
        if method == "POST":
            self.posted.append((path, body))
        if path not in self.answers:
            raise ConnectionError("nobody answers")
        return self.answers[path]


def serving(checkpoints: str = "restored", jobs: Json | None = None) -> Flink:
    accepted = {"request-id": "x"}
    return Flink(
        {
            OVERVIEW: jobs or overview(),
            f"{JOB}/checkpoints": RECORDED[checkpoints],
            "/v1/jobmanager/config": CONFIG,
            f"{JOB}/stop": accepted,
            f"{JOB}/savepoints": accepted,
        }
    )


async def observe(flink: Flink, call: Call | None = None) -> RuntimeObservation:
    return await ENGINE.observe(runtime_at(flink), Question(call))


async def answered(flink: Flink, call: Call | None = None) -> RuntimeAnswer:
    seen = await observe(flink, call)
    assert isinstance(seen, RuntimeAnswer)
    return seen


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        (overview(), "Running"),
        (overview("RUNNING", running=1, initializing=1), "Initializing"),
        (overview("INITIALIZING", running=0, total=0), "Initializing"),
        (overview("CREATED", running=0), "Initializing"),
    ],
    ids=["all tasks run", "one opens", "no task yet", "created"],
)
async def test_the_tasks_tell_whether_a_job_runs(jobs: Json, status: str) -> None:
    seen = await answered(serving(jobs=jobs))

    assert (seen.status, seen.desired) == (status, "Running")


async def test_a_job_that_does_not_run_says_what_its_tasks_do() -> None:
    seen = await answered(serving(jobs=overview("RUNNING", running=1, initializing=1)))

    assert (seen.details or {})["tasks"] == {"running": 1, "initializing": 1, "total": 2}


async def test_what_a_run_began_with_and_how_its_checkpoints_go_is_told() -> None:
    details = (await answered(serving())).details or {}

    assert details["resume"] == {"checkpoint": "1-chk-3", "reason": "it was asked for by its id"}
    assert details["checkpoints"] == {"completed": 0, "failed": 0}


async def test_a_job_that_flink_restarts_says_why() -> None:
    flink = serving(jobs=overview("RESTARTING", running=0, canceled=2))
    flink.answers[f"{JOB}/exceptions?maxExceptions=1"] = answer(EXCEPTIONS)
    seen = await answered(flink)

    assert seen.status == "Initializing"
    assert (seen.details or {})["reason"] == "Flink restarts the job: c.D: inner"


async def test_a_stop_under_way_is_desired_and_a_stopped_job_lists_its_savepoint() -> None:
    under_way = await answered(serving("stopping"))
    stopped = await answered(serving("stopped", RECORDED["stopped_overview"]))

    assert (under_way.status, under_way.desired) == ("Running", "Suspended")
    assert (stopped.status, stopped.desired) == ("Suspended", "Suspended")
    assert stopped.checkpoints is not None
    (savepoint,) = stopped.checkpoints
    assert (savepoint.uuid, savepoint.size) == ("2-savepoint-479a8c-afa6277040ed", 7213)
    assert savepoint.created_at == datetime(2026, 11, 24, 6, 49, 46, tzinfo=UTC)


async def test_a_stopped_job_lists_no_checkpoint_that_flink_is_about_to_remove() -> None:
    stopped = RECORDED["stopped_with_history"]
    kept = [entry | {"discarded": False} for entry in stopped["history"]]
    flink = serving("stopped", RECORDED["stopped_overview"])
    flink.answers[f"{JOB}/checkpoints"] = answer(stopped | {"history": kept})
    seen = await answered(flink)

    assert [one.uuid for one in seen.checkpoints or ()] == ["1-savepoint-3326a1-8cb0ffc5d991"]


async def test_until_a_run_has_a_checkpoint_it_lists_what_it_resumed_from() -> None:
    seen = await answered(serving())

    assert [one.uuid for one in seen.checkpoints or ()] == ["1-savepoint-d0345c-d2d1425fd6bc"]


async def test_a_savepoint_from_elsewhere_is_none_that_a_start_could_be_told_to_begin_from() -> None:
    flink = serving()
    foreign = RECORDED["restored"]["latest"]["restored"] | {"external_path": "file:/elsewhere/savepoint"}
    latest = RECORDED["restored"]["latest"] | {"restored": foreign}
    flink.answers[f"{JOB}/checkpoints"] = answer(RECORDED["restored"] | {"latest": latest})

    assert (await answered(flink)).checkpoints == ()


@pytest.mark.parametrize("call", [STOP, SAVEPOINT], ids=str)
async def test_the_failure_of_a_call_is_told(call: Call) -> None:
    flink = serving()
    flink.answers[outcome_of(call)] = answer(FAILED)
    seen = await answered(flink, call)

    assert (seen.checkpoint_error, seen.desired) == ("c.D: no", "Running")
    assert seen.checkpoints is not None


async def test_a_stop_counts_as_heard_from_the_moment_flink_knows_it() -> None:
    # Its checkpoint begins a moment later: a second request in between would fail both.
    flink = serving()
    flink.answers[outcome_of(STOP)] = answer(UNDER_WAY)

    assert (await answered(flink, STOP)).desired == "Suspended"
    assert (await answered(serving(), STOP)).desired == "Running", "it never arrived"


async def test_a_periodic_checkpoint_is_not_taken_for_the_savepoint_that_was_asked_for() -> None:
    flink = serving()
    assert (await answered(flink, SAVEPOINT)).checkpoints is None, "it never arrived"
    flink.answers[outcome_of(SAVEPOINT)] = answer(UNDER_WAY)
    assert (await answered(flink, SAVEPOINT)).checkpoints is None
    flink.answers[outcome_of(SAVEPOINT)] = answer(DONE)
    body = copy.deepcopy(RECORDED["stopped_with_history"])
    later = body["latest"]["completed"] | {"id": 22, "discarded": False}
    body["history"].insert(0, later | {"external_path": later["external_path"].replace("chk-20", "chk-22")})
    flink.answers[f"{JOB}/checkpoints"] = answer(body)
    seen = await answered(flink, SAVEPOINT)
    assert [one.uuid for one in seen.checkpoints or ()][-1] == "1-savepoint-3326a1-8cb0ffc5d991"
    whole = [one.uuid for one in (await answered(flink)).checkpoints or ()]
    assert whole[-1] == "1-chk-22", "the next look tells of all"


async def test_the_outcome_of_a_call_is_asked_for_before_the_checkpoints() -> None:
    # The other way round, a stop that fails in between would be seen as under way and as failed at once.
    flink = serving()
    await observe(flink, STOP)

    assert flink.asked[:3] == [OVERVIEW, outcome_of(STOP), f"{JOB}/checkpoints"]


async def test_a_failed_job_is_told_by_its_root_cause() -> None:
    flink = serving(jobs=overview("FAILED", running=0, failed=1))
    flink.answers[f"{JOB}/exceptions?maxExceptions=1"] = answer(EXCEPTIONS)
    seen = await observe(flink)

    assert isinstance(seen, RuntimeFailed)
    assert (seen.error.message, seen.error.error_code) == (
        "The job failed: c.D: inner",
        "RuntimeError.WorkerPanic",
    )


async def test_a_failed_main_is_told_and_a_running_one_is_awaited() -> None:
    applications = "/v1/applications/overview"
    waiting = Flink(
        {OVERVIEW: {"jobs": []}, applications: {"applications": [{"id": "a", "status": "RUNNING"}]}}
    )
    failed = Flink(
        {
            OVERVIEW: {"jobs": []},
            applications: {"applications": [{"id": "a", "status": "FAILED"}]},
            "/v1/applications/a/exceptions": EXCEPTIONS,
        }
    )

    assert (await answered(waiting)).status == "Initializing"
    seen = await observe(failed)
    assert isinstance(seen, RuntimeFailed)
    assert seen.error.message == "main() failed: c.D: inner"


@pytest.mark.parametrize(
    "flink",
    [
        Flink({}),
        Flink({OVERVIEW: b"garbage"}),
        Flink({OVERVIEW: {"errors": ["x"]}}),
        Flink({OVERVIEW: overview()}),
        serving(jobs=overview("FINISHED", running=0, finished=2)),
        serving(jobs=overview("CANCELLING")),
    ],
    ids=["silence", "garbage", "no overview", "no checkpoints", "end of input", "canceling"],
)
async def test_what_says_nothing_about_the_job_is_no_reason_to_stop_anything(flink: Flink) -> None:
    assert isinstance(await observe(flink), RuntimeUnreachable)


async def test_an_error_of_rest_is_no_failure_of_the_job() -> None:
    flink = serving()
    flink.answers[OVERVIEW] = answer({"errors": ["busy"]}, 500)
    seen = await observe(flink)

    assert isinstance(seen, RuntimeUnreachable)
    assert "HTTP 500" in seen.message


async def test_the_same_call_has_the_same_ticket_and_goes_to_the_run_s_own_folder() -> None:
    flink = serving()
    first, second = await ENGINE.call(runtime_at(flink), STOP), await ENGINE.call(runtime_at(flink), STOP)

    assert first == second == trigger_id(STOP.id)
    assert flink.posted == [(f"{JOB}/stop", {"formatType": "NATIVE", "triggerId": first})] * 2
    assert trigger_id("another") != first


async def test_a_savepoint_is_asked_for_beside_the_running_job() -> None:
    flink = serving()
    ticket = await ENGINE.call(runtime_at(flink), SAVEPOINT)

    assert flink.posted == [(f"{JOB}/savepoints", {"formatType": "NATIVE", "triggerId": ticket})]


@pytest.mark.parametrize("checkpoints", ["stopping", "stopped"])
async def test_a_second_stop_is_never_asked_for_beside_or_after_the_first(checkpoints: str) -> None:
    flink = serving(checkpoints)

    assert await ENGINE.call(runtime_at(flink), STOP) is None
    with pytest.raises(EngineRefusedError, match="being stopped"):
        await ENGINE.call(runtime_at(flink), SAVEPOINT)
    assert not flink.posted


@pytest.mark.parametrize(
    "flink",
    [
        Flink({}),
        Flink({OVERVIEW: {"jobs": []}}),
        serving(jobs=overview("RUNNING", running=1, initializing=1)),
    ],
    ids=["silence", "no job", "a task opens"],
)
async def test_a_savepoint_that_could_only_fail_is_refused_without_asking(flink: Flink) -> None:
    with pytest.raises(EngineRefusedError):
        await ENGINE.call(runtime_at(flink), STOP)
    assert not flink.posted


async def test_a_refused_request_is_told_with_flink_s_words() -> None:
    flink = serving()
    flink.answers[f"{JOB}/stop"] = answer({"errors": ["not now"]}, 503)

    with pytest.raises(EngineRefusedError, match="not now"):
        await ENGINE.call(runtime_at(flink), STOP)


def test_a_job_can_run_and_be_stopped() -> None:
    assert ENGINE.served(None) == {DesiredStatus.RUNNING, DesiredStatus.STOPPED}


@pytest.mark.parametrize("verb", [EngineVerb.PAUSE, EngineVerb.ACTIVATE, EngineVerb.APPROVE])
async def test_what_flink_lacks_is_refused(verb: EngineVerb) -> None:
    with pytest.raises(EngineRefusedError, match="Flink"):
        await ENGINE.call(runtime_at(serving()), Call(verb))


def test_the_block_of_the_spec_becomes_the_entrypoint_s_command_line() -> None:
    block = FlinkSpec.model_validate(
        {
            "jobClass": "org.example.Job",
            "jobArguments": ["--rate", "10"],
            "jars": [__file__],
            "parallelism": 2,
            "jobManagerHeapMiB": 300,
            "taskManagerHeapMiB": 400,
            "configuration": {"b": "2=3", "a": "1"},
            "initialSavepoint": "file:///savepoints/s",
            "allowNonRestoredState": True,
        }
    )
    settings = parse(build_arguments(block), ENVIRONMENT | {"SLUICE_STORAGE": ""})

    assert (settings.job_class, settings.job_arguments) == ("org.example.Job", ("--rate", "10"))
    assert settings.jars == (Path(__file__),)
    assert (settings.parallelism, settings.jobmanager_heap, settings.taskmanager_heap) == (2, 300, 400)
    assert settings.options == {"a": "1", "b": "2=3"}
    assert settings.initial_savepoint == "file:///savepoints/s"
    assert settings.allow_non_restored_state

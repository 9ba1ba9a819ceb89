"""Which requests the engine makes, and what it makes of where a job is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sluice.api.statuses import DesiredStatus
from sluice.engines import EngineRefusedError, HttpAnswer
from sluice.engines.engine import Question
from sluice.engines.flink import FlinkEngine, trigger_id
from sluice.observation import RuntimeAnswer, RuntimeFailed, RuntimeObservation, RuntimeUnreachable

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
            f"{JOB}/stop": accepted,
            f"{JOB}/savepoints": accepted,
        }
    )


async def observe(flink: Flink, ticket: str | None = None) -> RuntimeObservation:
    return await ENGINE.observe(flink, Question(ticket))


async def answered(flink: Flink, ticket: str | None = None) -> RuntimeAnswer:
    seen = await observe(flink, ticket)
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

    assert seen.details == {"tasks": {"running": 1, "initializing": 1, "total": 2}}


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


async def test_until_a_run_has_a_checkpoint_it_lists_what_it_resumed_from() -> None:
    seen = await answered(serving())

    assert [one.uuid for one in seen.checkpoints or ()] == ["1-savepoint-d0345c-d2d1425fd6bc"]


async def test_the_failure_of_a_ticket_is_told_and_an_unknown_ticket_tells_nothing() -> None:
    flink = serving()
    flink.answers[f"{JOB}/savepoints/known"] = answer(FAILED)

    assert (await answered(flink, "known")).checkpoint_error == "c.D: no"
    assert (await answered(flink, "unknown")).checkpoint_error is None


async def test_the_outcome_of_a_ticket_is_asked_for_before_the_checkpoints() -> None:
    # The other way round, a stop that fails in between would be seen as under way and as failed at once.
    flink = serving()
    await observe(flink, "known")

    assert flink.asked == [OVERVIEW, f"{JOB}/savepoints/known", f"{JOB}/checkpoints"]


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
    first, second = await ENGINE.suspend(flink, "call"), await ENGINE.suspend(flink, "call")

    assert first == second == trigger_id("call")
    assert flink.posted == [(f"{JOB}/stop", {"formatType": "NATIVE", "triggerId": first})] * 2
    assert trigger_id("another call") != first


async def test_a_savepoint_is_asked_for_beside_the_running_job() -> None:
    flink = serving()
    ticket = await ENGINE.checkpoint(flink, "call")

    assert flink.posted == [(f"{JOB}/savepoints", {"formatType": "NATIVE", "triggerId": ticket})]


@pytest.mark.parametrize("checkpoints", ["stopping", "stopped"])
async def test_a_second_stop_is_never_asked_for_beside_or_after_the_first(checkpoints: str) -> None:
    flink = serving(checkpoints)

    assert await ENGINE.suspend(flink, "another") is None
    with pytest.raises(EngineRefusedError, match="being stopped"):
        await ENGINE.checkpoint(flink, "another")
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
        await ENGINE.suspend(flink, "call")
    assert not flink.posted


async def test_a_refused_request_is_told_with_flink_s_words() -> None:
    flink = serving()
    flink.answers[f"{JOB}/stop"] = answer({"errors": ["not now"]}, 503)

    with pytest.raises(EngineRefusedError, match="not now"):
        await ENGINE.suspend(flink, "call")


def test_a_job_can_run_and_be_stopped() -> None:
    assert ENGINE.served(None) == {DesiredStatus.RUNNING, DesiredStatus.STOPPED}

"""Checkpoints, activation and approval: which request asks for what, and what its answer means."""

import pytest
from support.runtimes import runtime_at

from sluice.api.statuses import DesiredStatus
from sluice.engines import Call, EngineRefusedError, HttpAnswer, Question
from sluice.engines.feldera import FelderaEngine
from sluice.observation import EngineVerb, RuntimeAnswer

from ..decide.builders import spec_of
from .answers import BOOM, EXTENDED, Json, answer

ENGINE = FelderaEngine()
APPROVE = Call(EngineVerb.APPROVE)
TICKET = "11111111-2222/3"
STATUS_OF_IT = "/checkpoint_status?incarnation_uuid=11111111-2222"


class Process:
    """Answers by path; silent where it has no answer."""

    def __init__(self, answers: dict[str, HttpAnswer]) -> None:
        self.answers = answers
        self.requests: list[str] = []

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        assert 0 < deadline <= 10
        assert body is None
        self.requests.append(f"{method} {path}")
        if path not in self.answers:
            raise ConnectionError("nobody answers")
        return self.answers[path]


async def error_of(told: HttpAnswer | None) -> str | None:
    """What an answer about the ticket's checkpoint makes of it."""
    answers = {"/status": answer(EXTENDED)} | ({STATUS_OF_IT: told} if told else {})
    seen = await ENGINE.observe(runtime_at(Process(answers)), Question(ticket=TICKET))
    assert isinstance(seen, RuntimeAnswer)
    return seen.checkpoint_error


async def test_a_checkpoint_has_the_process_and_its_number_as_a_ticket() -> None:
    body = {"checkpoint_sequence_number": 3, "incarnation_uuid": "11111111-2222"}
    process = Process({"/checkpoint": answer(body)})

    assert await ENGINE.call(runtime_at(process), Call(EngineVerb.CHECKPOINT)) == TICKET
    assert process.requests == ["POST /checkpoint"]


@pytest.mark.parametrize("initial", ["running", "paused"])
async def test_an_activation_says_what_to_become(initial: str) -> None:
    process = Process({f"/activate?initial={initial}": answer("ok", 202)})
    await ENGINE.call(runtime_at(process), Call(EngineVerb.ACTIVATE, initial))

    assert process.requests == [f"POST /activate?initial={initial}"]


async def test_an_approval_that_takes_longer_than_anybody_waits_is_no_refusal() -> None:
    """The process answers only when the phase is over."""
    silent = Process({})
    await ENGINE.call(runtime_at(silent), APPROVE)

    assert silent.requests == ["POST /approve"]
    with pytest.raises(EngineRefusedError, match="POST /approve: a worker panicked"):
        await ENGINE.call(runtime_at(Process({"/approve": answer(BOOM, 400)})), APPROVE)


@pytest.mark.parametrize("verb", sorted(set(EngineVerb) - {EngineVerb.APPROVE}))
async def test_silence_refuses_everything_else(verb: EngineVerb) -> None:
    with pytest.raises(EngineRefusedError, match="nobody answers"):
        await ENGINE.call(runtime_at(Process({})), Call(verb, "paused"))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param({"sequence_number": 3, "error": "no space"}, "no space", id="this one"),
        pytest.param({"sequence_number": 4, "error": "no space"}, "no space", id="it and a later one"),
        pytest.param({"sequence_number": 2, "error": "no space"}, None, id="an earlier one"),
        pytest.param({"sequence_number": "3", "error": "no space"}, None, id="not a number"),
        pytest.param({"sequence_number": 3, "error": {"a": 1}}, '{"a":1}', id="not a text"),
        pytest.param({"sequence_number": 3, "error": "x" * 9999}, "x" * 2047 + "…", id="too long"),
        pytest.param(None, None, id="none yet"),
    ],
)
async def test_a_failure_is_that_of_the_ticket_or_of_a_later_one(
    failure: object, expected: str | None
) -> None:
    assert await error_of(answer({"success": None, "failure": failure})) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (answer({"error_code": "IncarnationUuidMismatch"}, 400), "the process was started again"),
        (answer(BOOM, 500), None),
        (answer(b"garbage"), None),
        (answer([]), None),
        (None, None),
    ],
    ids=["started again", "an error", "garbage", "a list", "silence"],
)
async def test_only_another_process_and_a_told_failure_end_the_waiting(
    told: HttpAnswer | None, expected: str | None
) -> None:
    assert await error_of(told) == expected


async def test_nothing_is_asked_that_is_of_no_interest() -> None:
    process = Process({"/status": answer(EXTENDED)})
    await ENGINE.observe(runtime_at(process), Question())

    assert process.requests == ["GET /status"]


@pytest.mark.parametrize(
    ("stats", "expected"),
    [
        ({"global_metrics": {"total_processed_records": 7}}, 7),
        ({"global_metrics": {"total_processed_records": "7"}}, None),
        ({"global_metrics": 7}, None),
        ({}, None),
    ],
    ids=str,
)
async def test_progress_is_read_only_where_it_is_asked_for(stats: object, expected: int | None) -> None:
    process = Process({"/status": answer(EXTENDED), "/stats": answer(stats)})
    seen = await ENGINE.observe(runtime_at(process), Question(wants_progress=True))

    assert isinstance(seen, RuntimeAnswer)
    assert seen.processed_records == expected
    assert seen.blockers == (), "no checkpoint is awaited"


@pytest.mark.parametrize(
    ("storage", "is_served"), [(None, False), ({}, False), ({"sync": {"url": "s3://b/f"}}, True)], ids=str
)
def test_standby_is_served_only_with_an_object_store_to_follow(
    storage: dict[str, object] | None, is_served: bool
) -> None:
    served = ENGINE.served(spec_of(storage=storage))

    assert (DesiredStatus.STANDBY in served) is is_served
    assert {DesiredStatus.RUNNING, DesiredStatus.PAUSED, DesiredStatus.STOPPED} <= served
    assert DesiredStatus.CANCELED not in served
    assert DesiredStatus.STANDBY not in ENGINE.served(None)

"""Which request asks for what, and what a refusal says."""

import pytest
from support.runtimes import runtime_at

from sluice.api.spec import PipelineSpec
from sluice.engines import Call, EngineRefusedError, HttpAnswer, Question, engine_for
from sluice.engines.feldera import FelderaEngine
from sluice.observation import EngineVerb, RuntimeAnswer, RuntimeUnreachable

from .answers import BOOM, EXTENDED, Json, answer

ENGINE = FelderaEngine()
PLAIN = Question()


class Process:
    """Answers by path; silent where it has no answer."""

    def __init__(self, **answers: HttpAnswer) -> None:
        self.answers = {f"/{name}": given for name, given in answers.items()}
        self.requests: list[str] = []

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        assert body is None
        assert 0 < deadline <= 10
        self.requests.append(f"{method} {path}")
        if path not in self.answers:
            raise ConnectionError("nobody answers")
        return self.answers[path]


@pytest.mark.parametrize(
    ("verb", "request_line"),
    [
        (EngineVerb.RESUME, "GET /start"),
        (EngineVerb.PAUSE, "GET /pause"),
        (EngineVerb.SUSPEND, "POST /suspend"),
    ],
)
@pytest.mark.parametrize("code", [200, 202])
async def test_a_transition_is_one_request_of_the_contract(
    verb: EngineVerb, request_line: str, code: int
) -> None:
    process = Process(start=answer("ok", code), pause=answer("ok", code), suspend=answer("ok", code))
    await ENGINE.call(runtime_at(process), Call(verb))

    assert process.requests == [request_line]


@pytest.mark.parametrize("code", [400, 410, 500, 503])
async def test_a_refused_request_is_told_with_the_words_of_the_process(code: int) -> None:
    with pytest.raises(EngineRefusedError, match="POST /suspend: a worker panicked"):
        await ENGINE.call(runtime_at(Process(suspend=answer(BOOM, code))), Call(EngineVerb.SUSPEND))


async def test_a_request_that_nobody_answers_is_a_refusal() -> None:
    with pytest.raises(EngineRefusedError, match="GET /pause: nobody answers"):
        await ENGINE.call(runtime_at(Process()), Call(EngineVerb.PAUSE))


async def test_silence_is_unreachable_and_never_a_failure() -> None:
    assert await ENGINE.observe(runtime_at(Process()), PLAIN) == RuntimeUnreachable("nobody answers")


async def test_what_a_checkpoint_waits_for_is_asked_only_while_one_is_awaited() -> None:
    stats = answer({"checkpoint_activity": {"reasons": ["Replaying"]}})
    awaited = {**EXTENDED, "runtime_desired_status": "Suspended"}
    done = {**awaited, "runtime_status": "Suspended"}
    calm, waiting, over = (Process(status=answer(body), stats=stats) for body in (EXTENDED, awaited, done))

    seen = await ENGINE.observe(runtime_at(waiting), PLAIN)

    assert isinstance(seen, RuntimeAnswer)
    assert (seen.blockers, seen.status, seen.desired) == (("Replaying",), "Running", "Suspended")
    for process in (calm, over):
        await ENGINE.observe(runtime_at(process), PLAIN)
        assert process.requests == ["GET /status"]


async def test_statistics_that_cannot_be_had_do_not_cost_the_answer() -> None:
    """Neither where nobody answers nor where what is answered is no object."""
    awaited = answer({**EXTENDED, "runtime_desired_status": "Suspended"})
    for process in (
        Process(status=awaited),
        Process(status=awaited, stats=answer([])),
        Process(status=awaited, stats=answer(b"garbage")),
    ):
        seen = await ENGINE.observe(runtime_at(process), Question(wants_progress=True))

        assert isinstance(seen, RuntimeAnswer)
        assert (seen.blockers, seen.processed_records) == ((), None)


def test_the_block_of_the_spec_chooses_the_engine_and_its_port() -> None:
    spec = PipelineSpec.model_validate({"feldera": {"port": 9000, "container": "main"}})

    launch = engine_for(spec).launch(spec)
    assert (launch.port, launch.container, launch.arguments) == (9000, "main", None)
    assert launch.probes["readinessProbe"]["httpGet"] == {"path": "/status", "port": 9000}


@pytest.mark.parametrize("block", [{}, {"elements": [{"name": "a"}]}], ids=repr)
def test_a_spec_without_a_block_that_is_served_is_refused_with_what_to_write(
    block: dict[str, object],
) -> None:
    with pytest.raises(LookupError, match="write feldera"):
        engine_for(PipelineSpec.model_validate(block))

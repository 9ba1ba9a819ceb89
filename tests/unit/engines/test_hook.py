"""What the engine of the ``hook`` block makes of a container that knows nothing of it."""

import asyncio
import logging
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.api.deployment import DeploymentSpec
from sluice.api.engine_blocks import SecretKey
from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus
from sluice.api.statuses import DesiredStatus
from sluice.engines import Call, Endpoint, EngineRefusedError, HttpAnswer, Question, Runtime, engine_for
from sluice.engines.hook import FORGOTTEN, WITH_VARIABLES, HookEngine, checkpoint_id
from sluice.kube import Execution
from sluice.observation import Ability, EngineVerb, RuntimeAnswer

STOP, AGAIN = (Call(EngineVerb.SUSPEND, id=f"start/stop/{attempt}") for attempt in (1, 2))
CHECKPOINT = Call(EngineVerb.CHECKPOINT, id="start/checkpoint/1")
COMMAND = ["/bin/save", "--all"]
OLD = CheckpointStatus(uuid="old")
SECRET = "a-very-secret-token"


def spec_of(**hook: Any) -> PipelineSpec:
    template = {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}}
    return PipelineSpec.model_validate({"template": template, "hook": hook})


EXEC = spec_of(exec={"command": COMMAND}, timeoutSeconds=7)
HTTP = spec_of(http={"port": 9000, "path": "/save?all=1"}, timeoutSeconds=7)
PUT = spec_of(http={"port": 9000, "method": "PUT"})


class Container:
    """Notes what it is asked, and ends a hook when it is told to."""

    def __init__(self) -> None:
        self.commands: list[tuple[Sequence[str], float]] = []
        self.requests: list[tuple[int, str, str, float]] = []
        self.at_work = 0
        self.secrets: dict[str, str] = {}
        self.to_read = b""
        self.hidden: list[str] = []
        self.ends = asyncio.Queue[Execution | HttpAnswer | Exception]()

    def runtime(self, spec: PipelineSpec = EXEC, *, is_ready: bool = True) -> Runtime:
        return Runtime(spec, "uid-1", is_ready, self.endpoint_at(8080), self.endpoint_at, self)

    def endpoint_at(self, port: int) -> Endpoint:
        return Port(self, port)

    async def execute(
        self, command: Sequence[str], deadline: float, to_read: bytes, hidden: Sequence[str]
    ) -> Execution:
        self.commands.append((command, deadline))
        self.to_read, self.hidden = to_read, list(hidden)
        ended = await self.end()
        assert isinstance(ended, Execution)
        return ended

    async def read_secret(self, reference: SecretKey) -> str:
        if reference.name not in self.secrets:
            raise LookupError(f"there is no Secret {reference.name}")
        return self.secrets[reference.name]

    async def end(self) -> Execution | HttpAnswer:
        self.at_work += 1
        assert self.at_work == 1, "two hooks at once"
        try:
            ended = await self.ends.get()
        finally:
            self.at_work -= 1
        if isinstance(ended, Exception):
            raise ended
        return ended


class Port:
    """One port of the container."""

    def __init__(self, container: Container, port: int) -> None:
        self._container, self._port = container, port

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        assert body is None
        self._container.requests.append((self._port, method, path, deadline))
        ended = await self._container.end()
        assert isinstance(ended, HttpAnswer)
        return ended


async def look(
    engine: HookEngine, runtime: Runtime, call: Call | None = None, ticket: str | None = None
) -> RuntimeAnswer:
    # So that tasks get on.
    for _ in range(10):
        await asyncio.sleep(0)
    seen = await engine.observe(runtime, Question(call, ticket, listed=(OLD,)))
    assert isinstance(seen, RuntimeAnswer)
    return seen


@pytest.mark.parametrize(("is_ready", "status"), [(True, "Running"), (False, "Initializing")])
async def test_the_pods_readiness_tells_where_it_is_and_nobody_is_asked(is_ready: bool, status: str) -> None:
    container = Container()
    seen = await look(HookEngine(), container.runtime(is_ready=is_ready))

    assert seen == RuntimeAnswer(status, "Running")
    assert (container.commands, container.requests) == ([], [])


async def test_a_stop_returns_at_once_is_under_way_and_ends_with_one_new_checkpoint() -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime()

    assert await engine.call(runtime, STOP) is None
    under_way = await look(engine, runtime, STOP)
    assert (under_way.status, under_way.desired, under_way.checkpoints) == ("Running", "Suspended", None)
    assert container.commands == [(COMMAND, 7)]

    container.ends.put_nowait(Execution(0, "saved 3 rows"))
    await look(engine, runtime, STOP)
    done = await look(engine, runtime, STOP)
    assert (done.status, done.desired) == ("Suspended", "Suspended")
    assert done.checkpoints is not None
    assert [each.uuid for each in done.checkpoints] == ["old", checkpoint_id(STOP.id)]
    assert done.report is not None
    assert (done.report.code, done.report.output, done.report.duration_seconds) == (0, "saved 3 rows", 0)


async def test_a_checkpoint_leaves_the_container_running() -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime()

    ticket = await engine.call(runtime, CHECKPOINT)
    under_way = await look(engine, runtime, CHECKPOINT, ticket)
    container.ends.put_nowait(Execution(0, ""))
    await look(engine, runtime, CHECKPOINT, ticket)
    done = await look(engine, runtime, CHECKPOINT, ticket)

    assert ticket == CHECKPOINT.id
    assert (under_way.status, under_way.desired, under_way.checkpoints) == ("Running", "Running", None)
    assert (done.status, done.desired) == ("Running", "Running")
    assert done.checkpoints is not None
    assert done.checkpoints[-1].uuid == checkpoint_id(CHECKPOINT.id)


FAILURES: list[tuple[PipelineSpec, Execution | HttpAnswer | Exception, str, int | None]] = [
    (EXEC, Execution(3, "disk full"), "exit code 3: disk full", 3),
    (EXEC, Execution(3, ""), "exit code 3", 3),
    (EXEC, Execution(None, "half", "no end within 7 s"), "no end within 7 s: half", None),
    (EXEC, RuntimeError(SECRET), "could not be run: RuntimeError", None),
    (HTTP, HttpAnswer(503, b"disk full"), "answered with 503: disk full", 503),
    (HTTP, HttpAnswer(302, b""), "answered with 302", 302),
    (HTTP, ConnectionError("nobody is there"), "not answered: nobody is there", None),
]


@pytest.mark.parametrize(("spec", "ended", "words", "code"), FAILURES)
async def test_a_hook_that_fails_says_why_and_the_container_is_still_to_run(
    spec: PipelineSpec, ended: Execution | HttpAnswer | Exception, words: str, code: int | None
) -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime(spec)
    container.ends.put_nowait(ended)

    await engine.call(runtime, STOP)
    seen = await look(engine, runtime, STOP)

    assert (seen.status, seen.desired, seen.checkpoints) == ("Running", "Running", None)
    assert words in (seen.checkpoint_error or "")
    assert seen.report is not None
    assert seen.report.code == code


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_request_goes_to_the_hooks_own_port_and_any_2xx_is_a_checkpoint(status: int) -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime(HTTP)
    container.ends.put_nowait(HttpAnswer(status, b"x" * 5000))

    await engine.call(runtime, STOP)
    seen = await look(engine, runtime, STOP)

    assert container.requests == [(9000, "POST", "/save?all=1", 7)]
    assert seen.status == "Suspended"
    assert seen.report is not None
    assert (seen.report.code, len(seen.report.output)) == (status, 1025)


async def test_the_method_is_the_specs() -> None:
    engine, container = HookEngine(), Container()
    await engine.call(container.runtime(PUT), STOP)
    await look(engine, container.runtime(PUT), STOP)

    assert container.requests == [(9000, "PUT", "/", 60)]


async def test_the_same_call_runs_its_hook_once_and_the_next_attempt_runs_it_again() -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime()
    container.ends.put_nowait(Execution(1, "not now"))

    await engine.call(runtime, STOP)
    await engine.call(runtime, STOP)
    assert (await look(engine, runtime, STOP)).checkpoint_error is not None
    await engine.call(runtime, STOP)
    await look(engine, runtime, STOP)
    assert len(container.commands) == 1

    await engine.call(runtime, AGAIN)
    second = await look(engine, runtime, AGAIN)
    assert (second.desired, second.checkpoint_error) == ("Suspended", None)
    assert len(container.commands) == 2


async def test_a_stop_waits_for_the_hook_of_a_checkpoint_that_is_still_at_work() -> None:
    engine, container = HookEngine(), Container()
    runtime = container.runtime()

    await engine.call(runtime, CHECKPOINT)
    await look(engine, runtime, CHECKPOINT)
    await engine.call(runtime, STOP)
    assert (await look(engine, runtime, STOP)).desired == "Suspended", "it is heard"
    assert len(container.commands) == 1

    container.ends.put_nowait(Execution(0, ""))
    await look(engine, runtime, STOP)
    assert len(container.commands) == 2


async def test_only_so_many_hooks_are_at_work_in_all_pods_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.engines.hook.HOOKS_AT_ONCE", 1)
    engine, container = HookEngine(), Container()
    first, second = container.runtime(), replace(container.runtime(), pod_uid="uid-2")
    await engine.call(first, STOP)
    await engine.call(second, STOP)

    assert (await look(engine, second, STOP)).desired == "Suspended", "it is heard"
    assert len(container.commands) == 1
    container.ends.put_nowait(Execution(0, ""))
    await look(engine, second, STOP)
    assert len(container.commands) == 2


async def test_the_present_spec_says_which_hook_so_that_a_bad_one_can_be_mended() -> None:
    engine, container = HookEngine(), Container()
    container.ends.put_nowait(Execution(127, "no such file"))
    await engine.call(container.runtime(), STOP)
    await look(engine, container.runtime(), STOP)

    mended = container.runtime(spec_of(exec={"command": ["/bin/other"]}))
    await engine.call(mended, AGAIN)
    await look(engine, mended, AGAIN)

    assert [command for command, _ in container.commands] == [COMMAND, ["/bin/other"]]


async def test_another_operator_knows_nothing_of_the_hook_and_runs_it_again_under_its_next_id() -> None:
    first, second, container = HookEngine(), HookEngine(), Container()
    runtime = container.runtime()
    await first.call(runtime, STOP)

    assert (await look(second, runtime, STOP)).desired == "Running", "not heard: asked again"
    assert checkpoint_id(STOP.id) != checkpoint_id(AGAIN.id)
    assert checkpoint_id(STOP.id) == checkpoint_id(replace(STOP).id)


async def test_a_checkpoint_whose_outcome_is_not_known_any_more_has_failed() -> None:
    seen = await look(HookEngine(), Container().runtime(), CHECKPOINT, ticket=CHECKPOINT.id)

    assert seen.checkpoint_error == FORGOTTEN


async def test_the_pod_after_it_has_a_hook_of_its_own() -> None:
    engine, container = HookEngine(), Container()
    container.ends.put_nowait(Execution(0, ""))
    await engine.call(container.runtime(), STOP)
    await look(engine, container.runtime(), STOP)

    next_pod = replace(container.runtime(), pod_uid="uid-2")
    assert (await look(engine, next_pod, STOP)).status == "Running"


async def test_outcomes_nobody_asks_for_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.engines.hook.KEPT_SECONDS", -1)
    engine, container = HookEngine(), Container()
    container.ends.put_nowait(Execution(0, ""))
    await engine.call(container.runtime(), STOP)
    await look(engine, container.runtime(), STOP)

    await engine.call(replace(container.runtime(), pod_uid="uid-2"), STOP)
    assert (await look(engine, container.runtime(), STOP)).status == "Running"


async def test_nothing_that_a_hook_says_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    engine, container = HookEngine(), Container()
    ends: list[Execution | Exception] = [Execution(1, SECRET), RuntimeError(SECRET), Execution(0, SECRET)]
    for number, ended in enumerate(ends):
        container.ends.put_nowait(ended)
        call = replace(STOP, id=f"start/stop/{number}")
        await engine.call(container.runtime(), call)
        await look(engine, container.runtime(), call)

    assert len(container.commands) == 3
    assert SECRET not in caplog.text


@pytest.mark.parametrize("verb", [EngineVerb.PAUSE, EngineVerb.ACTIVATE, EngineVerb.APPROVE])
async def test_what_no_hook_can_do_is_refused(verb: EngineVerb) -> None:
    with pytest.raises(EngineRefusedError, match="started and stopped only"):
        await HookEngine().call(Container().runtime(), Call(verb))


async def test_a_container_that_runs_needs_no_resuming() -> None:
    assert await HookEngine().call(Container().runtime(), Call(EngineVerb.RESUME)) is None


async def test_without_a_hook_there_is_nothing_to_call() -> None:
    with pytest.raises(EngineRefusedError, match=r"write hook\.exec or hook\.http"):
        await HookEngine().call(Container().runtime(spec_of()), STOP)


@pytest.mark.parametrize(("spec", "lack"), [(EXEC, None), (HTTP, None), (spec_of(), "NoHook")])
def test_it_needs_a_hook_for_a_checkpoint_and_no_volume(spec: PipelineSpec, lack: str | None) -> None:
    ability = engine_for(spec).ability(spec)

    assert ability == Ability(ability.no_checkpoint, needs_volume=False, keeps_contract=False)
    assert ability.no_checkpoint == lack


def test_the_container_is_left_as_its_template_has_it() -> None:
    launch = HookEngine().launch(spec_of(container="db", http={"port": 9000}))

    assert (launch.container, launch.port, launch.probes, launch.arguments) == ("db", 9000, {}, None)
    assert launch.grace_seconds == 30, "as Kubernetes has it"
    assert launch.maintenance is None, "nobody knows what is on its volume"
    assert HookEngine().launch(EXEC).port == 8080


def test_it_runs_or_is_stopped() -> None:
    assert HookEngine().served(EXEC) == HookEngine().served(None)
    assert HookEngine().served(EXEC) == {DesiredStatus.RUNNING, DesiredStatus.STOPPED}


DEPLOYED = DeploymentSpec.model_validate(
    {
        "machine": {"nodeName": "gpu-1"},
        "template": {"spec": {"containers": [{"name": "main"}]}},
        "hook": {"exec": {"command": COMMAND}},
        "credentials": {"secretRef": {"name": "clore"}, "sendTo": ["Hook"]},
    }
)


async def test_a_credential_reaches_the_hook_by_its_standard_input_and_no_command_has_it() -> None:
    engine, container = HookEngine(), Container()
    container.secrets = {"clore": SECRET}
    container.ends.put_nowait(Execution(0, "saved"))
    runtime = container.runtime(DEPLOYED.as_run())
    await engine.call(runtime, STOP)
    seen = await look(engine, runtime, STOP)

    ((command, _),) = container.commands
    assert container.to_read == f"{SECRET}\n".encode()
    assert list(command)[-4:] == ["CLORE_API_KEY", "--", *COMMAND]
    assert SECRET not in " ".join(command)
    assert container.hidden[0] == SECRET
    assert seen.status == "Suspended"


@pytest.mark.parametrize(
    ("secrets", "words"),
    [({}, "the hook was not run: there is no Secret clore"), ({"clore": "a\nb"}, "more than one line")],
    ids=["missing", "two lines"],
)
async def test_a_hook_that_cannot_be_given_its_credential_is_not_run(
    secrets: dict[str, str], words: str
) -> None:
    engine, container = HookEngine(), Container()
    container.secrets = secrets
    runtime = container.runtime(DEPLOYED.as_run())
    await engine.call(runtime, STOP)
    seen = await look(engine, runtime, STOP)

    assert words in (seen.checkpoint_error or "")
    assert container.commands == []


@pytest.mark.parametrize(
    "hook", [{"exec": {"command": COMMAND}}, {"http": {"port": 9000}}], ids=["exec", "http"]
)
async def test_what_a_hook_says_never_holds_the_credential_of_its_container(hook: Json) -> None:
    engine, container = HookEngine(), Container()
    container.secrets = {"clore": SECRET}
    container.ends.put_nowait(Execution(3, "bad") if "exec" in hook else HttpAnswer(500, SECRET.encode()))
    sent = {"secretRef": {"name": "clore"}, "sendTo": ["Container"]}
    read = DeploymentSpec.model_validate(
        DEPLOYED.model_dump(by_alias=True) | {"hook": hook, "credentials": sent}
    )
    runtime = container.runtime(read.as_run())
    await engine.call(runtime, STOP)
    seen = await look(engine, runtime, STOP)

    assert seen.checkpoint_error is not None
    assert SECRET not in repr(seen)
    assert container.hidden == ([SECRET] if "exec" in hook else [])


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_shell_gives_the_command_its_variables_and_nothing_of_its_input(shell: str) -> None:
    wrapped = [
        shell,
        *WITH_VARIABLES[1:],
        "A",
        "B_2",
        "--",
        shell,
        "-c",
        'printf %s "[$A][$B_2]$1"; cat',
        "x",
        "y z",
    ]
    done = subprocess.run(
        wrapped, input="a b\\n  c'$\n", capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stdout) == (126, ""), "one of two lines is missing"

    done = subprocess.run(
        wrapped, input="a \\b\n  c'$ \nrest", capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[a \\b][  c'$ ]y z")

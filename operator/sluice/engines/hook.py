"""Any container: a command in it, or a request to it, makes the checkpoint.

The container knows nothing of it. So a hook is a task in the operator, begun by a call and told of by
``observe``. An operator that dies forgets its tasks, and the hook is run again: at least once for each stop.
Two hooks of one operator are never at work in one pod at the same time.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from sluice.api.deployment import DeploymentRun
from sluice.api.engine_blocks import ExecHookSpec, HookSpec, HttpHookSpec
from sluice.api.reasons import StopReason
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus, ReportStatus
from sluice.api.statuses import DesiredStatus, RuntimeStatus
from sluice.contract import DEFAULT_PORT
from sluice.engines.engine import Call, EngineRefusedError, Launch, Question, Runtime
from sluice.kube import Tail
from sluice.observation import Ability, EngineVerb, RuntimeAnswer, RuntimeObservation
from sluice.store.projections import KUBERNETES_GRACE_SECONDS

logger = logging.getLogger("sluice")

HOOKS_AT_ONCE: Final = 64
KEPT_SECONDS: Final = 3600
"""So long an outcome waits for somebody who asks for it."""
CHECKPOINTS: Final = uuid.UUID("5b0c7a5e-6e0c-5d0e-9a57-3f5d3f7a2c11")
"""Namespace of the ids of checkpoints, which follow from those of the calls."""
FORGOTTEN: Final = "the operator does not know any more what became of the hook: ask for it again"
WITH_VARIABLES: Final = (
    "sh",
    "-c",
    'while [ "$1" != -- ]; do IFS= read -r "$1" && export "$1" || exit 126; shift; done; shift;'
    ' exec "$@" </dev/null',
    "sh",
)
"""Before the variables' names, ``--`` and the command. Their values are read, a line each: what stands in a
command is told to the API server's audit log, and to whoever lists processes."""

Hook = ExecHookSpec | HttpHookSpec


class Ended(NamedTuple):
    """How a hook came to its end."""

    code: int | None
    output: str
    problem: str | None
    """Why it made no checkpoint; ``None`` when it made one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a hook."""

    report: ReportStatus
    problem: str | None
    """As of :class:`Ended`, with what the hook said."""
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A hook that was begun for a call."""

    call_id: str
    task: asyncio.Task[Outcome]

    def is_old(self, now: datetime) -> bool:
        """Whether nobody will ask any more what became of it."""
        if not self.task.done():
            return False
        return (now - self.task.result().finished_at).total_seconds() > KEPT_SECONDS


class HookEngine:
    """The engine of the ``hook`` block."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}
        """By the pod's uid, the newest of each pod."""
        self._places = asyncio.Semaphore(HOOKS_AT_ONCE)

    def launch(self, spec: PipelineSpec) -> Launch:
        """The container is as its template has it; whether it is ready is for its own probe to say."""
        block = spec.hook or HookSpec()
        port = DEFAULT_PORT if block.http is None else block.http.port
        return Launch(
            port=port,
            probes={},
            container=block.container,
            grace_seconds=KUBERNETES_GRACE_SECONDS,
            maintenance=None,
        )

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """It runs, or it is stopped."""
        del spec
        return frozenset({DesiredStatus.RUNNING, DesiredStatus.STOPPED})

    def ability(self, spec: PipelineSpec) -> Ability:
        """What a hook makes may be anywhere, and after it the container works on until SIGTERM."""
        lack = StopReason.NO_HOOK if _hook_of(spec) is None else None
        return Ability(no_checkpoint=lack, needs_volume=False, keeps_contract=False)

    async def observe(self, runtime: Runtime, question: Question) -> RuntimeObservation:
        """What the kubelet says of the container, and how the hook under way goes. Asks nobody."""
        status = RuntimeStatus.RUNNING if runtime.is_ready else RuntimeStatus.INITIALIZING
        seen = RuntimeAnswer(status, RuntimeStatus.RUNNING)
        call, attempt = question.call, self._attempts.get(runtime.pod_uid)
        if call is None:
            return seen
        if attempt is None or attempt.call_id != call.id:
            is_forgotten = question.ticket is not None
            return replace(seen, checkpoint_error=FORGOTTEN) if is_forgotten else seen
        is_stop = call.verb is EngineVerb.SUSPEND
        if not attempt.task.done():
            return replace(seen, desired=RuntimeStatus.SUSPENDED) if is_stop else seen
        outcome = attempt.task.result()
        if outcome.problem is not None:
            return replace(seen, checkpoint_error=outcome.problem, report=outcome.report)
        made = CheckpointStatus(uuid=checkpoint_id(call.id), created_at=outcome.finished_at)
        seen = replace(seen, checkpoints=(*question.listed, made), report=outcome.report)
        suspended = RuntimeStatus.SUSPENDED
        return replace(seen, status=suspended, desired=suspended) if is_stop else seen

    async def call(self, runtime: Runtime, call: Call) -> str | None:
        """Begin the hook; the same call begins it once. The ticket of a checkpoint is the call's id."""
        if call.verb is EngineVerb.RESUME:
            return None
        hook = _hook_of(runtime.spec)
        if call.verb not in (EngineVerb.CHECKPOINT, EngineVerb.SUSPEND):
            raise EngineRefusedError("a container that a hook serves can be started and stopped only")
        if hook is None:
            raise EngineRefusedError("the spec has no hook: write hook.exec or hook.http")
        before = self._attempts.get(runtime.pod_uid)
        if before is None or before.call_id != call.id:
            self._forget_what_is_old()
            running = self._run(runtime, hook, before)
            task = asyncio.create_task(running, name=f"hook {runtime.pod_uid}")
            self._attempts[runtime.pod_uid] = Attempt(call.id, task)
        return call.id if call.verb is EngineVerb.CHECKPOINT else None

    async def _run(self, runtime: Runtime, hook: Hook, before: Attempt | None) -> Outcome:
        if before is not None and not before.task.done():
            # Bounded by its own deadline.
            await asyncio.wait([before.task])
        async with self._places:
            begun = time.monotonic()
            try:
                ended = await _carry_out(runtime, hook)
            except Exception as error:  # noqa: BLE001 - a defect of ours must end as an outcome, or none comes
                # Only its kind: what it says may hold what the hook said.
                logger.error("a hook could not be run: %s", type(error).__name__)  # noqa: TRY400 - as above
                ended = Ended(None, "", f"the hook could not be run: {type(error).__name__}")
            took = round(time.monotonic() - begun)
        problem = ended.problem
        if problem is not None and ended.output:
            problem = f"{problem}: {ended.output}"
        report = ReportStatus(code=ended.code, output=ended.output, duration_seconds=took)
        return Outcome(report, problem, datetime.now(UTC))

    def _forget_what_is_old(self) -> None:
        now = datetime.now(UTC)
        self._attempts = {uid: each for uid, each in self._attempts.items() if not each.is_old(now)}


def checkpoint_id(call_id: str) -> str:
    """The id of what a call's hook made: the same whoever asks, and another one for each attempt."""
    return str(uuid.uuid5(CHECKPOINTS, call_id))


def _hook_of(spec: PipelineSpec) -> Hook | None:
    block = spec.hook or HookSpec()
    return block.exec or block.http


async def _carry_out(runtime: Runtime, hook: Hook) -> Ended:
    seconds = (runtime.spec.hook or HookSpec()).timeout_seconds
    try:
        hidden = await _credential(runtime)
        match hook:
            case ExecHookSpec():
                return await _execute(runtime, hook, seconds, hidden)
            case HttpHookSpec():
                return await _request(runtime, hook, seconds, hidden)
    except LookupError as error:
        return Ended(None, "", f"the hook was not run: {error}")


async def _credential(runtime: Runtime) -> list[str]:
    """What a hook may say, and nobody is to read.

    Its container knows it, whether the hook was given it or not. An operator that may not read it cannot
    leave it out.
    """
    spec = runtime.spec
    if not isinstance(spec, DeploymentRun) or spec.credential is None:
        return []
    with contextlib.suppress(LookupError):
        return [await runtime.shell.read_secret(spec.credential)]
    return []


async def _execute(runtime: Runtime, hook: ExecHookSpec, seconds: int, hidden: list[str]) -> Ended:
    values = [await runtime.shell.read_secret(each.secret_key_ref) for each in hook.env]
    if any("\n" in value for value in values):
        raise LookupError("a variable from a Secret has more than one line, which cannot be passed on")
    command = hook.command
    if hook.env:
        command = [*WITH_VARIABLES, *(each.name for each in hook.env), "--", *command]
    to_read = "".join(f"{value}\n" for value in values).encode()
    done = await runtime.shell.execute(command, seconds, to_read, [*hidden, *values])
    if done.code is None:
        return Ended(None, done.output, f"the hook did not succeed: {done.problem}")
    problem = None if done.code == 0 else f"the hook ended with exit code {done.code}"
    return Ended(done.code, done.output, problem)


async def _request(runtime: Runtime, hook: HttpHookSpec, seconds: int, hidden: list[str]) -> Ended:
    try:
        answer = await runtime.endpoint_at(hook.port).request(hook.method, hook.path, seconds)
    except ConnectionError as error:
        return Ended(None, "", f"the hook was not answered: {error}")
    tail = Tail(hidden=hidden)
    tail.add(answer.body)
    is_made = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    return Ended(answer.status, str(tail), None if is_made else f"the hook was answered with {answer.status}")

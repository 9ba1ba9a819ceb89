"""A Flink application in one pod, asked over the JobManager's own REST API.

A stop with a savepoint is acknowledged before it begins, so that how it went has to be asked for. Its trigger
id is what makes asking idempotent: the same id is the same operation, also after it failed, and a second id
beside one under way would fail both and the job with them.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson

from sluice.api.engine_blocks import FlinkSpec
from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus, ErrorStatus, bounded
from sluice.api.statuses import DesiredStatus, RuntimeStatus
from sluice.contract import DEFAULT_PORT, FLINK_MAINTENANCE_MODULE
from sluice.engines.engine import (
    Call,
    Endpoint,
    EngineRefusedError,
    HttpAnswer,
    Launch,
    Question,
    Runtime,
    build_probes,
)
from sluice.flink_contract import (
    UNREADABLE,
    Checkpoints,
    Completed,
    Job,
    JobState,
    Operation,
    checkpoint_id,
    read_checkpoints,
    read_exception,
    read_failed_application,
    read_job,
    read_operation,
    read_resume,
)
from sluice.observation import (
    Ability,
    EngineVerb,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeObservation,
    RuntimeUnreachable,
)

STATUS_DEADLINE_SECONDS: Final = 5.0
CALL_DEADLINE_SECONDS: Final = 10.0
UNABLE: Final = {
    EngineVerb.PAUSE: "Flink cannot pause a job: stop it instead",
    EngineVerb.ACTIVATE: "Flink has no standby that could be activated",
    EngineVerb.APPROVE: "Flink waits for no approval",
}
JOB_FAILED: Final = "RuntimeError.WorkerPanic"
"""The published catalogue's code for a failure of the user's own code."""
_Read = TypeVar("_Read")


class _UnansweredError(Exception):
    """No usable answer; says nothing about the job."""


class FlinkEngine:
    """The engine of the ``flink`` block. It can suspend and checkpoint; Flink has no pause."""

    def launch(self, spec: PipelineSpec) -> Launch:
        """REST answers some seconds after the start, before the job is there."""
        probes = build_probes("/v1/jobs/overview", DEFAULT_PORT, spec.provisioning_timeout_seconds)
        arguments = None if spec.flink is None else build_arguments(spec.flink)
        return Launch(
            port=DEFAULT_PORT, probes=probes, arguments=arguments, maintenance=FLINK_MAINTENANCE_MODULE
        )

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """A job runs, or it is stopped."""
        del spec
        return frozenset({DesiredStatus.RUNNING, DesiredStatus.STOPPED})

    def ability(self, spec: PipelineSpec) -> Ability:
        """Checkpoints go to the volume."""
        del spec
        return Ability()

    async def observe(self, runtime: Runtime, question: Question) -> RuntimeObservation:
        """Where the job is, and how the stop or savepoint under way goes. Never raises."""
        endpoint = runtime.endpoint
        try:
            job = await _read(endpoint, "/jobs/overview", read_job)
            if job is None:
                return await _observe_application(endpoint)
            match job.state:
                case JobState.FAILED:
                    return _failed(f"The job failed: {await _failure(endpoint, job)}")
                case JobState.CANCELED:
                    return _failed("The job was canceled through Flink's own API.")
                case _:
                    return await _observe_job(endpoint, job, question.call)
        except _UnansweredError as error:
            return RuntimeUnreachable(bounded(str(error)))

    async def call(self, runtime: Runtime, call: Call) -> str | None:
        """Begin a savepoint, or a stop with one; the same call never begins a second one.

        The ticket is Flink's trigger id, which follows from the call's id.
        """
        if call.verb in UNABLE:
            raise EngineRefusedError(UNABLE[call.verb])
        if call.verb is EngineVerb.RESUME:
            return None
        endpoint = runtime.endpoint
        job, checkpoints = await _ready(endpoint)
        is_stop = call.verb is EngineVerb.SUSPEND
        if checkpoints.is_stopping or checkpoints.final is not None:
            # A second stop beside one under way would fail both, and the job with them.
            if is_stop:
                return None
            raise EngineRefusedError("the job is being stopped with a savepoint, or was")
        return await _trigger(endpoint, job, "stop" if is_stop else "savepoints", trigger_id(call.id))


def build_arguments(block: FlinkSpec) -> tuple[str, ...]:
    """The command line of the entrypoint: see ``sluice.runtime.flink.settings``."""
    given = ["--job-class", block.job_class, "--parallelism", str(block.parallelism)]
    given += ["--jobmanager-heap-mb", str(block.job_manager_heap)]
    given += ["--taskmanager-heap-mb", str(block.task_manager_heap)]
    for jar in block.jars:
        given += ["--jar", jar]
    for option, value in sorted(block.configuration.items()):
        given += ["-D", f"{option}={value}"]
    if block.initial_savepoint is not None:
        given += ["--initial-savepoint", block.initial_savepoint]
    if block.allow_non_restored_state:
        given.append("--allow-non-restored-state")
    return (*given, "--", *block.job_arguments)


def trigger_id(call_id: str) -> str:
    """Flink's idempotency key for a call: 32 hexadecimal digits."""
    return hashlib.sha256(call_id.encode()).hexdigest()[:32]


def read_answer(job: Job, checkpoints: Checkpoints, *, details: Json | None = None) -> RuntimeObservation:
    """Where a job is that neither failed nor was canceled.

    RUNNING is also said of a job none of whose tasks runs, so the tasks decide; a job that Flink restarts is
    on its way to its last checkpoint, which is what Initializing means.
    """
    suspended = checkpoints.final is not None
    match job.state:
        case JobState.FINISHED if suspended:
            status = RuntimeStatus.SUSPENDED
        case JobState.FINISHED | JobState.CANCELLING | JobState.SUSPENDED:
            return RuntimeUnreachable(f"the job is {job.state}, and its process is about to end")
        case _:
            status = RuntimeStatus.RUNNING if job.is_serving else RuntimeStatus.INITIALIZING
    desired = RuntimeStatus.SUSPENDED if suspended or checkpoints.is_stopping else RuntimeStatus.RUNNING
    # Flink removes the periodic checkpoints of a job that was stopped, and says so a moment later.
    is_over = status == RuntimeStatus.SUSPENDED
    left = [one for one in checkpoints.completed if one.is_savepoint or not is_over]
    return RuntimeAnswer(status, desired, details, _list(left, checkpoints.restored))


def _list(completed: Sequence[Completed], restored_path: str | None) -> tuple[CheckpointStatus, ...]:
    """The run's checkpoints on the volume, the newest last. Until it has one, what it began with is listed.

    One that somebody made elsewhere has no id of ours, and no start could find it.
    """
    listed = [
        CheckpointStatus(uuid=uuid, size=one.size, created_at=datetime.fromtimestamp(one.created / 1000, UTC))
        for one in completed
        if (uuid := _own_id(one.path)) is not None
    ]
    restored = _own_id(restored_path or "")
    if not listed and restored is not None:
        listed = [CheckpointStatus(uuid=restored)]
    return tuple(listed)


def _own_id(path: str) -> str | None:
    try:
        return checkpoint_id(path)
    except ValueError:
        return None


async def _observe_application(endpoint: Endpoint) -> RuntimeObservation:
    """Before there is a job, ``main()`` runs, or has failed."""
    failed = await _read(endpoint, "/applications/overview", read_failed_application)
    if failed is None:
        return RuntimeAnswer(RuntimeStatus.INITIALIZING, RuntimeStatus.RUNNING, {"reason": "main() runs"})
    cause = await _read(endpoint, f"/applications/{failed}/exceptions", read_exception)
    return _failed(f"main() failed: {cause}")


async def _observe_job(endpoint: Endpoint, job: Job, call: Call | None) -> RuntimeObservation:
    # The outcome first: a stop that failed must not be seen beside checkpoints from while it was under way.
    outcome = None if call is None else await _outcome(endpoint, job, trigger_id(call.id))
    checkpoints = await _read(endpoint, f"/jobs/{job.id}/checkpoints", read_checkpoints)
    seen = read_answer(job, checkpoints, details=await _details(endpoint, job, checkpoints))
    return _with_outcome(seen, call, outcome) if call and isinstance(seen, RuntimeAnswer) else seen


def _with_outcome(seen: RuntimeAnswer, call: Call, outcome: Operation | None) -> RuntimeAnswer:
    """What the answer is, given how the stop or savepoint under way went so far."""
    if seen.status == RuntimeStatus.SUSPENDED:
        return seen
    if outcome is not None and outcome.failure is not None:
        return replace(seen, checkpoint_error=bounded(outcome.failure))
    if call.verb is EngineVerb.SUSPEND:
        is_heard = outcome is not None and not outcome.is_done
        return replace(seen, desired=RuntimeStatus.SUSPENDED) if is_heard else seen
    # A periodic checkpoint that is done meanwhile, or soon after, is not the savepoint that was asked for.
    if outcome is None or not outcome.is_done:
        return replace(seen, checkpoints=None)
    made, listed = _own_id(outcome.location or ""), seen.checkpoints or ()
    ids = [one.uuid for one in listed]
    return replace(seen, checkpoints=listed[: ids.index(made) + 1]) if made in ids else seen


async def _details(endpoint: Endpoint, job: Job, checkpoints: Checkpoints) -> Json:
    """What a person wants to know: what it began with, how checkpoints go, and why it does not run."""
    counts = checkpoints.counts
    details: Json = {
        "resume": await _read(endpoint, "/jobmanager/config", read_resume),
        "checkpoints": {
            "completed": counts.completed,
            "failed": counts.failed,
            **({} if counts.last_duration is None else {"lastDurationMillis": counts.last_duration}),
            **({} if counts.last_failure is None else {"lastFailure": counts.last_failure}),
        },
    }
    if not job.is_serving and job.state is not JobState.FINISHED:
        details["tasks"] = {state: count for state, count in job.tasks.items() if count}
    if job.state in (JobState.RESTARTING, JobState.FAILING):
        details["reason"] = f"Flink restarts the job: {await _failure(endpoint, job)}"
    return details


async def _outcome(endpoint: Endpoint, job: Job, ticket: str) -> Operation | None:
    """How a stop or a savepoint went; ``None`` when it never arrived, or Flink knows it no more."""
    try:
        return await _read(endpoint, f"/jobs/{job.id}/savepoints/{ticket}", read_operation)
    except _UnansweredError:
        return None


async def _failure(endpoint: Endpoint, job: Job) -> str:
    return await _read(endpoint, f"/jobs/{job.id}/exceptions?maxExceptions=1", read_exception)


def _failed(message: str) -> RuntimeFailed:
    return RuntimeFailed(ErrorStatus(message=bounded(message), error_code=JOB_FAILED))


async def _ready(endpoint: Endpoint) -> tuple[Job, Checkpoints]:
    """The job and its checkpoints, or a refusal where a savepoint could only fail and use up a restart."""
    try:
        job = await _read(endpoint, "/jobs/overview", read_job)
        if job is None:
            raise EngineRefusedError("there is no job yet")
        checkpoints = await _read(endpoint, f"/jobs/{job.id}/checkpoints", read_checkpoints)
    except _UnansweredError as error:
        raise EngineRefusedError(str(error)) from error
    if not job.is_serving and checkpoints.final is None:
        raise EngineRefusedError(f"the job is {job.state}, and not all of its tasks run")
    return job, checkpoints


async def _trigger(endpoint: Endpoint, job: Job, what: str, ticket: str) -> str:
    path = f"/v1/jobs/{job.id}/{what}"
    # Without a directory Flink takes the one that the entrypoint chose for this run. The canonical format
    # fails for some kinds of state, and the job with it.
    body = {"formatType": "NATIVE", "triggerId": ticket}
    try:
        answer = await endpoint.request("POST", path, CALL_DEADLINE_SECONDS, body)
    except ConnectionError as error:
        raise EngineRefusedError(f"POST {path}: {error}") from error
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise EngineRefusedError(f"POST {path}: {_said(answer)}")
    return ticket


async def _read(endpoint: Endpoint, path: str, read: Callable[[Any], _Read]) -> _Read:
    try:
        answer = await endpoint.request("GET", f"/v1{path}", STATUS_DEADLINE_SECONDS)
        if answer.status != HTTPStatus.OK:
            raise _UnansweredError(f"{path}: {_said(answer)}")
        return read(orjson.loads(answer.body))
    except ConnectionError as error:
        raise _UnansweredError(str(error)) from error
    except UNREADABLE as error:
        raise _UnansweredError(f"{path} answered what Flink does not answer: {error!r}") from error


def _said(answer: HttpAnswer) -> str:
    return bounded(f"HTTP {answer.status}: {answer.body[:512].decode('utf-8', 'replace')}")

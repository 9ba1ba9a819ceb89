"""A Flink application in one pod, asked over the JobManager's own REST API.

A stop with a savepoint is acknowledged before it begins, so that how it went has to be asked for. Its trigger
id is what makes asking idempotent: the same id is the same operation, also after it failed, and a second id
beside one under way would fail both and the job with them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson

from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus, ErrorStatus, bounded
from sluice.api.statuses import DesiredStatus, RuntimeStatus
from sluice.contract import DEFAULT_PORT
from sluice.engines.engine import Endpoint, EngineRefusedError, HttpAnswer, Question
from sluice.flink_answers import (
    UNREADABLE,
    Checkpoints,
    Job,
    JobState,
    checkpoint_id,
    read_checkpoints,
    read_exception,
    read_failed_application,
    read_job,
    read_operation,
)
from sluice.observation import RuntimeAnswer, RuntimeFailed, RuntimeObservation, RuntimeUnreachable

STATUS_DEADLINE_SECONDS: Final = 5.0
CALL_DEADLINE_SECONDS: Final = 10.0
JOB_FAILED: Final = "RuntimeError.WorkerPanic"
"""The published catalogue's code for a failure of the user's own code."""
_Read = TypeVar("_Read")


class _UnansweredError(Exception):
    """No usable answer; says nothing about the job."""


class FlinkEngine:
    """The engine of the ``flink`` block. It can suspend and checkpoint; Flink has no pause."""

    def port(self, spec: PipelineSpec) -> int:
        """The REST port."""
        del spec
        return DEFAULT_PORT

    def container_name(self, spec: PipelineSpec) -> str | None:
        """The template's first."""
        del spec
        return None

    def probes(self, spec: PipelineSpec) -> Json:
        """REST answers some seconds after the start, before the job is there: often until then."""
        check = {"httpGet": {"path": "/v1/jobs/overview", "port": self.port(spec)}, "timeoutSeconds": 5}
        return {
            "startupProbe": {
                **check,
                "periodSeconds": 1,
                "failureThreshold": spec.provisioning_timeout_seconds,
            },
            "readinessProbe": {**check, "periodSeconds": 10, "failureThreshold": 3},
        }

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """A job runs, or it is stopped."""
        del spec
        return frozenset({DesiredStatus.RUNNING, DesiredStatus.STOPPED})

    async def observe(self, endpoint: Endpoint, question: Question) -> RuntimeObservation:
        """Where the job is, and how the stop or savepoint of the question's ticket goes. Never raises."""
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
                    return await _observe_job(endpoint, job, question.ticket)
        except _UnansweredError as error:
            return RuntimeUnreachable(bounded(str(error)))

    async def resume(self, endpoint: Endpoint) -> None:
        """A job that was started runs by itself."""

    async def pause(self, endpoint: Endpoint) -> None:
        """Refused."""
        raise EngineRefusedError("Flink cannot pause a job: stop it instead")

    async def activate(self, endpoint: Endpoint, initial: str) -> None:
        """Refused."""
        raise EngineRefusedError("Flink has no standby that could be activated")

    async def approve(self, endpoint: Endpoint) -> None:
        """Refused."""
        raise EngineRefusedError("Flink waits for no approval")

    async def suspend(self, endpoint: Endpoint, call_id: str) -> str | None:
        """Begin to stop with a savepoint; the same ``call_id`` never begins a second one.

        Returns the ticket to observe with, ``None`` when a stop is under way or done already. Raises
        :class:`EngineRefusedError`.
        """
        job, checkpoints = await _ready(endpoint)
        if checkpoints.is_stopping or checkpoints.final is not None:
            return None
        return await _trigger(endpoint, job, "stop", call_id)

    async def checkpoint(self, endpoint: Endpoint, call_id: str) -> str | None:
        """Begin a savepoint of the running job; otherwise as :meth:`suspend`."""
        job, checkpoints = await _ready(endpoint)
        if checkpoints.is_stopping or checkpoints.final is not None:
            raise EngineRefusedError("the job is being stopped with a savepoint, or was")
        return await _trigger(endpoint, job, "savepoints", call_id)


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
    return RuntimeAnswer(status, desired, details, read_listed(checkpoints))


def read_listed(checkpoints: Checkpoints) -> tuple[CheckpointStatus, ...]:
    """The run's checkpoints, the newest last. Until it has one, what it began with is its resume point."""
    listed = [
        CheckpointStatus(
            uuid=checkpoint_id(one.path),
            size=one.size,
            created_at=datetime.fromtimestamp(one.created / 1000, UTC),
        )
        for one in checkpoints.completed
    ]
    if not listed and checkpoints.restored is not None:
        listed = [CheckpointStatus(uuid=checkpoint_id(checkpoints.restored))]
    return tuple(listed)


async def _observe_application(endpoint: Endpoint) -> RuntimeObservation:
    """Before there is a job, ``main()`` runs, or has failed."""
    failed = await _read(endpoint, "/applications/overview", read_failed_application)
    if failed is None:
        return RuntimeAnswer(RuntimeStatus.INITIALIZING, RuntimeStatus.RUNNING, {"reason": "main() runs"})
    cause = await _read(endpoint, f"/applications/{failed}/exceptions", read_exception)
    return _failed(f"main() failed: {cause}")


async def _observe_job(endpoint: Endpoint, job: Job, ticket: str | None) -> RuntimeObservation:
    # The outcome first: a stop that failed must not be seen beside checkpoints from while it was under way.
    failure = None if ticket is None else await _failure_of(endpoint, job, ticket)
    checkpoints = await _read(endpoint, f"/jobs/{job.id}/checkpoints", read_checkpoints)
    try:
        seen = read_answer(job, checkpoints, details=await _details(endpoint, job))
    except ValueError as error:
        raise _UnansweredError(str(error)) from error
    if failure is None or not isinstance(seen, RuntimeAnswer) or seen.status == RuntimeStatus.SUSPENDED:
        return seen
    return replace(seen, checkpoint_error=bounded(failure))


async def _details(endpoint: Endpoint, job: Job) -> Json | None:
    """What a person wants to know of a job that does not run: its tasks, and why it is restarted."""
    if job.is_serving or job.state is JobState.FINISHED:
        return None
    details: Json = {"tasks": {state: count for state, count in job.tasks.items() if count}}
    if job.state in (JobState.RESTARTING, JobState.FAILING):
        details["reason"] = f"Flink restarts the job: {await _failure(endpoint, job)}"
    return details


async def _failure_of(endpoint: Endpoint, job: Job, ticket: str) -> str | None:
    """Why a stop or a savepoint failed; ``None`` while it did not, or when Flink does not know it."""
    try:
        return (await _read(endpoint, f"/jobs/{job.id}/savepoints/{ticket}", read_operation)).failure
    except _UnansweredError:
        # It never arrived, or its outcome is forgotten: the job's checkpoints tell what came of it.
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


async def _trigger(endpoint: Endpoint, job: Job, what: str, call_id: str) -> str:
    ticket = trigger_id(call_id)
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

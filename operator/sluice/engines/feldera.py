"""A process that speaks the Feldera pipeline HTTP contract.

Which answer means what follows Feldera's own runner: 200 tells the status, 503 and silence mean that the
process cannot be asked right now and are never a reason to stop it, and any other code is fatal.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

import orjson
from pydantic import ValidationError

from sluice.api.engine_blocks import FelderaSpec
from sluice.api.errors import ErrorCode, build_error
from sluice.api.foreign import presentable, read_checkpoint, read_foreign_error
from sluice.api.json_values import Json, as_object, child, children
from sluice.api.spec import PipelineSpec
from sluice.api.status import BLOCKERS_MAX, CheckpointStatus, ErrorStatus, bounded
from sluice.api.statuses import DesiredStatus, RuntimeStatus
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
from sluice.kube import is_api_server_answer
from sluice.observation import (
    Ability,
    EngineVerb,
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeObservation,
    RuntimeUnreachable,
)

STATUS_DEADLINE_SECONDS = 5.0
CALL_DEADLINE_SECONDS = 10.0
REQUESTS = {
    # The contract's name for resuming.
    EngineVerb.RESUME: ("GET", "/start"),
    EngineVerb.PAUSE: ("GET", "/pause"),
    EngineVerb.ACTIVATE: ("POST", "/activate?initial={}"),
    EngineVerb.APPROVE: ("POST", "/approve"),
    EngineVerb.CHECKPOINT: ("POST", "/checkpoint"),
    EngineVerb.SUSPEND: ("POST", "/suspend"),
}
SERVED = frozenset({DesiredStatus.RUNNING, DesiredStatus.PAUSED, DesiredStatus.STOPPED})


class FelderaEngine:
    """The engine of the ``feldera`` block."""

    def launch(self, spec: PipelineSpec) -> Launch:
        """``/status`` answers as soon as the process is up."""
        block = spec.feldera or FelderaSpec()
        probes = build_probes("/status", block.port, spec.provisioning_timeout_seconds)
        return Launch(port=block.port, probes=probes, container=block.container)

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """Standby only with an object store to follow."""
        has_store = spec is not None and spec.storage is not None and spec.storage.sync is not None
        return SERVED | {DesiredStatus.STANDBY} if has_store else SERVED

    def ability(self, spec: PipelineSpec) -> Ability:
        """Checkpoints go to the volume."""
        del spec
        return Ability()

    async def observe(self, runtime: Runtime, question: Question) -> RuntimeObservation:
        """``GET /status``, and what else is of interest where it is."""
        endpoint = runtime.endpoint
        try:
            answer = await endpoint.request("GET", "/status", STATUS_DEADLINE_SECONDS)
        except ConnectionError as error:
            return RuntimeUnreachable(bounded(str(error)))
        seen = read_status(answer)
        if not isinstance(seen, RuntimeAnswer):
            return seen
        is_awaited = _is_checkpoint_awaited(seen)
        if is_awaited or question.wants_progress:
            stats = await _body(endpoint, "/stats")
            blockers = read_blockers(stats) if is_awaited else ()
            seen = replace(seen, blockers=blockers, processed_records=read_progress(stats))
        if question.ticket is not None:
            seen = replace(seen, checkpoint_error=await _failure_of(endpoint, question.ticket))
        return seen

    async def call(self, runtime: Runtime, call: Call) -> str | None:
        """Ask; the ticket of a checkpoint is the process's incarnation and the checkpoint's number."""
        try:
            body = await _ask(runtime.endpoint, *REQUESTS[call.verb], call.argument)
        except EngineRefusedError as error:
            # Approving answers only when the phase is over: no answer in time is no refusal.
            if call.verb is EngineVerb.APPROVE and isinstance(error.__cause__, ConnectionError):
                return None
            raise
        if call.verb is not EngineVerb.CHECKPOINT:
            return None
        fields = as_object(body)
        return f"{fields.get('incarnation_uuid', '')}/{fields.get('checkpoint_sequence_number', '')}"


def _is_checkpoint_awaited(seen: RuntimeAnswer) -> bool:
    return seen.desired == RuntimeStatus.SUSPENDED != seen.status


async def _ask(endpoint: Endpoint, method: str, path: str, argument: str) -> Any:
    path = path.format(argument)
    try:
        answer = await endpoint.request(method, path, CALL_DEADLINE_SECONDS)
    except ConnectionError as error:
        raise EngineRefusedError(f"{method} {path}: {error}") from error
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise EngineRefusedError(f"{method} {path}: {read_error(answer).message}")
    return _parse(answer.body)


async def _body(endpoint: Endpoint, path: str) -> Json:
    """What the runtime answers there, or nothing: what is asked beside the status may stay unknown."""
    try:
        answer = await endpoint.request("GET", path, STATUS_DEADLINE_SECONDS)
    except ConnectionError:
        return {}
    return as_object(_parse(answer.body))


async def _failure_of(endpoint: Endpoint, ticket: str) -> str | None:
    """Why the checkpoint with this ticket failed; ``None`` while that is not known."""
    incarnation, _, number = ticket.rpartition("/")
    fields = await _body(endpoint, f"/checkpoint_status?incarnation_uuid={incarnation}")
    if fields.get("error_code") == "IncarnationUuidMismatch":
        return "the process was started again"
    failure = child(fields, "failure")
    failed: object = failure.get("sequence_number")
    is_it = isinstance(failed, int) and number.isdigit() and failed >= int(number)
    return bounded(_text(failure.get("error"))) if is_it else None


def read_status(answer: HttpAnswer) -> RuntimeObservation:
    """What an answer of ``/status`` means."""
    body = _parse(answer.body)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE or is_api_server_answer(body):
        return RuntimeUnreachable(read_error(answer).message)
    if answer.status != HTTPStatus.OK:
        return RuntimeFailed(read_error(answer))
    try:
        if isinstance(body, str):
            # Processes of older versions answer with the bare status.
            bare = RuntimeStatus(body)
            return RuntimeAnswer(status=bare, desired=bare)
        return _read_extended_status(as_object(body))
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        return RuntimeUnreachable(bounded(f"/status answered what the contract does not know: {error!r}"))


def _read_extended_status(body: Json) -> RuntimeAnswer:
    checkpoints: tuple[CheckpointStatus, ...] | None = None
    if body.get("storage_status_details") is not None:
        listed = children(child(body, "storage_status_details"), "checkpoints")
        checkpoints = tuple(found for entry in listed if (found := read_checkpoint(entry)) is not None)
        if len(checkpoints) != len(listed):
            raise ValueError("a checkpoint in its list has no id, or a field of the wrong type")
    return RuntimeAnswer(
        status=_text(body["runtime_status"])[:64],
        desired=_text(body["runtime_desired_status"])[:64],
        details=_read_details(child(body, "runtime_status_details")),
        checkpoints=checkpoints,
    )


def _read_details(fields: Json) -> Json | None:
    """The details a person reads. Counters are left out: they change with every look."""
    kept = {key: value for key, value in fields.items() if key != "connector_stats"}
    details = presentable(kept)
    if details is None:
        reason = kept.get("reason")
        return {"reason": bounded(reason if isinstance(reason, str) else "the details are too long to show")}
    return details or None


def read_progress(stats: Json) -> int | None:
    """How many records ``/stats`` says that were processed."""
    records: object = child(stats, "global_metrics").get("total_processed_records")
    return records if isinstance(records, int) else None


def read_blockers(stats: Json) -> tuple[str, ...]:
    """What ``/stats`` says that the checkpoint waits for."""
    reasons: object = child(stats, "checkpoint_activity").get("reasons")
    if not isinstance(reasons, list):
        return ()
    return tuple(_text(reason)[:256] for reason in cast("list[object]", reasons)[:BLOCKERS_MAX])


def read_error(answer: HttpAnswer) -> ErrorStatus:
    """An error body ``{message, error_code, details}``, or the answer itself as one."""
    body = _parse(answer.body)
    error = read_foreign_error(as_object(body))
    if error is None:
        said = f"HTTP {answer.status}: {_text(body)[:512]}"
        return build_error(ErrorCode.INVALID_RESPONSE, {"status": answer.status}, reason=said)
    return error


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:2048].decode("utf-8", "replace")


def _text(value: object) -> str:
    try:
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return "an answer that is nested too deeply to show"

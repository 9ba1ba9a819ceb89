"""A process that speaks the Feldera pipeline HTTP contract.

Which answer means what follows Feldera's own runner: 200 tells the status, 503 and silence mean that the
process cannot be asked right now and are never a reason to stop it, and any other code is fatal.
"""

from http import HTTPStatus
from typing import Any, cast

import orjson
from pydantic import ValidationError

from sluice.api.errors import ErrorCode, build_error
from sluice.api.foreign import presentable, read_foreign_error
from sluice.api.json_values import Json, as_object, child, children
from sluice.api.spec import PipelineSpec
from sluice.api.status import BLOCKERS_MAX, CheckpointStatus, ErrorStatus, bounded
from sluice.api.statuses import RuntimeStatus
from sluice.contract import DEFAULT_PORT
from sluice.engines.engine import Endpoint, EngineRefusedError, HttpAnswer
from sluice.observation import (
    RuntimeAnswer,
    RuntimeFailed,
    RuntimeObservation,
    RuntimeUnreachable,
)

STATUS_DEADLINE_SECONDS = 5.0
CALL_DEADLINE_SECONDS = 10.0


class FelderaEngine:
    """The engine of the ``feldera`` block."""

    def port(self, spec: PipelineSpec) -> int:
        """The contract's port."""
        return spec.feldera.port if spec.feldera else DEFAULT_PORT

    def container_name(self, spec: PipelineSpec) -> str | None:
        """The container that ``feldera.container`` names."""
        return spec.feldera.container if spec.feldera else None

    def probes(self, spec: PipelineSpec) -> dict[str, Any]:
        """``/status`` answers as soon as the process is up: often until then, seldom afterwards."""
        check = {"httpGet": {"path": "/status", "port": self.port(spec)}, "timeoutSeconds": 5}
        return {
            "startupProbe": {
                **check,
                "periodSeconds": 1,
                "failureThreshold": spec.provisioning_timeout_seconds,
            },
            "readinessProbe": {**check, "periodSeconds": 10, "failureThreshold": 3},
        }

    async def observe(self, endpoint: Endpoint) -> RuntimeObservation:
        """``GET /status``, and while a checkpoint is awaited what it waits for."""
        try:
            answer = await endpoint.request("GET", "/status", STATUS_DEADLINE_SECONDS)
        except ConnectionError as error:
            return RuntimeUnreachable(bounded(str(error)))
        seen = read_status(answer)
        if isinstance(seen, RuntimeAnswer) and _is_checkpoint_awaited(seen):
            return await self._with_blockers(endpoint, seen)
        return seen

    async def resume(self, endpoint: Endpoint) -> None:
        """``GET /start``, the contract's name for resuming."""
        await _ask(endpoint, "GET", "/start")

    async def pause(self, endpoint: Endpoint) -> None:
        """``GET /pause``."""
        await _ask(endpoint, "GET", "/pause")

    async def suspend(self, endpoint: Endpoint) -> None:
        """``POST /suspend``."""
        await _ask(endpoint, "POST", "/suspend")

    async def _with_blockers(self, endpoint: Endpoint, seen: RuntimeAnswer) -> RuntimeAnswer:
        try:
            answer = await endpoint.request("GET", "/stats", STATUS_DEADLINE_SECONDS)
        except ConnectionError:
            return seen
        return RuntimeAnswer(
            status=seen.status,
            desired=seen.desired,
            details=seen.details,
            checkpoints=seen.checkpoints,
            blockers=read_blockers(answer),
        )


def _is_checkpoint_awaited(seen: RuntimeAnswer) -> bool:
    return seen.desired == RuntimeStatus.SUSPENDED != seen.status


async def _ask(endpoint: Endpoint, method: str, path: str) -> None:
    try:
        answer = await endpoint.request(method, path, CALL_DEADLINE_SECONDS)
    except ConnectionError as error:
        raise EngineRefusedError(f"{method} {path}: {error}") from error
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise EngineRefusedError(f"{method} {path}: {read_error(answer).message}")


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
        checkpoints = tuple(_read_checkpoint(entry) for entry in listed)
    return RuntimeAnswer(
        status=_text(body["runtime_status"])[:64],
        desired=_text(body["runtime_desired_status"])[:64],
        details=_read_details(child(body, "runtime_status_details")),
        checkpoints=checkpoints,
    )


def _read_checkpoint(entry: Json) -> CheckpointStatus:
    return CheckpointStatus(
        uuid=str(entry["uuid"])[:64],
        size=entry.get("size"),
        steps=entry.get("steps"),
        processed_records=entry.get("processed_records"),
    )


def _read_details(fields: Json) -> Json | None:
    """The details a person reads. Counters are left out: they change with every look."""
    kept = {key: value for key, value in fields.items() if key != "connector_stats"}
    details = presentable(kept)
    if details is None:
        reason = kept.get("reason")
        return {"reason": bounded(reason if isinstance(reason, str) else "the details are too long to show")}
    return details or None


def read_blockers(answer: HttpAnswer) -> tuple[str, ...]:
    """What ``/stats`` says that the checkpoint waits for."""
    body = _parse(answer.body)
    reasons: object = child(as_object(body), "checkpoint_activity").get("reasons")
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


def is_api_server_answer(body: object) -> bool:
    """Whether the API server's pod proxy answered in the runtime's stead: then nothing is known of it."""
    fields = as_object(body)
    return fields.get("kind") == "Status" and fields.get("apiVersion") == "v1"


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

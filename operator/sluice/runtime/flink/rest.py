"""Flink's REST API as the entrypoint uses it: blocking, over loopback, with a deadline on every call."""

import http.client
import json
import secrets
import urllib.request
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sluice.flink_contract import (
    UNREADABLE,
    Checkpoints,
    Job,
    Operation,
    read_checkpoints,
    read_exception,
    read_failed_application,
    read_job,
    read_operation,
)

_DEADLINE_SECONDS: Final = 5.0
_Read = TypeVar("_Read")


class UnansweredError(Exception):
    """No usable answer. The job may be fine: whether the JVMs live is what counts."""


class Rest:
    """The JobManager's REST API."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/v1"
        # Loopback is never behind a proxy, whatever the environment says.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def job(self) -> Job | None:
        """The job, ``None`` while there is none."""
        return self._read(read_job, "/jobs/overview")

    def failed_application(self) -> str | None:
        """Why ``main()`` failed, ``None`` if it did not."""
        failed = self._read(read_failed_application, "/applications/overview")
        return None if failed is None else self._read(read_exception, f"/applications/{failed}/exceptions")

    def checkpoints(self, job: Job) -> Checkpoints:
        """This run's checkpoints."""
        return self._read(read_checkpoints, f"/jobs/{job.id}/checkpoints")

    def failure(self, job: Job) -> str:
        """Root cause of a job's failure."""
        return self._read(read_exception, f"/jobs/{job.id}/exceptions?maxExceptions=1")

    def stop(self, job: Job) -> str:
        """Begin to stop the job with a savepoint; returns the id to ask for the outcome with."""
        trigger = secrets.token_hex(16)
        # The canonical format does not know every kind of state; the native one does.
        self._call(f"/jobs/{job.id}/stop", {"formatType": "NATIVE", "triggerId": trigger})
        return trigger

    def operation(self, job: Job, trigger: str) -> Operation:
        """How a stop goes."""
        return self._read(read_operation, f"/jobs/{job.id}/savepoints/{trigger}")

    def _read(self, read: Callable[[Any], _Read], path: str) -> _Read:
        body = self._call(path, None)
        try:
            return read(body)
        except UNREADABLE as error:
            raise UnansweredError(f"{path} answered what nobody expects: {error!r}") from error

    def _call(self, path: str, body: dict[str, str] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers)  # noqa: S310 - loopback, see above
        try:
            with self._opener.open(request, timeout=_DEADLINE_SECONDS) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise UnansweredError(f"{path}: {error}") from error

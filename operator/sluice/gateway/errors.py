"""Refusals in the published API's own form, ``{"message", "error_code", "details"}`` (reference 1.4)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from sluice.api.errors import CATALOGUE, ErrorCode, build_error
from sluice.api.json_values import Json
from sluice.kube import ApiError, ApiUnreachableError

RETRY_AFTER_SECONDS: Final = 5
"""Of every 503, as the published API has it (reference 1.4)."""


class GatewayError(Exception):
    """A request is answered with an error. ``body`` is what the client reads."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body.get("error_code"))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))


class Unprocessable(Exception):  # noqa: N818 - it is HTTP's own word for it
    """A parameter that seed 003's API answers with its own form of a validation error (422)."""

    def __init__(self, loc: list[str], message: str) -> None:
        super().__init__(message)
        self.problems = [{"loc": loc, "msg": message, "type": "value_error"}]


def refusal(
    code: ErrorCode, *, details: Any = None, headers: Mapping[str, str] | None = None, **values: Any
) -> GatewayError:
    """The catalogue's error for ``code``; ``details`` replace those of the catalogue."""
    error = build_error(code, **values)
    body: Json = {
        "message": error.message,
        "error_code": code.value,
        "details": error.details if details is None else details,
    }
    return GatewayError(CATALOGUE[code].http, body, headers)


def unprocessable(problems: Sequence[Any]) -> Json:
    """Pydantic's findings in the form of seed 003, without what the client wrote."""
    return {"detail": [{key: each[key] for key in ("loc", "msg", "type")} for each in problems[:20]]}


def invalid(problems: Sequence[Any]) -> GatewayError:
    """Which field it is and what is wrong with it, of pydantic's findings; never what the client wrote."""
    told = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problems[:5])
    return refusal(ErrorCode.INVALID_REQUEST, problem=told)


def unauthorized(problem: str) -> GatewayError:
    """Nobody, or nobody that the cluster knows."""
    return refusal(ErrorCode.UNAUTHORIZED, problem=problem, headers={"WWW-Authenticate": "Bearer"})


def from_cluster(error: ApiError | ApiUnreachableError) -> GatewayError:
    """What the API server said, in the published API's form."""
    if isinstance(error, ApiUnreachableError):
        return refusal(ErrorCode.CLUSTER_UNAVAILABLE, reason="its API server did not answer in time")
    if error.status == HTTPStatus.UNAUTHORIZED:
        return unauthorized("The Kubernetes cluster does not accept the token.")
    if error.is_forbidden:
        return refusal(ErrorCode.FORBIDDEN, reason=error.message)
    if error.is_invalid:
        return refusal(ErrorCode.INVALID_REQUEST, problem=error.message)
    wait = RETRY_AFTER_SECONDS if error.retry_after is None else int(error.retry_after)
    return refusal(
        ErrorCode.CLUSTER_UNAVAILABLE,
        reason=f"its API server answered {error.status} {error.reason}",
        headers={"Retry-After": str(wait)},
    )

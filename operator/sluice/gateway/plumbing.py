"""What every route needs: the caller, the forms of answers, and what OpenAPI says of them."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.responses import Response

from sluice.gateway.access import Access, observe_caller, read_namespace
from sluice.gateway.settings import GatewaySettings
from sluice.kube import Callers
from sluice.metrics import GatewayMetrics

NO_CACHE: Final = {"Cache-Control": "no-cache"}
"""Of a state that is another one at the next look."""
NO_SNIFFING: Final = {"X-Content-Type-Options": "nosniff"}
"""No browser is to take an answer for anything else than it says."""


class Gateway:
    """What the routes share. No caller's request leaves anything here for the next one's."""

    def __init__(
        self, callers: Callers, settings: GatewaySettings, metrics: GatewayMetrics | None = None
    ) -> None:
        self.callers = callers
        self.settings = settings
        self.metrics = metrics or GatewayMetrics()
        self.log_streams = asyncio.Semaphore(settings.log_streams)


class ErrorBody(BaseModel):
    """Every error has this form."""

    message: str = Field(description="What went wrong, and what to do about it.")
    error_code: str = Field(description="Machine-readable code.")
    details: Any = Field(default=None, description="Fields that belong to the code.")


class Json(Response):
    """JSON, as every answer that is no stream."""

    media_type = "application/json"

    def __init__(
        self, content: Any = None, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, {**NO_SNIFFING, **(headers or {})})

    def render(self, content: Any) -> bytes:
        """The wire form."""
        return orjson.dumps(content)


def no_cache(content: Any) -> Json:
    """A state that is another one at the next look."""
    return Json(content, headers=NO_CACHE)


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these status codes and of those that any request may meet."""
    return {code: {"model": ErrorBody} for code in sorted({*codes, 401, 403, 413, 500, 503})}


# The header is read by hand: this only tells OpenAPI of it.
_BEARER: Final = HTTPBearer(
    auto_error=False, description="A token that the Kubernetes cluster accepts: RBAC decides what it may do."
)


def read_access(
    request: Request,
    tenant: Annotated[str | None, Header(alias="Feldera-Tenant", description="The namespace.")] = None,
) -> Access:
    """The caller's way to the pipelines of the namespace that the request names."""
    gateway: Gateway = request.app.state.gateway
    authorization = request.headers.get("Authorization")
    kube = observe_caller(gateway.callers, gateway.settings, authorization)
    return Access(kube, read_namespace(gateway.settings, tenant))


Caller = Annotated[Access, Depends(read_access)]
SECURED: Final = [Depends(_BEARER)]

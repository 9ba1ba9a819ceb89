"""What every route needs: the caller, the forms of answers, and what OpenAPI says of them."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, Field
from starlette.responses import Response

from sluice.gateway.access import Access, Hints
from sluice.gateway.identity import (
    check_role,
    name_caller,
    observe_identity,
    read_credential,
    read_namespace,
)
from sluice.gateway.keyring import Keyring, too_many
from sluice.gateway.limits import Buckets
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
        keys = settings.keys_namespace
        self.keyring = None if keys is None else Keyring(callers.acting_as_self, keys)
        self.buckets = Buckets(settings.rate, settings.burst)
        self.hints = Hints()
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


class EmptyJson(Json):
    """The published API answers a deletion with an empty body."""

    def render(self, content: object) -> bytes:
        """Nothing."""
        del content
        return b""


def no_cache(content: Any) -> Json:
    """A state that is another one at the next look."""
    return Json(content, headers=NO_CACHE)


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these status codes and of those that any request may meet."""
    return {code: {"model": ErrorBody} for code in sorted({*codes, 401, 403, 413, 429, 500, 503})}


# The headers are read by hand: this only tells OpenAPI of them.
_BEARER: Final = HTTPBearer(
    auto_error=False,
    description="A token that the Kubernetes cluster accepts: RBAC decides what it may do. Or an API key.",
)
_API_KEY: Final = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key of this gateway.")


async def read_access(
    request: Request,
    tenant: Annotated[str | None, Header(alias="Feldera-Tenant", description="The namespace.")] = None,
) -> Access:
    """The caller's way to what is in the namespace that the request names."""
    gateway: Gateway = request.app.state.gateway
    credential = read_credential(request.headers.get("Authorization"), request.headers.get("X-API-Key"))
    address = request.client.host if request.client else ""
    wait = gateway.buckets.take(name_caller(credential, address))
    if wait:
        raise too_many(wait)
    identity = await observe_identity(gateway.callers, gateway.keyring, gateway.settings, credential)
    check_role(identity, request.method, gateway.settings, request.headers.get("Sec-Fetch-Site"))
    request.state.login = identity.login
    namespace = read_namespace(identity, tenant)
    return Access(identity.kube, namespace, gateway.hints, identity.is_anonymous)


Caller = Annotated[Access, Depends(read_access)]
SECURED: Final = [Depends(_BEARER), Depends(_API_KEY)]

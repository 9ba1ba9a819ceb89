"""Whose request it is, and what is done at the API server with their rights and no others."""

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sluice.api import constants
from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json
from sluice.api.requests import build_request
from sluice.gateway.errors import GatewayError, refusal, unauthorized
from sluice.gateway.outcome import Outcome
from sluice.gateway.picture import Picture, build_picture
from sluice.gateway.settings import GatewaySettings
from sluice.kube import ApiError, Callers, Kube, paths

logger = logging.getLogger("sluice.gateway")

ATTEMPTS: Final = 5
"""Of a write that somebody else's write gets in the way of."""
BEARER: Final = re.compile(r"^bearer +([A-Za-z0-9\-._~+/]+=*) *$", re.IGNORECASE)
TOKEN_MAX_LENGTH: Final = 16 * 1024
OBJECT_NAME: Final = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
NAMESPACE: Final = re.compile(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")


def observe_caller(callers: Callers, settings: GatewaySettings, authorization: str | None) -> Kube:
    """A client with the rights of whoever sent this header."""
    if authorization is None:
        if settings.allow_anonymous:
            return callers.acting_as_self()
        raise unauthorized("The request has no token.")
    found = BEARER.match(authorization) if len(authorization) <= TOKEN_MAX_LENGTH else None
    if found is None:
        raise unauthorized("The Authorization header holds no bearer token.")
    return callers.acting_as(found[1])


def read_namespace(settings: GatewaySettings, tenant: str | None) -> str:
    """A tenant is a namespace (``Feldera-Tenant``, reference 4.2)."""
    if tenant is None:
        return settings.namespace
    if NAMESPACE.match(tenant) is None:
        raise refusal(
            ErrorCode.INVALID_REQUEST,
            problem="the header Feldera-Tenant holds no name of a Kubernetes namespace",
        )
    return tenant


@dataclass(frozen=True, slots=True)
class Access:
    """One request's way to the pipelines of one namespace."""

    kube: Kube
    namespace: str

    async def observe(self, name: str) -> Picture:
        """The pipeline of this name. Raises for one that is not there, or is as good as gone."""
        # Whatever cannot be the name of an object never becomes a part of a path.
        is_name = len(name) <= constants.NAME_MAX_LENGTH and OBJECT_NAME.match(name) is not None
        body = await self.kube.get(paths.pipeline(self.namespace, name)) if is_name else None
        picture = None if body is None else build_picture(body)
        if picture is None or picture.is_gone:
            raise refusal(ErrorCode.UNKNOWN_PIPELINE, pipeline_name=name[:253])
        return picture

    async def observe_all(self) -> list[Picture]:
        """Every pipeline of the namespace, in the order of the API server."""
        found = [build_picture(body) async for body in self.kube.list(paths.pipelines(self.namespace))]
        return [picture for picture in found if not picture.is_gone]

    async def apply(self, name: str, action: Callable[[Picture], Outcome]) -> Outcome:
        """Decide on what is there, and write what was decided on exactly that.

        The write is conditional on the resource version, so that neither another client nor the operator can
        have made a step in between that would have been refused or not been needed.
        """
        path = paths.pipeline(self.namespace, name)
        for _ in range(ATTEMPTS):
            picture = await self.observe(name)
            outcome = action(picture)
            if not outcome.asks:
                return outcome
            try:
                await self.kube.merge(path, _patch(picture, outcome))
            except ApiError as error:
                if error.is_not_found:
                    raise refusal(ErrorCode.UNKNOWN_PIPELINE, pipeline_name=name) from error
                if not error.is_conflict:
                    raise
            else:
                logger.info("asked %s/%s for %s", self.namespace, name, _verbs(outcome))
                return outcome
        raise _never_at_rest()

    async def delete(self, name: str, check: Callable[[Picture], None]) -> None:
        """Delete what ``check`` lets pass: this very object, as it was when it was checked."""
        path = paths.pipeline(self.namespace, name)
        for _ in range(ATTEMPTS):
            picture = await self.observe(name)
            check(picture)
            version = picture.metadata.get("resourceVersion")
            if await self.kube.delete(path, uid=picture.uid, resource_version=version):
                logger.info("deleted %s/%s", self.namespace, name)
                return
        raise _never_at_rest()


def _never_at_rest() -> GatewayError:
    return refusal(ErrorCode.CLUSTER_UNAVAILABLE, reason="the pipeline is being changed all the time")


def _patch(picture: Picture, outcome: Outcome) -> Json:
    annotations = dict(
        build_request(ask.verb, ask.token or str(uuid.uuid4()), picture.uid, ask.arguments)
        for ask in outcome.asks
    )
    return {
        "metadata": {
            "resourceVersion": picture.metadata.get("resourceVersion"),
            "annotations": annotations,
        }
    }


def _verbs(outcome: Outcome) -> str:
    return ", ".join(ask.verb.value for ask in outcome.asks)

"""What an action comes to: an answer, and the requests that have to be written before it is given."""

import uuid
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json
from sluice.api.statuses import DesiredStatus, RequestVerb, ResourcesStatus, RuntimeStatus
from sluice.gateway.errors import refusal
from sluice.gateway.picture import Picture, read_declared


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to write as an annotation. ``token`` is chosen when it is written, unless it is given."""

    verb: RequestVerb
    arguments: Json = field(default_factory=dict[str, Any])
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is answered once ``asks`` are written."""

    content: Any
    status: HTTPStatus = HTTPStatus.ACCEPTED
    asks: tuple[Ask, ...] = ()

    def with_tokens(self) -> "Outcome":
        """The same, with a token for each request that has none: no two are ever the same."""
        return replace(
            self, asks=tuple(replace(ask, token=ask.token or str(uuid.uuid4())) for ask in self.asks)
        )


def override(picture: Picture, desired: DesiredStatus, *, force: bool = False) -> Ask:
    """Want another state than that of the spec, until Git says something else.

    Always an override: whether somebody applies the spec cannot be told for sure, and what is written there
    would be drift to them. It says what the spec said, so that a commit in between is noticed.
    """
    declared = read_declared(picture.spec)
    arguments = {
        "desiredStatus": desired.value,
        "force": force,
        "specDesiredStatus": declared.desired_status.value,
        "specForce": declared.force,
    }
    return Ask(RequestVerb.OVERRIDE, arguments)


def require_deployed(picture: Picture) -> None:
    """There is a process, and it answered when it was last asked (reference 2.3)."""
    if picture.resources is not ResourcesStatus.PROVISIONED:
        raise refusal(
            ErrorCode.NOT_DEPLOYED,
            pipeline_name=picture.name,
            status=picture.combined,
            desired_status=picture.desired.value,
        )
    if picture.runtime is RuntimeStatus.UNAVAILABLE:
        raise refusal(ErrorCode.UNAVAILABLE, pipeline_name=picture.name)

"""``/vendors/v1/machines/deployments``: stopping and starting a container on a machine (seed 002).

The vendor's credential has to stand in the body, because the published API wants it there. It is looked at
for being there and nothing else: what is used of it, if anything, is the Secret that the Deployment names.
"""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from sluice.api.constants import LABEL_EXTERNAL_ID
from sluice.api.deployment import CREDENTIAL
from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json as JsonObject
from sluice.api.json_values import child
from sluice.api.kinds import DEPLOYMENT
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.gateway.access import Access
from sluice.gateway.bodies import declare_body, read_object
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import Ask, Outcome, override
from sluice.gateway.picture import Picture
from sluice.gateway.plumbing import SECURED, Caller, Json, errors

PREFIX: Final = "/vendors/v1/machines/deployments"
router = APIRouter(prefix=PREFIX, dependencies=SECURED, tags=["Deployments"])

LABEL_VALUE: Final = re.compile(r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
DeploymentId = Annotated[
    str,
    Path(
        description="`status.deploymentId` of a Deployment, or the value of its label sluice.dev/external-id."
    ),
]
BODY: Final = declare_body(
    {
        "type": "object",
        "required": ["metadata"],
        "properties": {
            "metadata": {
                "type": "object",
                "required": [CREDENTIAL],
                "properties": {CREDENTIAL: {"type": "string", "minLength": 1}},
                "additionalProperties": True,
            }
        },
    },
    {"metadata": {CREDENTIAL: "your-clore-api-key", "additional_key": "additional_value"}},
)


class DeploymentAnswer(BaseModel):
    """What the published API answers."""

    deployment_id: str = Field(description="The id as it was asked for.")


@router.post(
    "/{deployment_id}/stop",
    response_model=DeploymentAnswer,
    responses=errors(400, 404, 408),
    openapi_extra=BODY,
)
async def stop_deployment(request: Request, access: Caller, deployment_id: DeploymentId) -> Json:
    """Stop the container. `status` of the Deployment says how far that is."""
    return await _apply(request, access, deployment_id, DesiredStatus.STOPPED)


@router.post(
    "/{deployment_id}/start",
    response_model=DeploymentAnswer,
    responses=errors(400, 404, 408),
    openapi_extra=BODY,
)
async def start_deployment(request: Request, access: Caller, deployment_id: DeploymentId) -> Json:
    """Start the container again, on its machine and its volume. The counterpart of stop."""
    return await _apply(request, access, deployment_id, DesiredStatus.RUNNING)


async def _apply(request: Request, access: Access, deployment_id: str, desired: DesiredStatus) -> Json:
    check_vendor(await read_object(request))
    await access.apply_to(
        lambda: observe_deployment(access, deployment_id), lambda seen: bring(seen, desired)
    )
    return Json({"deployment_id": deployment_id})


def check_vendor(body: JsonObject) -> None:
    """The metadata are there, with a credential that is not empty. No message tells what stands there."""
    if not isinstance(body.get("metadata"), dict):
        raise refusal(ErrorCode.INVALID_REQUEST, problem="metadata is missing, or is no JSON object")
    credential: object = child(body, "metadata").get(CREDENTIAL)
    if not isinstance(credential, str) or not credential.strip():
        raise refusal(
            ErrorCode.INVALID_REQUEST, problem=f"metadata.{CREDENTIAL} is missing, or is no text, or is empty"
        )


async def observe_deployment(access: Access, deployment_id: str) -> Picture:
    """The deployment of this id. Raises for one that is not there, or is as good as gone."""
    found = await access.observe_by_uid(DEPLOYMENT, deployment_id)
    if found is None and LABEL_VALUE.match(deployment_id):
        found = await access.observe_by_label(DEPLOYMENT, LABEL_EXTERNAL_ID, deployment_id)
    if found is None or found.is_gone:
        raise refusal(ErrorCode.UNKNOWN_DEPLOYMENT, deployment_id=deployment_id[:253])
    return found


def bring(picture: Picture, desired: DesiredStatus) -> Outcome:
    """Want it stopped, or running. What is wanted already is asked for no second time."""
    if desired is DesiredStatus.STOPPED:
        return Outcome({}, asks=() if picture.is_stop_wanted else (override(picture, desired),))
    if picture.is_deleting:
        raise refusal(ErrorCode.UNKNOWN_DEPLOYMENT, deployment_id=picture.uid)
    asks = [override(picture, desired)] if picture.is_stop_wanted else []
    if picture.is_held:
        # An override alone leaves one stopped that ended by itself.
        asks.append(Ask(RequestVerb.RESTART))
    return Outcome({}, asks=tuple(asks))

"""From a custom resource to typed values: tolerant, and the stop is read first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from sluice.api import constants
from sluice.api.deployment import DeploymentSpec, UnusableSpecError
from sluice.api.json_values import Json, as_object, child, texts
from sluice.api.kinds import DEPLOYMENT, Kind, kind_of
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus, bounded
from sluice.api.statuses import DesiredStatus, RequestVerb, ResourcesDesiredStatus, ResourcesStatus
from sluice.manifests import Identity

OVERRIDE: Final = constants.REQUESTS_PREFIX + RequestVerb.OVERRIDE


@dataclass(frozen=True, slots=True)
class DeclaredWish:
    """``desiredStatus`` and ``force``, read before and apart from everything else."""

    desired_status: DesiredStatus
    force: bool
    error: str | None = None


def read_identity(body: Json) -> Identity:
    """Whose objects belong to a custom resource."""
    metadata = body["metadata"]
    return Identity(metadata["namespace"], metadata["name"], metadata["uid"], kind_of(body))


def read_owner_uid(body: Json) -> str | None:
    """UID of the custom resource that an object was made for; ``None`` when the operator did not make it."""
    return texts(child(body, "metadata"), "labels").get(constants.LABEL_UID)


def read_wish(body: Json, status: PipelineStatus, served: Collection[DesiredStatus]) -> DeclaredWish:
    """What is declared. A value that cannot be understood changes nothing: it stays where it is."""
    spec = child(body, "spec")
    force = spec.get("force") is True
    value = spec.get("desiredStatus", DesiredStatus.RUNNING.value)
    if value in served:
        return DeclaredWish(DesiredStatus(value), force)
    return DeclaredWish(
        _where_it_is(status),
        force=False,
        error=f"desiredStatus {value!r} is not served: write {', '.join(sorted(served))}",
    )


def _where_it_is(status: PipelineStatus) -> DesiredStatus:
    if status.deployment_resources_desired_status != ResourcesDesiredStatus.PROVISIONED:
        return DesiredStatus.STOPPED
    return DesiredStatus(status.deployment_initial or DesiredStatus.RUNNING)


def is_stop_wanted(body: Json) -> bool:
    """Whether it may be about to stop or to go: such a look is urgent."""
    desired = child(body, "spec").get("desiredStatus")
    is_declared = desired in (DesiredStatus.STOPPED, DesiredStatus.CANCELED)
    # Not parsed: a look that is urgent for nothing costs nothing.
    override = texts(body["metadata"], "annotations").get(OVERRIDE, "")
    is_overridden = DesiredStatus.STOPPED in override or DesiredStatus.CANCELED in override
    return is_declared or is_overridden or "deletionTimestamp" in body["metadata"]


def has_compute(body: Json) -> bool:
    """Whether a pod of it may be there."""
    resources = child(body, "status").get("deploymentResourcesStatus")
    return resources not in (None, ResourcesStatus.STOPPED)


def parse_spec(kind: Kind, spec: Json) -> PipelineSpec | str:
    """The spec as the lifecycle sees it, or a sentence that says what cannot be understood in it."""
    try:
        if kind is DEPLOYMENT:
            return DeploymentSpec.model_validate(spec).as_run()
        return PipelineSpec.model_validate(spec)
    except UnusableSpecError as error:
        return str(error)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors()
        )
        return bounded(found)


def dump_status(status: PipelineStatus) -> Json:
    """The status as it stands in the API: camelCase, unset fields left out."""
    return status.model_dump(by_alias=True, exclude_none=True, mode="json")


def has_finalizer(body: Json) -> bool:
    """Whether a deletion waits for the operator."""
    return constants.FINALIZER in (body["metadata"].get("finalizers") or [])


def merge_patch(before: object, after: Json) -> Json:
    """The JSON merge patch (RFC 7386) that turns ``before`` into ``after``."""
    known = as_object(before)
    patch: Json = {key: None for key in known if key not in after}
    for key, value in after.items():
        if key not in known:
            patch[key] = value
        elif value != known[key]:
            is_nested = isinstance(value, dict) and isinstance(known[key], dict)
            patch[key] = merge_patch(known[key], child(after, key)) if is_nested else value
    return patch

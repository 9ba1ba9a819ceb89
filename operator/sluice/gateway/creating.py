"""Creating and changing pipelines over HTTP (reference 4.1): only what nobody else applies is changed."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from sluice.api import constants
from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, child, children
from sluice.gateway.access import ATTEMPTS, Access, never_at_rest
from sluice.gateway.errors import invalid, refusal
from sluice.gateway.kept import KEPT, keep, keep_spec, read_written
from sluice.gateway.naming import check_new_name, object_name
from sluice.gateway.picture import Picture, build_picture
from sluice.gateway.stopping import is_fully_stopped
from sluice.gateway.templates import build_spec, check_program
from sluice.kube import ApiError, paths

NOT_OURS: Final = (
    "The pipeline is applied by {manager}: change its manifest there. What is written here would be drift"
    " to it."
)
NO_RENAMING: Final = "An object in Kubernetes keeps its name: create a pipeline of the other name."


class PipelineBody(BaseModel):
    """A pipeline as a client writes it. What is left out of a PATCH stays as it is."""

    name: str | None = Field(default=None, description="Unique in its namespace.")
    description: str | None = Field(default=None, max_length=16 * 1024)
    tags: list[str] | None = Field(default=None, max_length=100)
    program_code: str | None = Field(default=None, description="Empty: there is no compiler here.")
    udf_rust: str | None = None
    udf_toml: str | None = None
    program_config: dict[str, Any] | None = Field(default=None, description="Kept, and means nothing here.")
    runtime_config: dict[str, Any] | None = Field(
        default=None,
        description="Of it image (Sluice's own), pipeline_template_configmap, env, resources and"
        " fault_tolerance.checkpoint_interval_secs become the spec; all of it is kept.",
    )


def read_pipeline(body: Json) -> PipelineBody:
    """What the client wrote. Raises a refusal for what is none."""
    try:
        wanted = PipelineBody.model_validate(body)
    except ValidationError as error:
        raise invalid(error.errors()) from None
    check_program(
        {
            "program_code": wanted.program_code,
            "udf_rust": wanted.udf_rust,
            "udf_toml": wanted.udf_toml,
        }
    )
    return wanted


async def create(access: Access, name: str, wanted: PipelineBody, template: str) -> Picture:
    """Make the pipeline. Raises a refusal where there is one of the name."""
    check_new_name(name)
    spec = await build_spec(access, template, wanted.runtime_config or {})
    kept = keep(wanted.model_dump(include=set(KEPT)), is_whole=True)
    annotations = {key: text for key, text in kept.items() if text is not None}
    annotations |= {constants.ANNOTATION_API_NAME: name, **keep_spec(spec)}
    body: Json = {
        "apiVersion": constants.API_VERSION,
        "kind": "Pipeline",
        "metadata": {"name": object_name(name), "annotations": annotations},
        "spec": spec,
    }
    try:
        return build_picture(await access.kube.create(paths.pipelines(access.namespace), body))
    except ApiError as error:
        if error.is_conflict:
            raise refusal(ErrorCode.DUPLICATE_NAME) from error
        raise


async def change(
    access: Access, name: str, wanted: PipelineBody, template: str, *, is_whole: bool
) -> Picture:
    """Change the pipeline. ``is_whole``: what is left out becomes empty, and does not stay as it is."""
    if wanted.name is not None and wanted.name != name:
        raise refusal(ErrorCode.NOT_SUPPORTED, what=NO_RENAMING)
    kept = keep(wanted.model_dump(include=set(KEPT)), is_whole=is_whole)
    for _ in range(ATTEMPTS):
        picture, changed = await access.observe(name), Change({}, {})
        if is_whole or wanted.runtime_config is not None:
            changed = await _build_change(access, picture, wanted, template)
        annotations = {**kept, **changed.annotations}
        if not annotations and not changed.spec:
            return picture
        written = await access.merge(picture, {"annotations": annotations}, changed.spec or None)
        if written is not None:
            return build_picture(written)
    raise never_at_rest()


@dataclass(frozen=True, slots=True)
class Change:
    """The patch of a spec, and the annotations that keep what was written; both empty when it stays."""

    spec: Json
    annotations: dict[str, str]


async def _build_change(access: Access, picture: Picture, wanted: PipelineBody, template: str) -> Change:
    manager = other_manager(picture)
    if manager is not None:
        raise refusal(ErrorCode.NOT_SUPPORTED, what=NOT_OURS.format(manager=manager))
    spec = await build_spec(access, template, wanted.runtime_config or {})
    # What the API server filled in by itself is no difference.
    patch = replacing(read_written(picture) or picture.spec, spec)
    patch.pop("desiredStatus", None)
    if patch and not is_fully_stopped(picture):
        raise refusal(ErrorCode.UPDATE_WHILE_UP)
    return Change(patch, keep_spec(spec)) if patch else Change({}, {})


def other_manager(picture: Picture) -> str | None:
    """Who else applies the spec, by what the API server keeps of its writers."""
    for entry in children(picture.metadata, "managedFields"):
        manager = str(entry.get("manager"))
        if "f:spec" in child(entry, "fieldsV1") and manager != constants.GATEWAY_FIELD_MANAGER:
            return manager
    return None


def replacing(old: Json, new: Json) -> Json:
    """The merge patch that makes ``new`` of ``old``."""
    patch: Json = {key: None for key in old if key not in new}
    for key, value in new.items():
        if isinstance(new[key], dict) and isinstance(old.get(key), dict):
            inner = replacing(child(old, key), child(new, key))
            if inner:
                patch[key] = inner
        elif key not in old or old[key] != value:
            patch[key] = value
    return patch

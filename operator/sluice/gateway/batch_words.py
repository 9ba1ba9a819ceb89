"""A graph of jobs as seed 003 shows it: its schema, word for word, and how the resource becomes it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeGuard

from pydantic import BaseModel, ConfigDict, Field

from sluice.api import constants
from sluice.api.element_status import BatchStatus
from sluice.api.json_values import Json, child, children, texts
from sluice.api.timing import to_kubernetes_time
from sluice.gateway.picture import Picture
from sluice.gateway.words import known


class PipelineStatus(StrEnum):
    """``status`` of a pipeline and of an element."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class JobErrorCode(StrEnum):
    """Machine-readable error codes for jobs."""

    CONFIGURATION_ERROR = "CONFIGURATION_ERROR"
    MODEL_ERROR = "MODEL_ERROR"
    SOLVER_ERROR = "SOLVER_ERROR"
    EXECUTION_TIMEOUT = "EXECUTION_TIMEOUT"
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


FAILURES: Final = frozenset({PipelineStatus.FAILED, PipelineStatus.CANCELED})
ENDS: Final = FAILURES | {PipelineStatus.COMPLETED}


class PipelineOptions(BaseModel):
    """Options for pipeline execution behavior."""

    live_progress_updates: bool | None = Field(
        default=None,
        description="If True, save checkpoint progress to database during job execution. If None, the worker"
        " picks a default based on job type.",
    )


class Pipeline(BaseModel):
    """Model for representing a pipeline in API list responses (without elements)."""

    id: str
    project_id: str
    user_id: str | None = None
    name: str
    description: str | None = None
    options: PipelineOptions = PipelineOptions()
    status: PipelineStatus
    created_at: datetime
    updated_at: datetime
    error: str | None = None
    error_code: JobErrorCode | None = None
    created_by_email: str | None = None
    organization_id: str = Field(description="Organization this pipeline belongs to.")


class FollowedPipeline(Pipeline):
    """The same, with what the published client follows a run by."""

    is_terminal: bool = Field(description="Whether nothing more will happen.")
    is_failed: bool = Field(description="Whether it ended without a result: failed or canceled.")


class Element(BaseModel):
    """One job of the graph."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    id: str
    name: str
    pipeline_id: str
    job_id: str | None = None
    status: PipelineStatus
    error: str | None = None
    error_code: JobErrorCode | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    depends_on: list[str] = []
    progress: Any = None


class PipelinePage(BaseModel):
    """A page of pipelines."""

    pipelines: list[FollowedPipeline]
    count: int
    total: int


def read_state(picture: Picture) -> PipelineStatus:
    """Where it is. A word of a newer operator shows as one that is still under way."""
    return _status(picture.status.deployment_status)


def _status(said: object) -> PipelineStatus:
    otherwise = BatchStatus.PENDING if said is None else BatchStatus.RUNNING
    return PipelineStatus(known(BatchStatus, said, otherwise).value.lower())


def present_batch(picture: Picture, cluster: str) -> Json:
    """The pipeline as the published API's JSON."""
    annotations = texts(picture.metadata, "annotations")
    status, error = read_state(picture), child(child(picture.body, "status"), "deploymentError")
    user = annotations.get(constants.ANNOTATION_CREATED_BY)
    live = child(picture.spec, "options").get("liveProgressUpdates")
    created = str(picture.metadata.get("creationTimestamp"))
    since = picture.status.deployment_status_since
    return {
        "id": picture.uid,
        "project_id": str(picture.metadata.get("namespace")),
        "user_id": user,
        "name": picture.name,
        "description": annotations.get(constants.ANNOTATION_DESCRIPTION),
        "options": {"live_progress_updates": live if isinstance(live, bool) else None},
        "status": status.value,
        "created_at": created,
        "updated_at": created if since is None else to_kubernetes_time(since),
        "error": _text(error.get("message")),
        "error_code": _code(error),
        "created_by_email": user if user and "@" in user else None,
        "organization_id": cluster,
        "is_terminal": status in ENDS,
        "is_failed": status in FAILURES,
    }


def present_elements(picture: Picture) -> list[Json]:
    """The elements in the order of the spec; those that the operator has not looked at yet are pending."""
    told = {each.get("name"): each for each in children(child(picture.body, "status"), "elements")}
    return [
        _present_element(picture, declared, told.get(declared.get("name"), {}))
        for declared in children(picture.spec, "elements")
    ]


def _present_element(picture: Picture, declared: Json, told: Json) -> Json:
    name = str(declared.get("name"))
    depends: object = declared.get("dependsOn")
    is_known = bool(told)
    return {
        "id": f"{picture.uid}/{name}",
        "name": name,
        "pipeline_id": picture.uid,
        "job_id": f"{picture.uid}/{name}" if is_known else None,
        "status": _status(told.get("status")).value,
        "error": _text(told.get("error")),
        "error_code": _code({"errorCode": told.get("errorCode")}) if told.get("errorCode") else None,
        "started_at": _text(told.get("startedAt")),
        "finished_at": _text(told.get("finishedAt")),
        "depends_on": [str(each) for each in depends] if _is_list(depends) else [],
        "progress": told.get("progress"),
    }


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _code(error: Json) -> str | None:
    """A code that no client knows is an internal one to it."""
    if not error:
        return None
    return known(JobErrorCode, error.get("errorCode"), JobErrorCode.INTERNAL_ERROR).value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

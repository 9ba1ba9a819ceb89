"""``status`` of both kinds: what the operator knows, and its write-ahead log.

The first part mirrors the published API's pipeline object (seeds 000 and 001) in camelCase. The
rest is what people ask for and the API lacks, and what the operator has to remember between two
steps: it keeps no state anywhere else. No field has an enum in the CRD, so that a newer operator
can write to an older one's.
"""

from typing import Any

from pydantic import Field, ValidationError

from sluice.api.element_status import ElementCountsStatus, ElementStatus
from sluice.api.json_values import Json, child
from sluice.api.model import ApiModel
from sluice.api.status_parts import (
    BLOCKERS_MAX,
    CHECKPOINTS_MAX,
    CONDITION_MESSAGE_MAX_LENGTH,
    MESSAGE_MAX_LENGTH,
    REQUESTS_MAX,
    CheckpointingStatus,
    CheckpointStatus,
    ConditionStatus,
    ErrorStatus,
    MaintenanceStatus,
    OverrideStatus,
    ReportStatus,
    RequestStatus,
    RestartStatus,
    RuntimePodStatus,
    StopStatus,
    StorageDetailsStatus,
    bounded,
)
from sluice.api.timing import Time

__all__ = [
    "BLOCKERS_MAX",
    "CHECKPOINTS_MAX",
    "CONDITION_MESSAGE_MAX_LENGTH",
    "MESSAGE_MAX_LENGTH",
    "REQUESTS_MAX",
    "CheckpointStatus",
    "CheckpointingStatus",
    "ConditionStatus",
    "ErrorStatus",
    "MaintenanceStatus",
    "OverrideStatus",
    "PipelineStatus",
    "ReportStatus",
    "RequestStatus",
    "RestartStatus",
    "RuntimePodStatus",
    "StopStatus",
    "StorageDetailsStatus",
    "bounded",
    "read_status",
]


class PipelineStatus(ApiModel):
    """What the operator knows of it."""

    observed_generation: int = Field(
        default=0, description="Generation of the spec that this status speaks of."
    )
    deployment_status: str | None = Field(
        default=None,
        description="Where it is, in one word. A Pipeline: Stopped, Provisioning, what the runtime"
        " says of itself (Running, Paused, Initializing, Unavailable and others), Suspending"
        " (making the checkpoint of a graceful stop), Stopping or Completed. With elements: Pending,"
        " Running, Completed, Failed or Canceled. A Deployment: Pending"
        " (it is to run and does not), Running, Suspending, Stopping, Stopped or Failed.",
    )
    deployment_status_since: Time | None = Field(
        default=None, description="Since when deploymentStatus has its value."
    )
    deployment_desired_status: str | None = Field(
        default=None,
        description="Where it is being brought to. A graceful stop reads Suspended until it has its"
        " checkpoint, then Stopped.",
    )
    deployment_desired_status_since: Time | None = Field(
        default=None, description="Since when deploymentDesiredStatus has its value."
    )
    deployment_resources_status: str | None = Field(
        default=None,
        description="Whether compute is there: Stopped, Provisioning, Provisioned, Stopping.",
    )
    deployment_resources_status_since: Time | None = Field(
        default=None, description="Since when deploymentResourcesStatus has its value."
    )
    deployment_resources_desired_status: str | None = Field(
        default=None,
        description="Whether compute is wanted: Provisioned or Stopped. Stopped follows only once"
        " a graceful stop has its checkpoint.",
    )
    deployment_resources_desired_status_since: Time | None = Field(
        default=None, description="Since when deploymentResourcesDesiredStatus has its value."
    )
    deployment_runtime_status: str | None = Field(
        default=None, description="What the process says of itself, or Unavailable."
    )
    deployment_runtime_status_since: Time | None = Field(
        default=None, description="Since when deploymentRuntimeStatus has its value."
    )
    deployment_runtime_status_details: dict[str, Any] | None = Field(
        default=None,
        description="Details of the runtime status, with Kubernetes' reason where it has one.",
    )
    deployment_runtime_desired_status: str | None = Field(
        default=None,
        description="What the process is asked to be: Running, Paused, Standby or Suspended.",
    )
    deployment_runtime_desired_status_since: Time | None = Field(
        default=None, description="Since when deploymentRuntimeDesiredStatus has its value."
    )
    deployment_id: str | None = Field(
        default=None,
        description="Of a Pipeline the UUID of the current start, which automatic restarts keep; of a"
        " Deployment its own UUID, the same for good.",
    )
    run_id: str | None = Field(
        default=None,
        description="Only of a Deployment: UUID of the current start; automatic restarts keep it.",
    )
    machine: str | None = Field(
        default=None, description="Only of a Deployment: the node that it is on, or was on last."
    )
    deployment_initial: str | None = Field(
        default=None, description="What the current start was asked to become."
    )
    deployment_error: ErrorStatus | None = Field(
        default=None,
        description="Why it stopped; kept until the next start that a person asks for.",
    )
    bootstrap_policy: str | None = Field(
        default=None, description="The bootstrapPolicy that the current start was given."
    )
    deployment_start_from: str | None = Field(
        default=None,
        description="Where the current start was told to begin: Latest, Fresh or a checkpoint's id.",
    )
    last_start_from: str | None = Field(
        default=None,
        description="The startFrom of the spec that has been taken into account; only another one counts.",
    )
    storage_status: str | None = Field(
        default=None, description="Whether the volume holds state: Cleared, InUse or Clearing."
    )
    storage_claim: str | None = Field(
        default=None, description="The claim that holds it, from the first pod on it until it is cleared."
    )
    storage_cleared_time: Time | None = Field(
        default=None,
        description="When the storage was cleared; until a process has used it again, a start is fresh.",
    )
    storage_size: str | None = Field(default=None, description="The size that the claim was asked to have.")
    storage_status_details: StorageDetailsStatus | None = Field(
        default=None, description="What is known of the volume's content."
    )
    last_checkpoint_time: Time | None = Field(
        default=None, description="When the newest checkpoint was made, or first seen."
    )
    last_schedule_time: Time | None = Field(
        default=None, description="When a checkpoint was last asked for by schedule."
    )
    checkpointing: CheckpointingStatus | None = Field(
        default=None, description="The checkpoint that the process was asked for and has not made yet."
    )
    run_number: int = Field(default=0, description="Rises with every pod that is made; fences the volume.")
    revision: str | None = Field(
        default=None, description="ControllerRevision that holds the spec of the current run."
    )
    runtime: RuntimePodStatus | None = Field(default=None, description="The pod of the current run.")
    stop: StopStatus | None = Field(default=None, description="The stop under way, or the last one.")
    restart: RestartStatus | None = Field(
        default=None, description="Automatic restarts of the current start."
    )
    requests: list[RequestStatus] = Field(
        default_factory=list[RequestStatus],
        description="Requests made by annotation and what became of them, the last five of each kind.",
    )
    override: OverrideStatus | None = Field(
        default=None, description="The override of the spec that is in force."
    )
    maintenance: MaintenanceStatus | None = Field(
        default=None, description="Work on the volume while it is stopped."
    )
    element_progress: str | None = Field(
        default=None, description="With elements: how many are completed, of how many."
    )
    element_counts: ElementCountsStatus | None = Field(
        default=None, description="With elements: how many are where."
    )
    elements: list[ElementStatus] | None = Field(
        default=None,
        description="With elements: where each of them is, in the order of the spec.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    held_generation: int | None = Field(
        default=None,
        description="The pipeline ended by itself at this generation and is not started again"
        " before the spec changes.",
    )
    conditions: list[ConditionStatus] = Field(
        default_factory=list[ConditionStatus],
        description="Ready, Available, Reconciling, Stalled, CheckpointCurrent and ChangesPending, each with"
        " its reason.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    )


def read_status(body: Json) -> PipelineStatus:
    """The status as far as it can be understood.

    A status that cannot be read at all counts as lost: the pipeline is rebuilt from its pod and its claim.
    """
    try:
        return PipelineStatus.model_validate(child(body, "status"))
    except ValidationError:
        return PipelineStatus()

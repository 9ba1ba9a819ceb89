"""``Pipeline.status``: what the operator knows, and its write-ahead log.

The first part mirrors the published API's pipeline object (seeds 000 and 001) in camelCase. The
rest is what people ask for and the API lacks, and what the operator has to remember between two
steps: it keeps no state anywhere else. No field has an enum in the CRD, so that a newer operator
can write to an older one's.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer

from sluice.api.model import ApiModel

CHECKPOINTS_MAX = 20
"""So many checkpoints stand in status, the newest ones; the volume may hold more."""
BLOCKERS_MAX = 10
MESSAGE_MAX_LENGTH = 2048
CONDITION_MESSAGE_MAX_LENGTH = 32768


def to_kubernetes_time(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as Kubernetes writes ``metav1.Time``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


Time = Annotated[
    datetime,
    AfterValidator(_in_whole_seconds),
    PlainSerializer(to_kubernetes_time, return_type=str),
]


def bounded(text: str, length: int = MESSAGE_MAX_LENGTH) -> str:
    """``text`` cut to what a status field may hold."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _bounded_condition(text: str) -> str:
    return bounded(text, CONDITION_MESSAGE_MAX_LENGTH)


# Cut and not refused: a status that another version wrote must stay readable.
Text = Annotated[str, AfterValidator(bounded)]
ConditionText = Annotated[str, AfterValidator(_bounded_condition)]


class ErrorStatus(ApiModel):
    """An error in the published API's form."""

    message: Text = Field(description="What went wrong, as a sentence.")
    error_code: str = Field(description="Machine-readable code from the published error catalogue.")
    details: dict[str, Any] = Field(default_factory=dict, description="Fields that belong to the code.")


class CheckpointStatus(ApiModel):
    """A checkpoint on the volume, as the runtime lists it."""

    uuid: str = Field(description="Identifier of the checkpoint.")
    size: int | None = Field(default=None, description="Bytes on the volume.")
    steps: int | None = Field(default=None, description="Steps that the runtime had made.")
    processed_records: int | None = Field(default=None, description="Records that the runtime had processed.")


class StorageDetailsStatus(ApiModel):
    """What is known of the volume's content."""

    checkpoints: list[CheckpointStatus] = Field(
        default_factory=list[CheckpointStatus],
        description="Checkpoints on the volume, the newest last, at most 20.",
    )


class RuntimePodStatus(ApiModel):
    """The pod that belongs to the current run, while it may exist."""

    name: str = Field(description="Name of the pod.")
    uid: str | None = Field(default=None, description="UID of the pod once it was seen.")
    node_name: str | None = Field(default=None, description="Node that the pod was bound to.")
    grace_seconds: int | None = Field(
        default=None, description="Seconds that the pod's spec gives its processes to end."
    )
    missing_since: Time | None = Field(
        default=None,
        description="Since when the pod is gone from the API without proof that its containers ended.",
    )


class StopStatus(ApiModel):
    """The stop that is under way, or the last one."""

    mode: str = Field(description="Graceful (a checkpoint first) or Force (none).")
    requested_at: Time = Field(description="When the operator saw the request.")
    known_checkpoints: list[str] = Field(
        default_factory=list[str],
        description="Checkpoints that existed before this stop; the stop needs a newer one.",
    )
    attempt: int = Field(default=0, description="How often the checkpoint was asked for.")
    last_error: Text | None = Field(default=None, description="Why the last attempt failed.")
    next_attempt_at: Time | None = Field(default=None, description="When it is asked for again.")
    deadline_at: Time | None = Field(default=None, description="When stop.onTimeout takes effect.")
    blockers: list[str] = Field(
        default_factory=list[str],
        description="What the runtime waits for before it can make the checkpoint.",
    )
    checkpoint: str | None = Field(
        default=None, description="The checkpoint that this stop made; unset: stopped without one."
    )
    reason: str | None = Field(
        default=None, description="Why the stop made no checkpoint, where it made none."
    )
    finished_at: Time | None = Field(default=None, description="When Stopped was reached.")


class RestartStatus(ApiModel):
    """Automatic restarts of the current start."""

    count: int = Field(default=0, description="Restarts in a row.")
    last_error: ErrorStatus | None = Field(
        default=None, description="What the last run that was restarted ended with."
    )
    next_attempt_at: Time | None = Field(default=None, description="When the next run begins.")
    serving_since: Time | None = Field(
        default=None, description="Since when the current run serves without a break."
    )


class ConditionStatus(ApiModel):
    """One aspect of the pipeline, in the form that Kubernetes' own objects have."""

    type: str = Field(
        description="Ready (the desired state is reached, also when that is Stopped), Available"
        " (it serves), Reconciling (the operator is at work) or Stalled (it needs a person)."
    )
    status: str = Field(description="True, False or Unknown.")
    reason: str = Field(description="Why, in one word that programs can rely on.")
    message: ConditionText = Field(
        description="Why, as a sentence, with what to do where something is to be done."
    )
    last_transition_time: Time = Field(description="When status changed last.")
    observed_generation: int = Field(description="Generation of the spec that the condition speaks of.")


class PipelineStatus(ApiModel):
    """What the operator knows of a pipeline."""

    observed_generation: int = Field(
        default=0, description="Generation of the spec that this status speaks of."
    )
    deployment_status: str | None = Field(
        default=None,
        description="Where the pipeline is, in one word: Stopped, Provisioning, what the runtime"
        " says of itself (Running, Paused, Initializing, Unavailable and others), Suspending"
        " (making the checkpoint of a graceful stop), Stopping or Completed.",
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
        default=None, description="UUID of the current start; automatic restarts keep it."
    )
    deployment_initial: str | None = Field(
        default=None, description="What the current start was asked to become."
    )
    deployment_error: ErrorStatus | None = Field(
        default=None,
        description="Why the pipeline stopped; kept until the next start that a person asks for.",
    )
    storage_status: str | None = Field(
        default=None, description="Whether the volume holds state: Cleared or InUse."
    )
    storage_status_details: StorageDetailsStatus | None = Field(
        default=None, description="What is known of the volume's content."
    )
    last_checkpoint_time: Time | None = Field(
        default=None, description="When the newest checkpoint was first seen."
    )
    run_number: int = Field(
        default=0, description="Rises with every pod made for this pipeline; fences the volume."
    )
    revision: str | None = Field(
        default=None, description="ControllerRevision that holds the spec of the current run."
    )
    runtime: RuntimePodStatus | None = Field(default=None, description="The pod of the current run.")
    stop: StopStatus | None = Field(default=None, description="The stop under way, or the last one.")
    restart: RestartStatus | None = Field(
        default=None, description="Automatic restarts of the current start."
    )
    held_generation: int | None = Field(
        default=None,
        description="The pipeline ended by itself at this generation and is not started again"
        " before the spec changes.",
    )
    conditions: list[ConditionStatus] = Field(
        default_factory=list[ConditionStatus],
        description="Ready, Available, Reconciling and Stalled, each with its reason.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    )

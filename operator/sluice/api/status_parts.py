"""The parts of ``Pipeline.status``: one object each, as people read it and as the operator remembers it."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sluice.api.model import ApiModel
from sluice.api.timing import Time

CHECKPOINTS_MAX = 20
"""So many checkpoints stand in status, the newest ones; the volume may hold more."""
BLOCKERS_MAX = 10
REQUESTS_MAX = 5
"""So many outcomes of each kind of request stand in status, the newest ones."""
MESSAGE_MAX_LENGTH = 2048
CONDITION_MESSAGE_MAX_LENGTH = 32768


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
    created_at: Time | None = Field(default=None, description="When it was made, where the runtime says so.")


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


class ReportStatus(ApiModel):
    """What an attempt at a checkpoint left behind, where something beside the process makes it."""

    code: int | None = Field(
        default=None,
        description="Exit code of a command, or status code of an HTTP answer; unset: it came to no end.",
    )
    output: Text = Field(default="", description="The end of what it said, at most 1 KiB.")
    duration_seconds: int = Field(default=0, description="How long it took, in whole seconds.")


class StopStatus(ApiModel):
    """The stop that is under way, or the last one."""

    mode: str = Field(description="Graceful (a checkpoint first) or Force (none).")
    cause: str | None = Field(
        default=None,
        description="What it is for: Requested, Deleted, or SpecChanged and Restart, which a start follows.",
    )
    requested_at: Time = Field(description="When the operator saw the request.")
    known_checkpoints: list[str] = Field(
        default_factory=list[str],
        description="Checkpoints that existed before this stop; the stop needs a newer one.",
    )
    attempt: int = Field(default=0, description="How often the checkpoint was asked for.")
    last_error: Text | None = Field(default=None, description="Why the last attempt failed.")
    report: ReportStatus | None = Field(
        default=None, description="What the last attempt left behind: of a hook its exit code and output."
    )
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
    finished_at: Time | None = Field(
        default=None, description="When Stopped was reached, or the stop was given up."
    )
    duration_seconds: int | None = Field(
        default=None, description="How long it took from the request to its end, in whole seconds."
    )
    unverified_error: ErrorStatus | None = Field(
        default=None,
        description="What the stop will have failed with, unless the volume turns out to hold a newer"
        " checkpoint than it knew.",
    )
    given_up_for: str | None = Field(
        default=None,
        description="The wish that was given up, where stop.onError is KeepRunning: the generation of the"
        " spec, and the token of an override. Another wish is tried anew.",
    )


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
    """One aspect of the object, in the form that Kubernetes' own objects have."""

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


class CheckpointingStatus(ApiModel):
    """A checkpoint that a running process was asked for and has not made yet."""

    trigger: str = Field(description="Who asked: Request or Schedule.")
    token: str | None = Field(default=None, description="Token of the request.")
    requested_at: Time = Field(description="When the operator saw that it is due.")
    known_checkpoints: list[str] = Field(
        default_factory=list[str],
        description="Checkpoints that existed before; it ends with a newer one.",
    )
    attempt: int = Field(default=0, description="How often the process was asked.")
    next_attempt_at: Time | None = Field(default=None, description="When it is asked again.")
    last_error: Text | None = Field(default=None, description="Why the last attempt failed.")


class RequestStatus(ApiModel):
    """What became of a request that somebody made by an annotation."""

    verb: str = Field(
        description="What was asked for: checkpoint, clear-storage, dismiss-error, approve, restart or"
        " override."
    )
    token: str = Field(description="Token of the request; the same token is never carried out twice.")
    state: str = Field(description="InProgress, Succeeded, Failed, Refused or Ignored.")
    reason: str | None = Field(
        default=None, description="Why, in one word that programs can rely on, often the API's error code."
    )
    message: Text | None = Field(default=None, description="Why, as a sentence.")
    requested_at: Time = Field(description="When the operator saw it.")
    finished_at: Time | None = Field(default=None, description="When its outcome stood.")


class OverrideStatus(ApiModel):
    """An override of the spec that is in force."""

    token: str = Field(description="Token of the request.")
    desired_status: str = Field(description="The state that is wanted instead of that of the spec.")
    force: bool = Field(default=False, description="Whether it is a stop without a checkpoint.")
    spec_desired_status: str = Field(
        description="spec.desiredStatus when it was made; it ends with a change."
    )
    spec_force: bool = Field(default=False, description="spec.force when it was made; it ends with a change.")


class MaintenanceStatus(ApiModel):
    """Work on the volume of a stopped pipeline, by a pod of its own."""

    task: str = Field(description="List, Retain or Clear.")
    attempt: int = Field(default=0, description="How often it was tried.")
    started_at: Time | None = Field(default=None, description="When the pod of this attempt was made.")
    next_attempt_at: Time | None = Field(default=None, description="When it is tried again.")
    last_error: Text | None = Field(default=None, description="Why the last attempt failed.")

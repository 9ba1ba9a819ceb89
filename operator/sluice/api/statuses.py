"""The values of the status axes, spelled as the published API spells them.

Source: seeds 000 and 001 and the lifecycle of Feldera's pipeline manager (resources, runtime, combined and
storage status). ``SUSPENDING`` is the one addition: seed 000 names that state, the API shows it only as
desired ``Suspended``. ``COMPLETED`` is for a process that reached the end of its input (exit code 0).
"""

from enum import StrEnum
from typing import Final


class DesiredStatus(StrEnum):
    """What a person asks for in ``spec.desiredStatus``."""

    RUNNING = "Running"
    PAUSED = "Paused"
    STANDBY = "Standby"
    STOPPED = "Stopped"
    CANCELED = "Canceled"


class ResourcesStatus(StrEnum):
    """Whether compute is there. The operator owns this axis."""

    STOPPED = "Stopped"
    PROVISIONING = "Provisioning"
    PROVISIONED = "Provisioned"
    STOPPING = "Stopping"


class ResourcesDesiredStatus(StrEnum):
    """What the operator works towards on the resources axis."""

    STOPPED = "Stopped"
    PROVISIONED = "Provisioned"


class RuntimeStatus(StrEnum):
    """What the process says of itself. The process owns this axis."""

    UNAVAILABLE = "Unavailable"
    COORDINATION = "Coordination"
    STANDBY = "Standby"
    INITIALIZING = "Initializing"
    AWAITING_APPROVAL = "AwaitingApproval"
    BOOTSTRAPPING = "Bootstrapping"
    REPLAYING = "Replaying"
    PAUSED = "Paused"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    CONCURRENT_BOOTSTRAPPING = "ConcurrentBootstrapping"
    SYNCHRONIZING = "Synchronizing"


class CombinedStatus(StrEnum):
    """Values of ``deploymentStatus`` beside those of :class:`RuntimeStatus`."""

    STOPPED = "Stopped"
    PROVISIONING = "Provisioning"
    SUSPENDING = "Suspending"
    STOPPING = "Stopping"
    COMPLETED = "Completed"


class CombinedDesiredStatus(StrEnum):
    """Values of ``deploymentDesiredStatus``."""

    STOPPED = "Stopped"
    UNAVAILABLE = "Unavailable"
    STANDBY = "Standby"
    PAUSED = "Paused"
    RUNNING = "Running"
    SUSPENDED = "Suspended"


class StorageStatus(StrEnum):
    """Whether the volume holds state of this pipeline."""

    CLEARED = "Cleared"
    IN_USE = "InUse"
    CLEARING = "Clearing"


class StopMode(StrEnum):
    """How a stop is carried out: with a checkpoint first, or without one."""

    GRACEFUL = "Graceful"
    FORCE = "Force"


class StopCause(StrEnum):
    """What a stop is for, where it is not simply what people ask for."""

    REQUESTED = "Requested"
    """People want it Stopped, or the pipeline ended by itself."""
    DELETED = "Deleted"
    SPEC_CHANGED = "SpecChanged"
    """A start with the changed spec follows."""
    RESTART = "Restart"
    """A start follows, because somebody asked for it."""
    ELEMENT_FAILED = "ElementFailed"
    """An element failed, and ``batch.failurePolicy`` is ``FailFast``."""


class StopTimeoutPolicy(StrEnum):
    """What happens when a graceful stop passes its deadline."""

    KEEP_TRYING = "KeepTrying"
    FORCE = "Force"


class StopErrorPolicy(StrEnum):
    """What happens when the process cannot make the checkpoint of a graceful stop, or ends without it."""

    FORCE = "Force"
    KEEP_TRYING = "KeepTrying"
    KEEP_RUNNING = "KeepRunning"


class BootstrapPolicy(StrEnum):
    """What a process does whose program is another one than that of the checkpoint it resumes from."""

    ALLOW = "Allow"
    REJECT = "Reject"
    AWAIT_APPROVAL = "AwaitApproval"


BOOTSTRAP_POLICIES: Final = {
    BootstrapPolicy.ALLOW: "allow",
    BootstrapPolicy.REJECT: "reject",
    BootstrapPolicy.AWAIT_APPROVAL: "await_approval",
}
"""As the contract spells them."""


class RestartPolicy(StrEnum):
    """Which ends of a process the operator answers with a restart."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class VolumePolicy(StrEnum):
    """What becomes of the volume when the pipeline is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"


class RequestVerb(StrEnum):
    """What people can ask for by an annotation, without a change of ``spec``."""

    CHECKPOINT = "checkpoint"
    CLEAR_STORAGE = "clear-storage"
    DISMISS_ERROR = "dismiss-error"
    APPROVE = "approve"
    RESTART = "restart"
    OVERRIDE = "override"


class RequestState(StrEnum):
    """What became of a request."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    """It was begun and did not come to its end."""
    REFUSED = "Refused"
    """It was not begun: the pipeline was not in a state that allows it."""
    IGNORED = "Ignored"
    """It was meant for another object of the same name."""


class CheckpointTrigger(StrEnum):
    """Who asked for a checkpoint that the operator has a process make."""

    REQUEST = "Request"
    SCHEDULE = "Schedule"


class MaintenanceTask(StrEnum):
    """What a maintenance pod does with the volume of a stopped pipeline."""

    LIST = "List"
    RETAIN = "Retain"
    CLEAR = "Clear"


LATEST: Final = "Latest"
FRESH: Final = "Fresh"
"""Values of ``spec.startFrom`` beside the id of a checkpoint."""

"""The values of the status axes, spelled as the published API spells them.

Source: seeds 000 and 001 and the lifecycle of Feldera's pipeline manager (resources, runtime, combined and
storage status). ``SUSPENDING`` is the one addition: seed 000 names that state, the API shows it only as
desired ``Suspended``. ``COMPLETED`` is for a process that reached the end of its input (exit code 0).
"""

from enum import StrEnum


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


class StopTimeoutPolicy(StrEnum):
    """What happens when a graceful stop passes its deadline."""

    KEEP_TRYING = "KeepTrying"
    FORCE = "Force"


class RestartPolicy(StrEnum):
    """Which ends of a process the operator answers with a restart."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class VolumePolicy(StrEnum):
    """What becomes of the volume when the pipeline is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"

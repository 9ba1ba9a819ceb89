"""Condition types and the reasons that conditions and events carry, each with the sentence people read.

A sentence is a template; the fields in braces are filled in where the condition is set. Nothing that
changes with every look (times, counters) stands in a sentence: status is written only when it changed.
"""

from enum import StrEnum


class ConditionType(StrEnum):
    """Types of ``status.conditions``.

    ``Ready`` means that the desired state is reached, also when that is Stopped: whoever waits for an
    intended stop (kubectl wait, kstatus, Flux, ``helm --wait``) must not hang.
    """

    READY = "Ready"
    AVAILABLE = "Available"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    CHECKPOINT_CURRENT = "CheckpointCurrent"
    """Whether the newest checkpoint is as young as declared, or holds all there is."""
    CHANGES_PENDING = "ChangesPending"
    """Whether something in the spec is held back; the reason is the published API's error code."""


class Reason(StrEnum):
    """Reasons of conditions and events."""

    RUNNING = "Running"
    PAUSED = "Paused"
    STANDBY = "Standby"
    STOPPED = "Stopped"
    COMPLETED = "Completed"
    DELETING = "Deleting"
    PROVISIONING = "Provisioning"
    WAITING_FOR_POD = "WaitingForPod"
    INITIALIZING = "Initializing"
    TRANSITIONING = "Transitioning"
    UNAVAILABLE = "Unavailable"
    NODE_LOST = "NodeLost"
    SUSPENDING = "Suspending"
    STOPPING = "Stopping"
    STARTING = "Starting"
    RESTARTING = "Restarting"
    FAILED = "Failed"
    INVALID_SPEC = "InvalidSpec"
    NOT_OURS = "NotOurs"
    REFUSED = "Refused"
    STOP_STUCK = "StopStuck"
    STOP_FAILED = "StopFailed"
    AWAITING_APPROVAL = "AwaitingApproval"
    INVALID_TEMPLATE = "InvalidTemplate"
    CHANGES_PENDING = "ChangesPending"
    MAINTENANCE = "Maintenance"
    RECONCILIATION_PAUSED = "ReconciliationPaused"
    REQUEST_DONE = "RequestDone"
    REQUEST_FAILED = "RequestFailed"
    NOT_SERVING = "NotServing"
    SERVING = "Serving"
    CURRENT = "Current"
    OVERDUE = "Overdue"
    NO_CHECKPOINT = "NoCheckpoint"
    STOPPED_WITHOUT = "StoppedWithoutCheckpoint"
    NO_STORAGE = "NoStorage"
    NOT_SCHEDULED = "NotScheduled"
    NONE_PENDING = "NonePending"


SENTENCES: dict[Reason, str] = {
    Reason.RUNNING: "the pipeline runs",
    Reason.PAUSED: "the pipeline is paused",
    Reason.STANDBY: "the pipeline follows its object store, ready to run",
    Reason.STOPPED: "the pipeline is stopped",
    Reason.COMPLETED: (
        "the pipeline reached the end of its input; change the spec, or ask for a restart, to run it again"
    ),
    Reason.DELETING: "the pipeline is being deleted",
    Reason.PROVISIONING: "the pod is being made",
    Reason.WAITING_FOR_POD: "the pod does not run yet: {detail}",
    Reason.INITIALIZING: "the process is initializing",
    Reason.TRANSITIONING: "the process is {runtime} and was asked to become {desired}",
    Reason.UNAVAILABLE: "the process does not answer: {detail}",
    Reason.NODE_LOST: (
        "the pod is gone without proof that its containers ended; waiting until node {node} is ready again,"
        " removed, or tainted out-of-service"
    ),
    Reason.SUSPENDING: "making a checkpoint before the stop",
    Reason.STOPPING: "waiting for the pod to end",
    Reason.STARTING: "the pipeline is stopped and is about to be started",
    Reason.RESTARTING: "the process ended and is started again: {detail}",
    Reason.FAILED: (
        "the pipeline stopped by itself; change the spec, or ask for a restart, to start it again: {detail}"
    ),
    Reason.INVALID_SPEC: "the spec cannot be used, the last good one stays in force: {detail}",
    Reason.NOT_OURS: "{detail}",
    Reason.REFUSED: "the cluster refuses what the pipeline needs: {detail}",
    Reason.STOP_STUCK: (
        "the graceful stop cannot make its checkpoint; set force: true to stop without one. {detail}"
    ),
    Reason.STOP_FAILED: (
        "the stop was given up, because it could make no checkpoint, and the pipeline goes on; mend that and"
        " change the spec to try again, or set force: true to stop without one. {detail}"
    ),
    Reason.AWAITING_APPROVAL: (
        "the program is not the one that made the checkpoint; approve it with the annotation"
        " requests.sluice.dev/approve, or stop the pipeline. {detail}"
    ),
    Reason.INVALID_TEMPLATE: (
        "the changed template cannot be run, the pipeline goes on with the one before: {detail}"
    ),
    Reason.CHANGES_PENDING: "what the spec asks for has to wait: {detail}",
    Reason.MAINTENANCE: "the volume is being worked on: {detail}",
    Reason.RECONCILIATION_PAUSED: (
        "the annotation sluice.dev/paused keeps the operator from doing anything; remove it to go on"
    ),
    Reason.REQUEST_DONE: "{detail}",
    Reason.REQUEST_FAILED: "{detail}",
    Reason.NOT_SERVING: "no process serves",
    Reason.SERVING: "the process serves",
    Reason.CURRENT: "the newest checkpoint is as young as declared, or nothing came after it",
    Reason.OVERDUE: "the newest checkpoint is older than declared: look at the process's log",
    Reason.NO_CHECKPOINT: "there is no checkpoint",
    Reason.STOPPED_WITHOUT: "the last stop made no checkpoint; the next start resumes from the one before",
    Reason.NO_STORAGE: "without storage there are no checkpoints",
    Reason.NOT_SCHEDULED: "checkpoints are made at a stop and on request only",
    Reason.NONE_PENDING: "the whole spec is in force",
}

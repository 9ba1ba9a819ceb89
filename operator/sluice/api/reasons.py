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


class Reason(StrEnum):
    """Reasons of conditions and events."""

    RUNNING = "Running"
    PAUSED = "Paused"
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
    NOT_SERVING = "NotServing"
    SERVING = "Serving"


SENTENCES: dict[Reason, str] = {
    Reason.RUNNING: "the pipeline runs",
    Reason.PAUSED: "the pipeline is paused",
    Reason.STOPPED: "the pipeline is stopped",
    Reason.COMPLETED: "the pipeline reached the end of its input; change the spec to run it again",
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
    Reason.FAILED: "the pipeline stopped by itself; change the spec to start it again: {detail}",
    Reason.INVALID_SPEC: "the spec cannot be used, the last good one stays in force: {detail}",
    Reason.NOT_OURS: "{detail}",
    Reason.REFUSED: "the cluster refuses what the pipeline needs: {detail}",
    Reason.STOP_STUCK: (
        "the graceful stop cannot make its checkpoint; set force: true to stop without one. {detail}"
    ),
    Reason.NOT_SERVING: "no process serves",
    Reason.SERVING: "the process serves",
}

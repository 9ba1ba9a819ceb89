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
    """The desired state is reached."""
    AVAILABLE = "Available"
    """The process serves."""
    RECONCILING = "Reconciling"
    """The operator is at work."""
    STALLED = "Stalled"
    """Nothing will move before a person does something."""
    CHECKPOINT_CURRENT = "CheckpointCurrent"
    """The newest checkpoint is as young as declared, or holds all there is. Unknown: nothing is declared."""
    CHANGES_PENDING = "ChangesPending"
    """Something in the spec is held back; the reason is the published API's error code."""


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
    MACHINE_NOT_FOUND = "MachineNotFound"
    MACHINE_CORDONED = "MachineCordoned"
    MACHINE_TAINTED = "MachineTainted"
    MACHINE_FULL = "MachineFull"
    VOLUME_ELSEWHERE = "VolumeElsewhere"
    VOLUME_PENDING = "VolumePending"
    IMAGE_MISSING = "ImageMissing"
    CONFIGURATION_MISSING = "ConfigurationMissing"
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
    ELEMENTS_RUNNING = "ElementsRunning"
    ELEMENT_FAILED = "ElementFailed"
    CANCELING = "Canceling"
    CANCELED = "Canceled"
    NOTHING_TO_CANCEL = "NothingToCancel"
    RUN_FAILED = "RunFailed"
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
    NO_HOOK = "NoHook"
    NOT_SCHEDULED = "NotScheduled"
    NONE_PENDING = "NonePending"


class StopReason(StrEnum):
    """``status.stop.reason``: why a stop made no checkpoint, where it made none."""

    NOT_PROVISIONED = "NotProvisioned"
    """The process had not answered in this run, so it had nothing to save."""
    NEVER_STARTED = "NeverStarted"
    """The runtime's container was never started in this pod."""
    NO_STORAGE = "NoStorage"
    """The run has no storage, so there is nowhere to put a checkpoint."""
    NO_HOOK = "NoHook"
    """The container has no hook: SIGTERM and the grace period are the whole of its stop."""
    STANDBY = "Standby"
    """A process in Standby has made nothing that its object store lacks."""
    AWAITING_APPROVAL = "AwaitingApproval"
    """Until somebody approves, a process has done nothing that its checkpoint lacks."""
    ALREADY_SUSPENDED = "AlreadySuspended"
    """The process was found suspended: what it has saved is all there is to save."""
    VERIFYING = "Verifying"
    """The process ended without a word: the volume is being asked for the checkpoint."""
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    """``stop.timeoutSeconds`` was over and ``stop.onTimeout`` is ``Force``."""
    FAILED = "Failed"
    """It ended because of an error, which ``deploymentError`` has."""
    GIVEN_UP = "GivenUp"
    """The process could make no checkpoint and goes on, as ``stop.onError: KeepRunning`` says."""


class RequestReason(StrEnum):
    """``status.requests[].reason``, beside the codes of the catalogue of errors."""

    ENDED = "Ended"
    """An override is over: its annotation went, or the spec was changed."""
    SUPERSEDED = "Superseded"
    """An override came too late: the spec was changed after it was made."""
    RUN_ENDED = "RunEnded"
    """The end of the run came before the checkpoint that was asked for."""
    GIVEN_UP = "GivenUp"
    """The stop before the restart could make no checkpoint and was given up."""


SENTENCES: dict[Reason, str] = {
    Reason.RUNNING: "the {noun} runs",
    Reason.PAUSED: "the {noun} is paused",
    Reason.STANDBY: "the {noun} follows its object store, ready to run",
    Reason.STOPPED: "the {noun} is stopped",
    Reason.COMPLETED: (
        "the {noun} reached the end of its input; change the spec, or ask for a restart, to run it again"
    ),
    Reason.DELETING: "the {noun} is being deleted",
    Reason.PROVISIONING: "the pod is being made",
    Reason.WAITING_FOR_POD: "the pod does not run yet: {detail}",
    Reason.MACHINE_NOT_FOUND: (
        "no node is the one that is asked for: correct the spec's machine, nodeSelector or affinity, or bring"
        " the node back. {detail}"
    ),
    Reason.MACHINE_CORDONED: (
        "the node takes no new pods: kubectl uncordon it, or ask for another one. {detail}"
    ),
    Reason.MACHINE_TAINTED: (
        "the node has a taint: add the toleration to template.spec.tolerations, or remove the taint. {detail}"
    ),
    Reason.MACHINE_FULL: (
        "the node has no room: stop something on it, or ask for less in the container's resources. {detail}"
    ),
    Reason.VOLUME_ELSEWHERE: (
        "the volume can be used on another node only: ask for that node, or clear the storage. {detail}"
    ),
    Reason.VOLUME_PENDING: (
        "the volume is not there yet: look at the claim's events, and at its storage class. {detail}"
    ),
    Reason.IMAGE_MISSING: (
        "the image cannot be had: correct its name, or name a Secret in template.spec.imagePullSecrets."
        " {detail}"
    ),
    Reason.CONFIGURATION_MISSING: (
        "the container needs a Secret, a ConfigMap or a key in one that is not there: make it. {detail}"
    ),
    Reason.INITIALIZING: "the process is initializing",
    Reason.TRANSITIONING: "the process is {runtime} and was asked to become {desired}",
    Reason.UNAVAILABLE: "the process does not answer: {detail}",
    Reason.NODE_LOST: (
        "the pod is gone without proof that its containers ended; waiting until node {node} is ready again,"
        " removed, or tainted out-of-service"
    ),
    Reason.SUSPENDING: "making a checkpoint before the stop",
    Reason.STOPPING: "waiting for the pod to end",
    Reason.STARTING: "the {noun} is stopped and is about to be started",
    Reason.RESTARTING: "the process ended and is started again: {detail}",
    Reason.FAILED: (
        "the {noun} stopped by itself; change the spec, or ask for a restart, to start it again: {detail}"
    ),
    Reason.INVALID_SPEC: "the spec cannot be used, the last good one stays in force: {detail}",
    Reason.NOT_OURS: "{detail}",
    Reason.REFUSED: "the cluster refuses what the {noun} needs: {detail}",
    Reason.STOP_STUCK: (
        "the graceful stop cannot make its checkpoint; set force: true to stop without one. {detail}"
    ),
    Reason.STOP_FAILED: (
        "the stop was given up, because it could make no checkpoint, and the {noun} goes on; mend that and"
        " change the spec to try again, or set force: true to stop without one. {detail}"
    ),
    Reason.AWAITING_APPROVAL: (
        "the program is not the one that made the checkpoint; approve it with the annotation"
        " requests.sluice.dev/approve, or stop the {noun}. {detail}"
    ),
    Reason.INVALID_TEMPLATE: (
        "the changed template cannot be run, the {noun} goes on with the one before: {detail}"
    ),
    Reason.CHANGES_PENDING: "what the spec asks for has to wait: {detail}",
    Reason.MAINTENANCE: "the volume is being worked on: {detail}",
    Reason.ELEMENTS_RUNNING: "the elements are run, each as soon as those that it depends on are completed",
    Reason.ELEMENT_FAILED: "{detail}",
    Reason.CANCELING: "what has not ended is being canceled",
    Reason.CANCELED: (
        "the run was canceled; a restart request begins the next one, which keeps what is completed"
    ),
    Reason.NOTHING_TO_CANCEL: "the run had ended before it was to be canceled",
    Reason.RUN_FAILED: (
        "the run failed; a restart request begins the next one, which keeps what is completed: {detail}"
    ),
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
    Reason.NO_HOOK: "without a hook there are no checkpoints: write hook.exec or hook.http",
    Reason.NOT_SCHEDULED: "checkpoints are made at a stop and on request only",
    Reason.NONE_PENDING: "the whole spec is in force",
}

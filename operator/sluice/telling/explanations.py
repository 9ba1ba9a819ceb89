"""What every state and every reason means for a person: what is being waited for, and what can be done.

Data only. ``{cli}`` is the command as it was typed, ``{name}`` the pipeline, ``{on}`` the namespace's option.
"""

from typing import NamedTuple

from sluice.api.element_status import BatchStatus
from sluice.api.reasons import Reason
from sluice.api.statuses import CombinedStatus, RuntimeStatus
from sluice.api.waiting import SIGNS


class Explanation(NamedTuple):
    """``awaits`` completes "It waits for"; ``do`` are whole sentences."""

    awaits: str
    do: tuple[str, ...]


Status = CombinedStatus | RuntimeStatus | BatchStatus

_STATUS = "`{cli} status {name}{on}` shows where it is."
_LOGS = "`{cli} logs {name}{on}` shows what the process says."
_FORCE = "`{cli} stop {name}{on} --force` stops it without a checkpoint: the work since the last one is lost."
_START = "`{cli} start {name}{on}` starts it."
_STOP = "`{cli} stop {name}{on}` stops it, with a checkpoint first."
_PAUSE = "`{cli} pause {name}{on}` keeps it up and lets it process nothing."
_RESTART = "`{cli} restart {name}{on}` starts it again as it is."
_CHECKPOINT = "`{cli} checkpoint {name}{on}` makes a checkpoint now."
_CLEAR = "`{cli} clear {name}{on}` removes its checkpoints for good."
_NOTHING = "Nothing has to be done."
_WAIT = "Wait: it follows by itself."
_WITHOUT_POD = Explanation(
    "Kubernetes, which cannot run the pod yet",
    (
        "`kubectl describe pod {name}-runtime-0{on}` has its events: mend what they name (capacity,"
        " image, volume).",
        _STOP,
    ),
)
_CANCEL = "`{cli} cancel {name}{on}` cancels what has not ended."
_ELEMENT_LOGS = (
    "`kubectl get configmap{on} -l sluice.dev/name={name},sluice.dev/role=element-logs -o yaml` shows what"
    " its elements said last."
)
_NO_EVENT = "nothing: it tells how something ended"

STATUSES: dict[Status, str] = {
    CombinedStatus.STOPPED: "No pod exists. The volume with its checkpoints is kept.",
    CombinedStatus.PROVISIONING: "Its pod is being made, waits for a restart, or does not answer yet.",
    CombinedStatus.SUSPENDING: "A graceful stop is under way and waits for its checkpoint.",
    CombinedStatus.STOPPING: "Its pod was deleted, and the end of its containers is waited for.",
    CombinedStatus.COMPLETED: "The process reached the end of its input. No pod exists.",
    RuntimeStatus.UNAVAILABLE: (
        "The process served before and does not answer now, or its pod is lost. It may be fine, so it is not"
        " stopped."
    ),
    RuntimeStatus.COORDINATION: "The process takes part in a coordination of several.",
    RuntimeStatus.STANDBY: "The process follows its object store and takes no work.",
    RuntimeStatus.INITIALIZING: "The process is up and restores its state.",
    RuntimeStatus.AWAITING_APPROVAL: (
        "The program is not the one that made the checkpoint, and bootstrapPolicy is AwaitApproval."
    ),
    RuntimeStatus.BOOTSTRAPPING: "The process computes what its changed program needs.",
    RuntimeStatus.CONCURRENT_BOOTSTRAPPING: (
        "The process computes what its changed program needs, while it serves."
    ),
    RuntimeStatus.REPLAYING: "The process processes again what came after its checkpoint.",
    RuntimeStatus.PAUSED: "The process is up and processes nothing.",
    RuntimeStatus.RUNNING: "The process processes.",
    RuntimeStatus.SUSPENDED: "Somebody other than Sluice suspended the process, so it is being stopped.",
    RuntimeStatus.SYNCHRONIZING: "The process synchronizes its storage.",
    BatchStatus.PENDING: "It waits for its turn: no container of it has run yet.",
    BatchStatus.FAILED: "It ended with an error, and nothing of it runs.",
    BatchStatus.CANCELED: "It was canceled, and nothing of it runs.",
}

REASONS: dict[Reason, Explanation] = {
    Reason.RUNNING: Explanation("nothing: it is where it is wanted", (_STOP, _PAUSE, _CHECKPOINT)),
    Reason.PAUSED: Explanation("nothing: it is where it is wanted", (_START, _STOP)),
    Reason.STANDBY: Explanation(
        "the moment in which it is to take over", ("`{cli} start {name}{on}` lets it take over.", _STOP)
    ),
    Reason.STOPPED: Explanation("nothing: it is where it is wanted", (_START, _CLEAR)),
    Reason.COMPLETED: Explanation("nothing: the end of its input is reached", (_RESTART,)),
    Reason.DELETING: Explanation(
        "the operator, which takes its finalizer away once everything is done",
        (
            "Wait; should it never go, see whether the operator runs: `kubectl get pods -A -l"
            " app.kubernetes.io/name=sluice-operator`.",
        ),
    ),
    Reason.PROVISIONING: Explanation(
        "its pod, which ends in an error after spec.provisioningTimeoutSeconds", (_WAIT, _STOP)
    ),
    Reason.WAITING_FOR_POD: _WITHOUT_POD,
    **dict.fromkeys((reason for reason, _ in SIGNS), _WITHOUT_POD),
    Reason.INITIALIZING: Explanation("the process, which restores its state", (_WAIT, _LOGS)),
    Reason.TRANSITIONING: Explanation("the process, which was asked to change", (_WAIT, _LOGS)),
    Reason.UNAVAILABLE: Explanation(
        "an answer of the process, or the end of its pod",
        (_LOGS, "`kubectl describe pod {name}-runtime-0{on}` shows what Kubernetes says of it.", _FORCE),
    ),
    Reason.NODE_LOST: Explanation(
        "proof that the containers ended on the node that was lost",
        (
            "Bring the node back, or delete its Node object if the machine is gone for good.",
            "If the machine is switched off: `kubectl taint node NODE"
            " node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`.",
            "Force does not help, and must not: the containers may still run.",
        ),
    ),
    Reason.SUSPENDING: Explanation(
        "the checkpoint of the graceful stop; nothing is deleted before it is durable", (_WAIT, _LOGS, _FORCE)
    ),
    Reason.STOPPING: Explanation("the end of the pod's containers", (_WAIT, _FORCE)),
    Reason.STARTING: Explanation("the operator, which is about to make its pod", (_WAIT,)),
    Reason.RESTARTING: Explanation(
        "the next attempt, with a back-off that grows",
        (_LOGS, "Correct the spec: any change of it counts.", _STOP),
    ),
    Reason.FAILED: Explanation(
        "a person: it stopped by itself and is not started again before somebody asks",
        (
            "Mend the cause and change the spec, which starts it.",
            _RESTART,
            "`{cli} dismiss-error {name}{on}` removes the error, and starts it if it is wanted to run.",
        ),
    ),
    Reason.INVALID_SPEC: Explanation(
        "a spec that can be understood; the last good one stays in force",
        (
            "Correct the field that the message names, and apply it.",
            "A stop still works: `{cli} stop {name}{on}`.",
        ),
    ),
    Reason.NOT_OURS: Explanation(
        "the name, which somebody else's pod, claim or revision has",
        (
            "Delete or rename what the message names.",
            "If it is the claim of an earlier pipeline, name it in spec.storage.existingClaim.",
        ),
    ),
    Reason.REFUSED: Explanation(
        "the cluster, which refuses what the pipeline needs",
        ("Change the quota, the policy or the webhook that the message names, or the template.",),
    ),
    Reason.STOP_STUCK: Explanation(
        "the checkpoint of the graceful stop, which is still asked for",
        ("Mend what holds it up (a full volume, an input in a transaction): the stop then goes on.", _FORCE),
    ),
    Reason.STOP_FAILED: Explanation(
        "a person: the stop was given up, because it could make no checkpoint",
        (_LOGS, "Mend the cause and ask again: any change of the spec tries anew.", _FORCE),
    ),
    Reason.AWAITING_APPROVAL: Explanation(
        "an approval of the changed program",
        (
            "`{cli} approve {name}{on}` lets the changed program take the state over.",
            "`{cli} stop {name}{on}` stops it; there is nothing to save.",
        ),
    ),
    Reason.INVALID_TEMPLATE: Explanation(
        "a template that can be made into a pod; the one before stays in force",
        ("Correct the template as the message says, and apply it.",),
    ),
    Reason.CHANGES_PENDING: Explanation(
        "the end of something that must not be interrupted, or a stop",
        ("`{cli} stop {name}{on}` and `{cli} start {name}{on}` put in force what may change only then.",),
    ),
    Reason.MAINTENANCE: Explanation("the pod that works on its volume", (_WAIT, _STATUS)),
    Reason.ELEMENTS_RUNNING: Explanation("its elements, which run as far as they can", (_WAIT, _CANCEL)),
    Reason.ELEMENT_FAILED: Explanation(_NO_EVENT, (_ELEMENT_LOGS,)),
    Reason.RUN_FAILED: Explanation(
        "a person: an element failed, and nothing of the run goes on",
        (_ELEMENT_LOGS, "Mend the cause, in the spec or around it.", _RESTART),
    ),
    Reason.CANCELING: Explanation("the end of the elements that still run", (_WAIT,)),
    Reason.CANCELED: Explanation("nothing: what had not ended is canceled", (_RESTART,)),
    Reason.NOTHING_TO_CANCEL: Explanation("nothing: it had ended before", (_RESTART,)),
    Reason.RECONCILIATION_PAUSED: Explanation(
        "the annotation sluice.dev/paused to go",
        ("`kubectl annotate slpl {name}{on} sluice.dev/paused-` lets the operator go on.",),
    ),
    Reason.REQUEST_DONE: Explanation(_NO_EVENT, (_NOTHING,)),
    Reason.REQUEST_FAILED: Explanation(
        _NO_EVENT, ("Look at status.requests for its reason, and ask anew once that is mended.",)
    ),
    Reason.NOT_SERVING: Explanation("a process that serves", (_STATUS,)),
    Reason.SERVING: Explanation("nothing: a process serves", (_NOTHING,)),
    Reason.CURRENT: Explanation("nothing: its newest checkpoint is as young as declared", (_NOTHING,)),
    Reason.OVERDUE: Explanation("a checkpoint, which should have been made by now", (_LOGS, _CHECKPOINT)),
    Reason.NO_CHECKPOINT: Explanation(
        "its first checkpoint", (_CHECKPOINT, "A checkpoint is also made at every graceful stop.")
    ),
    Reason.STOPPED_WITHOUT: Explanation(
        "nothing: the next start resumes from the checkpoint before",
        ("Read status.stop.reason: it says why the last stop made none.", _START),
    ),
    Reason.NO_STORAGE: Explanation(
        "nothing: without storage there are no checkpoints",
        ("Write spec.storage to keep its state; it counts from the next pod on.",),
    ),
    Reason.NO_HOOK: Explanation(
        "nothing: without a hook there are no checkpoints",
        ("Write spec.hook.exec or spec.hook.http, by which its container makes one.",),
    ),
    Reason.NOT_SCHEDULED: Explanation(
        "nothing: checkpoints are made at a stop and on request only",
        ("Write spec.checkpoint.intervalSeconds or spec.checkpoint.schedule to have them made.", _CHECKPOINT),
    ),
    Reason.NONE_PENDING: Explanation("nothing: the whole spec is in force", (_NOTHING,)),
}

DEPLOYMENT_STATUSES: dict[str, str] = {
    "Pending": "It is to run and does not yet.",
    "Running": "Its container runs, and is ready where it has a probe that says so.",
    "Suspending": STATUSES[CombinedStatus.SUSPENDING],
    "Stopping": STATUSES[CombinedStatus.STOPPING],
    "Stopped": "No pod exists. Its volume and its identity are kept.",
    "Failed": "It ended with an error, and no pod exists.",
}
"""Of the kind Deployment, whose words are fewer."""
DEPLOYMENT_DO = (
    "`kubectl describe sldep {name}{on}` shows its conditions and its events.",
    "Write `Stopped` or `Running` to its spec.desiredStatus: in its manifest, where Git has that.",
)
"""Of the kind Deployment, for which the command line has no commands."""

UNSEEN = Explanation(
    "the operator, which has not looked at it yet",
    (
        "Wait a moment; should nothing come, see whether the operator runs: `kubectl get pods -A -l"
        " app.kubernetes.io/name=sluice-operator`.",
    ),
)
UNKNOWN = Explanation(
    "what its own message says",
    ("This version of {cli} does not know that reason, which a newer operator wrote: update {cli}.",),
)
"""Of a reason that this version does not know."""
UNKNOWN_STATUS = "This version does not know that state: the process, or a newer operator, says so."

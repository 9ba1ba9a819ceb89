"""How stops, requests and starts end, and what can be done about it. Data only, as in ``explanations``."""

from sluice.api.errors import ErrorCode
from sluice.api.reasons import RequestReason, StopReason

STOP_REASONS: dict[StopReason, str] = {
    StopReason.NOT_PROVISIONED: "the process had not answered in this run, so it had nothing to save",
    StopReason.NEVER_STARTED: "the runtime's container was never started, so there was nothing to save",
    StopReason.NO_STORAGE: "the run has no storage, so there is nowhere to put a checkpoint",
    StopReason.NO_HOOK: "its container has no hook: SIGTERM and the grace period are its whole stop",
    StopReason.STANDBY: "a process in Standby has made nothing that its object store lacks",
    StopReason.AWAITING_APPROVAL: "until its approval, the process does nothing that its checkpoint lacks",
    StopReason.ALREADY_SUSPENDED: "the process was suspended before; its newest checkpoint holds all",
    StopReason.VERIFYING: "the process was killed without a word; its volume is searched for a checkpoint",
    StopReason.DEADLINE_EXCEEDED: "spec.stop.timeoutSeconds was over, and spec.stop.onTimeout is Force",
    StopReason.FAILED: "the process failed or ended without a new checkpoint",
    StopReason.GIVEN_UP: "the process could make none and goes on, as spec.stop.onError: KeepRunning says",
}
"""Each completes "without a checkpoint: "."""

LOSSES = frozenset({StopReason.DEADLINE_EXCEEDED, StopReason.FAILED, StopReason.GIVEN_UP})
"""Ends of a graceful stop that are not what was asked for."""

REQUEST_REASONS: dict[RequestReason, str] = {
    RequestReason.ENDED: "The override is over: its annotation went, or the spec was changed.",
    RequestReason.SUPERSEDED: "The spec was changed after the override was made: ask anew if it is meant.",
    RequestReason.RUN_ENDED: "The run ended before its checkpoint was made: ask again once it runs.",
    RequestReason.GIVEN_UP: "The stop before the restart could make no checkpoint: mend that and ask again.",
}

ERRORS: dict[ErrorCode, str] = {
    ErrorCode.ILLEGAL_ACTION: "Wait for the stop to end: the start follows by itself.",
    ErrorCode.UNDISMISSED_ERROR: "`{cli} dismiss-error {name}{on}` dismisses the error.",
    ErrorCode.START_WHILE_CLEARING: "Wait until the storage is cleared: the start follows by itself.",
    ErrorCode.INITIAL_IMMUTABLE: (
        "`{cli} stop {name}{on}` and `{cli} clear {name}{on}` first: only a pipeline on cleared storage"
        " begins in Standby."
    ),
    ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE: "`{cli} stop {name}{on}`: it counts from the next start.",
    ErrorCode.STANDBY_NOT_ALLOWED: "Write spec.storage.sync, the object store that a Standby follows.",
    ErrorCode.DISMISS_RESTRICTED: "`{cli} stop {name}{on}` first: only a stopped pipeline has one.",
    ErrorCode.STORAGE_IMMUTABLE: "`{cli} stop {name}{on}` first: only a stopped pipeline can be cleared.",
    ErrorCode.EDIT_RESTRICTED: (
        "Take the change of the storage back, or `{cli} stop {name}{on}` and `{cli} clear {name}{on}`, which"
        " removes its checkpoints."
    ),
    ErrorCode.NOT_DEPLOYED: "`{cli} start {name}{on}` first: there is no process to ask.",
    ErrorCode.UNAVAILABLE: "`{cli} logs {name}{on}` shows why the process does not answer.",
    ErrorCode.UNREACHABLE: "`{cli} logs {name}{on}` shows why the process does not answer.",
    ErrorCode.INVALID_REQUEST: "Write the annotation as the message says, with a new token.",
    ErrorCode.NOT_WANTED: "`{cli} start {name}{on}` instead: it is wanted Stopped.",
    ErrorCode.OTHER_OBJECT: "Ask anew if this object is meant: the request was made for another of its name.",
    ErrorCode.RUN_IMMUTABLE: "`{cli} restart {name}{on}`, once this run has ended, begins the next with it.",
    ErrorCode.RUN_UNDER_WAY: "Wait for the end of the run, or `{cli} cancel {name}{on}`.",
    ErrorCode.NOT_FOR_ELEMENTS: "`{cli} restart {name}{on}` begins the next run.",
    ErrorCode.PROVISIONING_TIMEOUT: "Mend what the message names, or raise spec.provisioningTimeoutSeconds.",
    ErrorCode.PROVISION_FAILED: "Correct spec.template: the pod can never be made from it.",
    ErrorCode.CHECK_FAILED: "Look at the exit code in the error's details, and at the process's log.",
    ErrorCode.INVALID_RESPONSE: "Correct the process: it answers what the contract does not allow.",
    ErrorCode.SUSPEND_FAILED: "The next start resumes from the checkpoint before.",
    ErrorCode.SUSPEND_TIMEOUT: "Raise spec.stop.timeoutSeconds, or write spec.stop.onTimeout: KeepTrying.",
    ErrorCode.CHECKPOINT_FAILED: "`{cli} logs {name}{on}` shows why the process could not make it.",
    ErrorCode.CLEAR_FAILED: "Mend what the message names: it is tried again.",
}

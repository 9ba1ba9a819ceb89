"""A run that ends without the operator's doing: restart it, or stop with the reason recorded."""

from sluice.api.errors import ErrorCode, build_error
from sluice.api.reasons import Reason
from sluice.api.status import ErrorStatus, RestartStatus, RuntimePodStatus
from sluice.api.statuses import (
    ResourcesDesiredStatus,
    ResourcesStatus,
    RestartPolicy,
    RuntimeStatus,
    StopMode,
)
from sluice.contract import EXIT_BAD_CONFIGURATION, EXIT_CHECKPOINTED_ON_SIGTERM, EXIT_END_OF_INPUT
from sluice.decide.checkpoints import known_ids, newest_after, remember_checkpoint
from sluice.decide.decision import DeletePod
from sluice.decide.draft import Draft
from sluice.decide.stopping import begin_stopping
from sluice.decide.timing import restart_backoff
from sluice.observation import Exit, Pod


def end_run(draft: Draft, pod: Pod | None, error: ErrorStatus | None = None) -> None:
    """The run is over. ``pod`` is how it was last seen; ``error`` is what a living process answered."""
    exit_ = pod.exit if pod is not None and error is None else None
    if draft.is_suspending or draft.is_stop_wanted:
        _end_in_stop(draft, exit_, error)
    elif exit_ is not None and exit_.code == EXIT_END_OF_INPUT and not _is_always(draft):
        draft.set(held_generation=draft.intent.generation)
        begin_stopping(draft, StopMode.GRACEFUL)
    elif exit_ is not None and exit_.is_disruption and exit_.code == EXIT_CHECKPOINTED_ON_SIGTERM:
        # Moved with a checkpoint: no failure, so no restart policy applies and nothing is counted.
        _restart(draft, pod, counted=None)
    elif exit_ is not None and exit_.code == EXIT_BAD_CONFIGURATION:
        # It would say the same each time: only another spec helps.
        fail_run(draft, _describe(exit_))
    else:
        _fail_or_restart(draft, pod, error or _describe(exit_))


def fail_run(draft: Draft, error: ErrorStatus) -> None:
    """Stop with ``error``, and stay stopped until the spec changes."""
    if not draft.is_stop_wanted:
        draft.set(held_generation=draft.intent.generation)
    begin_stopping(draft, StopMode.FORCE, reason="Failed", error=error)


def _is_checkpointed(draft: Draft, exit_: Exit) -> bool:
    """Whether the process ended in order and left a checkpoint newer than the request."""
    stop = draft.active_stop
    known = stop.known_checkpoints if stop is not None else known_ids(draft)
    return (
        exit_.code in (EXIT_CHECKPOINTED_ON_SIGTERM, EXIT_END_OF_INPUT)
        and newest_after(known, exit_.words.checkpoint) is not None
    )


def _is_always(draft: Draft) -> bool:
    return draft.spec.restart.policy is RestartPolicy.ALWAYS


def _end_in_stop(draft: Draft, exit_: Exit | None, error: ErrorStatus | None) -> None:
    """The process ended while it was to be stopped anyway.

    Seed 000: an error during the suspension ends in a forced stop with that error set.
    """
    if exit_ is not None and _is_checkpointed(draft, exit_):
        begin_stopping(draft, StopMode.GRACEFUL)
        return
    if not draft.has_storage and error is None:
        begin_stopping(draft, StopMode.GRACEFUL, reason="NoStorage")
        return
    cause = error or _describe(exit_)
    if cause.error_code == ErrorCode.CHECK_FAILED:
        cause = build_error(ErrorCode.SUSPEND_FAILED, cause.details, reason=cause.message)
    begin_stopping(draft, StopMode.FORCE, reason="Failed", error=cause)


def _fail_or_restart(draft: Draft, pod: Pod | None, error: ErrorStatus) -> None:
    policy = draft.spec.restart
    done = draft.status.restart.count if draft.status.restart else 0
    is_spent = policy.max_restarts is not None and done >= policy.max_restarts
    if policy.policy is RestartPolicy.NEVER or is_spent:
        fail_run(draft, error)
    else:
        _restart(draft, pod, counted=error)


def _restart(draft: Draft, pod: Pod | None, counted: ErrorStatus | None) -> None:
    """Begin the next run of the same start: the deployment id stays, the run number rises."""
    restart = draft.status.restart or RestartStatus()
    changes: dict[str, object] = {"serving_since": None, "next_attempt_at": draft.now}
    if counted is not None:
        policy = draft.spec.restart
        count = restart.count + 1
        wait = restart_backoff(count, policy.backoff_seconds, policy.max_backoff_seconds)
        changes |= {"count": count, "last_error": counted, "next_attempt_at": draft.now + wait}
    if pod is not None and pod.exit is not None and pod.exit.words.checkpoint is not None:
        remember_checkpoint(draft, pod.exit.words.checkpoint)
    is_there = pod is not None and draft.observed.pod is not None and not pod.has_ended
    name = draft.status.runtime.name if draft.status.runtime is not None else ""
    draft.set(
        restart=restart.model_copy(update=changes),
        run_number=draft.status.run_number + 1,
        # A pod that may still run is remembered: if it vanishes, its end needs proof.
        runtime=draft.status.runtime if is_there else RuntimePodStatus(name=name),
        deployment_resources_status=ResourcesStatus.PROVISIONING,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
        deployment_runtime_status=RuntimeStatus.UNAVAILABLE,
        deployment_runtime_status_details=None,
    )
    if pod is not None and draft.observed.pod is not None and not pod.is_deleting:
        draft.act(DeletePod(pod.uid))
    draft.say(Reason.RESTARTING, detail=counted.message if counted else "its pod was taken away")
    draft.look_again_in(0)


def _describe(exit_: Exit | None) -> ErrorStatus:
    if exit_ is None:
        reason = "the pod is gone and nothing is known of how it ended"
        return build_error(ErrorCode.CHECK_FAILED, {"reason": "PodGone"}, reason=reason)
    if exit_.words.error is not None:
        return exit_.words.error
    code = "" if exit_.code is None else f" with exit code {exit_.code}"
    message = f": {exit_.message}" if exit_.message else ""
    details = {"reason": exit_.reason, "exitCode": exit_.code}
    return build_error(
        ErrorCode.CHECK_FAILED, details, reason=f"the process ended{code} ({exit_.reason}){message}"
    )

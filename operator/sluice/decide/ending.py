"""A run that ends without the operator's doing: restart it, or stop with the reason recorded."""

from sluice.api.errors import ErrorCode, is_permanent
from sluice.api.reasons import Reason, RequestReason, StopReason
from sluice.api.status import ErrorStatus, RestartStatus, RuntimePodStatus
from sluice.api.statuses import (
    LATEST,
    RequestState,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RestartPolicy,
    RuntimeStatus,
    StopErrorPolicy,
    StopMode,
)
from sluice.contract import EXIT_BAD_CONFIGURATION, EXIT_CHECKPOINTED_ON_SIGTERM, EXIT_END_OF_INPUT
from sluice.decide.checkpointing import give_up_checkpoint
from sluice.decide.checkpoints import known_ids, newest_after, remember_checkpoint
from sluice.decide.decision import DeletePod
from sluice.decide.draft import Draft
from sluice.decide.requests import finish
from sluice.decide.starting import new_start
from sluice.decide.stopping import ROLLS, begin_stopping, build_stop
from sluice.decide.timing import restart_backoff
from sluice.observation import Exit, Pod


def end_run(draft: Draft, pod: Pod | None, error: ErrorStatus | None = None) -> None:
    """The run is over. ``pod`` is how it was last seen; ``error`` is what a living process answered."""
    exit_ = pod.exit if pod is not None and error is None else None
    if draft.active_stop is not None or draft.is_stop_wanted:
        _end_in_stop(draft, pod, exit_, error)
    elif exit_ is not None and _is_moved(draft, exit_):
        # No failure, so no restart policy applies and nothing is counted.
        _restart(draft, pod, counted=None)
    elif exit_ is not None and exit_.code == EXIT_END_OF_INPUT and not _is_always(draft):
        draft.set(held_generation=draft.intent.generation)
        begin_stopping(draft, StopMode.GRACEFUL)
    elif exit_ is not None and _is_badly_configured(draft, exit_):
        # It would say the same each time: only another spec helps.
        fail_run(draft, _describe(draft, exit_))
    else:
        cause = error or _describe(draft, exit_)
        if is_permanent(cause):
            fail_run(draft, cause)
        else:
            _fail_or_restart(draft, pod, cause)


def fail_run(draft: Draft, error: ErrorStatus) -> None:
    """Stop with ``error``, and stay stopped until the spec changes or somebody asks for a start."""
    if not draft.is_stop_wanted:
        draft.set(held_generation=draft.intent.generation)
    finish(draft, RequestVerb.RESTART, RequestState.FAILED, error.message, reason=error.error_code)
    begin_stopping(draft, StopMode.FORCE, reason=StopReason.FAILED, error=error)


def _is_checkpointed(draft: Draft, exit_: Exit) -> bool:
    """Whether the process ended in order and left a checkpoint newer than the request."""
    stop = draft.active_stop
    known = stop.known_checkpoints if stop is not None else known_ids(draft)
    return (
        exit_.code in (EXIT_CHECKPOINTED_ON_SIGTERM, EXIT_END_OF_INPUT)
        and newest_after(known, exit_.words.checkpoint) is not None
    )


def _is_moved(draft: Draft, exit_: Exit) -> bool:
    """Whether the process obeyed those who took its pod away: by the contract, with a checkpoint."""
    is_obeying = exit_.code == EXIT_CHECKPOINTED_ON_SIGTERM
    if not draft.observed.ability.keeps_contract:
        # Many a process ends with 0 when it is told to, which then says nothing about its input.
        is_obeying = is_obeying or exit_.code == 0
    return exit_.is_disruption and is_obeying


def _is_badly_configured(draft: Draft, exit_: Exit) -> bool:
    return draft.observed.ability.keeps_contract and exit_.code == EXIT_BAD_CONFIGURATION


def _is_always(draft: Draft) -> bool:
    return draft.spec.restart.policy is RestartPolicy.ALWAYS


def _end_in_stop(draft: Draft, pod: Pod | None, exit_: Exit | None, error: ErrorStatus | None) -> None:
    """The process ended while it was to be stopped anyway.

    Seed 000: an error during the suspension ends in a forced stop with that error set. That is the default of
    ``stop.onError``.
    """
    if exit_ is not None and _is_checkpointed(draft, exit_):
        begin_stopping(draft, StopMode.GRACEFUL)
        return
    if draft.inability is not None and error is None:
        begin_stopping(draft, StopMode.GRACEFUL, reason=draft.inability)
        return
    cause = error or _describe(draft, exit_)
    said = error is not None or (exit_ is not None and exit_.words.error is not None)
    if cause.error_code == ErrorCode.CHECK_FAILED:
        cause = draft.build_error(ErrorCode.SUSPEND_FAILED, cause.details, reason=cause.message)
    policy = _error_policy(draft, exit_, cause)
    if policy is not StopErrorPolicy.FORCE:
        _try_stop_again(draft, pod, cause, is_given_up=policy is StopErrorPolicy.KEEP_RUNNING)
    elif said or not draft.has_storage or not draft.observed.can_maintain:
        _fail_stop(draft, cause)
    else:
        # Killed without a word: it may have made the checkpoint a moment before.
        begin_stopping(draft, StopMode.GRACEFUL, reason=StopReason.VERIFYING, unverified=cause)


def _error_policy(draft: Draft, exit_: Exit | None, cause: ErrorStatus) -> StopErrorPolicy:
    policy = draft.spec.stop.on_error
    is_hopeless = is_permanent(cause) or (exit_ is not None and _is_badly_configured(draft, exit_))
    if is_hopeless or draft.inability is not None:
        return StopErrorPolicy.FORCE
    if policy is StopErrorPolicy.KEEP_RUNNING and draft.intent.is_deleting:
        return StopErrorPolicy.KEEP_TRYING
    return policy


def _fail_stop(draft: Draft, cause: ErrorStatus) -> None:
    stop = draft.active_stop
    if stop is not None and stop.cause in ROLLS:
        fail_run(draft, cause)
    else:
        begin_stopping(draft, StopMode.FORCE, reason=StopReason.FAILED, error=cause)


def _try_stop_again(draft: Draft, pod: Pod | None, cause: ErrorStatus, *, is_given_up: bool) -> None:
    """Start the process again from its latest checkpoint: to ask it anew, or to let it go on.

    With an id of its own: in a start whose process was asked to suspend, no process may run again.
    """
    stop = draft.active_stop or build_stop(draft, StopMode.GRACEFUL)
    draft.set(stop=stop.model_copy(update={"last_error": cause.message, "next_attempt_at": None}))
    if is_given_up:
        # Given up is what people want, and not a roll: the process comes up with the changed spec anyway.
        wish = draft.intent.wish if draft.is_stop_wanted else None
        draft.finish_stop(reason=StopReason.GIVEN_UP, given_up_for=wish)
        finish(draft, RequestVerb.RESTART, RequestState.FAILED, cause.message, reason=RequestReason.GIVEN_UP)
    draft.set(**new_start(draft), deployment_start_from=LATEST)
    _restart(draft, pod, counted=cause)


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
    give_up_checkpoint(draft)
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


def _describe(draft: Draft, exit_: Exit | None) -> ErrorStatus:
    if exit_ is None:
        reason = "the pod is gone and nothing is known of how it ended"
        return draft.build_error(ErrorCode.CHECK_FAILED, {"reason": "PodGone"}, reason=reason)
    if exit_.words.error is not None:
        return exit_.words.error
    code = "" if exit_.code is None else f" with exit code {exit_.code}"
    message = f": {exit_.message}" if exit_.message else ""
    details = {"reason": exit_.reason, "exitCode": exit_.code}
    return draft.build_error(
        ErrorCode.CHECK_FAILED, details, reason=f"the process ended{code} ({exit_.reason}){message}"
    )

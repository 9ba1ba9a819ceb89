"""While compute is there: mirror what the process says, and keep it where it is wanted."""

from sluice.api.edits import PendingChange
from sluice.api.errors import ErrorCode
from sluice.api.reasons import Reason, StopReason
from sluice.api.statuses import (
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StopMode,
)
from sluice.decide.absence import is_proven_gone, wait_for_proof
from sluice.decide.approving import mind_approval
from sluice.decide.checkpointing import mind_checkpoints
from sluice.decide.checkpoints import mirror_checkpoints
from sluice.decide.decision import EngineCall
from sluice.decide.draft import Draft
from sluice.decide.ending import end_run
from sluice.decide.growing import mind_size
from sluice.decide.rolling import roll_cause
from sluice.decide.run_pod import remember_pod
from sluice.decide.stopping import begin_stopping
from sluice.decide.suspending import suspend
from sluice.decide.timing import (
    REST_SECONDS,
    UNREACHABLE_POLL_SECONDS,
    poll_delay,
    seconds_since,
)
from sluice.observation import EngineVerb, Pod, RuntimeAnswer, RuntimeFailed

SERVING = (
    RuntimeStatus.RUNNING,
    RuntimeStatus.PAUSED,
    RuntimeStatus.REPLAYING,
    RuntimeStatus.BOOTSTRAPPING,
    RuntimeStatus.CONCURRENT_BOOTSTRAPPING,
    RuntimeStatus.SYNCHRONIZING,
)
VERBS = {RuntimeStatus.RUNNING: EngineVerb.RESUME, RuntimeStatus.PAUSED: EngineVerb.PAUSE}
"""How a process that is one of these becomes the other."""


def go_on_serving(draft: Draft) -> None:
    """One look at a provisioned pipeline."""
    pod = draft.observed.pod
    if draft.is_force_wanted:
        begin_stopping(draft, StopMode.FORCE)
    elif pod is None or not pod.is_ours:
        _lose_pod(draft)
    elif pod.has_ended or pod.exit is not None:
        # Other containers of the pod may still run: they go with it.
        end_run(draft, pod)
    else:
        _mirror(draft, pod)
        _go_on_with_pod(draft, pod)


def serve(draft: Draft, pod: Pod, answer: RuntimeAnswer) -> None:
    """The runtime answered for the first time in this run. If it is to be stopped, it has work to save."""
    draft.set(
        deployment_resources_status=ResourcesStatus.PROVISIONED,
        deployment_resources_desired_status=ResourcesDesiredStatus.PROVISIONED,
    )
    _mirror_answer(draft, answer)
    cause = None if draft.is_stop_wanted else roll_cause(draft)
    if draft.active_stop is not None or draft.is_stop_wanted or cause is not None:
        suspend(draft, pod, cause)
    else:
        _go_on_working(draft, answer)


def _lose_pod(draft: Draft) -> None:
    if is_proven_gone(draft):
        end_run(draft, draft.observed.last_seen)
    else:
        wait_for_proof(draft)


def _go_on_with_pod(draft: Draft, pod: Pod) -> None:
    answer = draft.observed.runtime
    cause = None if draft.is_stop_wanted else roll_cause(draft)
    if isinstance(answer, RuntimeFailed):
        end_run(draft, pod, error=answer.error)
    elif draft.is_suspending or draft.is_stop_wanted or cause is not None:
        suspend(draft, pod, cause)
    elif isinstance(answer, RuntimeAnswer):
        _go_on_working(draft, answer)
    else:
        detail = (draft.status.deployment_runtime_status_details or {}).get("reason", "")
        draft.say(Reason.UNAVAILABLE, detail=str(detail))
        draft.look_again_in(UNREACHABLE_POLL_SECONDS)


def _mirror(draft: Draft, pod: Pod) -> None:
    remember_pod(draft, pod)
    answer = draft.observed.runtime
    if isinstance(answer, RuntimeAnswer):
        _mirror_answer(draft, answer)
    elif not isinstance(answer, RuntimeFailed):
        reason = pod.waiting or (answer.message if answer else "its containers are being started")
        draft.set(
            deployment_runtime_status=RuntimeStatus.UNAVAILABLE,
            deployment_runtime_desired_status=RuntimeStatus.UNAVAILABLE,
            deployment_runtime_status_details={"reason": reason},
        )


def _mirror_answer(draft: Draft, answer: RuntimeAnswer) -> None:
    # Once a stop was asked for, that stands whether the process has heard of it yet or not.
    desired = RuntimeStatus.SUSPENDED if draft.is_suspending else answer.desired
    draft.set(
        deployment_runtime_status=answer.status,
        deployment_runtime_desired_status=desired,
        deployment_runtime_status_details=answer.details or None,
    )
    if answer.checkpoints is not None:
        mirror_checkpoints(draft, answer.checkpoints)
    _mind_health(draft, answer)


def _mind_health(draft: Draft, answer: RuntimeAnswer) -> None:
    """After serving long enough a run is healthy: the count of restarts begins anew."""
    restart = draft.status.restart
    if restart is None or not restart.count:
        return
    if answer.status not in SERVING:
        draft.set(restart=restart.model_copy(update={"serving_since": None}))
        return
    serving_since = restart.serving_since or draft.now
    left = draft.spec.restart.healthy_after_seconds - seconds_since(serving_since, draft.now)
    if left > 0:
        draft.look_again_in(left)
        changes: dict[str, object] = {"serving_since": serving_since, "next_attempt_at": None}
    else:
        changes = {"serving_since": None, "next_attempt_at": None, "count": 0}
    draft.set(restart=restart.model_copy(update=changes))


def _go_on_working(draft: Draft, answer: RuntimeAnswer) -> None:
    """The process is to go on: bring it to where it is wanted, and mind its checkpoints and its volume."""
    if answer.status == RuntimeStatus.SUSPENDED:
        # Nothing but a new start brings a suspended process back.
        begin_stopping(draft, StopMode.GRACEFUL, reason=StopReason.ALREADY_SUSPENDED)
        return
    if draft.is_stop_given_up:
        stop = draft.status.stop
        draft.stall(Reason.STOP_FAILED, (stop.last_error if stop else None) or "")
    if not mind_approval(draft, answer):
        _drive(draft, answer)
    mind_checkpoints(draft, answer)
    mind_size(draft)


def _drive(draft: Draft, answer: RuntimeAnswer) -> None:
    """Bring the runtime to where it is wanted, also back when somebody paused it by hand."""
    wanted = draft.wanted_runtime
    if answer.desired == RuntimeStatus.STANDBY and wanted in VERBS:
        draft.act(EngineCall(EngineVerb.ACTIVATE, wanted.lower()))
    elif wanted == RuntimeStatus.STANDBY and answer.desired in VERBS:
        # The published API begins in Standby or never: see seed 001, ``initial``.
        code = ErrorCode.INITIAL_IMMUTABLE
        draft.hold(PendingChange(code, draft.describe(code)))
        draft.stall(Reason.CHANGES_PENDING, draft.describe(code))
        draft.look_again_in(REST_SECONDS)
        return
    elif answer.desired != wanted and answer.desired in VERBS:
        draft.act(EngineCall(VERBS[wanted]))
    if answer.status == wanted == answer.desired:
        draft.look_again_in(REST_SECONDS)
    else:
        _say_where_it_is(draft, answer, wanted)
        draft.look_again_in(poll_delay(draft.status.deployment_runtime_status_since, draft.now))


def _say_where_it_is(draft: Draft, answer: RuntimeAnswer, wanted: RuntimeStatus) -> None:
    if answer.status == RuntimeStatus.INITIALIZING:
        draft.say(Reason.INITIALIZING)
    elif answer.status == RuntimeStatus.UNAVAILABLE:
        details = answer.details or {}
        draft.say(Reason.UNAVAILABLE, detail=str(details.get("reason", "it says so itself")))
    else:
        draft.say(Reason.TRANSITIONING, runtime=answer.status, desired=wanted)

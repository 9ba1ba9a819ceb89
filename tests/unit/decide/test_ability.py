"""A process that knows no contract: what may be concluded from its volume, its exits and its hook."""

import dataclasses
from typing import Any

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.reasons import ConditionType, StopReason
from sluice.api.status import PipelineStatus, ReportStatus
from sluice.api.statuses import RequestVerb
from sluice.decide import Decision, DeletePod, EngineCall
from sluice.observation import Ability, EngineVerb, Intent, Observed, Pod

from .asking import asking, outcome
from .builders import (
    FORCE,
    POD_UID,
    RUN,
    STOP,
    SUSPEND,
    answer_of,
    condition,
    deletes_pod,
    ended,
    exit_of,
    intent_of,
    look,
    pod_of,
    provisioned,
    reread,
    seen_of,
    spec_of,
    stopping,
    suspending,
)

HOOK = Ability(needs_volume=False, keeps_contract=False)
NO_HOOK = Ability(StopReason.NO_HOOK, needs_volume=False, keeps_contract=False)
WITHOUT_VOLUME: dict[str, Any] = {"storage_status": "Cleared"}


def seen(pod: Pod | None = None, ability: Ability = HOOK, **changes: Any) -> Observed:
    pod = pod or pod_of(own_grace_seconds=20)
    return seen_of(pod, **({"runtime": answer_of()} | changes), ability=ability)


def made(*checkpoints: str, **changes: Any) -> Observed:
    return seen(runtime=answer_of("Suspended", "Suspended", *checkpoints, **changes))


def grace_of(decision: Decision) -> int | None:
    (action,) = (action for action in decision.actions if isinstance(action, DeletePod))
    assert action.uid == POD_UID
    return action.grace_seconds


def test_a_checkpoint_that_goes_elsewhere_is_asked_for_without_a_volume() -> None:
    decision = look(STOP, provisioned(**WITHOUT_VOLUME), seen())

    assert decision.status.deployment_status == "Suspending"
    assert decision.actions == (SUSPEND,)


def test_a_container_without_a_hook_is_stopped_by_sigterm_alone_and_status_says_so() -> None:
    decision = look(STOP, provisioned(), seen(ability=NO_HOOK))

    assert decision.status.stop is not None
    assert (decision.status.stop.reason, decision.status.stop.mode) == ("NoHook", "Graceful")
    assert grace_of(decision) is None, "its own"
    assert decision.status.deployment_error is None


@pytest.mark.parametrize("own", [0, 5, 20, 600])
def test_after_its_checkpoint_a_container_has_its_own_grace_since_it_worked_on(own: int) -> None:
    observed = dataclasses.replace(made("c1", "c2"), pod=pod_of(own_grace_seconds=own))
    decision = look(STOP, suspending(), observed)

    assert decision.status.stop is not None
    assert decision.status.stop.checkpoint == "c2"
    assert grace_of(decision) is None


def test_force_is_one_second_all_the_same() -> None:
    assert grace_of(look(FORCE, suspending(), seen())) == 1


def test_what_an_attempt_left_behind_is_shown_and_outlives_the_stop() -> None:
    failed, succeeded = ReportStatus(code=3, output="disk full"), ReportStatus(code=0, output="saved")
    before = suspending()
    first = look(STOP, before, seen(runtime=answer_of(checkpoint_error="exit code 3", report=failed)))
    then = look(STOP, reread(first.status), made("c1", "c2", report=succeeded), after=5)
    still = look(STOP, reread(then.status), seen(pod_of(is_deleting=True), runtime=None), after=6)

    assert first.status.stop is not None
    assert (first.status.stop.report, first.status.stop.last_error) == (failed, "exit code 3")
    assert first.status.deployment_status == "Suspending"
    assert still.status.stop is not None
    assert (still.status.stop.report, still.status.stop.last_error) == (succeeded, None)


@pytest.mark.parametrize(
    ("code", "is_disruption", "leads_to", "counted"),
    [
        (0, True, "Provisioning", 0),
        (143, True, "Provisioning", 0),
        (137, True, "Provisioning", 1),
        (0, False, "Stopping", 0),
        (143, False, "Provisioning", 1),
        (78, False, "Provisioning", 1),
    ],
)
def test_an_exit_code_means_what_it_means_anywhere(
    code: int, is_disruption: bool, leads_to: str, counted: int
) -> None:
    gone = pod_of(has_ended=True, is_started=False, exit=exit_of(code, is_disruption=is_disruption))
    decision = look(RUN, provisioned(), seen(gone, runtime=None))

    assert decision.status.deployment_status == leads_to
    assert decision.status.restart is not None
    assert decision.status.restart.count == counted


def test_a_container_without_a_hook_that_ends_during_its_stop_has_stopped() -> None:
    decision = look(STOP, provisioned(), seen(ended(1), ability=NO_HOOK, runtime=None))

    assert decision.status.stop is not None
    assert (decision.status.stop.reason, decision.status.deployment_error) == ("NoHook", None)


def test_a_container_that_ends_before_its_hook_succeeded_has_failed_to_be_saved() -> None:
    decision = look(STOP, suspending(**WITHOUT_VOLUME), seen(ended(1), runtime=None))

    assert decision.status.deployment_error is not None
    assert decision.status.deployment_error.error_code == ErrorCode.SUSPEND_FAILED
    assert deletes_pod(decision)


@pytest.mark.parametrize(
    ("ability", "before", "words"),
    [
        (NO_HOOK, provisioned(), "without a hook"),
        (Ability(), provisioned(**WITHOUT_VOLUME), "without storage"),
    ],
)
def test_a_checkpoint_that_cannot_be_made_is_refused_with_why(
    ability: Ability, before: PipelineStatus, words: str
) -> None:
    asked = look(asking(RequestVerb.CHECKPOINT), before, seen(ability=ability))
    entry = outcome(asked, RequestVerb.CHECKPOINT)

    assert (entry.state, entry.reason) == ("Refused", "CheckpointFailed")
    assert words in (entry.message or "")


def test_a_hook_makes_checkpoints_on_request_without_a_volume() -> None:
    asked = look(asking(RequestVerb.CHECKPOINT), provisioned(**WITHOUT_VOLUME), seen())

    assert EngineCall(EngineVerb.CHECKPOINT) in asked.actions


NO_VOLUME = intent_of(spec=spec_of(storage=None))


@pytest.mark.parametrize(
    ("intent", "ability", "reason"),
    [
        (RUN, NO_HOOK, "NoHook"),
        (NO_VOLUME, NO_HOOK, "NoHook"),
        (NO_VOLUME, HOOK, "NotScheduled"),
        (NO_VOLUME, Ability(), "NoStorage"),
    ],
)
def test_the_condition_names_what_is_missing_for_a_checkpoint(
    intent: Intent, ability: Ability, reason: str
) -> None:
    decision = look(intent, provisioned(**WITHOUT_VOLUME), seen(ability=ability))

    assert condition(decision, ConditionType.CHECKPOINT_CURRENT).reason == reason


def test_a_stopping_pod_keeps_the_grace_that_it_was_given() -> None:
    decision = look(STOP, stopping(), seen(pod_of(is_deleting=True, grace_seconds=20), runtime=None))

    assert not deletes_pod(decision)

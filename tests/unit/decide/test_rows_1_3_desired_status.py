"""Which wishes may follow which: section 1.3 of the published API's lifecycle, row by row.

The API refuses at once; here the wish stands in ``spec``, so what may not be done now is held, and the
condition says so under the API's own code and in its words.
"""

import dataclasses
from typing import Any

import pytest

from sluice.api.edits import hold_back
from sluice.api.errors import ErrorCode, describe
from sluice.api.reasons import ConditionType, Reason
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import CreatePod, EngineCall
from sluice.observation import Intent, Observed
from sluice.reconcile.intent import served_by
from sluice.reconcile.objects import read_wish

from .asking import CLEAR, DISMISS, asked, asking
from .builders import (
    BOOM,
    FORCE,
    NOTHING,
    OWN_CLAIM,
    PAUSED,
    RUN,
    STOP,
    actions_of,
    condition,
    intent_of,
    look,
    pod_of,
    provisioned,
    provisioning,
    reread,
    seen_of,
    serving,
    spec_of,
    stopped,
    stopping,
    suspending,
)

STANDBY = intent_of(DesiredStatus.STANDBY)
CLEARING = stopped(storage_status="Clearing", requests=[asked(CLEAR)])
LEAVING = seen_of(pod_of(is_deleting=True, grace_seconds=600))
SUSPENDING_NOW = serving("Running", "c1", desired="Suspended")
FAILED = stopped(deployment_error=BOOM, held_generation=1)
OF_THE_SEEDS = (
    "Deployment resources status (current: 'Stopping', desired: 'Stopped') cannot have desired changed to"
    " 'Provisioned'. Cannot restart the pipeline while it is stopping. Wait for it to stop before starting a"
    " new instance of the pipeline."
)


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        pytest.param(stopped(), NOTHING, id="Stopped to Stopped, even when already Stopped"),
        pytest.param(provisioning(), seen_of(pod_of(is_started=False)), id="Provisioning to Stopped"),
        pytest.param(provisioned(), serving(), id="Provisioned to Stopped"),
        pytest.param(suspending(), SUSPENDING_NOW, id="Suspended to Stopped"),
        pytest.param(stopping(), LEAVING, id="Stopping to Stopped"),
        pytest.param(FAILED, NOTHING, id="failed to Stopped"),
    ],
)
@pytest.mark.parametrize("intent", [STOP, FORCE], ids=["graceful", "force"])
def test_a_stop_is_allowed_in_every_state(intent: Intent, before: PipelineStatus, seen: Observed) -> None:
    decision = look(intent, before, seen)

    assert decision.status.deployment_desired_status in ("Stopped", "Suspended")
    assert actions_of(decision, CreatePod) == []
    assert condition(decision, ConditionType.CHANGES_PENDING).status == "False"
    assert condition(decision, ConditionType.STALLED).status == "False"


@pytest.mark.parametrize(
    ("intent", "before", "seen", "code"),
    [
        pytest.param(RUN, stopping(), LEAVING, "IllegalPipelineAction", id="1. start while Stopping"),
        pytest.param(
            RUN,
            suspending(),
            SUSPENDING_NOW,
            "IllegalPipelineAction",
            id="1. start while Suspended is desired",
        ),
        pytest.param(
            PAUSED, stopping("Force"), LEAVING, "IllegalPipelineAction", id="1. start after a force stop"
        ),
        pytest.param(
            RUN,
            CLEARING,
            seen_of(claim=OWN_CLAIM),
            "CannotStartWhileClearingStorage",
            id="3. storage Clearing",
        ),
        pytest.param(
            STANDBY,
            provisioned(),
            serving(),
            "InitialImmutableUnlessStopped",
            id="5. another initial: Running",
        ),
        pytest.param(
            STANDBY,
            provisioned(deployment_initial="Paused"),
            serving("Paused"),
            "InitialImmutableUnlessStopped",
            id="5. another initial: Paused",
        ),
    ],
)
def test_a_start_that_is_not_allowed_is_held_under_the_apis_own_code(
    intent: Intent, before: PipelineStatus, seen: Observed, code: str
) -> None:
    decision = look(intent, before, seen)
    pending = condition(decision, ConditionType.CHANGES_PENDING)

    assert (pending.status, pending.reason) == ("True", code)
    assert not [action for action in decision.actions if isinstance(action, CreatePod | EngineCall)]
    assert condition(decision).status == "False"


def test_1_the_sentence_while_stopping_is_that_of_the_seeds() -> None:
    decision = look(RUN, stopping(), LEAVING)

    assert condition(decision, ConditionType.CHANGES_PENDING).message == OF_THE_SEEDS


def test_2_an_undismissed_error_keeps_the_same_wish_from_starting_again() -> None:
    held = look(RUN, FAILED)
    asked_for = look(asking(DISMISS), reread(held.status))
    edited = look(dataclasses.replace(RUN, generation=2), reread(held.status))

    assert held.status.deployment_error == BOOM
    assert (held.status.deployment_status, actions_of(held, CreatePod)) == ("Stopped", [])
    for begun in (asked_for, edited):
        assert begun.status.deployment_status == "Provisioning"
        assert begun.status.deployment_error is None, "/start dismisses the error where it is not told not to"


def test_4_a_program_that_cannot_be_used_is_not_started() -> None:
    decision = look(dataclasses.replace(RUN, spec_error="template: Field required"), stopped())

    assert actions_of(decision, CreatePod) == []
    assert condition(decision, ConditionType.STALLED).reason == Reason.INVALID_SPEC


def test_6_another_bootstrap_policy_is_held_while_there_is_compute() -> None:
    before, after = {"bootstrapPolicy": "Allow"}, {"bootstrapPolicy": "Reject"}
    held = hold_back(after, before, is_up=True, is_in_use=True)
    code = ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE

    assert held.spec == before
    assert held.pending == ((code, describe(code)),)
    assert hold_back(after, before, is_up=False, is_in_use=True).spec == after


@pytest.mark.parametrize(
    ("storage", "is_allowed"),
    [(None, False), ({}, False), ({"sync": {"url": "s3://bucket/orders"}}, True)],
    ids=["7. no storage", "7. no sync", "7. sync"],
)
def test_7_standby_needs_an_object_store_to_follow(storage: dict[str, Any] | None, is_allowed: bool) -> None:
    spec: PipelineSpec = spec_of(storage=storage)
    wish = read_wish({"spec": {"desiredStatus": "Standby"}}, PipelineStatus(), served_by(spec))

    assert (wish.error is None) is is_allowed
    assert wish.desired_status == (DesiredStatus.STANDBY if is_allowed else DesiredStatus.STOPPED)


def test_a_start_of_what_is_started_changes_nothing() -> None:
    before = look(RUN, provisioned(), serving())
    again = look(dataclasses.replace(RUN, generation=2), reread(before.status), serving())

    assert again.actions == ()
    assert again.status.deployment_id == before.status.deployment_id
    assert again.status.deployment_status == "Running"


def test_an_early_start_stays_stopped_until_what_it_waits_for_is_there() -> None:
    waiting = look(RUN, CLEARING, seen_of(claim=OWN_CLAIM))
    cleared = look(RUN, reread(waiting.status))
    begun = look(RUN, reread(cleared.status))

    assert waiting.status.deployment_resources_status == "Stopped"
    assert cleared.status.storage_status == "Cleared"
    assert begun.status.deployment_status == "Provisioning"

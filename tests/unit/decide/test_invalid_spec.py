"""A spec that cannot be understood: the last good one stays in force, and a stop always works."""

import dataclasses

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import CreatePod
from sluice.observation import Intent, Observed

from .builders import (
    FORCE,
    NOTHING,
    RUN,
    STOP,
    actions_of,
    condition,
    deletes_pod,
    ended,
    look,
    provisioned,
    seen_of,
    serving,
    stopped,
    stored,
    suspending,
)

ERROR = "storage.size: not a size"


def broken(intent: Intent, *, has_good_spec: bool = True) -> Intent:
    return dataclasses.replace(
        intent, spec=intent.spec if has_good_spec else None, spec_error=ERROR, generation=2
    )


def test_a_running_pipeline_keeps_running_and_says_what_is_wrong() -> None:
    decision = look(broken(RUN), provisioned(), serving("Running", "c1"))

    assert decision.status.deployment_status == "Running"
    assert decision.actions == ()
    stalled = condition(decision, ConditionType.STALLED)
    assert (stalled.status, stalled.reason) == ("True", Reason.INVALID_SPEC)
    assert ERROR in stalled.message
    assert condition(decision, ConditionType.AVAILABLE).status == "True"
    assert decision.status.observed_generation == 2


def test_a_crash_is_restarted_on_the_last_good_spec() -> None:
    assert look(broken(RUN), provisioned(), seen_of(ended(1))).status.deployment_status == "Provisioning"


@pytest.mark.parametrize("has_good_spec", [True, False])
@pytest.mark.parametrize(
    ("before", "seen"),
    [
        (provisioned(), serving("Running", "c1")),
        (suspending(), serving("Running", "c1", desired="Suspended")),
    ],
    ids=["running", "suspending"],
)
def test_force_stops_it_whatever_is_wrong_with_the_rest(
    has_good_spec: bool, before: PipelineStatus, seen: Observed
) -> None:
    decision = look(broken(FORCE, has_good_spec=has_good_spec), before, seen)

    assert deletes_pod(decision)
    assert decision.status.deployment_status == "Stopping"


def test_a_graceful_stop_makes_its_checkpoint_by_the_last_good_spec() -> None:
    decision = look(broken(STOP), provisioned(), serving("Running", "c1"))

    assert decision.status.deployment_status == "Suspending"
    assert not deletes_pod(decision)


@pytest.mark.parametrize("before", [stored(), stopped()], ids=["new", "stopped"])
@pytest.mark.parametrize("desired", [DesiredStatus.RUNNING, DesiredStatus.PAUSED])
def test_nothing_is_started_from_a_spec_that_cannot_be_understood(
    before: PipelineStatus, desired: DesiredStatus
) -> None:
    intent = dataclasses.replace(broken(RUN, has_good_spec=False), desired_status=desired)
    decision = look(intent, before, NOTHING)

    assert actions_of(decision, CreatePod) == []
    assert decision.status.deployment_status == "Stopped"
    assert condition(decision).reason == Reason.INVALID_SPEC


def test_the_pipeline_starts_when_the_spec_is_mended() -> None:
    rest = look(broken(RUN, has_good_spec=False), stored())

    assert (
        look(dataclasses.replace(RUN, generation=3), rest.status).status.deployment_status == "Provisioning"
    )

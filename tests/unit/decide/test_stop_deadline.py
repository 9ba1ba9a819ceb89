"""A graceful stop that takes long: its deadline, and the ten minutes after which it asks for a person."""

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.reasons import ConditionType, Reason
from sluice.api.statuses import DesiredStatus
from sluice.observation import Observed

from .builders import (
    NOW,
    SILENCE,
    STOP,
    ago,
    condition,
    deletes_pod,
    intent_of,
    look,
    pod_of,
    provisioned,
    seen_of,
    serving,
    spec_of,
    suspending,
)


@pytest.mark.parametrize("on_timeout", ["KeepTrying", "Force"])
def test_nothing_happens_before_the_deadline(on_timeout: str) -> None:
    spec = spec_of(stop={"timeoutSeconds": 30, "onTimeout": on_timeout})
    decision = look(intent_of(DesiredStatus.STOPPED, spec), suspending({"deadline_at": ago(-1)}), serving())

    assert not deletes_pod(decision)
    assert condition(decision, ConditionType.STALLED).status == "False"


def test_the_deadline_counts_from_the_moment_the_stop_was_seen() -> None:
    spec = spec_of(stop={"timeoutSeconds": 30})
    status = look(intent_of(DesiredStatus.STOPPED, spec), provisioned(), serving()).status

    assert status.stop is not None
    assert status.stop.deadline_at == ago(-30)


@pytest.mark.parametrize(
    "seen", [serving("Running", "c1", desired="Suspended"), seen_of(pod_of(), runtime=SILENCE)]
)
def test_at_the_deadline_force_stops_without_a_checkpoint_and_says_so_in_the_error(seen: Observed) -> None:
    spec = spec_of(stop={"timeoutSeconds": 30, "onTimeout": "Force"})
    before = suspending({"deadline_at": NOW, "last_error": "disk full"})
    decision = look(intent_of(DesiredStatus.STOPPED, spec), before, seen)

    status = decision.status
    assert deletes_pod(decision)
    assert status.stop is not None
    assert (status.stop.mode, status.stop.reason) == ("Force", "DeadlineExceeded")
    assert status.deployment_error is not None
    assert status.deployment_error.error_code == ErrorCode.SUSPEND_TIMEOUT
    assert "30s" in status.deployment_error.message
    assert "disk full" in status.deployment_error.message


def test_a_checkpoint_that_arrives_with_the_deadline_counts() -> None:
    spec = spec_of(stop={"timeoutSeconds": 30, "onTimeout": "Force"})
    before = suspending({"deadline_at": ago(60)})
    status = look(intent_of(DesiredStatus.STOPPED, spec), before, serving("Suspended", "c1", "c2")).status

    assert status.deployment_error is None
    assert status.stop is not None
    assert (status.stop.mode, status.stop.checkpoint) == ("Graceful", "c2")


def test_at_the_deadline_keep_trying_only_says_that_it_is_late() -> None:
    spec = spec_of(stop={"timeoutSeconds": 30})
    decision = look(intent_of(DesiredStatus.STOPPED, spec), suspending({"deadline_at": NOW}), serving())

    assert not deletes_pod(decision)
    assert condition(decision, ConditionType.STALLED).reason == Reason.STOP_STUCK


@pytest.mark.parametrize(("age", "is_stalled"), [(599, "False"), (600, "True"), (86_400, "True")])
def test_a_stop_without_a_checkpoint_after_ten_minutes_is_stalled_and_names_the_way_out(
    age: int, is_stalled: str
) -> None:
    before = suspending({"requested_at": ago(age), "last_error": "no answer within 5 s"})
    decision = look(STOP, before, seen_of(pod_of(), runtime=SILENCE))

    stalled = condition(decision, ConditionType.STALLED)
    assert stalled.status == is_stalled
    assert not deletes_pod(decision)
    assert decision.requeue_after is not None
    if is_stalled == "True":
        assert "force: true" in stalled.message
        assert "no answer within 5 s" in stalled.message

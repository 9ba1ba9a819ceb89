"""A graceful stop: the pod stays until a checkpoint that is newer than the request stands in status."""

import pytest

from sluice.api.errors import ErrorCode
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus
from sluice.decide import EngineCall
from sluice.observation import Observed, RefusalKind

from .builders import (
    BOOM,
    FATAL,
    FORCE,
    NOW,
    RUN,
    SILENCE,
    STOP,
    SUSPEND,
    ago,
    answer_of,
    checkpoint_ids,
    deletes_pod,
    ended,
    exit_of,
    intent_of,
    look,
    pod_of,
    provisioned,
    refusal_of,
    reread,
    seen_of,
    serving,
    spec_of,
    suspending,
)


def test_what_exists_is_written_down_in_the_same_decision_that_asks_for_the_checkpoint() -> None:
    decision = look(STOP, provisioned(), serving("Running", "c0", "c1"))

    status = decision.status
    assert decision.actions == (SUSPEND,)
    assert (status.deployment_status, status.deployment_desired_status) == ("Suspending", "Suspended")
    assert status.deployment_resources_desired_status == "Provisioned"
    assert status.stop is not None
    assert (status.stop.mode, status.stop.known_checkpoints) == ("Graceful", ["c0", "c1"])
    assert (status.stop.requested_at, status.stop.attempt) == (NOW, 1)


def test_a_request_that_was_written_down_and_never_sent_is_sent_again_when_it_is_due() -> None:
    first = look(STOP, provisioned(), serving())
    early = look(STOP, reread(first.status), serving(), after=0.5)
    due = look(STOP, reread(first.status), serving(), after=1.0)

    assert early.actions == ()
    assert reread(early.status) == reread(first.status)
    assert due.actions == (SUSPEND,)
    assert due.status.stop is not None
    assert due.status.stop.attempt == 2


def test_a_request_that_was_heard_is_not_sent_again() -> None:
    before = suspending({"next_attempt_at": ago(1)})

    assert look(STOP, before, serving("Running", "c1", desired="Suspended")).actions == ()


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(serving("Running", "c1", desired="Suspended"), id="still at it"),
        pytest.param(
            serving("Running", "c1", "c2", desired="Suspended"), id="a periodic checkpoint came between"
        ),
        pytest.param(serving("Running", "c1", "c2"), id="a periodic checkpoint, and the request not heard"),
        pytest.param(serving("Suspended", "c1"), id="Suspended without a new checkpoint"),
        pytest.param(serving("Suspended"), id="Suspended without a list"),
        pytest.param(seen_of(pod_of(), runtime=SILENCE), id="silent"),
        pytest.param(seen_of(pod_of()), id="nobody to ask"),
        pytest.param(serving("Paused", "c1", desired="Suspended"), id="paused on the way"),
        pytest.param(serving("Stopped", "c1", "c2"), id="a word that the runtime may not say"),
    ],
)
def test_no_pod_is_deleted_before_there_is_a_newer_checkpoint(seen: Observed) -> None:
    decision = look(STOP, suspending(), seen)

    assert not deletes_pod(decision)
    assert decision.status.deployment_status == "Suspending"
    assert decision.status.stop is not None
    assert decision.status.stop.checkpoint is None


def test_the_new_checkpoint_stands_in_the_status_that_permits_the_deletion() -> None:
    decision = look(STOP, suspending(), serving("Suspended", "c1", "c2"))

    status = decision.status
    assert deletes_pod(decision)
    assert status.stop is not None
    assert (status.stop.checkpoint, status.stop.reason) == ("c2", None)
    assert checkpoint_ids(status) == ["c1", "c2"]
    assert (status.deployment_status, status.deployment_desired_status) == ("Stopping", "Stopped")
    assert status.deployment_error is None
    assert status.last_checkpoint_time == NOW


def test_suspended_without_a_new_checkpoint_says_what_is_missing() -> None:
    status = look(STOP, suspending(), serving("Suspended", "c1")).status

    assert status.stop is not None
    assert status.stop.last_error == "the runtime says Suspended but lists no new checkpoint"


def test_what_the_checkpoint_waits_for_is_shown() -> None:
    seen = seen_of(pod_of(), runtime=answer_of("Running", "Suspended", blockers=("TransactionInProgress",)))
    status = look(STOP, suspending(), seen).status

    assert status.stop is not None
    assert status.stop.blockers == ["TransactionInProgress"]


def test_a_refused_request_is_shown_and_repeated_with_growing_waits() -> None:
    refusal = refusal_of(EngineCall, RefusalKind.TEMPORARY, "POST /suspend: initializing")
    waits: list[float] = []
    for attempt in range(1, 8):
        before = suspending({"attempt": attempt - 1, "next_attempt_at": NOW})
        decision = look(STOP, before, seen_of(pod_of(), runtime=answer_of(), refusal=refusal))
        stop = decision.status.stop
        assert decision.actions == (SUSPEND,)
        assert stop is not None
        assert stop.next_attempt_at is not None
        assert (stop.attempt, stop.last_error) == (attempt, refusal.message)
        waits.append((stop.next_attempt_at - NOW).total_seconds())

    assert waits == [1, 2, 5, 10, 30, 30, 30]


@pytest.mark.parametrize(
    ("before", "seen", "reason"),
    [
        pytest.param(provisioned(storage_status="Cleared"), serving(), "NoStorage", id="no storage"),
        pytest.param(provisioned(), seen_of(pod_of(is_started=False)), "NeverStarted", id="never started"),
        pytest.param(provisioned(), serving("Standby"), "Standby", id="standby"),
        pytest.param(provisioned(), serving("Suspended", "c1"), "AlreadySuspended", id="suspended by hand"),
    ],
)
def test_a_stop_that_can_make_no_checkpoint_records_why_and_goes_on(
    before: PipelineStatus, seen: Observed, reason: str
) -> None:
    decision = look(STOP, before, seen)

    assert deletes_pod(decision)
    assert decision.status.stop is not None
    assert (decision.status.stop.reason, decision.status.stop.mode) == (reason, "Graceful")
    assert decision.status.deployment_status == "Stopping"


@pytest.mark.parametrize("seen", [serving(), seen_of(ended(1))], ids=["alive", "crashed"])
def test_an_edit_that_takes_the_storage_out_of_the_spec_does_not_take_it_from_the_run(seen: Observed) -> None:
    decision = look(intent_of(DesiredStatus.STOPPED, spec_of(storage=None)), provisioned(), seen)

    assert decision.status.deployment_status == "Suspending" or decision.status.deployment_error is not None


@pytest.mark.parametrize(
    ("seen", "error_code"),
    [
        pytest.param(seen_of(pod_of(), runtime=FATAL), BOOM.error_code, id="it answers that it cannot"),
        pytest.param(seen_of(ended(1)), ErrorCode.SUSPEND_FAILED, id="it crashes"),
        pytest.param(seen_of(ended(1, error=BOOM)), BOOM.error_code, id="it crashes with last words"),
        pytest.param(seen_of(ended(143)), ErrorCode.SUSPEND_FAILED, id="it is killed and makes none"),
        pytest.param(seen_of(ended(143, checkpoint="c1")), ErrorCode.SUSPEND_FAILED, id="killed, an old one"),
        pytest.param(seen_of(ended(0)), ErrorCode.SUSPEND_FAILED, id="it ends without one"),
        pytest.param(
            seen_of(ended(137, checkpoint="c2")), ErrorCode.SUSPEND_FAILED, id="killed before the end"
        ),
    ],
)
def test_a_failure_on_the_way_ends_in_a_forced_stop_with_its_error_in_status(
    seen: Observed, error_code: str
) -> None:
    decision = look(STOP, suspending(), seen)

    status = decision.status
    assert status.deployment_status == "Stopping"
    assert status.deployment_error is not None
    assert status.deployment_error.error_code == error_code
    assert status.stop is not None
    assert (status.stop.mode, status.stop.reason) == ("Force", "Failed") or status.stop.checkpoint == "c2"


@pytest.mark.parametrize("code", [0, 143])
def test_a_pod_that_is_killed_while_suspending_and_checkpoints_on_its_way_out_ends_the_stop_well(
    code: int,
) -> None:
    decision = look(STOP, suspending(), seen_of(ended(code, checkpoint="c2")))

    status = decision.status
    assert status.deployment_error is None
    assert status.stop is not None
    assert (status.stop.mode, status.stop.checkpoint, status.stop.reason) == ("Graceful", "c2", None)
    assert checkpoint_ids(status) == ["c1", "c2"]


def test_a_pod_that_is_killed_just_before_the_stop_with_no_newer_checkpoint_is_no_clean_stop() -> None:
    decision = look(STOP, provisioned(), seen_of(ended(143, checkpoint="c1")))

    assert decision.status.deployment_error is not None
    assert decision.status.deployment_error.error_code == ErrorCode.SUSPEND_FAILED


def test_a_process_that_crashed_beside_a_living_sidecar_has_not_simply_never_started() -> None:
    crashed = pod_of(is_started=False, exit=exit_of(1))
    decision = look(STOP, suspending(), seen_of(crashed))

    assert decision.status.deployment_error is not None
    assert decision.status.deployment_error.error_code == ErrorCode.SUSPEND_FAILED


def test_a_graceful_stop_goes_on_to_its_end_also_when_running_is_wanted_again() -> None:
    waiting = look(RUN, suspending(), serving("Running", "c1", desired="Suspended"))
    done = look(RUN, suspending(), serving("Suspended", "c1", "c2"))

    assert waiting.status.deployment_status == "Suspending"
    assert waiting.actions == ()
    assert done.status.deployment_status == "Stopping"


def test_force_takes_over_from_a_stop_that_waits_for_its_checkpoint() -> None:
    decision = look(FORCE, suspending(), serving("Running", "c1", desired="Suspended"))

    assert decision.status.deployment_status == "Stopping"
    assert decision.status.stop is not None
    assert decision.status.stop.mode == "Force"


def test_an_unreachable_process_is_asked_again_and_never_taken_for_ended() -> None:
    before = suspending({"next_attempt_at": ago(1)})
    decision = look(STOP, before, seen_of(pod_of(), runtime=SILENCE))

    assert decision.actions == (SUSPEND,)
    assert decision.status.deployment_status == "Suspending"
    assert decision.status.stop is not None
    assert decision.status.stop.last_error == SILENCE.message

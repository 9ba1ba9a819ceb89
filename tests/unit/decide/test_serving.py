"""While compute is there: what the process says is shown, and it is kept where it is wanted."""

import pytest

from sluice.api.reasons import ConditionType, Reason
from sluice.decide import EngineCall
from sluice.observation import Intent

from .builders import (
    NOW,
    PAUSE,
    PAUSED,
    RESUME,
    RUN,
    SILENCE,
    actions_of,
    ago,
    answer_of,
    checkpoint_ids,
    condition,
    look,
    pod_of,
    provisioned,
    reread,
    seen_of,
    serving,
)


def test_a_pipeline_that_is_where_it_is_wanted_is_left_alone_for_minutes() -> None:
    settled = look(RUN, provisioned(), serving("Running", "c1"))
    later = look(RUN, reread(settled.status), serving("Running", "c1"), after=86_400)

    assert (later.actions, later.events) == ((), ())
    assert reread(later.status) == reread(settled.status)
    assert later.requeue_after is not None
    assert later.requeue_after >= 300


@pytest.mark.parametrize(
    ("intent", "status", "desired", "call"),
    [
        pytest.param(PAUSED, "Running", "Running", PAUSE, id="pause"),
        pytest.param(RUN, "Paused", "Paused", RESUME, id="resume, also when somebody paused it by hand"),
        pytest.param(PAUSED, "Running", "Paused", None, id="it is on its way"),
        pytest.param(RUN, "Initializing", "Paused", RESUME, id="asked while it initializes"),
        pytest.param(RUN, "Replaying", "Running", None, id="a phase on the way"),
    ],
)
def test_the_process_is_brought_to_where_it_is_wanted(
    intent: Intent, status: str, desired: str, call: EngineCall | None
) -> None:
    decision = look(intent, provisioned(), serving(status, desired=desired))

    assert actions_of(decision, EngineCall) == ([] if call is None else [call])
    assert decision.status.deployment_status == status
    assert decision.status.deployment_runtime_desired_status == desired
    assert condition(decision).status == "False"
    assert decision.requeue_after is not None
    assert decision.requeue_after <= 2.5


def test_a_silent_process_is_unavailable_and_nothing_is_done_to_it() -> None:
    decision = look(RUN, provisioned(), seen_of(pod_of(), runtime=SILENCE))

    assert decision.actions == ()
    assert decision.status.deployment_status == "Unavailable"
    assert decision.status.deployment_runtime_status_details == {"reason": SILENCE.message}
    assert condition(decision).reason == Reason.UNAVAILABLE
    assert SILENCE.message in condition(decision).message
    assert decision.requeue_after == pytest.approx(5)


def test_a_process_that_says_itself_that_it_is_unavailable_is_shown_with_its_reason() -> None:
    seen = seen_of(pod_of(), runtime=answer_of("Unavailable", "Running", details={"reason": "lost its disk"}))

    assert "lost its disk" in condition(look(RUN, provisioned(), seen)).message


def test_a_new_checkpoint_is_listed_with_the_time_it_was_first_seen() -> None:
    decision = look(RUN, provisioned(last_checkpoint_time=ago(900)), serving("Running", "c1", "c2"))
    later = look(RUN, reread(decision.status), serving("Running", "c1", "c2"), after=60)

    assert checkpoint_ids(decision.status) == ["c1", "c2"]
    assert decision.status.last_checkpoint_time == later.status.last_checkpoint_time == NOW


def test_only_the_newest_checkpoints_are_listed_however_many_there_are() -> None:
    many = [f"c{number}" for number in range(1000)]
    status = look(RUN, provisioned(), serving("Running", *many)).status

    assert checkpoint_ids(status) == many[-20:]


def test_an_answer_without_a_list_takes_no_checkpoint_away() -> None:
    assert checkpoint_ids(look(RUN, provisioned(), serving()).status) == ["c1"]


@pytest.mark.parametrize("word", ["Stopped", "Provisioning", "Stopping", "Suspending", "Completed"])
def test_a_process_cannot_say_what_only_the_operator_may_say(word: str) -> None:
    decision = look(RUN, provisioned(), serving(word, desired="Running"))

    assert decision.status.deployment_status == "Unavailable"
    assert condition(decision, ConditionType.AVAILABLE).status == "False"


def test_a_pod_that_is_being_drained_is_left_to_make_its_checkpoint() -> None:
    draining = seen_of(pod_of(is_deleting=True, grace_seconds=600), runtime=answer_of())
    decision = look(RUN, provisioned(), draining)

    assert decision.actions == ()
    assert decision.status.deployment_status == "Running"


def test_a_process_that_somebody_suspended_by_hand_is_started_anew() -> None:
    decision = look(RUN, provisioned(), serving("Suspended", "c1"))

    assert decision.status.deployment_status == "Stopping"
    assert decision.status.stop is not None
    assert decision.status.stop.reason == "AlreadySuspended"
    assert decision.status.held_generation is None, "it starts again"
    assert decision.status.deployment_error is None

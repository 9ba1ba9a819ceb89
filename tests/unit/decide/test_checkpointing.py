"""Checkpoints of a running pipeline: by request and by schedule, with a ticket that may get lost."""

from datetime import datetime
from typing import Any

import pytest

from sluice.api.status import CheckpointingStatus, PipelineStatus
from sluice.decide import EngineCall
from sluice.observation import EngineVerb, Intent, Observed, RefusalKind

from .asking import CHECKPOINT, asked, asking, outcome
from .builders import (
    FORCE,
    NOW,
    RUN,
    STOP,
    ago,
    answer_of,
    ended,
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

ASK = EngineCall(EngineVerb.CHECKPOINT)
HOURLY = intent_of(spec=spec_of(checkpoint={"schedule": "0 * * * *"}))
"""NOW is noon."""


def under_way(trigger: str = "Request", **changes: Any) -> PipelineStatus:
    """A checkpoint that was asked for a moment ago, when ``c1`` was there."""
    basis: dict[str, Any] = {
        "trigger": trigger,
        "token": "t1" if trigger == "Request" else None,
        "requested_at": ago(2),
        "known_checkpoints": ["c1"],
        "attempt": 1,
        "next_attempt_at": ago(1),
    }
    requests = [asked(CHECKPOINT)] if trigger == "Request" else []
    return provisioned(checkpointing=CheckpointingStatus(**(basis | changes)), requests=requests)


def answering(*checkpoints: str, ticket: str | None = "p/1", **changes: Any) -> Observed:
    return seen_of(pod_of(), runtime=answer_of("Running", None, *checkpoints, **changes), ticket=ticket)


def test_what_exists_is_written_down_in_the_same_decision_that_asks_for_it() -> None:
    decision = look(asking(CHECKPOINT), provisioned(), serving("Running", "c0", "c1"))

    begun = decision.status.checkpointing
    assert decision.actions == (ASK,)
    assert begun is not None
    assert (begun.trigger, begun.token, begun.known_checkpoints) == ("Request", "t1", ["c0", "c1"])
    assert decision.status.deployment_status == "Running"


def test_only_a_checkpoint_that_was_not_known_ends_it() -> None:
    waits = look(asking(CHECKPOINT), under_way(), answering("c1"))
    made = look(asking(CHECKPOINT), under_way(), answering("c1", "c2"))

    assert outcome(waits, CHECKPOINT).state == "InProgress"
    assert waits.status.checkpointing is not None
    assert (outcome(made, CHECKPOINT).state, made.status.checkpointing) == ("Succeeded", None)
    assert "c2" in (outcome(made, CHECKPOINT).message or "")
    assert made.actions == ()


def test_a_failure_that_the_process_tells_by_the_ticket_ends_it() -> None:
    failed = look(asking(CHECKPOINT), under_way(), answering("c1", checkpoint_error="no space left"))

    assert failed.status.checkpointing is None
    assert outcome(failed, CHECKPOINT).state == "Failed"
    assert "no space left" in (outcome(failed, CHECKPOINT).message or "")
    assert look(asking(CHECKPOINT), reread(failed.status), answering("c1", ticket=None)).actions == ()


@pytest.mark.parametrize(
    ("ticket", "next_attempt", "asks"),
    [
        pytest.param("p/1", ago(1), False, id="with a ticket the process knows of it"),
        pytest.param(None, ago(1), True, id="a lost ticket is asked for again"),
        pytest.param(None, ago(-1), False, id="but not before its time"),
    ],
)
def test_the_process_is_asked_again_only_without_a_ticket(
    ticket: str | None, next_attempt: datetime, asks: bool
) -> None:
    decision = look(
        asking(CHECKPOINT), under_way(next_attempt_at=next_attempt), answering("c1", ticket=ticket)
    )

    assert decision.actions == ((ASK,) if asks else ())
    assert decision.status.checkpointing is not None
    assert decision.status.checkpointing.known_checkpoints == ["c1"]
    assert decision.status.checkpointing.attempt == 1 + asks


def test_a_refusal_is_shown_and_repeated_with_growing_waits() -> None:
    refusal = refusal_of(EngineCall, RefusalKind.TEMPORARY, "POST /checkpoint: initializing")
    waits: list[float] = []
    for attempt in range(1, 7):
        seen = seen_of(pod_of(), runtime=answer_of("Running", None, "c1"), refusal=refusal)
        begun = look(asking(CHECKPOINT), under_way(attempt=attempt - 1), seen).status.checkpointing
        assert begun is not None
        assert begun.next_attempt_at is not None
        assert (begun.attempt, begun.last_error) == (attempt, refusal.message)
        waits.append((begun.next_attempt_at - NOW).total_seconds())

    assert waits == [1, 2, 5, 10, 30, 30]


@pytest.mark.parametrize(
    "status", ["Initializing", "Replaying", "AwaitingApproval", "Standby", "Unavailable"]
)
def test_a_request_waits_until_the_process_can_make_one(status: str) -> None:
    waiting = look(asking(CHECKPOINT), provisioned(), serving(status, desired="Running"))
    able = look(asking(CHECKPOINT), reread(waiting.status), serving("Running", "c1"))

    assert ASK not in waiting.actions
    assert outcome(waiting, CHECKPOINT).state == "InProgress"
    assert able.actions == (ASK,)


@pytest.mark.parametrize(
    ("intent", "seen"),
    [
        pytest.param(STOP, answering("c1"), id="graceful stop"),
        pytest.param(FORCE, answering("c1"), id="force stop"),
        pytest.param(STOP, seen_of(ended(143)), id="ended while it was to be stopped"),
        pytest.param(RUN, seen_of(ended(1)), id="crashed, and is started again"),
    ],
)
def test_the_end_of_the_run_fails_what_it_was_asked_for(intent: Intent, seen: Observed) -> None:
    decision = look(asking(CHECKPOINT, of=intent), under_way(), seen)

    entry = outcome(decision, CHECKPOINT)
    assert (entry.state, entry.reason) == ("Failed", "RunEnded")
    assert decision.status.checkpointing is None


def test_a_second_request_is_carried_out_after_the_first() -> None:
    both = asking(CHECKPOINT, "t2", of=asking(CHECKPOINT))
    waits = look(both, under_way(), answering("c1"))
    first = look(both, reread(waits.status), answering("c1", "c2"))

    assert outcome(first, CHECKPOINT).state == "Succeeded"
    assert outcome(first, CHECKPOINT, "t2").state == "InProgress"
    begun = first.status.checkpointing
    assert begun is not None
    assert (begun.token, begun.known_checkpoints, first.actions) == ("t2", ["c1", "c2"], (ASK,))


@pytest.mark.parametrize(
    ("since", "last", "is_due"),
    [
        pytest.param(ago(1800), None, True, id="noon has come"),
        pytest.param(ago(0), None, False, id="it has just begun"),
        pytest.param(ago(9000), ago(1), True, id="asked a second before noon, for eleven"),
        pytest.param(ago(9000), NOW, False, id="asked at noon"),
        pytest.param(ago(86_400), None, True, id="all the times that were missed count as one"),
    ],
)
def test_a_schedule_is_followed_once_for_each_time(
    since: datetime, last: datetime | None, is_due: bool
) -> None:
    before = provisioned(deployment_resources_status_since=since, last_schedule_time=last)
    decision = look(HOURLY, before, serving("Running", "c1"))
    again = look(HOURLY, reread(decision.status), answering("c1", "c2"))

    assert decision.actions == ((ASK,) if is_due else ())
    assert decision.status.last_schedule_time == (NOW if is_due else last)
    assert again.status.checkpointing is None
    assert again.actions == (), "one checkpoint and not one for each time that was missed"


def test_the_next_time_of_the_schedule_is_not_slept_through() -> None:
    before = provisioned(deployment_resources_status_since=ago(1800), last_schedule_time=NOW)
    decision = look(HOURLY, before, serving("Running", "c1"), after=3580)

    assert decision.requeue_after is not None
    assert decision.requeue_after <= 20


def test_a_request_during_a_scheduled_checkpoint_gets_one_of_its_own() -> None:
    waits = look(asking(CHECKPOINT, of=HOURLY), under_way("Schedule"), answering("c1"))
    begun = look(asking(CHECKPOINT, of=HOURLY), reread(waits.status), answering("c1", "c2"))

    assert waits.actions == ()
    assert begun.status.checkpointing is not None
    assert (begun.status.checkpointing.token, begun.actions) == ("t1", (ASK,))
    assert outcome(begun, CHECKPOINT).state == "InProgress", "the request asks for all that is there now"


def test_a_scheduled_checkpoint_that_fails_waits_for_its_next_time() -> None:
    before = under_way("Schedule").model_copy(
        update={"last_schedule_time": NOW, "deployment_resources_status_since": ago(9000)}
    )
    failed = look(HOURLY, before, answering("c1", checkpoint_error="no space left"), after=60)
    rest = look(HOURLY, reread(failed.status), answering("c1", ticket=None), after=120)

    assert failed.status.checkpointing is None
    assert rest.actions == ()


def test_a_stop_makes_the_one_checkpoint_and_no_other_is_begun() -> None:
    intent = intent_of(spec=HOURLY.spec, desired=STOP.desired_status)
    decision = look(intent, suspending(), serving("Running", "c1", desired="Running"))

    assert ASK not in decision.actions

"""``CheckpointCurrent``: whether the newest checkpoint is as young as declared, or holds all there is."""

from typing import Any

import pytest

from sluice.api.reasons import ConditionType
from sluice.api.status import CheckpointStatus, PipelineStatus, StopStatus, StorageDetailsStatus
from sluice.observation import Intent, Observed

from .builders import (
    NOTHING,
    NOW,
    RUN,
    STOP,
    ago,
    answer_of,
    condition,
    intent_of,
    look,
    pod_of,
    provisioned,
    seen_of,
    serving,
    spec_of,
    stopped,
)

KNOWN = StorageDetailsStatus(checkpoints=[CheckpointStatus(uuid="c1", processed_records=7)])
LIMIT = 300 + 60
"""Two intervals of a minute, but at least the time between two looks, and a minute of slack."""


def intent(**checkpoint: Any) -> Intent:
    return intent_of(spec=spec_of(checkpoint=checkpoint))


def ran_for(seconds: int, last: int | None = None, **changes: Any) -> PipelineStatus:
    return provisioned(
        deployment_resources_status_since=ago(seconds),
        last_checkpoint_time=None if last is None else ago(last),
        **({"storage_status_details": KNOWN} | changes),
    )


def records(processed: int | None) -> Observed:
    return seen_of(pod_of(), runtime=answer_of(processed_records=processed))


def over(checkpoint: str | None) -> StopStatus:
    return StopStatus(mode="Graceful", requested_at=ago(9), checkpoint=checkpoint, finished_at=ago(1))


MINUTE = intent(intervalSeconds=60)
HOURLY = intent(schedule="0 * * * *")
NONE = intent_of(spec=spec_of(storage=None))
EMPTY = {"storage_status_details": None}

ROWS: list[tuple[str, Intent, PipelineStatus, Observed, str, str]] = [
    ("no storage", NONE, provisioned(storage_status="Cleared"), serving(), "Unknown", "NoStorage"),
    ("nothing declared", RUN, ran_for(9999), serving(), "Unknown", "NotScheduled"),
    ("never stopped", STOP, stopped(), NOTHING, "Unknown", "NoCheckpoint"),
    ("stopped with one", STOP, stopped(stop=over("c1")), NOTHING, "True", "Current"),
    (
        "stopped without",
        STOP,
        stopped(stop=over(None), storage_status_details=KNOWN),
        NOTHING,
        "False",
        "StoppedWithoutCheckpoint",
    ),
    ("stopped, none at all", STOP, stopped(stop=over(None)), NOTHING, "False", "NoCheckpoint"),
    ("young", MINUTE, ran_for(9999, LIMIT - 1), serving(), "True", "Current"),
    ("just begun", MINUTE, ran_for(LIMIT - 1, 9999), serving(), "True", "Current"),
    ("old", MINUTE, ran_for(9999, LIMIT), serving(), "False", "Overdue"),
    ("old, nothing came after it", MINUTE, ran_for(9999, LIMIT), records(7), "True", "Current"),
    ("old, something came after it", MINUTE, ran_for(9999, LIMIT), records(8), "False", "Overdue"),
    ("none in time", MINUTE, ran_for(LIMIT, **EMPTY), serving(), "False", "NoCheckpoint"),
    ("one scheduled time was missed", HOURLY, ran_for(9999, 3601), serving(), "True", "Current"),
    (
        "two scheduled times were missed",
        HOURLY,
        ran_for(99999, 7200 + 1, last_schedule_time=NOW),
        serving(),
        "False",
        "Overdue",
    ),
]


@pytest.mark.parametrize(
    ("wanted", "before", "seen", "status", "reason"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_the_condition_of_every_state(
    wanted: Intent, before: PipelineStatus, seen: Observed, status: str, reason: str
) -> None:
    found = condition(look(wanted, before, seen), ConditionType.CHECKPOINT_CURRENT)

    assert (found.status, found.reason) == (status, reason)


def test_the_moment_when_it_is_overdue_is_not_slept_through() -> None:
    decision = look(MINUTE, ran_for(9999, LIMIT - 30), serving())

    assert decision.requeue_after is not None
    assert decision.requeue_after <= 30


def test_a_late_checkpoint_alone_stops_nothing() -> None:
    decision = look(MINUTE, ran_for(9999, 9999), serving())

    assert decision.actions == ()
    assert condition(decision).status == "True"

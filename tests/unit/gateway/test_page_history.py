"""What a page draws of the past: spans of states and how long things took, and nothing made up."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.api.status import PipelineStatus
from sluice.gateway.page.history import SPANS_MAX, show_durations, show_spans
from sluice.telling.tones import tone_of


def at(clock: str) -> str:
    return f"2026-11-24T{clock}Z"


def event(clock: str, before: str, after: str) -> Json:
    return {"lastTimestamp": at(clock), "message": f"{before} -> {after}: as it is", "reason": after}


def status(present: str | None = None, since: str | None = None, **more: Any) -> PipelineStatus:
    told = {"deploymentStatus": present, "deploymentStatusSince": at(since) if since else None, **more}
    return PipelineStatus.model_validate(told)


def spans(given: PipelineStatus, *events: Json) -> list[tuple[str, str, str | None]]:
    def clock(text: str | None) -> str | None:
        return text and datetime.fromisoformat(text).strftime("%H:%M:%S")

    return [(str(clock(s["since"])), s["state"], clock(s["until"])) for s in show_spans(given, events)]


STOP = (
    event("11:00:00", "New", "Provisioning"),
    event("11:00:20", "Provisioning", "Running"),
    event("11:30:00", "Running", "Suspending"),
    event("11:30:12", "Suspending", "Stopping"),
    event("11:30:15", "Stopping", "Stopped"),
)


def test_a_life_is_a_span_for_each_state_and_the_present_one_is_open() -> None:
    assert spans(status("Stopped", "11:30:15"), *reversed(STOP)) == [
        ("11:00:00", "Provisioning", "11:00:20"),
        ("11:00:20", "Running", "11:30:00"),
        ("11:30:00", "Suspending", "11:30:12"),
        ("11:30:12", "Stopping", "11:30:15"),
        ("11:30:15", "Stopped", None),
    ]


def test_without_events_only_the_present_state_is_known() -> None:
    assert spans(status("Running", "11:00:20")) == [("11:00:20", "Running", None)]
    assert spans(status()) == []


@pytest.mark.parametrize("since", ["11:30:14", "11:30:15", "11:30:16"])
def test_event_and_status_of_one_transition_are_one_span_whichever_second_each_has(
    since: str,
) -> None:
    found = spans(status("Stopped", since), *STOP)

    assert [state for _, state, _ in found] == [
        "Provisioning",
        "Running",
        "Suspending",
        "Stopping",
        "Stopped",
    ]
    assert found[-1][2] is None


def test_a_last_event_that_is_gone_or_not_written_yet_is_made_good_by_the_status() -> None:
    assert spans(status("Running", "11:30:40"), *STOP)[-2:] == [
        ("11:30:15", "Stopped", "11:30:40"),
        ("11:30:40", "Running", None),
    ]


def test_spans_of_one_second_come_in_the_order_in_which_they_were_recorded() -> None:
    words = ("Running", "Suspending", "Stopping", "Stopped")
    steps = [
        {**event("11:00:01", before, after), "metadata": {"resourceVersion": str(98 + number)}}
        for number, (before, after) in enumerate(pairwise(words))
    ]

    told = spans(status("Stopped", "11:00:01"), *reversed(steps))

    assert [state for _, state, _ in told] == ["Suspending", "Stopping", "Stopped"]


@pytest.mark.parametrize(
    "odd",
    [
        {"message": "a -> Running: x"},
        {"lastTimestamp": "yesterday", "message": "a -> Running: x"},
        {"lastTimestamp": at("10:00:00"), "message": None},
        {"lastTimestamp": at("10:00:00"), "message": "said something -> else"},
    ],
)
def test_an_event_that_tells_of_no_transition_is_no_span(odd: Json) -> None:
    assert spans(status("Running", "11:00:00"), odd) == [("11:00:00", "Running", None)]


def test_the_number_of_spans_is_bounded_and_the_newest_are_kept() -> None:
    events = [
        event(f"{number // 60 % 24:02d}:{number % 60:02d}:00", "A", ("Paused", "Running")[number % 2])
        for number in range(2 * SPANS_MAX)
    ]
    found = show_spans(status(), events)

    assert len(found) == SPANS_MAX
    assert found[-1]["until"] is None


def test_every_span_has_the_tone_of_its_state() -> None:
    assert all(s["tone"] == tone_of(s["state"]) for s in show_spans(status("Stopped", "11:30:15"), STOP))


def test_what_is_over_has_its_time_and_what_goes_on_has_none() -> None:
    asked = (("checkpoint", "Succeeded"), ("approve", "Succeeded"), ("checkpoint", "InProgress"))
    requests = [
        {
            "verb": verb,
            "token": verb,
            "state": state,
            "requestedAt": at("11:20:00"),
            "finishedAt": at("11:20:07") if state != "InProgress" else None,
        }
        for verb, state in asked
    ]
    stop = {"mode": "Graceful", "requestedAt": at("11:29:59"), "finishedAt": at("11:30:15")}
    given = status("Stopped", "11:30:15", requests=requests, stop=stop)
    told = [
        (each["what"].split(":")[0], each["seconds"])
        for each in show_durations(given, show_spans(given, STOP))
    ]

    assert told == [
        ("Provisioning", 20.0),
        ("Checkpoint on request", 7.0),
        ("Suspending", 12.0),
        ("Stop (graceful), as a whole", 16.0),
        ("Stopping", 3.0),
    ]


def test_a_stop_that_is_under_way_has_taken_no_time_yet() -> None:
    stop = {"mode": "Graceful", "requestedAt": at("11:29:59")}
    given = status("Suspending", "11:30:00", stop=stop)

    assert show_durations(given, show_spans(given, [])) == []

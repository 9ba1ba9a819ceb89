"""What a wait looks like, fed with statuses one after the other."""

import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from sluice.cli.journey import Journey
from sluice.cli.view import LineView, LiveView, choose_view, draw
from sluice.telling.subject import Subject

from .stage import STAMP, START, pipeline, status

STOP = {"mode": "Graceful", "requestedAt": STAMP, "attempt": 1}
WAY: list[tuple[float, dict[str, Any]]] = [
    (0, status("Running", "Running")),
    (1, status("Suspending", "Suspending", stop=STOP)),
    (4, status("Suspending", "Suspending", stop={**STOP, "blockers": ["input orders is busy"]})),
    (
        10,
        status(
            "Suspending",
            "Suspending",
            stop={**STOP, "attempt": 2, "lastError": "disk full", "nextAttemptAt": "2026-11-24T12:00:20Z"},
        ),
    ),
    (75, status("Stopping", "Stopping", stop={**STOP, "attempt": 2, "checkpoint": "cp-1"})),
    (76, status("Stopped", "Stopped", stop={**STOP, "finishedAt": STAMP})),
]


def walk(until: int) -> tuple[Journey, list[list[str]]]:
    """The journey up to this look, and what was new at each."""
    journey = Journey("orders", START)
    news = [
        journey.see(Subject(pipeline(status=told)), START + timedelta(seconds=seconds))
        for seconds, told in WAY[:until]
    ]
    return journey, news


def drawn(journey: Journey, seconds: float) -> str:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(draw(journey, START + timedelta(seconds=seconds)))
    return captured.get()


def test_every_look_tells_what_is_new_and_nothing_twice() -> None:
    assert walk(6)[1] == [
        ["Running"],
        ["Suspending", "the message of Suspending"],
        ["waiting for: input orders is busy"],
        ["attempt 2", "last error: disk full"],
        ["Stopping", "the message of Stopping"],
        ["Stopped"],
    ]


def test_each_phase_has_its_time() -> None:
    journey, _ = walk(6)

    assert journey.times(START + timedelta(seconds=78)) == [
        ("Running", 1.0),
        ("Suspending", 74.0),
        ("Stopping", 1.0),
        ("Stopped", 2.0),
    ]


@pytest.mark.parametrize(
    ("looks", "seconds", "there", "absent"),
    [
        (2, 3, ["✓ Running", "1.0 s", "… Suspending", "2.0 s"], ["waiting for", "attempt"]),
        (3, 5, ["waiting for: input orders is busy"], ["last error"]),
        (4, 12, ["attempt 2", "last error: disk full", "next attempt in 8 s"], ["input orders is busy"]),
        (4, 30, ["last error: disk full"], ["next attempt"]),
        (6, 77, ["✓ Suspending", "1 min 14 s", "✓ Stopping", "… Stopped"], ["disk full"]),
    ],
)
def test_the_live_view_shows_phases_with_times_and_what_holds_them_up(
    looks: int, seconds: float, there: list[str], absent: list[str]
) -> None:
    picture = " ".join(drawn(walk(looks)[0], seconds).split())

    for text in there:
        assert text in picture
    for text in absent:
        assert text not in picture


@pytest.mark.parametrize(("is_reached", "mark"), [(True, "✓ Stopped"), (False, "✗ Stopped")])
def test_the_last_phase_is_marked_once_the_wait_is_over(is_reached: bool, mark: str) -> None:
    journey, _ = walk(6)
    journey.is_reached = is_reached

    assert mark in drawn(journey, 77)


def test_a_look_that_sees_nothing_is_told_once() -> None:
    journey, _ = walk(2)

    assert journey.miss("no answer") == ["no answer"]
    assert journey.miss("no answer") == []
    assert "no answer" in drawn(journey, 3)


def test_a_terminal_gets_a_picture_that_is_drawn_again_in_its_place() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    journey = Journey("orders", START)

    with choose_view(console) as view:
        assert isinstance(view, LiveView)
        for seconds, told in WAY:
            now = START + timedelta(seconds=seconds)
            view.show(journey, journey.see(Subject(pipeline(status=told)), now), now)

    assert "\x1b[1A" in screen.getvalue(), "the cursor goes up"
    assert "Stopped" in screen.getvalue().rpartition("\x1b[1A")[2]


def test_a_log_gets_a_line_for_each_news() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    journey = Journey("orders", START)

    with choose_view(console) as view:
        assert isinstance(view, LineView)
        for seconds, told in WAY[:3]:
            now = START + timedelta(seconds=seconds)
            view.show(journey, journey.see(Subject(pipeline(status=told)), now), now)

    assert screen.getvalue().splitlines() == [
        "     0.0 s  orders: Running",
        "     1.0 s  orders: Suspending",
        "     1.0 s  orders: the message of Suspending",
        "     4.0 s  orders: waiting for: input orders is busy",
    ]

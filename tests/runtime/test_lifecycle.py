"""Which status may follow which, against the tables of the contract."""

import itertools

import pytest

from sluice.runtime.errors import StartupError
from sluice.runtime.lifecycle import Desired, Remembered, Start, decide_start, may_transition

from .harness import FIRST_ID, SECOND_ID

R, P, S, STANDBY = Desired.RUNNING, Desired.PAUSED, Desired.SUSPENDED, Desired.STANDBY
ALLOWED = {(STANDBY, P), (STANDBY, R), (P, R), (P, S), (R, P), (R, S)}


@pytest.mark.parametrize(("current", "target"), list(itertools.product([R, P, S, STANDBY], repeat=2)))
def test_a_request_moves_the_desired_status_only_along_the_table(current: Desired, target: Desired) -> None:
    assert may_transition(current, target) is (current is target or (current, target) in ALLOWED)


def remembered(desired: Desired, *, suspended_durably: bool = False) -> Remembered:
    return Remembered(FIRST_ID, desired, suspended_durably)


@pytest.mark.parametrize("initial", [R, P])
def test_a_new_storage_starts_as_told(initial: Desired) -> None:
    assert decide_start(None, FIRST_ID, initial, can_stand_by=False) == Start(
        initial, automatic_restart=False
    )


@pytest.mark.parametrize(("stored", "initial"), [(R, P), (P, R), (R, R), (P, P)])
def test_the_same_id_continues_what_was_stored(stored: Desired, initial: Desired) -> None:
    start = decide_start(remembered(stored), FIRST_ID, initial, can_stand_by=False)
    assert start == Start(stored, automatic_restart=True)


@pytest.mark.parametrize(("stored", "initial"), list(itertools.product([R, P, S], [R, P])))
def test_another_id_starts_as_told(stored: Desired, initial: Desired) -> None:
    start = decide_start(remembered(stored), SECOND_ID, initial, can_stand_by=False)
    assert start == Start(initial, automatic_restart=False)


def test_the_same_id_stays_suspended_when_the_suspend_was_finished() -> None:
    start = decide_start(remembered(S, suspended_durably=True), FIRST_ID, R, can_stand_by=False)
    assert start == Start(S, automatic_restart=True, already_suspended=True)


@pytest.mark.parametrize(
    ("before", "deployment_id", "initial", "error_code", "part"),
    [
        (remembered(S), FIRST_ID, R, "InvalidInitialStatus", "Invalid initial status Suspended"),
        (None, FIRST_ID, S, "InvalidInitialStatus", "Invalid initial status Suspended"),
        (None, FIRST_ID, Desired.UNAVAILABLE, "InvalidInitialStatus", "status Unavailable"),
        (None, FIRST_ID, STANDBY, "InitialStandbyNotAllowed", "sync` is configured"),
        (None, FIRST_ID, Desired.COORDINATION, "UnsupportedInitialStatus", "coordination"),
        (remembered(R), SECOND_ID, STANDBY, "InvalidStartupTransition", "from Running to Standby"),
        (remembered(P), SECOND_ID, STANDBY, "InvalidStartupTransition", "from Paused to Standby"),
        (remembered(S), SECOND_ID, STANDBY, "InvalidStartupTransition", "from Suspended to Standby"),
        (remembered(R), SECOND_ID, Desired.COORDINATION, "UnsupportedInitialStatus", "coordination"),
    ],
)
def test_an_illegal_start_says_why(
    before: Remembered | None, deployment_id: str, initial: Desired, error_code: str, part: str
) -> None:
    with pytest.raises(StartupError, match=part) as raised:
        decide_start(before, deployment_id, initial, can_stand_by=False)
    assert raised.value.error_code == error_code

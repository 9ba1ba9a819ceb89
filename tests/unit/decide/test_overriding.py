"""An override is in force until Git wants something else, and is never carried out twice."""

import dataclasses
from typing import Any

import pytest

from sluice.api.overriding import Wish, effective_wish
from sluice.api.requests import Request
from sluice.api.status import OverrideStatus
from sluice.api.statuses import DesiredStatus

from .asking import OVERRIDE, asked, asking, outcome
from .builders import RUN, STOP, SUSPEND, UID, look, provisioned, reread, serving, stopped

SERVED = frozenset({DesiredStatus.RUNNING, DesiredStatus.PAUSED, DesiredStatus.STOPPED})
RUNNING, PAUSED, STOPPED = DesiredStatus.RUNNING, DesiredStatus.PAUSED, DesiredStatus.STOPPED
DECLARED = Wish(RUNNING, force=False)
STOPS = {"desiredStatus": "Stopped"}
IN_FORCE = OverrideStatus(token="t1", desired_status="Stopped", spec_desired_status="Running")


def wish(
    arguments: dict[str, Any] | None = None,
    declared: Wish = DECLARED,
    known: OverrideStatus | None = None,
    state: str | None = None,
    **changes: Any,
) -> Wish:
    request = Request(OVERRIDE, "t1", UID, STOPS if arguments is None else arguments)
    outcomes = [asked(OVERRIDE, state=state)] if state else []
    return effective_wish(declared, [dataclasses.replace(request, **changes)], UID, known, outcomes, SERVED)


def test_without_a_request_what_is_declared_is_wanted() -> None:
    assert effective_wish(DECLARED, [], UID, IN_FORCE, [], SERVED) == DECLARED


def test_an_override_is_wanted_instead_and_remembers_what_the_spec_was() -> None:
    assert wish() == Wish(STOPPED, False, IN_FORCE)
    forced = wish({**STOPS, "force": True})
    assert (forced.desired_status, forced.force) == (STOPPED, True)


@pytest.mark.parametrize(
    ("known", "state"),
    [(IN_FORCE, "InProgress"), (IN_FORCE, None), (None, "InProgress")],
    ids=["known", "its outcome was dropped", "status lost half of it"],
)
def test_it_stays_in_force_while_the_spec_is_as_it_was(
    known: OverrideStatus | None, state: str | None
) -> None:
    assert wish(known=known, state=state).override == IN_FORCE


@pytest.mark.parametrize("declared", [Wish(PAUSED, False), Wish(STOPPED, False), Wish(RUNNING, True)])
def test_a_change_of_the_wish_in_git_ends_it(declared: Wish) -> None:
    assert wish(declared=declared, known=IN_FORCE, state="InProgress") == declared


@pytest.mark.parametrize("state", ["Succeeded", "Refused", "Failed", "Ignored"])
def test_an_override_that_is_over_is_never_carried_out_again(state: str) -> None:
    assert wish(state=state) == DECLARED


@pytest.mark.parametrize(
    "written_for",
    [{"specDesiredStatus": "Paused"}, {"specForce": True}, {"specDesiredStatus": "Stopped"}],
    ids=str,
)
def test_an_override_that_git_overtook_while_no_operator_ran_is_too_late(written_for: dict[str, Any]) -> None:
    late = wish({**STOPS, **written_for})

    assert (late.desired_status, late.override) == (RUNNING, None)
    assert late.problem is not None
    assert late.problem[0] == "Superseded"


def test_an_override_that_says_what_the_spec_is_is_in_force() -> None:
    assert wish({**STOPS, "specDesiredStatus": "Running", "specForce": False}).override == IN_FORCE


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"desiredStatus": "Standby"},
        {"desiredStatus": "Canceled"},
        {"desiredStatus": 7},
        {"desiredStatus": ["Stopped"]},
        {"desiredStatus": "Stopped", "force": "yes"},
        {"desiredStatus": "Running", "force": True},
    ],
    ids=str,
)
def test_an_override_that_asks_for_what_is_not_served_changes_nothing(arguments: dict[str, Any]) -> None:
    given = wish(arguments)

    assert given.override is None
    assert (given.desired_status, given.force) == (DECLARED.desired_status, DECLARED.force)
    assert given.problem is not None
    assert given.problem[0] == "InvalidRequest"


@pytest.mark.parametrize(
    "changes", [{"uid": None}, {"uid": "uid-of-another"}, {"problem": "it is odd"}], ids=str
)
def test_an_override_for_another_object_or_an_odd_one_changes_nothing(changes: dict[str, Any]) -> None:
    assert wish(**changes) == DECLARED


def test_its_life_stands_in_status_until_it_is_over() -> None:
    begun = look(asking(OVERRIDE, of=dataclasses.replace(STOP, override=IN_FORCE)), provisioned(), serving())
    edited = dataclasses.replace(asking(OVERRIDE, of=RUN), generation=2)
    ended = look(edited, reread(begun.status), serving("Running", "c1", desired="Suspended"))
    again = look(edited, reread(ended.status), serving("Running", "c1", desired="Suspended"))

    assert begun.actions == (SUSPEND,)
    assert (begun.status.override, outcome(begun, OVERRIDE).state) == (IN_FORCE, "InProgress")
    assert ended.status.override is None
    assert (outcome(ended, OVERRIDE).state, outcome(ended, OVERRIDE).reason) == ("Succeeded", "Ended")
    assert again.status.requests == ended.status.requests


def test_an_annotation_that_goes_ends_its_override() -> None:
    before = stopped(override=IN_FORCE, requests=[asked(OVERRIDE)])
    decision = look(RUN, before)

    assert outcome(decision, OVERRIDE).state == "Succeeded"
    assert decision.status.deployment_status == "Provisioning"


def test_another_override_replaces_the_one_before() -> None:
    second = OverrideStatus(token="t2", desired_status="Paused", spec_desired_status="Running")
    before = stopped(override=IN_FORCE, requests=[asked(OVERRIDE)])
    decision = look(asking(OVERRIDE, "t2", of=dataclasses.replace(STOP, override=second)), before)

    assert decision.status.override == second
    assert outcome(decision, OVERRIDE).state == "Succeeded"
    assert outcome(decision, OVERRIDE, "t2").state == "InProgress"

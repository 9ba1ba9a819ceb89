"""What is written, for everything that a pipeline can be: the table of the command line."""

import json
from typing import Any

import pytest

from sluice.api.constants import REQUESTS_PREFIX
from sluice.api.statuses import RequestVerb
from sluice.cli.planning import OVERRIDE, Plan, plan_request, plan_state
from sluice.telling.subject import Wish

from .stage import STAMP, WORDS, status, subject

GIT = ("argocd-controller", "Apply")
STOPPED, FORCED, RUNNING = Wish("Stopped"), Wish("Stopped", force=True), Wish("Running")
CANCELED = Wish("Canceled")


RESTART = REQUESTS_PREFIX + RequestVerb.RESTART


def override(desired: str, *, force: bool = False, uid: str = "uid-1", token: str = "t-1") -> dict[str, str]:
    given = {"token": token, "uid": uid, "desiredStatus": desired, "force": force}
    return {OVERRIDE: json.dumps(given)}


def way(plan: Plan) -> str:
    """What kind of write it is."""
    if plan.patch is None:
        return "nothing"
    if "spec" in plan.patch:
        return "spec"
    annotations: dict[str, Any] = plan.patch["metadata"]["annotations"]
    key, value = next(iter(annotations.items()))
    return "take back" if value is None else key.rpartition("/")[2]


@pytest.mark.parametrize(
    ("fields", "wish", "expected"),
    [
        ({}, STOPPED, "spec"),
        ({}, RUNNING, "nothing"),
        ({"owner": GIT}, STOPPED, "override"),
        ({"owner": GIT}, RUNNING, "nothing"),
        ({"owner": ("kubectl-client-side-apply", "Update")}, STOPPED, "override"),
        ({"owner": ("helm", "Update")}, FORCED, "override"),
        ({"owner": ("kubectl-edit", "Update")}, STOPPED, "spec"),
        ({"owner": ("sluice-cli", "Update")}, STOPPED, "spec"),
        ({"owner": ("kubectl-patch", "Apply")}, STOPPED, "override"),
        ({"owner": GIT, "annotations": override("Stopped")}, STOPPED, "nothing"),
        ({"owner": GIT, "annotations": override("Stopped")}, FORCED, "override"),
        ({"owner": GIT, "annotations": override("Stopped", force=True)}, STOPPED, "nothing"),
        ({"owner": GIT, "annotations": override("Stopped")}, RUNNING, "take back"),
        ({"owner": GIT, "annotations": override("Stopped")}, Wish("Paused"), "override"),
        ({"annotations": override("Stopped")}, RUNNING, "take back"),
        ({"owner": GIT, "annotations": override("Stopped", uid="another")}, STOPPED, "override"),
        ({"desired": "Stopped", "force": True}, STOPPED, "nothing"),
        ({"desired": "Stopped", "force": True}, FORCED, "nothing"),
        ({"desired": "Stopped"}, FORCED, "spec"),
        ({"desired": "Stopped", "force": True}, RUNNING, "spec"),
        ({"desired": "Standby"}, RUNNING, "spec"),
        ({"status": status("Stopped", "Failed", is_stalled=True)}, RUNNING, "restart"),
        ({"status": status("Completed", "Completed")}, RUNNING, "restart"),
        ({"owner": GIT, "status": status("Completed", "Completed")}, RUNNING, "restart"),
        ({"desired": "Stopped", "status": status("Stopped", "Stopped")}, STOPPED, "nothing"),
        ({}, CANCELED, "spec"),
        ({"owner": GIT}, CANCELED, "override"),
        ({"desired": "Canceled"}, CANCELED, "nothing"),
        ({"status": status("Failed", "RunFailed", is_stalled=True)}, RUNNING, "restart"),
        ({"status": status("Canceled", "Canceled", is_stalled=True)}, RUNNING, "restart"),
    ],
)
def test_a_write_suits_whoever_owns_the_desired_status(
    fields: dict[str, Any], wish: Wish, expected: str
) -> None:
    plan = plan_state(subject(**fields), wish, WORDS, "t-9")

    assert way(plan) == expected
    assert plan.did.endswith(".")
    assert expected == "nothing" or any(word in plan.did for word in ("Undo: ", "undone", "taken back;"))


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"desired": "Canceled"}, {RESTART}),
        ({"owner": GIT, "annotations": override("Canceled")}, {RESTART, OVERRIDE}),
    ],
)
def test_a_start_after_a_cancel_asks_for_the_next_run_too(fields: dict[str, Any], written: set[str]) -> None:
    plan = plan_state(subject(**fields), RUNNING, WORDS, "t-9")

    assert plan.request == (RequestVerb.RESTART, "t-9")
    assert plan.patch is not None
    assert set(plan.patch["metadata"]["annotations"]) == written


def test_a_cancel_is_not_promised_to_be_undone() -> None:
    assert "`sluice start orders` begins the next run" in plan_state(subject(), CANCELED, WORDS, "t-9").did


def test_an_override_of_a_spec_that_has_changed_since_counts_for_nothing() -> None:
    given = {"token": "t-1", "uid": "uid-1", "desiredStatus": "Stopped", "specDesiredStatus": "Paused"}
    changed = subject(owner=GIT, annotations={OVERRIDE: json.dumps(given)})

    assert way(plan_state(changed, RUNNING, WORDS, "t-9")) == "nothing"


def test_an_override_that_is_over_counts_for_nothing() -> None:
    over = {"verb": "override", "token": "t-1", "state": "Succeeded", "requestedAt": STAMP}
    ended = subject(owner=GIT, annotations=override("Stopped"), status={"requests": [over]})

    plan = plan_state(ended, STOPPED, WORDS, "t-9")

    assert (way(plan), plan.request) == ("override", (RequestVerb.OVERRIDE, "t-9"))


def test_an_override_says_what_the_spec_said_so_that_a_commit_in_between_is_noticed() -> None:
    plan = plan_state(subject(owner=GIT), FORCED, WORDS, "t-9")

    assert plan.patch is not None
    assert plan.patch["metadata"]["resourceVersion"] == "1"
    assert json.loads(plan.patch["metadata"]["annotations"][OVERRIDE]) == {
        "token": "t-9",
        "uid": "uid-1",
        "desiredStatus": "Stopped",
        "force": True,
        "specDesiredStatus": "Running",
        "specForce": False,
    }
    assert "argocd-controller owns spec.desiredStatus" in plan.did


def test_a_change_of_the_spec_takes_a_spent_override_with_it() -> None:
    plan = plan_state(subject(annotations=override("Paused")), STOPPED, WORDS, "t-9")

    assert plan.patch is not None
    assert plan.patch["spec"] == {"desiredStatus": "Stopped", "force": False}
    assert plan.patch["metadata"]["annotations"] == {OVERRIDE: None}


@pytest.mark.parametrize(
    ("fields", "undo"),
    [
        ({"desired": "Running"}, "`sluice start orders`"),
        ({"desired": "Paused"}, "`sluice pause orders`"),
        ({"desired": "Standby"}, "kubectl patch slpl orders"),
        ({"owner": GIT, "desired": "Running"}, "`sluice start orders`"),
    ],
)
def test_a_sentence_says_how_to_undo_it(fields: dict[str, Any], undo: str) -> None:
    assert undo in plan_state(subject(**fields), STOPPED, WORDS, "t-9").did


@pytest.mark.parametrize("owner", [None, GIT])
def test_a_force_stop_is_not_promised_to_be_undone(owner: tuple[str, str] | None) -> None:
    plan = plan_state(subject(owner=owner, desired="Stopped"), FORCED, WORDS, "t-9")

    assert "never taken back; `sluice start orders` starts it again." in plan.did


@pytest.mark.parametrize("verb", [verb for verb in RequestVerb if verb is not RequestVerb.OVERRIDE])
def test_every_request_is_for_this_object_and_no_other_of_its_name(verb: RequestVerb) -> None:
    plan = plan_request(subject(owner=GIT), verb, WORDS, "t-9")

    assert plan.patch is not None
    value = plan.patch["metadata"]["annotations"][f"requests.sluice.dev/{verb}"]
    assert json.loads(value) == {"token": "t-9", "uid": "uid-1"}
    assert plan.request == (verb, "t-9")

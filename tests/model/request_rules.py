"""The rules of requests, overrides and rolls that one decision can break by itself."""

from sluice.decide import CreatePod, EngineCall

from .case import PROVISIONED, PROVISIONING, STOPPED, TURNED_DOWN, Case, Rule
from .seeing import is_ours
from .words import PRESENT

ASKED_FOR = {"SpecChanged", "Restart"}


def a_token_is_begun_once(case: Case) -> str | None:
    asked = {(request.verb, request.token) for request in case.intent.requests}
    for entry in case.new_entries:
        if (entry.verb, entry.token) not in asked:
            return f"a {entry.verb} is recorded that nobody asked for"
    names = [(entry.verb, entry.token) for entry in case.decision.status.requests]
    if len(set(names)) != len(names):
        return "one token is recorded twice"
    missing = asked - set(names)
    return f"a request is not recorded: {missing}" if missing else None


def a_token_has_one_outcome(case: Case) -> str | None:
    after = {(entry.verb, entry.token): entry for entry in case.decision.status.requests}
    for entry in case.real.requests:
        now = after.get((entry.verb, entry.token))
        if now is None:
            return f"the {entry.verb} is forgotten"
        if entry.state != "InProgress" and now != entry:
            return f"the outcome of the {entry.verb} changed"
    return None


def what_is_turned_down_changes_nothing(case: Case) -> str | None:
    if case.unasked is None:
        return None
    status, todo = case.unasked
    refused = {(e.verb, e.token) for e in case.new_entries if e.state in TURNED_DOWN}
    left = [e for e in case.decision.status.requests if (e.verb, e.token) not in refused]
    is_same = case.after._replace(requests=()) == status._replace(requests=()) and case.todo == todo
    is_same = is_same and len(left) == len(status.requests)
    return None if is_same else "a request that is refused or ignored changes something"


def only_what_can_be_done_is_accepted(case: Case) -> str | None:
    before = case.before
    is_up = before.resources == PROVISIONED and before.stop is None
    is_at_rest = before.resources in ("", STOPPED)
    is_idle = case.is_stop_wanted or before.held == PRESENT
    allowed = {
        "checkpoint": is_up and before.storage == "InUse",
        "clear-storage": is_at_rest and is_idle,
        "dismiss-error": is_at_rest,
        "approve": is_up,
        "restart": not case.is_stop_wanted,
    }
    wrong = {verb for verb in case.newly_asked if not allowed.get(verb, True)}
    return f"a request is accepted and cannot be carried out: {wrong}" if wrong else None


def others_and_the_odd_are_turned_down(case: Case) -> str | None:
    for ask in case.user.asks:
        states = {e.state for e in case.new_entries if (e.verb, e.token) == (ask.verb, f"token-{ask.token}")}
        if ask.flavour and not states <= set(TURNED_DOWN):
            return f"a request {ask.flavour} is begun"
    return None


def an_override_ends_with_the_spec(case: Case) -> str | None:
    """In force are exactly the good ones whose spec is as it was."""
    override, user = case.intent.override, case.user
    wanted = override.desired_status if override else user.desired
    if case.intent.desired_status != wanted or case.intent.force != (override or user).force:
        return "what is wanted is neither what is declared nor what overrides it"
    if case.decision.status.override != override:
        return "status does not hold the override that is in force"
    if override is None:
        return None
    ask = next((each for each in user.asks if each.verb == "override" and each.is_there), None)
    if ask is None or override.token != f"token-{ask.token}" or ask.flavour:
        return "an override outlives its annotation"
    if (override.spec_desired_status, override.spec_force) != (user.desired, user.force):
        return "an override outlives the spec that it overrides"
    ended = {e.token for e in case.real.requests if e.verb == "override" and e.state != "InProgress"}
    return "an override that has ended is in force again" if override.token in ended else None


def an_override_is_open_while_in_force(case: Case) -> str | None:
    override = case.decision.status.override
    entries = [e for e in case.decision.status.requests if e.verb == "override" and e.state == "InProgress"]
    tokens = {entry.token for entry in entries}
    return None if tokens == ({override.token} if override else set()) else "an override is open out of force"


def a_restart_ends_with_a_start(case: Case) -> str | None:
    outcomes = case.outcomes_of("restart")
    if "Succeeded" in outcomes and not case.is_begun:
        return "a restart succeeded without a start"
    is_at_rest = case.is_stop_wanted and case.after.resources == STOPPED
    if "Failed" in outcomes and not case.has_new_error and not case.gives_up and not is_at_rest:
        return "a restart failed and no error says why"
    return None


def an_error_is_dismissed_at_rest_only(case: Case) -> str | None:
    is_done = "Succeeded" in case.outcomes_of("dismiss-error")
    return (
        "an error is dismissed in the middle"
        if is_done and case.before.resources not in ("", STOPPED)
        else None
    )


def a_roll_has_a_cause(case: Case) -> str | None:
    """A stop that a start follows begins for a good template or a restart that was asked for."""
    stop = case.after.stop
    if case.before.stop is not None or stop is None or stop.cause not in ASKED_FOR:
        return None
    if case.before.resources not in (PROVISIONING, PROVISIONED):
        return "a roll begins where nothing runs"
    if case.is_stop_wanted:
        return "a stop that is wanted counts as a roll"
    is_asked = any(e.verb == "restart" and e.state == "InProgress" for e in case.decision.status.requests)
    if stop.cause == "Restart":
        return None if is_asked else "a restart begins that nobody asked for"
    if case.seen.is_template_bad:
        return "a roll begins with a template that cannot be run"
    return None if case.intent.is_roll_needed else "a roll begins although the spec did not change"


def a_bad_template_is_told(case: Case) -> str | None:
    is_serving = case.before.resources == case.after.resources == PROVISIONED and is_ours(case.seen.pod)
    heard = case.seen.heard
    if not is_serving or not case.seen.is_template_bad or case.after.stop is not None:
        return None
    if heard is None or heard.status not in ("Running", "Paused") or case.is_given_up:
        return None
    told = next(e for e in case.decision.status.conditions if e.type == "Stalled")
    return None if told.status == "True" else "a template cannot be run, and nobody is told"


def held_edits_are_told(case: Case) -> str | None:
    told = next(e for e in case.decision.status.conditions if e.type == "ChangesPending")
    is_held = bool(case.intent.pending)
    return "an edit is held back, and nobody is told" if is_held and told.status != "True" else None


def a_checkpoint_is_asked_for_in_order(case: Case) -> str | None:
    """Only of a process that serves, for somebody, and with a record of what was there before."""
    before, after = case.before.checkpointing, case.after.checkpointing
    is_called = any(isinstance(a, EngineCall) and a.verb == "checkpoint" for a in case.decision.actions)
    if is_called and after is None:
        return "a checkpoint is asked for and not recorded"
    if after is None or before is not None:
        return None
    if case.after.stop is not None or case.after.resources != PROVISIONED or case.after.storage != "InUse":
        return "a checkpoint is begun where none can be made"
    if after.known < max(case.before.newest, case.seen.heard.newest if case.seen.heard else 0):
        return "a checkpoint is begun without a record of those that were there"
    if after.token:
        is_asked = any(
            e.verb == "checkpoint" and e.is_open and e.token == after.token for e in case.after.requests
        )
        return None if is_asked else "a checkpoint is begun for a request that is not open"
    is_due = case.before.due == PRESENT and case.after.due != PRESENT
    return None if is_due else "a checkpoint by schedule is begun out of time, or its time is not noted"


def a_checkpoint_ends_as_it_was_made(case: Case) -> str | None:
    under_way, outcomes = case.before.checkpointing, case.outcomes_of("checkpoint")
    is_ending = case.after.stop is not None or case.after.resources != PROVISIONED
    if "Succeeded" in outcomes:
        is_made = under_way is not None and case.after.newest > under_way.known
        return None if is_made else "a checkpoint counts as made, and none was"
    is_failed = case.seen.heard is not None and case.seen.heard.is_checkpoint_failed
    if "Failed" in outcomes and not is_failed and not is_ending:
        return "a checkpoint counts as failed, and nothing failed"
    if case.after.checkpointing is not None and is_ending:
        return "a checkpoint is under way although its run is ending"
    return None


def an_approval_is_asked_for(case: Case) -> str | None:
    is_called = any(isinstance(a, EngineCall) and a.verb == "approve" for a in case.decision.actions)
    if not is_called:
        return None
    is_asked = any(entry.verb == "approve" and entry.is_open for entry in case.after.requests)
    waits = case.seen.heard is not None and case.seen.heard.status == "AwaitingApproval"
    return None if is_asked and waits else "a changed program is approved that nobody approved"


def nothing_starts_unwanted(case: Case) -> str | None:
    is_new = case.is_begun or (case.does(CreatePod) and case.before.resources == STOPPED)
    wanted = case.intent.desired_status
    if is_new and case.after.initial != wanted:
        return f"a start becomes {case.after.initial} where {wanted} is wanted"
    return None


def a_paused_pipeline_is_left_alone(case: Case) -> str | None:
    decision = case.decision
    is_same = decision.status.model_copy(update={"conditions": []}) == case.real
    told = [e for e in decision.status.conditions if e.reason == "ReconciliationPaused"]
    if decision.actions or decision.events or not is_same or len(told) != len(decision.status.conditions):
        return "a pipeline that is to be left alone is not"
    return None if told and told[0].status == "False" else "nobody is told that it is left alone"


RULES_OF_PAUSED: dict[str, Rule] = {"Q9 a paused pipeline is left alone": a_paused_pipeline_is_left_alone}
RULES: dict[str, Rule] = {
    "Q1 a token is begun once": a_token_is_begun_once,
    "Q1 a token has one outcome": a_token_has_one_outcome,
    "Q2 what is turned down changes nothing": what_is_turned_down_changes_nothing,
    "Q2 only what can be done is accepted": only_what_can_be_done_is_accepted,
    "Q2 others' and odd requests are turned down": others_and_the_odd_are_turned_down,
    "Q3 an override ends with the spec": an_override_ends_with_the_spec,
    "Q3 an override is open while in force": an_override_is_open_while_in_force,
    "Q4 a restart ends with a start": a_restart_ends_with_a_start,
    "Q4 an error is dismissed at rest only": an_error_is_dismissed_at_rest_only,
    "Q5 a roll has a cause": a_roll_has_a_cause,
    "Q5 a bad template is told": a_bad_template_is_told,
    "Q5 held edits are told": held_edits_are_told,
    "Q6 a checkpoint is asked for in order": a_checkpoint_is_asked_for_in_order,
    "Q6 a checkpoint ends as it was made": a_checkpoint_ends_as_it_was_made,
    "Q7 an approval is asked for": an_approval_is_asked_for,
    "Q8 a start becomes what is wanted": nothing_starts_unwanted,
}

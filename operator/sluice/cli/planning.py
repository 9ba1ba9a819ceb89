"""What a command writes, and the sentence that says so: pure.

Where somebody else's manifest owns ``spec.desiredStatus`` a write of it would be reverted, or be drift; there
an ``override`` request asks for the state instead, which ends with the next change that the manifest makes.
"""

from dataclasses import dataclass

from sluice.api.constants import REQUESTS_PREFIX
from sluice.api.json_values import Json
from sluice.api.reasons import ConditionType, Reason
from sluice.api.requests import build_request
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.telling.subject import Subject, Wish
from sluice.telling.words import Words

OVERRIDE = REQUESTS_PREFIX + RequestVerb.OVERRIDE
COMMANDS = {
    DesiredStatus.RUNNING: "start",
    DesiredStatus.PAUSED: "pause",
    DesiredStatus.STOPPED: "stop",
    DesiredStatus.CANCELED: "cancel",
}
"""The command that brings a pipeline back to what the spec says."""
OVER = (Reason.FAILED, Reason.COMPLETED, Reason.RUN_FAILED, Reason.CANCELED)
"""Ends that a start does not lead out of: only a restart does."""
AT_REST = (DesiredStatus.STOPPED, DesiredStatus.CANCELED)
"""Wishes that an ended pipeline fulfils."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One merge patch, or none where nothing has to be written."""

    did: str
    patch: Json | None = None
    request: tuple[RequestVerb, str] | None = None
    """The request whose outcome counts."""
    ended: str | None = None
    """Token of the override that has to be over before anything counts."""


def plan_state(subject: Subject, wish: Wish, words: Words, token: str) -> Plan:
    """How the pipeline comes to be wanted in this state."""
    if _is_wanted_already(subject.wish, wish):
        return _plan_nothing(subject, wish, words, token)
    if _is_wanted_already(subject.declared, wish):
        return _plan_taking_back(subject, words, token)
    if subject.owner is not None:
        return _plan_override(subject, wish, words, token, subject.owner)
    return _plan_spec(subject, wish, words, token)


def plan_request(subject: Subject, verb: RequestVerb, words: Words, token: str) -> Plan:
    """A request by annotation, which every Git tool leaves alone."""
    key, value = build_request(verb, token, subject.uid)
    patch = _patch(subject, annotations={key: value})
    did = f"Asked for {verb} of {words.name} by the annotation {key}, whatever Git owns."
    return Plan(f"{did} {_UNDO[verb]}", patch, (verb, token))


_UNDO = {
    RequestVerb.CHECKPOINT: "There is nothing to undo.",
    RequestVerb.CLEAR_STORAGE: "It cannot be undone.",
    RequestVerb.DISMISS_ERROR: "It cannot be undone.",
    RequestVerb.APPROVE: "It cannot be undone.",
    RequestVerb.RESTART: "It cannot be undone.",
}


def _is_wanted_already(present: Wish, wish: Wish) -> bool:
    # A force stop is never taken back, so whoever asks for a stop only has what he wants.
    return present == wish or (present.desired == wish.desired and present.force)


def _plan_nothing(subject: Subject, wish: Wish, words: Words, token: str) -> Plan:
    ready = subject.condition(ConditionType.READY)
    is_over = ready is not None and ready.reason in OVER
    if wish.desired not in AT_REST and is_over:
        return plan_request(subject, RequestVerb.RESTART, words, token)
    by = "spec" if subject.override is None else "the override"
    return Plan(f"{words.name} is wanted {wish.desired} already, by {by}: nothing was written.")


def _plan_taking_back(subject: Subject, words: Words, token: str) -> Plan:
    override = subject.override
    annotations, request = _ask_for_next_run(subject, subject.declared, token)
    did = (
        f"Took the override of {words.name} back, so that spec.desiredStatus: {subject.declared.desired}"
        f" counts again. {_way_back(words, subject.declared, subject.wish)}"
    )
    patch = _patch(subject, annotations={OVERRIDE: None, **annotations})
    return Plan(did, patch, request, ended=override.token if override else None)


def _plan_override(subject: Subject, wish: Wish, words: Words, token: str, owner: str) -> Plan:
    given: Json = {
        "desiredStatus": wish.desired,
        "force": wish.force,
        "specDesiredStatus": subject.declared.desired,
        "specForce": subject.declared.force,
    }
    did = (
        f"{owner} owns spec.desiredStatus, so {words.name} was asked to be {wish.desired} by an override"
        f" request, which ends when spec.desiredStatus changes. {_way_back(words, wish, subject.declared)}"
    )
    key, value = build_request(RequestVerb.OVERRIDE, token, subject.uid, given)
    patch = _patch(subject, annotations={key: value})
    return Plan(did, patch, (RequestVerb.OVERRIDE, token))


def _plan_spec(subject: Subject, wish: Wish, words: Words, token: str) -> Plan:
    did = (
        f"Wrote spec.desiredStatus: {wish.desired}{' and force: true' if wish.force else ''} of {words.name},"
        f" which no manifest owns. {_way_back(words, wish, subject.declared)}"
    )
    spec: Json = {"desiredStatus": wish.desired, "force": wish.force}
    # An override ends with this change of the spec; its annotation would only puzzle the next reader.
    spent: dict[str, str | None] = {OVERRIDE: None} if OVERRIDE in subject.annotations else {}
    annotations, request = _ask_for_next_run(subject, wish, token)
    return Plan(did, {**_patch(subject, {**spent, **annotations}), "spec": spec}, request)


def _ask_for_next_run(
    subject: Subject, wish: Wish, token: str
) -> tuple[dict[str, str | None], tuple[RequestVerb, str] | None]:
    """What leads out of a cancel beside the wish itself: nothing runs again without being asked to."""
    if subject.wish.desired != DesiredStatus.CANCELED or wish.desired in AT_REST:
        return {}, None
    key, value = build_request(RequestVerb.RESTART, token, subject.uid)
    return {key: value}, (RequestVerb.RESTART, token)


def _way_back(words: Words, wish: Wish, before: Wish) -> str:
    if wish.desired == DesiredStatus.CANCELED:
        again = f"{words.command('start')} begins the next run, which keeps what is completed."
        return f"A cancel is never taken back; {again}"
    if wish.force:
        return f"A force stop is never taken back; {words.command('start')} starts it again."
    return f"Undo: {_undo(words, before)}."


def _undo(words: Words, wish: Wish) -> str:
    command = COMMANDS.get(DesiredStatus(wish.desired)) if wish.desired in list(DesiredStatus) else None
    if command is not None:
        return words.command(command)
    patch = f'{{"spec":{{"desiredStatus":"{wish.desired}"}}}}'
    return f"`kubectl patch slpl {words.name}{words.on} --type=merge -p '{patch}'`"


def _patch(subject: Subject, annotations: dict[str, str | None]) -> Json:
    """Of this very object: what was decided on another one, or on an older version, must not be written."""
    metadata: Json = {"uid": subject.uid, "resourceVersion": subject.version}
    return {"metadata": {**metadata, "annotations": annotations} if annotations else metadata}

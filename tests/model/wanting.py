"""What is wanted, as the real ``IntentObserver`` reads it from a real body: held edits, overrides and all."""

from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar, cast

import orjson

from sluice.api import constants
from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE
from sluice.api.status import PipelineStatus
from sluice.kube import Kube
from sluice.observation import Intent
from sluice.reconcile.intent import IntentObserver

from . import world as w
from .setting import Setting
from .variants import NAME, numbers, raw_spec, variant_of, variant_with
from .world import Ask, Status, User

Result = TypeVar("Result")
UID = "pipeline-uid"
GENERATION = 7
NEEDS_UID = ("clear-storage", "override")


class Revisions:
    """Answers like an API server that holds the revision of every spec that can be written."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    async def get(self, path: str) -> Json:
        """The revision at a path."""
        number = numbers(self._setting)[path.rpartition("/")[2]]
        return {"data": {"spec": raw_spec(variant_with(number), self._setting)}}


@cache
def _observer(setting: Setting) -> IntentObserver:
    return IntentObserver(cast("Kube", Revisions(setting)))


class Wanting:
    """Reads what is wanted in one setting, each combination of what it depends on once."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._known: dict[tuple[object, ...], Intent] = {}

    def intent_of(self, user: User, status: Status, real: PipelineStatus, *, has_finalizer: bool) -> Intent:
        """The real intent; ``real`` is the real status that ``status`` stands for."""
        outcomes = tuple(entry for entry in status.requests if entry.verb == "override")
        has_compute = status.resources in ("Provisioning", "Provisioned")
        key = (
            user,
            has_finalizer,
            status.revision,
            has_compute,
            status.is_claimed,
            status.override,
            outcomes,
        )
        found = self._known.get(key)
        if found is None:
            body = body_of(user, self._setting, has_finalizer=has_finalizer)
            found = self._known[key] = finish(_observer(self._setting).observe_intent(body, real))
        return found


def finish(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run what never really waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("Result", done.value)
    raise AssertionError("it waits")


def body_of(user: User, setting: Setting, *, has_finalizer: bool) -> Json:
    """The object in the API, without its status."""
    spec = {
        **raw_spec(variant_of(user), setting),
        "desiredStatus": user.desired,
        "force": user.force,
    }
    if not user.is_valid:
        spec["template"] = "not understood"
    annotations = {constants.REQUESTS_PREFIX + ask.verb: text_of(ask) for ask in user.asks if ask.is_there}
    if user.is_paused:
        annotations[constants.ANNOTATION_PAUSED] = "true"
    metadata: Json = {
        "namespace": "default",
        "name": NAME,
        "uid": UID,
        "generation": GENERATION,
        "annotations": annotations,
        "finalizers": [constants.FINALIZER] if has_finalizer else [],
    }
    if user.is_deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"kind": PIPELINE.name, "metadata": metadata, "spec": spec}


def text_of(ask: Ask) -> str:
    """The annotation's value."""
    token = f"token-{ask.token}"
    if ask.flavour == w.ODD or (ask.flavour == w.GOOD and ask.verb not in NEEDS_UID):
        # A bare token: enough where nothing is destroyed, and not understood elsewhere.
        return token
    fields: Json = {"token": token, "uid": "another-uid" if ask.flavour == w.OTHER else UID}
    if ask.verb == "override":
        fields |= {"desiredStatus": ask.desired, "force": ask.force}
    if ask.recorded:
        fields["specDesiredStatus"] = ask.recorded
    return orjson.dumps(fields).decode()

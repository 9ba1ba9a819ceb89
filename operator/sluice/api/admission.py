"""The transition rules for the API server: what a ValidatingAdmissionPolicy of the chart refuses, in CEL.

Nothing else depends on it. Without the policy the operator holds such changes back and says so in status, in
the same sentences: they come from the catalogue of errors, and the edits that wait from the table of edits.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sluice.api import constants
from sluice.api.edits import EDITS, Effect
from sluice.api.errors import CATALOGUE, FORCING_HINT, STOPPING_HINT, ErrorCode
from sluice.api.kinds import DEPLOYMENT, KINDS, PIPELINE, Kind
from sluice.api.overriding import STOPS
from sluice.api.statuses import (
    DesiredStatus,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    StopCause,
    StorageStatus,
)

Rule = dict[str, str]

OVERRIDE: Final = constants.REQUESTS_PREFIX + RequestVerb.OVERRIDE
STARTS: Final = tuple(status for status in DesiredStatus if status not in STOPS)
ROLLS: Final = (StopCause.SPEC_CHANGED, StopCause.RESTART)
"""Stops that a start follows anyway."""


def _strings(values: Iterable[str]) -> str:
    return json.dumps([str(value) for value in values])


def _pattern_of_starts() -> str:
    return json.dumps(r'"desiredStatus"\s*:\s*"(' + "|".join(STARTS) + ')"')


def _annotation(where: str) -> str:
    return f"{where}.metadata.?annotations[?{json.dumps(OVERRIDE)}].orValue('')"


VARIABLES: Final[Mapping[str, str]] = {
    "was": "oldObject.spec.?desiredStatus.orValue('Running')",
    "wants": "object.spec.?desiredStatus.orValue('Running')",
    "resources": f"oldObject.?status.?deploymentResourcesStatus.orValue('{ResourcesStatus.STOPPED}')",
    "storage": f"oldObject.?status.?storageStatus.orValue('{StorageStatus.CLEARED}')",
    "isStopping": (
        "oldObject.?status.?stop.hasValue() && !has(oldObject.status.stop.finishedAt)"
        f" && !(oldObject.status.stop.?cause.orValue('') in {_strings(ROLLS)})"
    ),
    "startIsAsked": f"{_annotation('object')} != {_annotation('oldObject')}"
    f" && {_annotation('object')}.matches({_pattern_of_starts()})",
    "startIsWanted": (
        f"(variables.was in {_strings(STOPS)} && !(variables.wants in {_strings(STOPS)}))"
        " || variables.startIsAsked"
    ),
}
"""What the rules are written in. Later ones may use earlier ones."""


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def sentence(template: str, **values: str) -> str:
    """A CEL expression of the sentence, with the values, CEL expressions themselves, in its fields."""
    parts = re.split(r"\{(\w+)\}", template)
    words = [_literal(part) if index % 2 == 0 else values[part] for index, part in enumerate(parts)]
    return " + ".join(word for word in words if word != '""').replace('" + "', "")


def _rule(expression: str, code: ErrorCode, **values: str) -> Rule:
    return {"expression": expression, "messageExpression": sentence(CATALOGUE[code].message, **values)}


def build_rules(kind: Kind) -> list[Rule]:
    """The validations for updates of a kind, the most important first: people read the first that fails."""
    noun = _literal(kind.noun)
    hint = sentence(STOPPING_HINT.replace(PIPELINE.noun, "{noun}"), noun=noun)
    rules = [
        _rule(
            "!(variables.isStopping && variables.startIsWanted)",
            ErrorCode.ILLEGAL_ACTION,
            status="variables.resources",
            current_desired_status=_literal(ResourcesDesiredStatus.STOPPED),
            new_desired_status=_literal(ResourcesDesiredStatus.PROVISIONED),
            hint=hint,
        ),
        {
            "expression": (
                "!(variables.isStopping && oldObject.spec.?force.orValue(false)"
                " && !object.spec.?force.orValue(false))"
            ),
            "messageExpression": sentence(FORCING_HINT, noun=noun),
        },
        _rule(
            f"!(variables.storage == '{StorageStatus.CLEARING}' && variables.startIsWanted)",
            ErrorCode.START_WHILE_CLEARING,
        ),
        _edit_rule("storage", "!has(oldObject.spec.storage) || has(object.spec.storage)"),
        *(
            _edit_rule(path, _is_same(path))
            for path, effect in EDITS.items()
            if effect is Effect.HELD_UNTIL_CLEARED
        ),
    ]
    return rules if kind is DEPLOYMENT else [*rules, *_rules_of_pipelines()]


def _rules_of_pipelines() -> list[Rule]:
    held = [path for path, effect in EDITS.items() if effect is Effect.HELD_UNTIL_STOPPED]
    is_up = f"variables.resources != '{ResourcesStatus.STOPPED}'"
    return [
        *(_rule(f"!({is_up}) || {_is_same(path)}", ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE) for path in held),
        _rule(
            f"!({is_up} && variables.wants == '{DesiredStatus.STANDBY}' && variables.was in"
            f" {_strings((DesiredStatus.RUNNING, DesiredStatus.PAUSED))})",
            ErrorCode.INITIAL_IMMUTABLE,
        ),
    ]


def _edit_rule(path: str, is_allowed: str) -> Rule:
    free = f"variables.storage == '{StorageStatus.CLEARED}'"
    return _rule(f"{free} || {is_allowed}", ErrorCode.EDIT_RESTRICTED, edits=_literal(f"`{path}`"))


def _is_same(path: str) -> str:
    """Whether the field has the value that it had. What goes with its parent is that one's matter."""
    *parents, _ = path.split(".")
    old, new = (f"{where}.spec.?{path.replace('.', '.?')}.orValue('')" for where in ("oldObject", "object"))
    there = "".join(f"!has(object.spec.{parent}) || " for parent in parents)
    return f"({there}{new} == {old})"


def build_policies() -> dict[str, dict[str, Any]]:
    """``spec`` of a policy for each kind, by the plural of its name. The chart adds what its values say."""
    return {kind.plural: _build_policy(kind) for kind in KINDS.values()}


def _build_policy(kind: Kind) -> dict[str, Any]:
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [constants.GROUP],
                    "apiVersions": [constants.VERSION],
                    "operations": ["UPDATE"],
                    "resources": [kind.plural],
                }
            ]
        },
        "matchConditions": [
            {"name": "not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"},
            {
                "name": "wish-changed",
                "expression": "object.spec != oldObject.spec"
                f" || {_annotation('object')} != {_annotation('oldObject')}",
            },
        ],
        "variables": [{"name": name, "expression": text} for name, text in VARIABLES.items()],
        "validations": build_rules(kind),
    }

"""What people may write, by mistake or on purpose: objects and edits made by the numbers of a seed."""

import random
import string
from collections.abc import Callable
from typing import Any

from integration.deployment_cases import VALID_DEPLOYMENT
from integration.stage.moves_of_people import template

from sluice.api.json_values import Json

from .world import SPEC

HOSTILE_NAMES = (
    "../../etc/passwd",
    "a" * 300,
    "UPPER",
    "dots.in.it",
    "-first",
    "last-",
    "",
    "ünïcode",
    "a b",
    "a/b",
    "a%2Fb",
    "a\nb",
    "${jndi:ldap}",
    "'; drop table--",
)
SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    1.5,
    "",
    "Stopped",
    "0",
    "x" * 5000,
    "\u0000",
    "\u202e",
    [],
    {},
    [None],
    {"a": {"b": []}},
)
TEMPLATES_THAT_REACH_OUT: tuple[Json, ...] = (
    {"hostNetwork": True},
    {"hostPID": True},
    {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
    {"serviceAccountName": "somebody-else"},
    {"nodeName": "somewhere"},
    {"volumes": [{"name": "sluice-storage", "emptyDir": {}}]},
    {"restartPolicy": "Always"},
    {"terminationGracePeriodSeconds": 0},
    {"activeDeadlineSeconds": 1},
    {"ephemeralContainers": [{"name": "x", "image": "x"}]},
    {"initContainers": [{"name": "main", "image": "x"}]},
)
ENVIRONMENT_THAT_CLASHES = [{"name": "SLUICE_RUN_NUMBER", "value": "99"}]


class Person:
    """Somebody who writes all sorts of things; the same seed writes the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self._number = 0

    def object(self) -> Json:
        """A custom resource of either kind, good or bad."""
        self._number += 1
        make = self._random.choice(
            (self._good, self._odd_field, self._odd_field, self._big, self._reaching_out, self._odd_name)
        )
        return make()

    def edit(self) -> Json:
        """A merge patch of a spec."""
        kinds: tuple[Callable[[], Json], ...] = (
            lambda: {"desiredStatus": self._random.choice(("Running", "Paused", "Stopped", "Canceled"))},
            lambda: {"desiredStatus": "Stopped", "force": True},
            lambda: {self._random.choice(sorted(SPEC)): self._odd()},
            lambda: {"template": template(f"example.com/job:{self._random.randrange(9)}")},
            lambda: {"storage": self._random.choice((None, {"size": "2Gi"}, {"size": "0"}))},
        )
        return {"spec": self._random.choice(kinds)()}

    def annotation(self) -> Json:
        """A merge patch that asks for something, or tries to."""
        verbs = ("checkpoint", "clear-storage", "dismiss-error", "approve", "restart", "override", "fly")
        values = (
            "t-1",
            "{",
            '{"token": 5}',
            '{"token": "t", "uid": "another"}',
            "x" * 3000,
            "",
            "[]",
            "null",
        )
        key = f"requests.sluice.dev/{self._random.choice(verbs)}"
        return {"metadata": {"annotations": {key: self._random.choice(values)}}}

    def choose(self, number: int) -> int:
        """One of so many."""
        return self._random.randrange(number)

    def _named(self, name: str, spec: Json, kind: str = "Pipeline") -> Json:
        return {
            "apiVersion": "sluice.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }

    def _name(self) -> str:
        return f"people{self._number}"

    def _good(self) -> Json:
        if self._random.random() < 0.3:
            spec = {
                **VALID_DEPLOYMENT["spec"],
                "desiredStatus": "Running",
                "template": template("example.com/db:1"),
            }
            return self._named(self._name(), spec, "Deployment")
        return self._named(self._name(), dict(SPEC))

    def _odd(self) -> Any:
        return self._random.choice(SCALARS)

    def _odd_field(self) -> Json:
        made = self._good()
        spec: Json = dict(made["spec"])
        fields = ("stop", "restart", "checkpoint", "storage", "hook", "startFrom", "bootstrapPolicy", "force")
        field = self._random.choice(fields)
        inner = self._random.choice(("timeoutSeconds", "policy", "schedule", "size", "exec", "retain"))
        spec[field] = self._odd() if self._random.random() < 0.5 else {inner: self._odd()}
        return {**made, "spec": spec}

    def _big(self) -> Json:
        made = self._good()
        text = "".join(self._random.choices(string.ascii_letters, k=1000))
        variables = [{"name": f"V{number}", "value": text} for number in range(200)]
        spec: Json = {**made["spec"], "template": template("example.com/job:1")}
        spec["template"]["spec"]["containers"][0]["env"] = variables
        return {**made, "spec": spec}

    def _reaching_out(self) -> Json:
        made = self._good()
        spec: Json = {**made["spec"], "template": template("example.com/job:1")}
        spec["template"]["spec"] |= self._random.choice(TEMPLATES_THAT_REACH_OUT)
        if self._random.random() < 0.3:
            spec["template"]["spec"]["containers"][0]["env"] = ENVIRONMENT_THAT_CLASHES
        return {**made, "spec": spec}

    def _odd_name(self) -> Json:
        return self._named(self._random.choice(HOSTILE_NAMES), dict(SPEC))

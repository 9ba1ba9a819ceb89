"""Pipelines that the API server has to refuse, with the words it has to say, and ones it has to take."""

import copy
from dataclasses import dataclass, field
from typing import Any, Final, cast

from support.kubectl import Manifest

ABSENT: Final = object()
"""In a change: the field is taken out."""

POD_SPEC: Final[Manifest] = {
    "containers": [{"name": "main", "image": "example.com/job:1", "args": ["--fast"]}],
}
VALID: Final[Manifest] = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Pipeline",
    "metadata": {"name": "admission"},
    "spec": {"desiredStatus": "Stopped", "template": {"spec": POD_SPEC}, "feldera": {}},
}


def changed(manifest: Manifest, change: Manifest) -> Manifest:
    """``manifest`` with ``change`` laid over it."""
    result = copy.deepcopy(manifest)
    for key, value in change.items():
        if value is ABSENT:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = changed(result[key], cast("Manifest", value))
        else:
            result[key] = value
    return result


@dataclass(frozen=True)
class Refused:
    """A change to a valid manifest, and words that the refusal has to contain."""

    because: str
    words: tuple[str, ...]
    spec: Manifest = field(default_factory=dict[str, Any])
    change: Manifest = field(default_factory=dict[str, Any])
    valid: Manifest = field(default_factory=lambda: VALID)

    def manifest(self) -> Manifest:
        return changed(self.valid, {**self.change, "spec": self.spec} if self.spec else self.change)


def named(name: str) -> Manifest:
    return {"metadata": {"name": name}}


def storage(**fields: Any) -> Manifest:
    return {"storage": fields}


AT_LEAST_ONE = "should be greater than or equal to 1"

REFUSED: Final = (
    Refused(
        "a desired status that does not exist",
        ("spec.desiredStatus", '"Running", "Paused", "Standby", "Stopped", "Canceled"'),
        {"desiredStatus": "Runing"},
    ),
    Refused(
        "a desired status in the wrong case",
        ("spec.desiredStatus", '"Stopped"'),
        {"desiredStatus": "stopped"},
    ),
    Refused(
        "a restart policy that does not exist",
        ("spec.restart.policy", '"Always", "OnFailure", "Never"'),
        {"restart": {"policy": "Sometimes"}},
    ),
    Refused(
        "a timeout policy that does not exist",
        ("spec.stop.onTimeout", '"KeepTrying", "Force"'),
        {"stop": {"onTimeout": "Wait"}},
    ),
    Refused(
        "a volume policy that does not exist",
        ("spec.storage.onDelete", '"Retain", "Delete"'),
        storage(onDelete="Recycle"),
    ),
    Refused(
        "two engine blocks",
        ("exactly one engine block", "feldera, flink, hook or elements"),
        {"hook": {}},
    ),
    Refused("no engine block", ("exactly one engine block",), {"feldera": ABSENT}),
    Refused("an engine block that is null", ("exactly one engine block",), {"feldera": None}),
    Refused(
        "force with Running",
        ("spec.force", "remove force, or set desiredStatus to Stopped"),
        {"desiredStatus": "Running", "force": True},
    ),
    Refused(
        "force without a desired status, which means Running",
        ("spec.force", "remove force, or set desiredStatus to Stopped"),
        {"desiredStatus": ABSENT, "force": True},
    ),
    Refused(
        "Canceled without elements",
        ("spec.desiredStatus", "for batch pipelines", "write Stopped instead"),
        {"desiredStatus": "Canceled"},
    ),
    Refused(
        "Standby without an object store",
        ("spec.desiredStatus", "Standby needs storage.sync"),
        {"desiredStatus": "Standby"},
    ),
    Refused(
        "an object store that is no URL",
        ("spec.storage.sync.url", "write a URL such as s3://bucket/folder"),
        storage(sync={"url": "bucket/folder"}),
    ),
    Refused(
        "a start from a path",
        ("spec.startFrom", "write Latest, Fresh, or the id of a checkpoint"),
        {"startFrom": "../checkpoint"},
    ),
    Refused(
        "a schedule of two fields",
        ("spec.checkpoint.schedule", "not a cron expression: write five fields"),
        {"checkpoint": {"schedule": "hourly please"}},
    ),
    Refused(
        "negative seconds",
        ("spec.stop.timeoutSeconds", AT_LEAST_ONE),
        {"stop": {"timeoutSeconds": -1}},
    ),
    Refused(
        "zero seconds for a start",
        ("spec.provisioningTimeoutSeconds", AT_LEAST_ONE),
        {"provisioningTimeoutSeconds": 0},
    ),
    Refused(
        "zero seconds between checkpoints",
        ("spec.checkpoint.intervalSeconds", AT_LEAST_ONE),
        {"checkpoint": {"intervalSeconds": 0}},
    ),
    Refused(
        "no checkpoint to be kept",
        ("spec.checkpoint.retain.count", AT_LEAST_ONE),
        {"checkpoint": {"retain": {"count": 0}}},
    ),
    Refused(
        "more seconds than a year has",
        ("spec.restart.maxBackoffSeconds", "less than or equal to 31536000"),
        {"restart": {"maxBackoffSeconds": 31_536_001}},
    ),
    Refused(
        "a negative number of restarts",
        ("spec.restart.maxRestarts", "greater than or equal to 0"),
        {"restart": {"maxRestarts": -1}},
    ),
    Refused(
        "a longest wait that is shorter than the first",
        ("spec.restart.maxBackoffSeconds", "raise maxBackoffSeconds or lower backoffSeconds"),
        {"restart": {"backoffSeconds": 60, "maxBackoffSeconds": 30}},
    ),
    Refused(
        "a first wait that is longer than the default of the longest",
        ("spec.restart.maxBackoffSeconds", "raise maxBackoffSeconds or lower backoffSeconds"),
        {"restart": {"backoffSeconds": 301}},
    ),
    Refused("a port beyond the last", ("spec.feldera.port", "65535"), {"feldera": {"port": 65536}}),
    Refused(
        "a number as a string",
        ("spec.stop.timeoutSeconds", "must be of type integer"),
        {"stop": {"timeoutSeconds": "30"}},
    ),
    Refused(
        "a duration as Go writes it",
        ("spec.provisioningTimeoutSeconds", "must be of type integer"),
        {"provisioningTimeoutSeconds": "10m"},
    ),
    Refused(
        "a fraction of a second",
        ("spec.stop.timeoutSeconds", "must be of type integer"),
        {"stop": {"timeoutSeconds": 1.5}},
    ),
    Refused(
        "a boolean as a string",
        ("spec.force", "must be of type boolean"),
        {"force": "true"},
    ),
    Refused(
        "a list for an object",
        ("spec.stop", "must be of type object"),
        {"stop": []},
    ),
    Refused("a size that is no quantity", ("spec.storage.size", "10Gi"), storage(size="10 GB")),
    Refused("a size of zero", ("spec.storage.size", "above zero"), storage(size="0Gi")),
    Refused("a size below zero", ("spec.storage.size", "above zero"), storage(size="-1Gi")),
    Refused("no size in the quotes", ("spec.storage.size", "10Gi"), storage(size="")),
    Refused("a size that is a number", ("spec.storage.size", "must be of type string"), storage(size=10)),
    Refused(
        "a relative mount path",
        ("spec.storage.mountPath", "write an absolute path", "/var/lib/sluice"),
        storage(mountPath="var/lib"),
    ),
    Refused("the root as mount path", ("spec.storage.mountPath", "below /"), storage(mountPath="/")),
    Refused(
        "a mount path with a colon",
        ("spec.storage.mountPath", "without a colon"),
        storage(mountPath="/a:b"),
    ),
    Refused(
        "a claim's name that no object can have",
        ("spec.storage.existingClaim", "lowercase letters, digits, hyphens and dots"),
        storage(existingClaim="My_Claim"),
    ),
    Refused(
        "a storage class's name that no object can have",
        ("spec.storage.storageClassName", "lowercase letters, digits, hyphens and dots"),
        storage(storageClassName="fast..disk"),
    ),
    Refused("no template", ("spec.template", "write template.spec.containers"), {"template": ABSENT}),
    Refused("a template without spec", ("spec.template.spec", "Required"), {"template": {"spec": ABSENT}}),
    Refused(
        "a template without containers",
        ("spec.template.spec.containers", "Required"),
        {"template": {"spec": {"containers": ABSENT}}},
    ),
    Refused(
        "an empty list of containers",
        ("spec.template.spec.containers", "at least 1 items"),
        {"template": {"spec": {"containers": []}}},
    ),
    Refused(
        "a container that is a name",
        ("spec.template.spec.containers[0]", "must be of type object"),
        {"template": {"spec": {"containers": ["main"]}}},
    ),
    Refused(
        "a label that is a number",
        ("spec.template.metadata.labels", "must be of type string"),
        {"template": {"metadata": {"labels": {"tier": 1}}}},
    ),
    Refused(
        "a misspelt field",
        ("unknown field", "spec.desiredstatus"),
        {"desiredstatus": "Running"},
    ),
    Refused(
        "a misspelt nested field",
        ("unknown field", "spec.stop.timeout"),
        {"stop": {"timeout": 30}},
    ),
    Refused(
        "no spec",
        ("write spec.template", "an engine block such as spec.feldera"),
        change={"spec": ABSENT},
    ),
    Refused("an empty spec", ("exactly one engine block",), dict.fromkeys(VALID["spec"], ABSENT)),
    Refused(
        "a name that is too long for its pods",
        ("metadata.name", "write a name of at most 45"),
        change=named("a" * 46),
    ),
    Refused("a name with a dot", ("metadata.name", "hyphens only (no dots)"), change=named("orders.eu")),
    Refused(
        "a name that begins with a digit",
        ("metadata.name", "a letter first"),
        change=named("1st-pipeline"),
    ),
    Refused("a name in capitals", ("metadata.name", "lower case alphanumeric"), change=named("Orders")),
)

EVERYTHING: Final[Manifest] = {
    "desiredStatus": "Paused",
    "force": False,
    "provisioningTimeoutSeconds": 1,
    "stop": {"timeoutSeconds": 60, "onTimeout": "Force"},
    "restart": {
        "policy": "Never",
        "backoffSeconds": 5,
        "maxBackoffSeconds": 5,
        "maxRestarts": 0,
        "healthyAfterSeconds": 1,
    },
    "checkpoint": {"intervalSeconds": 600, "retain": {"count": 1000}, "beforeDelete": False},
    "storage": {
        "size": "0.5Ti",
        "storageClassName": "fast.local",
        "mountPath": "/data",
        "onDelete": "Delete",
        "existingClaim": "old-claim",
    },
    "template": {
        "metadata": {"labels": {"team": "a"}, "annotations": {"example.com/note": "kept"}},
        "spec": {
            **POD_SPEC,
            "nodeSelector": {"disk": "fast"},
            "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
            "aFieldOfANewerKubernetes": {"depth": [1, {"two": None}]},
        },
    },
    "feldera": {"port": 9000, "container": "main"},
}

ACCEPTED: Final[dict[str, Manifest]] = {
    "the least that a pipeline needs": VALID,
    "no desired status": changed(VALID, {"spec": {"desiredStatus": ABSENT}}),
    "every field set": {**VALID, "spec": EVERYTHING},
    "force with Stopped": changed(VALID, {"spec": {"force": True}}),
    "a storage with defaults only": changed(VALID, {"spec": {"storage": {}}}),
    "a size without a unit": changed(VALID, {"spec": {"storage": {"size": "1000000000"}}}),
    "a size in the exponent form": changed(VALID, {"spec": {"storage": {"size": "1e9"}}}),
    "the longest name": changed(VALID, named("a" * 45)),
    "a name of one letter": changed(VALID, named("a")),
    "a hundred containers": changed(
        VALID,
        {"spec": {"template": {"spec": {"containers": [{"name": f"c{n}"} for n in range(100)]}}}},
    ),
}

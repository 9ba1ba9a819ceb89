"""What the store and the work queue call things by."""

from collections.abc import Mapping
from typing import NamedTuple

from sluice.api import constants
from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE


class Key(NamedTuple):
    """A custom resource: what the work queue holds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.namespace}/{self.name}"


PodKey = tuple[str, str]
"""Namespace and name of a pod."""


def owner_key(namespace: str, labels: Mapping[str, str]) -> Key:
    """The custom resource that an object with these labels belongs to.

    What names no kind is older than the second of them.
    """
    kind = labels.get(constants.LABEL_KIND, PIPELINE.name)
    return Key(kind, namespace, labels.get(constants.LABEL_NAME, ""))


def key_of(body: Json) -> Key:
    """The key of a custom resource."""
    return Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])

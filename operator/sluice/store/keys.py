"""What the store and the work queue call things by."""

from typing import NamedTuple

from sluice.api.json_values import Json


class Key(NamedTuple):
    """A custom resource: what the work queue holds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.namespace}/{self.name}"


PodKey = tuple[str, str]
"""Namespace and name of a pod."""


def key_of(body: Json) -> Key:
    """The key of a custom resource."""
    return Key(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])

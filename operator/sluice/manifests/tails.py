"""The ends of elements' logs, kept in ConfigMaps: a hundred elements in each, so that none grows too large.

They are owned by the custom resource, and go with it.
"""

from typing import Any, Final

from sluice.api import constants
from sluice.manifests.identity import Identity

ELEMENTS_IN_EACH: Final = 100
TAIL_MAX_BYTES: Final = 4096
"""Of each element. A hundred of them, even where each letter is escaped, are below a ConfigMap's 1 MiB."""


def tails_name(identity: Identity, block: int) -> str:
    """Name of the ConfigMap that holds elements ``block * 100`` to ``block * 100 + 99`` of the spec."""
    return f"{identity.name}-element-logs-{block}"


def build_tails(identity: Identity, block: int, tails: dict[str, str]) -> dict[str, Any]:
    """One of the ConfigMaps."""
    owner = {
        "apiVersion": constants.API_VERSION,
        "kind": identity.kind.name,
        "name": identity.name,
        "uid": identity.uid,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": tails_name(identity, block),
            "namespace": identity.namespace,
            "labels": {**identity.labels, constants.LABEL_ROLE: constants.TAILS_ROLE},
            "ownerReferences": [owner],
        },
        "data": tails,
    }

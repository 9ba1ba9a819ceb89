"""The ControllerRevision: the spec that a run was made from.

It is the pods' controller owner in the custom resource's stead. A foreground deletion of the custom
resource removes what it owns at once, whatever finalizer it has; what the revision owns stays until the
operator has made the last checkpoint. It also lets ``kubectl drain`` and autoscalers accept the pods, and
it keeps the last spec that could be understood.
"""

import hashlib
from typing import Any

import orjson

from sluice.api.kinds import Kind
from sluice.manifests.identity import Identity

NOT_PART_OF_A_RUN = ("desiredStatus", "force")


def revision_name(kind: Kind, name: str, spec: dict[str, Any]) -> str:
    """Name of the revision of this spec: the same spec has the same name."""
    content = orjson.dumps(_run_spec(spec), option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(content, digest_size=5, salt=kind.revision_salt)
    return f"{name}-{digest.hexdigest()}"


def build_revision(identity: Identity, name: str, spec: dict[str, Any], number: int) -> dict[str, Any]:
    """The revision of ``spec``; ``number`` orders the revisions of one custom resource."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": name, "namespace": identity.namespace, "labels": identity.labels},
        "data": {"spec": _run_spec(spec)},
        "revision": number,
    }


def _run_spec(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in NOT_PART_OF_A_RUN}

"""Kubernetes events: what ``kubectl describe`` shows of a pipeline's past."""

from datetime import datetime
from typing import Any

from sluice.api import constants
from sluice.api.timing import to_kubernetes_time
from sluice.manifests.identity import Identity

MESSAGE_MAX_LENGTH = 1024


def build_event(
    identity: Identity, *, name: str, reason: str, message: str, is_warning: bool, now: datetime
) -> dict[str, Any]:
    """An event about the custom resource. ``name`` is unique in the namespace."""
    moment = to_kubernetes_time(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": identity.namespace},
        "involvedObject": {
            "apiVersion": constants.API_VERSION,
            "kind": identity.kind.name,
            "namespace": identity.namespace,
            "name": identity.name,
            "uid": identity.uid,
        },
        "type": "Warning" if is_warning else "Normal",
        "reason": reason,
        "message": message[:MESSAGE_MAX_LENGTH],
        "source": {"component": constants.FIELD_MANAGER},
        "reportingComponent": constants.FIELD_MANAGER,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }

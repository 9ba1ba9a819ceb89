"""Names of the objects that belong to a custom resource."""

from sluice.api.constants import RUNTIME_ROLE
from sluice.api.json_values import Json, child, children


def pod_name(name: str, role: str = RUNTIME_ROLE, ordinal: int = 0) -> str:
    """Name of a pod: fixed, so that the API server itself refuses a second one."""
    return f"{name}-{role}-{ordinal}"


def claim_name(name: str, existing_claim: str | None) -> str:
    """Name of the volume claim: the one that the spec names, or the runtime pod's own name."""
    return existing_claim or pod_name(name)


def runtime_container(spec: Json) -> str | None:
    """The container of a process: the one that its engine's block names, else the template's first."""
    named = [child(spec, block).get("container") for block in ("feldera", "hook")]
    listed = [each.get("name") for each in children(child(child(spec, "template"), "spec"), "containers")]
    return next((name for name in (*named, *listed[:1]) if isinstance(name, str)), None)

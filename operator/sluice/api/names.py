"""Names of the objects that belong to a custom resource."""

from sluice.api.constants import RUNTIME_ROLE


def pod_name(name: str, role: str = RUNTIME_ROLE, ordinal: int = 0) -> str:
    """Name of a pod: fixed, so that the API server itself refuses a second one."""
    return f"{name}-{role}-{ordinal}"


def claim_name(name: str, existing_claim: str | None) -> str:
    """Name of the volume claim: the one that the spec names, or the runtime pod's own name."""
    return existing_claim or pod_name(name)

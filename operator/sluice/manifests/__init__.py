"""Pure builders: from a spec to the objects that the operator makes, as plain dicts."""

from sluice.manifests.claim import build_claim, claim_labels
from sluice.manifests.event import build_event
from sluice.manifests.identity import Identity
from sluice.manifests.maintenance import MaintenancePlan, build_maintenance_pod
from sluice.manifests.pod import PodPlan, build_pod
from sluice.manifests.revision import build_revision, revision_name

__all__ = [
    "Identity",
    "MaintenancePlan",
    "PodPlan",
    "build_claim",
    "build_event",
    "build_maintenance_pod",
    "build_pod",
    "build_revision",
    "claim_labels",
    "revision_name",
]

"""Pure builders: from a spec to the objects that the operator makes, as plain dicts."""

from sluice.manifests.claim import build_claim, claim_labels
from sluice.manifests.event import build_event
from sluice.manifests.identity import Identity
from sluice.manifests.job import JobPlan, build_element_template, build_job, job_name
from sluice.manifests.maintenance import MaintenancePlan, build_maintenance_pod
from sluice.manifests.pod import PodPlan, build_pod
from sluice.manifests.revision import build_revision, revision_name
from sluice.manifests.tails import ELEMENTS_IN_EACH, TAIL_MAX_BYTES, build_tails, tails_name

__all__ = [
    "ELEMENTS_IN_EACH",
    "TAIL_MAX_BYTES",
    "Identity",
    "JobPlan",
    "MaintenancePlan",
    "PodPlan",
    "build_claim",
    "build_element_template",
    "build_event",
    "build_job",
    "build_maintenance_pod",
    "build_pod",
    "build_revision",
    "build_tails",
    "claim_labels",
    "job_name",
    "revision_name",
    "tails_name",
]

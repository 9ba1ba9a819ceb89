"""What the watches have told, in memory: a hint to look at first, never the truth to act on."""

from sluice.store.elements import (
    ElementPodRecord,
    ElementStore,
    JobRecord,
    Place,
    is_of_element,
    project_element_pod,
    project_job,
)
from sluice.store.freshness import Freshness, Missing
from sluice.store.keys import Key, PodKey, key_of, owner_key
from sluice.store.projections import PodRecord, project_pod
from sluice.store.store import Store

__all__ = [
    "ElementPodRecord",
    "ElementStore",
    "Freshness",
    "JobRecord",
    "Key",
    "Missing",
    "Place",
    "PodKey",
    "PodRecord",
    "Store",
    "is_of_element",
    "key_of",
    "owner_key",
    "project_element_pod",
    "project_job",
    "project_pod",
]

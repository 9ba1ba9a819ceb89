"""What the watches have told, in memory: a hint to look at first, never the truth to act on."""

from sluice.store.projections import PodRecord, project_pod
from sluice.store.store import Key, Store

__all__ = ["Key", "PodRecord", "Store", "project_pod"]

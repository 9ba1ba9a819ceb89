"""What the watches have told, in memory: a hint to look at first, never the truth to act on."""

from sluice.store.freshness import Freshness, Missing
from sluice.store.keys import Key, PodKey, key_of
from sluice.store.projections import PodRecord, project_pod
from sluice.store.store import Store

__all__ = ["Freshness", "Key", "Missing", "PodKey", "PodRecord", "Store", "key_of", "project_pod"]

"""What is done and read for the elements of batch pipelines."""

from sluice.reconcile.batch.act import Elements
from sluice.reconcile.batch.memory import Memories
from sluice.reconcile.batch.observe import ElementObserver
from sluice.reconcile.batch.readings import Readings

__all__ = ["ElementObserver", "Elements", "Memories", "Readings"]

"""The way in: kopf's events become entries in the store and keys in the queue, nothing more."""

from sluice.handlers.process import run_operator
from sluice.handlers.settings import OperatorSettings

__all__ = ["OperatorSettings", "run_operator"]

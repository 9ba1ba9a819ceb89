"""One look at one pipeline: observe, decide, write the status, act.

Observing changes nothing and acting observes nothing; deciding does neither. ``docs/controller-flow.md``
says why.
"""

from sluice.reconcile.reconciler import Reconciler

__all__ = ["Reconciler"]

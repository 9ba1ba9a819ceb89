"""The benchmark: how close the operator comes to the floor that Kubernetes itself sets.

Everything is measured in one run on one API server of the benchmark's own, side by side, so that ratios
mean something on any machine. ``docs/performance.md`` says how.
"""

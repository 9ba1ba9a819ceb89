"""A real Kubernetes cluster on one Linux machine, for tests and demonstrations.

Where a Docker engine answers, ``kind`` makes the cluster. Elsewhere this package builds Kubernetes
from its Go modules and runs it in private namespaces. It uses nothing but the standard library,
because it runs before any virtual environment exists.
"""

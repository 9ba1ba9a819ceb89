"""The one place that talks to the API server: plain dicts in and out, a deadline on every call."""

from sluice.kube.client import Kube, connect
from sluice.kube.cluster import Cluster
from sluice.kube.errors import ApiError, ApiUnreachableError, NoClusterError
from sluice.kube.execution import Execution, Tail, execute
from sluice.kube.quantity import read_quantity

__all__ = [
    "ApiError",
    "ApiUnreachableError",
    "Cluster",
    "Execution",
    "Kube",
    "NoClusterError",
    "Tail",
    "connect",
    "execute",
    "read_quantity",
]

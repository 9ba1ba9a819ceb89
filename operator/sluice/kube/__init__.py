"""The one place that talks to the API server: plain dicts in and out, a deadline on every call."""

from sluice.kube.callers import Callers, connect_callers
from sluice.kube.client import RAW_LIMIT_BYTES, Kube, connect
from sluice.kube.cluster import Cluster
from sluice.kube.errors import ApiError, ApiUnreachableError, NoClusterError, is_api_server_answer
from sluice.kube.execution import Execution, Tail, execute
from sluice.kube.patience import patiently
from sluice.kube.quantity import read_quantity
from sluice.kube.secrets import SecretMissingError, read_secret

__all__ = [
    "RAW_LIMIT_BYTES",
    "ApiError",
    "ApiUnreachableError",
    "Callers",
    "Cluster",
    "Execution",
    "Kube",
    "NoClusterError",
    "SecretMissingError",
    "Tail",
    "connect",
    "connect_callers",
    "execute",
    "is_api_server_answer",
    "patiently",
    "read_quantity",
    "read_secret",
]

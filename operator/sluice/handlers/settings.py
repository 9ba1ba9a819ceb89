"""Settings of the operator's process."""

from dataclasses import dataclass
from enum import StrEnum


class RuntimeAccess(StrEnum):
    """How the operator reaches runtimes."""

    AUTO = "auto"
    """Direct inside a cluster, through the API server elsewhere."""
    DIRECT = "direct"
    """At the pods' addresses."""
    PROXY = "proxy"
    """Through the API server's pod proxy."""


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """What an installation may choose. The defaults are the shipped ones."""

    namespaces: tuple[str, ...] = ()
    """Namespaces to watch; none means the whole cluster."""
    workers: int = 32
    """Custom resources looked at side by side."""
    runtime_access: RuntimeAccess = RuntimeAccess.AUTO
    sweep_seconds: float = 600.0
    """Time between two searches for orphans and for what a watch may have missed."""
    look_deadline_seconds: float = 120.0
    """A look that takes longer is given up and repeated."""
    maintenance_image: str | None = None
    """Image of the pods that work on the volume of a stopped pipeline: this operator's own. Without one the
    volumes of stopped pipelines are left as they are."""
    share_group: str | None = None
    """Operators with the same group share the objects; without one it looks at all of them."""
    identity: str = ""
    """Names this operator among those of its group: its pod's name."""
    own_namespace: str = "default"
    """Where the Leases of the group are."""
    port: int | None = None
    """Port of ``/metrics``, ``/healthz`` and ``/readyz``; without one they are not served."""
    has_object_metrics: bool = True
    """Whether there are metrics with the names of single custom resources as labels."""

"""Settings of the gateway's process."""

from dataclasses import dataclass
from typing import Final

MAX_BODY_BYTES: Final = 64 * 1024
"""Of every request, also of those whose body means nothing."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What an installation may choose. The defaults are the shipped ones."""

    namespace: str = "default"
    """The namespace of requests without a ``Feldera-Tenant`` header."""
    host: str = "0.0.0.0"  # noqa: S104 - it serves a cluster
    port: int = 8080
    metrics_port: int | None = None
    """Port of ``/metrics``, apart from what callers reach; without one they are not served."""
    allow_anonymous: bool = False
    """Serve requests without a token, with the rights of the gateway's own service account."""
    anonymous_reads: bool = False
    """Serve requests without a token that only read, with those rights; ``allow_anonymous`` is more."""
    has_page: bool = True
    """Serve the page for people at ``/ui/``."""
    keys_namespace: str | None = None
    """Where the Secrets of API keys are; ``None``: there are none."""
    cluster: str = "kubernetes"
    """Name of the cluster: to seed 003's clients it is the organization."""
    template: str = "sluice-pipeline-template"
    """ConfigMap of a namespace with what new pipelines are made from."""
    rate: float = 100.0
    """Requests a second of one caller, and ``burst`` at once; 0: no bound."""
    burst: float = 200.0
    tls_cert: str | None = None
    tls_key: str | None = None
    """Files of a certificate and its key, to serve TLS with; both or none."""
    connections: int = 256
    """Requests to the API server side by side, over all callers; log streams among them."""
    log_streams: int = 64
    """Logs followed side by side. Less than ``connections``, or followers would keep everybody else out."""
    log_seconds: float = 3600.0
    """A log is followed no longer than this; a client that still wants it asks again."""

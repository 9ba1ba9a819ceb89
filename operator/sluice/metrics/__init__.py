"""What the operator and the gateway count, in Prometheus' form. Counting is cheap and never fails a look."""

from sluice.metrics.catalogue import FAMILIES, Family
from sluice.metrics.fleet import FleetCollector
from sluice.metrics.recording import GatewayMetrics, Metrics, build_registry
from sluice.metrics.serving import CONTENT_TYPE, render

__all__ = [
    "CONTENT_TYPE",
    "FAMILIES",
    "Family",
    "FleetCollector",
    "GatewayMetrics",
    "Metrics",
    "build_registry",
    "render",
]

"""The counters of a process. They are made once and handed on; nothing here is global."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from sluice import __version__
from sluice.metrics import catalogue
from sluice.metrics.catalogue import Family

UNREACHABLE = "unreachable"


def build_registry() -> CollectorRegistry:
    """A registry that tells which version this is."""
    # The time of birth of each series, beside it: nobody reads them, and they are a fifth of what is told.
    disable_created_metrics()  # type: ignore[no-untyped-call] # the library has not annotated it
    registry = CollectorRegistry()
    _gauge(catalogue.BUILD_INFO, registry).labels(__version__).set(1)
    return registry


class ApiMetrics:
    """Of a process that asks the Kubernetes API."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = _counter(catalogue.API_REQUESTS, registry)
        self._durations = _histogram(catalogue.API_REQUEST_DURATION, registry)

    def note_call(self, verb: str, code: int | None, seconds: float) -> None:
        """A request with its status code, or ``None`` where no answer came."""
        self._requests.labels(verb, UNREACHABLE if code is None else code).inc()
        self._durations.labels(verb).observe(seconds)


class Metrics(ApiMetrics):
    """Of the operator."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or build_registry()
        super().__init__(self.registry)
        self.reconciles = _counter(catalogue.RECONCILES, self.registry)
        self.reconcile_duration = _histogram(catalogue.RECONCILE_DURATION, self.registry)
        self.queue_depth = _gauge(catalogue.QUEUE_DEPTH, self.registry)
        self.transition_duration = _histogram(catalogue.TRANSITION_DURATION, self.registry)
        self.checkpoint_duration = _histogram(catalogue.CHECKPOINT_DURATION, self.registry)
        self.checkpoint_size = _histogram(catalogue.CHECKPOINT_SIZE, self.registry)
        self.checkpoint_failures = _counter(catalogue.CHECKPOINT_FAILURES, self.registry)
        self.watch_overdue = _gauge(catalogue.WATCH_OVERDUE, self.registry)
        latency = _histogram(catalogue.QUEUE_LATENCY, self.registry)
        self._lanes = {True: latency.labels("urgent"), False: latency.labels("normal")}

    def note_wait(self, seconds: float, is_urgent: bool) -> None:
        """How long something waited for its look."""
        self._lanes[is_urgent].observe(seconds)


class GatewayMetrics(ApiMetrics):
    """Of the gateway."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or build_registry()
        super().__init__(self.registry)
        self._served = _counter(catalogue.GATEWAY_REQUESTS, self.registry)
        self._durations_of_routes = _histogram(catalogue.GATEWAY_DURATION, self.registry)

    def note_request(self, method: str, route: str, code: int, seconds: float) -> None:
        """A request and its answer."""
        self._served.labels(method, route, code).inc()
        self._durations_of_routes.labels(method, route).observe(seconds)


def _counter(family: Family, registry: CollectorRegistry) -> Counter:
    return Counter(family.name, family.meaning, family.labels, registry=registry)


def _gauge(family: Family, registry: CollectorRegistry) -> Gauge:
    return Gauge(family.name, family.meaning, family.labels, registry=registry)


def _histogram(family: Family, registry: CollectorRegistry) -> Histogram:
    return Histogram(family.name, family.meaning, family.labels, registry=registry, buckets=family.buckets)

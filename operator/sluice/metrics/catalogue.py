"""Every metric there is: name, type, labels and meaning, as data. ``docs/metrics.md`` shows the same table.

Names follow Prometheus' conventions: one prefix, base units, ``_total`` on counters.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Type(StrEnum):
    """Types of metrics."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Family(NamedTuple):
    """One metric. ``buckets`` are upper bounds in the unit that the name ends with."""

    name: str
    type: Type
    labels: tuple[str, ...]
    meaning: str
    buckets: tuple[float, ...] = ()


class Outcome(StrEnum):
    """How a look at an object ended: values of the label ``result``."""

    DONE = "done"
    CONFLICT = "conflict"
    """Somebody wrote in between; the look is repeated at once."""
    ERROR = "error"
    """The API server refused or did not answer; the look is repeated with a back-off."""
    OTHERS = "others"
    """It is another operator's, of those that share the objects: nothing was done."""
    TIMEOUT = "timeout"
    BUG = "bug"
    """An error that nobody expected. The log has its traceback."""


class Transition(StrEnum):
    """What a lifecycle goes through: values of the label ``transition``."""

    START = "start"
    """From a start without a checkpoint to the state that was asked for."""
    RESUME = "resume"
    """The same from a checkpoint."""
    RESTART = "restart"
    """The same after an end that nobody asked for."""
    SUSPEND = "suspend"
    """From the beginning of a graceful stop to its checkpoint."""
    STOP = "stop"
    """From the request of a graceful stop to its end."""
    FORCE_STOP = "force_stop"
    """From the request of a force stop to its end."""


STOP_TRIGGER: Final = "Stop"
"""Value of the label ``trigger`` beside those of ``CheckpointTrigger``."""

_LOOK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_CALL = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
_WAIT = (0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300)
_LIFE = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600)
_SIZE = tuple(float(4**power) for power in range(5, 20))

RECONCILES: Final = Family(
    "sluice_reconciles_total",
    Type.COUNTER,
    ("kind", "result"),
    "Looks at custom resources, by how they ended.",
)
RECONCILE_DURATION: Final = Family(
    "sluice_reconcile_duration_seconds", Type.HISTOGRAM, ("kind",), "Duration of one look.", _LOOK
)
QUEUE_DEPTH: Final = Family("sluice_queue_depth", Type.GAUGE, (), "Custom resources that wait for a look.")
QUEUE_LATENCY: Final = Family(
    "sluice_queue_latency_seconds",
    Type.HISTOGRAM,
    ("lane",),
    "Time from when a custom resource was due for a look to the look; stops are in the lane urgent.",
    _WAIT,
)
API_REQUESTS: Final = Family(
    "sluice_api_requests_total",
    Type.COUNTER,
    ("verb", "code"),
    "Requests to the Kubernetes API by method and status code; code is unreachable where no answer came.",
)
API_REQUEST_DURATION: Final = Family(
    "sluice_api_request_duration_seconds",
    Type.HISTOGRAM,
    ("verb",),
    "Time from a request to the Kubernetes API to its answer.",
    _CALL,
)
TRANSITION_DURATION: Final = Family(
    "sluice_lifecycle_transition_duration_seconds",
    Type.HISTOGRAM,
    ("kind", "transition"),
    "Duration of a start, resume, restart, suspend, stop or force_stop, from its beginning to its end.",
    _LIFE,
)
CHECKPOINT_DURATION: Final = Family(
    "sluice_checkpoint_duration_seconds",
    Type.HISTOGRAM,
    ("kind", "trigger"),
    "Time from asking for a checkpoint to its being recorded; trigger is Request, Schedule or Stop.",
    _LIFE,
)
CHECKPOINT_SIZE: Final = Family(
    "sluice_checkpoint_size_bytes",
    Type.HISTOGRAM,
    ("kind",),
    "Size of each newest checkpoint that was seen, where the runtime tells it.",
    _SIZE,
)
CHECKPOINT_FAILURES: Final = Family(
    "sluice_checkpoint_failures_total",
    Type.COUNTER,
    ("kind", "trigger"),
    "Attempts at a checkpoint that failed.",
)
WATCH_OVERDUE: Final = Family(
    "sluice_watch_overdue_seconds",
    Type.GAUGE,
    (),
    "For how long the oldest change that a watch has to tell has not been told; 0 when none is missing.",
)
BUILD_INFO: Final = Family("sluice_build_info", Type.GAUGE, ("version",), "Always 1; the version is a label.")

OBJECTS: Final = Family(
    "sluice_objects", Type.GAUGE, ("kind", "status"), "Custom resources by status.deploymentStatus."
)
STALLED: Final = Family(
    "sluice_objects_stalled",
    Type.GAUGE,
    ("kind", "reason"),
    "Custom resources whose condition Stalled is True, by its reason.",
)
STUCK_STOPS: Final = Family(
    "sluice_stops_stuck",
    Type.GAUGE,
    ("kind",),
    "Stops that do not get on: the condition Stalled says StopStuck or StopFailed.",
)
STOP_AGE: Final = Family(
    "sluice_stop_oldest_age_seconds",
    Type.GAUGE,
    ("kind",),
    "Age of the oldest stop under way; 0 without one.",
)
CHECKPOINTS_OVERDUE: Final = Family(
    "sluice_checkpoints_overdue",
    Type.GAUGE,
    ("kind",),
    "Custom resources whose newest checkpoint is older than declared: CheckpointCurrent says Overdue.",
)
CHECKPOINT_TIME: Final = Family(
    "sluice_checkpoint_last_timestamp_seconds",
    Type.GAUGE,
    ("kind", "namespace", "name"),
    "When the newest checkpoint was made, in Unix time, of each custom resource that is up. Its age is"
    " time() minus this. Only with per-object metrics.",
)
CHECKPOINT_AGE: Final = Family(
    "sluice_checkpoint_oldest_age_seconds",
    Type.GAUGE,
    ("kind",),
    "Age of the newest checkpoint of that custom resource, among those that are up, where it is the oldest.",
)

GATEWAY_REQUESTS: Final = Family(
    "sluice_gateway_requests_total",
    Type.COUNTER,
    ("method", "route", "code"),
    "Requests to the gateway; route is the pattern, never a name.",
)
GATEWAY_DURATION: Final = Family(
    "sluice_gateway_request_duration_seconds",
    Type.HISTOGRAM,
    ("method", "route"),
    "Time to the end of the gateway's answer; a log that is followed is one long answer.",
    _CALL,
)

FLEET: Final = (OBJECTS, STALLED, STUCK_STOPS, STOP_AGE, CHECKPOINTS_OVERDUE, CHECKPOINT_TIME, CHECKPOINT_AGE)
"""Read from what the watches have told when somebody scrapes: they cost a look nothing."""

GATEWAY: Final = (GATEWAY_REQUESTS, GATEWAY_DURATION)
"""Of the gateway's process; it has ``sluice_build_info`` and ``sluice_api_*`` besides."""

FAMILIES: Final = (
    RECONCILES,
    RECONCILE_DURATION,
    QUEUE_DEPTH,
    QUEUE_LATENCY,
    API_REQUESTS,
    API_REQUEST_DURATION,
    TRANSITION_DURATION,
    CHECKPOINT_DURATION,
    CHECKPOINT_SIZE,
    CHECKPOINT_FAILURES,
    WATCH_OVERDUE,
    BUILD_INFO,
    *FLEET,
    *GATEWAY,
)
"""All of them, in the order of the page."""

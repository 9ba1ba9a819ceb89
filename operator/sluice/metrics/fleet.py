"""What can be read off the custom resources themselves, when somebody asks.

Nothing is counted along the way, so nothing can get out of step: each scrape reads the store anew.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sluice.api.json_values import Json, child, children
from sluice.api.kinds import KINDS
from sluice.api.reasons import ConditionType, Reason
from sluice.api.statuses import ResourcesStatus
from sluice.api.timing import read_moment
from sluice.metrics import catalogue
from sluice.metrics.catalogue import Family

UNKNOWN = "Unknown"
"""The status of an object that the operator has not looked at yet."""
STUCK = frozenset({Reason.STOP_STUCK, Reason.STOP_FAILED})

Bodies = Callable[[], Iterable[Json]]


@dataclass(slots=True)
class _Picture:
    """Everything that one pass over the objects finds."""

    now: float
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    stalled: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    stuck: Counter[str] = field(default_factory=Counter[str])
    overdue: Counter[str] = field(default_factory=Counter[str])
    stop_age: dict[str, float] = field(default_factory=dict[str, float])
    checkpoint_age: dict[str, float] = field(default_factory=dict[str, float])
    checkpoints: list[tuple[tuple[str, str, str], float]] = field(
        default_factory=list[tuple[tuple[str, str, str], float]]
    )

    def take(self, body: Json) -> None:
        kind, metadata, status = body["kind"], body["metadata"], child(body, "status")
        self.statuses[kind, str(status.get("deploymentStatus") or UNKNOWN)] += 1
        for condition in children(status, "conditions"):
            self._take_condition(kind, condition)
        stop = child(status, "stop")
        if stop and "finishedAt" not in stop:
            self.stop_age[kind] = max(self.stop_age.get(kind, 0.0), self._age(stop.get("requestedAt")))
        made = read_moment(status.get("lastCheckpointTime"))
        if made is not None and status.get("deploymentResourcesStatus") == ResourcesStatus.PROVISIONED:
            at = made.timestamp()
            self.checkpoints.append(((kind, metadata["namespace"], metadata["name"]), at))
            self.checkpoint_age[kind] = max(self.checkpoint_age.get(kind, 0.0), self.now - at)

    def _take_condition(self, kind: str, condition: Json) -> None:
        reason = str(condition.get("reason"))
        if condition.get("type") == ConditionType.STALLED and condition.get("status") == "True":
            self.stalled[kind, reason] += 1
            self.stuck[kind] += reason in STUCK
        elif condition.get("type") == ConditionType.CHECKPOINT_CURRENT and reason == Reason.OVERDUE:
            self.overdue[kind] += 1

    def _age(self, moment: object) -> float:
        since = read_moment(moment)
        return 0.0 if since is None else max(self.now - since.timestamp(), 0.0)


class FleetCollector(Collector):
    """Gauges over all custom resources that the operator knows."""

    def __init__(
        self,
        bodies: Bodies,
        *,
        has_object_metrics: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bodies = bodies
        self._has_object_metrics = has_object_metrics
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The families without samples: registering must not read the store."""
        return (_family(family) for family in catalogue.FLEET)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families with what the store holds now."""
        picture = _Picture(self._clock().timestamp())
        for body in self._bodies():
            picture.take(body)
        yield _fill(catalogue.OBJECTS, picture.statuses.items())
        yield _fill(catalogue.STALLED, picture.stalled.items())
        kinds = [(kind,) for kind in KINDS]
        yield _fill(catalogue.STUCK_STOPS, [(key, picture.stuck[key[0]]) for key in kinds])
        yield _fill(catalogue.STOP_AGE, [(key, picture.stop_age.get(key[0], 0.0)) for key in kinds])
        yield _fill(catalogue.CHECKPOINTS_OVERDUE, [(key, picture.overdue[key[0]]) for key in kinds])
        yield _fill(
            catalogue.CHECKPOINT_AGE, [((kind,), age) for kind, age in picture.checkpoint_age.items()]
        )
        if self._has_object_metrics:
            yield _fill(catalogue.CHECKPOINT_TIME, picture.checkpoints)


def _family(family: Family) -> GaugeMetricFamily:
    return GaugeMetricFamily(family.name, family.meaning, labels=family.labels)


def _fill(family: Family, values: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    filled = _family(family)
    for labels, value in values:
        filled.add_metric(labels, value)
    return filled

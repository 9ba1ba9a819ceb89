"""Moments as the API writes them, and when a schedule comes next."""

from datetime import UTC, datetime
from typing import Annotated, Final

from cronsim import CronSim
from pydantic import AfterValidator, PlainSerializer

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_kubernetes_time(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as Kubernetes writes ``metav1.Time``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: object) -> datetime | None:
    """A time as Kubernetes writes it, or ``None`` when it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _in_whole_seconds(moment: datetime) -> datetime:
    # What has no time zone was written by a process that means UTC; left as it is it could not be compared.
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC)


Time = Annotated[
    datetime,
    AfterValidator(_in_whole_seconds),
    PlainSerializer(to_kubernetes_time, return_type=str),
]


def next_time(schedule: str, after: datetime) -> datetime | None:
    """The first moment of a cron expression after ``after``, in UTC; ``None`` when there is none.

    Raises ``CronSimError`` for an expression that the models would not have let through.
    """
    return next(CronSim(schedule, after.astimezone(UTC)), None)

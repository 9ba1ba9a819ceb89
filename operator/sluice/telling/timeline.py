"""A pipeline's life as a timeline, put together from what the cluster still has. Pure.

Events last an hour by default, and status holds the last of each kind only; what is gone from both is not
drawn, and nothing is made up for it.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from sluice.api.json_values import Json, child
from sluice.api.status import PipelineStatus
from sluice.telling import outcomes
from sluice.telling.recorded import in_order, recorded_at
from sluice.telling.subject import Subject
from sluice.telling.words import size


class Kind(StrEnum):
    """What a moment is about."""

    STATE = "state"
    CHECKPOINT = "checkpoint"
    ERROR = "error"
    REQUEST = "request"
    CONDITION = "condition"


class Moment(NamedTuple):
    """One thing that happened."""

    time: datetime
    kind: Kind
    text: str


def collect(subject: Subject, events: Iterable[Json]) -> list[Moment]:
    """Every moment that the object and its events tell of, the oldest first, each once."""
    status = subject.status
    # Kubernetes tells time in whole seconds, and a stop may take less: in one second, causes are told first.
    found = [
        *_of_object(subject),
        *_of_what_was_asked(status),
        *_of_events(subject, events),
        *_of_checkpoints(status),
        *_of_outcomes(status),
        *_of_states(status),
        *_of_conditions(status),
    ]
    return sorted(dict.fromkeys(found), key=lambda moment: moment.time.replace(microsecond=0))


def _of_object(subject: Subject) -> Iterator[Moment]:
    metadata = child(subject.body, "metadata")
    for name, what in (("creationTimestamp", "created"), ("deletionTimestamp", "deletion asked for")):
        moment = _time(metadata.get(name))
        if moment is not None:
            yield Moment(moment, Kind.STATE, what)


def _of_states(status: PipelineStatus) -> Iterator[Moment]:
    if status.deployment_status_since is not None:
        yield Moment(status.deployment_status_since, Kind.STATE, f"{status.deployment_status} since then")
    if status.deployment_desired_status_since is not None:
        wanted = f"wanted {status.deployment_desired_status} since then"
        yield Moment(status.deployment_desired_status_since, Kind.STATE, wanted)
    restart = status.restart
    if restart is not None and restart.serving_since is not None:
        yield Moment(restart.serving_since, Kind.STATE, "serves since then")


def _of_what_was_asked(status: PipelineStatus) -> Iterator[Moment]:
    for entry in status.requests:
        yield Moment(entry.requested_at, Kind.REQUEST, f"{entry.verb} asked for, token {entry.token}")
    stop = status.stop
    if stop is not None:
        cause = f", cause {stop.cause}" if stop.cause else ""
        yield Moment(stop.requested_at, Kind.REQUEST, f"{stop.mode} stop asked for{cause}")


def _of_outcomes(status: PipelineStatus) -> Iterator[Moment]:
    for entry in status.requests:
        if entry.finished_at is not None:
            told = f": {entry.message or entry.reason}" if entry.message or entry.reason else ""
            yield Moment(entry.finished_at, Kind.REQUEST, f"{entry.verb} {entry.token}: {entry.state}{told}")
    if status.storage_cleared_time is not None:
        yield Moment(status.storage_cleared_time, Kind.CHECKPOINT, "storage cleared")
    yield from _of_stop_that_ended(status)


def _of_stop_that_ended(status: PipelineStatus) -> Iterator[Moment]:
    stop = status.stop
    if stop is None or stop.finished_at is None:
        return
    told = {str(reason): text for reason, text in outcomes.STOP_REASONS.items()}
    if stop.checkpoint is not None:
        yield Moment(stop.finished_at, Kind.STATE, f"stop ended, with checkpoint {stop.checkpoint}")
    elif stop.reason is not None:
        why = told.get(stop.reason, stop.reason)
        yield Moment(stop.finished_at, Kind.STATE, f"stop ended, without a checkpoint: {why}")
    else:
        yield Moment(stop.finished_at, Kind.STATE, "stop ended, without a checkpoint")


def _of_checkpoints(status: PipelineStatus) -> Iterator[Moment]:
    details = status.storage_status_details
    for entry in details.checkpoints if details is not None else ():
        if entry.created_at is not None:
            facts = [size(entry.size)] if entry.size is not None else []
            facts += [f"{entry.processed_records} records"] if entry.processed_records is not None else []
            told = f" ({', '.join(facts)})" if facts else ""
            yield Moment(entry.created_at, Kind.CHECKPOINT, f"checkpoint {entry.uuid}{told}")


def _of_conditions(status: PipelineStatus) -> Iterator[Moment]:
    for entry in status.conditions:
        text = f"{entry.type} {entry.status}: {entry.reason}"
        yield Moment(entry.last_transition_time, Kind.CONDITION, text)


def _of_events(subject: Subject, events: Iterable[Json]) -> Iterator[Moment]:
    for event in in_order(events):
        moment = _time(recorded_at(event))
        if child(event, "involvedObject").get("uid") != subject.uid or moment is None:
            continue
        kind = Kind.ERROR if event.get("type") == "Warning" else Kind.STATE
        text = " ".join(str(event.get("message", "")).split())
        yield Moment(moment, kind, f"{event.get('reason')}: {text}")


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

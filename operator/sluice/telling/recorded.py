"""Events as the cluster has recorded them: when, and in which order. Pure."""

from collections.abc import Iterable

from sluice.api.json_values import Json, child

WHOLE_SECONDS = len("2026-01-01T00:00:00")


def recorded_at(event: Json) -> str:
    """When it happened; events of other writers may have the one time or the other."""
    for field in ("lastTimestamp", "eventTime", "firstTimestamp"):
        if event.get(field):
            return str(event[field])
    return str(child(event, "metadata").get("creationTimestamp"))


def in_order(events: Iterable[Json]) -> list[Json]:
    """The oldest first. Most times are whole seconds; within one, the API server's own numbers decide."""
    return sorted(events, key=lambda event: (recorded_at(event)[:WHOLE_SECONDS], _version(event)))


def _version(event: Json) -> int:
    text = str(child(event, "metadata").get("resourceVersion", ""))
    return int(text) if text.isdecimal() else 0

"""What a page can draw of an object's past, from its status and the events that the cluster still has. Pure.

Nothing is made up for what is gone from both: the first span begins where the first event does.
"""

from collections.abc import Sequence
from datetime import datetime

from sluice.api.json_values import Json
from sluice.api.status import PipelineStatus
from sluice.api.statuses import CombinedStatus, RequestState, RequestVerb, RuntimeStatus
from sluice.api.timing import read_moment, to_kubernetes_time
from sluice.gateway.presenting import TRANSITION
from sluice.telling.recorded import in_order, recorded_at
from sluice.telling.tones import tone_of

SPANS_MAX = 200
TIMED = {
    CombinedStatus.PROVISIONING: "Provisioning: until its process answered",
    RuntimeStatus.INITIALIZING: "Initializing: until its state was restored",
    CombinedStatus.SUSPENDING: "Suspending: the checkpoint of a stop",
    CombinedStatus.STOPPING: "Stopping: the end of its containers",
}
"""States that take a time which people want to know, with what that is the time of."""


def show_spans(status: PipelineStatus, events: Sequence[Json]) -> list[Json]:
    """In which state it was from when on, the oldest first; the present one has no ``until``."""
    steps = _read_steps(events)
    since, present = status.deployment_status_since, status.deployment_status
    if since is not None and present is not None:
        # The event of the last transition may be gone, or be a second older than the status that it tells of.
        steps = [step for step in steps if step[0] < since or step[1] != present]
        steps.append((max(since, steps[-1][0]) if steps else since, present))
    spans: list[Json] = []
    for moment, state in steps:
        if spans and spans[-1]["state"] == state:
            continue
        if spans:
            spans[-1]["until"] = to_kubernetes_time(moment)
        spans.append(_show_span(moment, state))
    return spans[-SPANS_MAX:]


def _show_span(since: datetime, state: str) -> Json:
    return {"state": state, "tone": tone_of(state), "since": to_kubernetes_time(since), "until": None}


def _read_steps(events: Sequence[Json]) -> list[tuple[datetime, str]]:
    found = (
        (read_moment(recorded_at(event)), TRANSITION.match(_message(event))) for event in in_order(events)
    )
    return [(moment, told["place"]) for moment, told in found if moment is not None and told is not None]


def _message(event: Json) -> str:
    return str(event.get("message") or "")


def show_durations(status: PipelineStatus, spans: Sequence[Json]) -> list[Json]:
    """How long what is over took: checkpoints on request, the last stop, and the states between states."""
    found = [
        _show_duration("Checkpoint on request", entry.requested_at, entry.finished_at)
        for entry in status.requests
        if entry.verb == RequestVerb.CHECKPOINT and entry.state == RequestState.SUCCEEDED
    ]
    if status.stop is not None:
        found.append(
            _show_duration(
                f"Stop ({status.stop.mode.lower()}), as a whole",
                status.stop.requested_at,
                status.stop.finished_at,
            )
        )
    found += [
        _show_duration(TIMED[span["state"]], read_moment(span["since"]), read_moment(span["until"]))
        for span in spans
        if span["state"] in TIMED
    ]
    told = [entry for entry in found if entry is not None]
    return sorted(told, key=lambda entry: str(entry["at"]))


def _show_duration(what: str, since: datetime | None, until: datetime | None) -> Json | None:
    if since is None or until is None:
        return None
    return {"what": what, "at": to_kubernetes_time(until), "seconds": (until - since).total_seconds()}

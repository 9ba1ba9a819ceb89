"""The page's buttons: what each asks for, whether it can be now, and what was written, in a sentence.

Deciding is left to the endpoints' own code: a button is offered exactly where that would write something, and
where it would not, its refusal is what the person reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sluice.api.constants import GATEWAY_FIELD_MANAGER, REQUESTS_PREFIX
from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT
from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.gateway import acting, batch, starting, stopping, vendors
from sluice.gateway.errors import GatewayError
from sluice.gateway.outcome import Ask, Outcome
from sluice.gateway.picture import Picture

Act = Callable[[Picture, datetime], Outcome]


@dataclass(frozen=True, slots=True)
class Action:
    """One button."""

    title: str
    act: Act
    question: str | None = None
    """What a person is asked first, where the click cannot be taken back."""
    suits: Callable[[Picture], bool] = lambda _: True
    """Whether it can ever mean anything for this object."""


FORCE: Final = (
    "Force stop {name}? It is stopped without a checkpoint: the work since the last one is lost, and a force"
    " stop is never taken back."
)
CANCEL: Final = "Cancel {name}? What has not ended is canceled for good; what is completed keeps its result."
START: Final = Action("Start", lambda picture, _: starting.start(picture, starting.StartParameters()))
FORCE_STOP: Final = Action("Force stop", lambda picture, _: stopping.stop(picture, force=True), FORCE)

OF_PIPELINES: Final[Mapping[str, Action]] = {
    "start": START,
    "resume": Action("Resume", lambda picture, _: acting.resume(picture), suits=lambda it: it.can_pause),
    "pause": Action("Pause", lambda picture, _: acting.pause(picture), suits=lambda it: it.can_pause),
    "take-over": Action(
        "Take over", lambda picture, _: acting.activate(picture, "running"), suits=lambda it: it.has_sync
    ),
    "checkpoint": Action("Checkpoint", acting.checkpoint),
    "approve": Action("Approve", lambda picture, _: acting.approve(picture, silent=False, concurrent=False)),
    "dismiss-error": Action("Dismiss error", lambda picture, _: stopping.dismiss_error(picture)),
    "stop": Action("Stop", lambda picture, _: stopping.stop(picture, force=False)),
    "force-stop": FORCE_STOP,
}
OF_BATCHES: Final[Mapping[str, Action]] = {
    "cancel": Action("Cancel", lambda picture, _: batch.cancel(picture), CANCEL),
}
OF_DEPLOYMENTS: Final[Mapping[str, Action]] = {
    "start": Action("Start", lambda picture, _: vendors.bring(picture, DesiredStatus.RUNNING)),
    "stop": Action("Stop", lambda picture, _: vendors.bring(picture, DesiredStatus.STOPPED)),
    "force-stop": FORCE_STOP,
}
NAMES: Final = frozenset({*OF_PIPELINES, *OF_BATCHES, *OF_DEPLOYMENTS})

NOTHING_TO_DO: Final = "There is nothing to do: it is so already, or was asked for."
MEANINGS: Final[Mapping[RequestVerb, str]] = {
    RequestVerb.OVERRIDE: (
        "{name} is wanted {desired}{how} until spec.desiredStatus or spec.force changes, in Git or by hand"
    ),
    RequestVerb.CHECKPOINT: "a checkpoint is asked for",
    RequestVerb.RESTART: "a start is asked for, since {name} ended by itself",
    RequestVerb.APPROVE: "the changed program may take the state over",
    RequestVerb.DISMISS_ERROR: "the error is dismissed",
}
"""What each annotation that a button writes means."""


def actions_for(picture: Picture) -> Mapping[str, Action]:
    """The buttons of an object, by name, in their order."""
    table = OF_PIPELINES
    if picture.kind is DEPLOYMENT:
        table = OF_DEPLOYMENTS
    elif picture.is_batch:
        table = OF_BATCHES
    return {name: action for name, action in table.items() if action.suits(picture)}


def show_actions(picture: Picture, now: datetime) -> list[Json]:
    """Each button with whether it would write something now, and if not, why not."""
    return [
        {
            "name": name,
            "title": action.title,
            "question": action.question and action.question.format(name=picture.object_name),
            "refusal": _find_refusal(picture, action, now),
        }
        for name, action in actions_for(picture).items()
    ]


def _find_refusal(picture: Picture, action: Action, now: datetime) -> str | None:
    try:
        outcome = action.act(picture, now)
    except GatewayError as error:
        return str(error.body["message"])
    return None if outcome.asks else NOTHING_TO_DO


def tell_what_was_written(name: str, outcome: Outcome) -> str:
    """A sentence on the annotations, or on there being none."""
    if not outcome.asks:
        return f"Nothing was written to {name}. {NOTHING_TO_DO}"
    told = "; ".join(f"{REQUESTS_PREFIX}{ask.verb} ({_meaning(name, ask)})" for ask in outcome.asks)
    plural = "s" if len(outcome.asks) > 1 else ""
    return f"Wrote the annotation{plural} {told}, as field manager {GATEWAY_FIELD_MANAGER}."


def _meaning(name: str, ask: Ask) -> str:
    how = ", without a checkpoint," if ask.arguments.get("force") else ""
    return MEANINGS[ask.verb].format(name=name, desired=ask.arguments.get("desiredStatus"), how=how)

"""``/stop`` (seed 000, reference 1.7), and what a stopped pipeline can be asked for (reference 1.4, 1.6)."""

from http import HTTPStatus
from typing import Final

from sluice.api.errors import ErrorCode
from sluice.api.statuses import (
    CombinedDesiredStatus,
    DesiredStatus,
    RequestVerb,
    ResourcesDesiredStatus,
    ResourcesStatus,
    RuntimeStatus,
    StorageStatus,
)
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import Ask, Outcome, override
from sluice.gateway.picture import Picture

FORCING: Final = "Pipeline is forcefully stopping"
SUSPENDING: Final = "Pipeline is suspending"
DISMISSED: Final = "Pipeline deployment error has been dismissed"
CLEARING: Final = "Pipeline storage is being cleared"
STORAGE_WORDS: Final = {
    StorageStatus.CLEARED: "cleared",
    StorageStatus.IN_USE: "in_use",
    StorageStatus.CLEARING: "clearing",
}


def stop(picture: Picture, *, force: bool) -> Outcome:
    """Stop, after a checkpoint or at once. Force replaces a graceful stop, and nothing replaces force."""
    return _stop_now(picture) if force else _stop_gracefully(picture)


def _stop_now(picture: Picture) -> Outcome:
    is_stopped = picture.is_stop_wanted and picture.resources is ResourcesStatus.STOPPED
    if picture.is_force_wanted or is_stopped:
        return Outcome(FORCING)
    return Outcome(FORCING, asks=(override(picture, DesiredStatus.STOPPED, force=True),))


def _stop_gracefully(picture: Picture) -> Outcome:
    asks = (override(picture, DesiredStatus.STOPPED),)
    is_past = picture.desired is CombinedDesiredStatus.STOPPED
    if picture.resources is not ResourcesStatus.PROVISIONED or is_past:
        # Nothing is there to be saved, or it is saved: the published API calls that a force stop.
        return Outcome(FORCING, asks=() if picture.is_stop_wanted else asks)
    if picture.runtime is RuntimeStatus.UNAVAILABLE:
        raise refusal(ErrorCode.UNAVAILABLE, pipeline_name=picture.name)
    if picture.runtime_desired is RuntimeStatus.STANDBY:
        raise invalid_transition("suspend", RuntimeStatus.STANDBY)
    is_under_way = picture.is_stop_wanted and picture.desired is CombinedDesiredStatus.SUSPENDED
    return Outcome(SUSPENDING, asks=() if is_under_way else asks)


def invalid_transition(action: str, status: str) -> Exception:
    """What a process answers that cannot go from where it is to where it is asked to go (reference 2.1)."""
    return refusal(ErrorCode.INVALID_TRANSITION, details=[action, status], action=action, status=status)


def is_fully_stopped(picture: Picture) -> bool:
    """Whether both status and desired status are Stopped."""
    return (
        picture.resources is ResourcesStatus.STOPPED
        and picture.resources_desired is ResourcesDesiredStatus.STOPPED
    )


def dismiss_error(picture: Picture) -> Outcome:
    """Remove the error of a stopped pipeline, which stays stopped."""
    done = Outcome(DISMISSED, HTTPStatus.OK)
    if picture.error is None:
        return done
    if not is_fully_stopped(picture):
        raise refusal(ErrorCode.DISMISS_RESTRICTED)
    asks = [Ask(RequestVerb.DISMISS_ERROR)]
    if not picture.is_stop_wanted:
        # To the operator a dismissed error is leave to start again; to the published API it is not.
        asks.append(override(picture, DesiredStatus.STOPPED))
    return Outcome(done.content, done.status, tuple(asks))


def clear(picture: Picture) -> Outcome:
    """Remove the checkpoints of a stopped pipeline."""
    if not is_fully_stopped(picture):
        raise refusal(
            ErrorCode.STORAGE_IMMUTABLE,
            current=STORAGE_WORDS[picture.storage],
            new=STORAGE_WORDS[StorageStatus.CLEARING],
            resources=picture.resources.lower(),
            desired=picture.resources_desired.lower(),
        )
    asks = (Ask(RequestVerb.CLEAR_STORAGE),) if picture.storage is StorageStatus.IN_USE else ()
    return Outcome(CLEARING, asks=asks)


def check_deletion(picture: Picture) -> None:
    """Only what is stopped and holds nothing is deleted over HTTP."""
    if not is_fully_stopped(picture):
        raise refusal(ErrorCode.DELETE_WHILE_UP)
    if picture.storage is not StorageStatus.CLEARED:
        raise refusal(ErrorCode.DELETE_WHILE_IN_USE)

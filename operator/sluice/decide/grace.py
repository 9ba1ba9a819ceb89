"""How long a pod that is to be stopped may take to end, in seconds."""

from sluice.api.reasons import StopReason
from sluice.api.statuses import StopMode
from sluice.decide.draft import Draft

FORCE_GRACE_SECONDS = 1
"""Never 0: that would take the pod from the API while its container may still run."""
NOTHING_TO_SAVE_GRACE_SECONDS = 30
"""For a process that has made its checkpoint, or never answered.

The latter may not have got to where it hears a SIGTERM: the first process of a container ignores the signal
until it has a handler, and would then sit out a grace of ten minutes."""


def grace_of_stop(draft: Draft, own_seconds: int) -> int | None:
    """Grace of the stop under way, for a pod whose spec gives it ``own_seconds`` (0: unknown).

    ``None`` means the pod's own: what it does on SIGTERM is all that can still save its work.
    """
    stop = draft.active_stop
    if stop is not None and stop.mode == StopMode.FORCE:
        return FORCE_GRACE_SECONDS
    if not draft.observed.ability.keeps_contract:
        return None
    has_nothing_to_save = stop is not None and (stop.checkpoint or stop.reason == StopReason.NOT_PROVISIONED)
    is_own_shorter = 0 < own_seconds <= NOTHING_TO_SAVE_GRACE_SECONDS
    return NOTHING_TO_SAVE_GRACE_SECONDS if has_nothing_to_save and not is_own_shorter else None

"""How a state is meant: what makes it green on a terminal makes it green on a page. Data only."""

from enum import StrEnum
from typing import Final

from sluice.api.element_status import BatchStatus
from sluice.api.statuses import CombinedStatus, RuntimeStatus


class Tone(StrEnum):
    """What people see of a state before they read it."""

    GOOD = "good"
    """It does what it is for, or has done it."""
    CALM = "calm"
    """It is up, and holds still because somebody wants that."""
    AT_REST = "at-rest"
    """It is down, because somebody wants that."""
    LEAVING = "leaving"
    """It is being stopped."""
    ON_ITS_WAY = "on-its-way"
    """It is between two states."""
    ASKING = "asking"
    """It waits for a person."""
    BAD = "bad"
    """Something is wrong."""


TONES: Final[dict[str, Tone]] = {
    RuntimeStatus.RUNNING: Tone.GOOD,
    CombinedStatus.COMPLETED: Tone.GOOD,
    RuntimeStatus.PAUSED: Tone.CALM,
    RuntimeStatus.STANDBY: Tone.CALM,
    CombinedStatus.STOPPED: Tone.AT_REST,
    BatchStatus.CANCELED: Tone.AT_REST,
    CombinedStatus.SUSPENDING: Tone.LEAVING,
    CombinedStatus.STOPPING: Tone.LEAVING,
    RuntimeStatus.AWAITING_APPROVAL: Tone.ASKING,
    RuntimeStatus.UNAVAILABLE: Tone.BAD,
    BatchStatus.FAILED: Tone.BAD,
}


def tone_of(status: str | None) -> Tone:
    """The tone of a ``deploymentStatus``; one that is not named here is on its way."""
    return TONES.get(status or "", Tone.ON_ITS_WAY)

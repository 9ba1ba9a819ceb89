"""Moments as words, and identifiers as numbers: what the two ways of ``abstraction`` share.

A moment in status becomes a word: "ahead" (it lies in the future), "now" (it has come) or "old" (it is past
the limit that the state machine compares its age with). ``decide`` itself sees true times: a fixed present,
and moments that lie before or after it by as much as the word says.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sluice.api.status import CheckpointStatus

from .setting import MAX_AGE_SECONDS, Setting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AHEAD, PRESENT, OLD = "ahead", "now", "old"
NEVER = 1e9


def number_of(text: str | None) -> int:
    """The number in an identifier such as ``uid-3``; 0 for none."""
    return int(text.rpartition("-")[2]) if text else 0


def identifier(kind: str, number: int) -> str | None:
    """The identifier with this number; ``None`` for 0."""
    return f"{kind}-{number}" if number else None


def before(word: str, limit: float) -> datetime | None:
    """A moment whose age is told by its word."""
    if not word:
        return None
    return NOW + {AHEAD: timedelta(seconds=10), PRESENT: timedelta(), OLD: -timedelta(seconds=limit)}[word]


def word_of(moment: datetime | None, limit: float) -> str:
    """The opposite."""
    if moment is None:
        return ""
    if moment > NOW:
        return AHEAD
    return OLD if (NOW - moment).total_seconds() >= limit else PRESENT


def checkpoints_up_to(newest: int) -> tuple[CheckpointStatus, ...]:
    """Every checkpoint up to the newest."""
    return tuple(CheckpointStatus(uuid=f"checkpoint-{number}") for number in range(1, newest + 1))


def checkpoints_listed(newest: int, surplus: str, setting: Setting) -> tuple[CheckpointStatus, ...]:
    """What is listed when ``newest`` is the newest checkpoint.

    Where clearing away is looked at, that is one that is kept as long as anything is, and an older one while
    there is a surplus. Even the newest is too old then: it must be kept all the same.
    """
    if not setting.clears_away:
        return checkpoints_up_to(newest)
    age = timedelta(seconds=MAX_AGE_SECONDS)
    older = {"": [], AHEAD: [NOW - age + timedelta(seconds=10)], PRESENT: [NOW - age]}[surplus]
    listed = [CheckpointStatus(uuid="checkpoint-0", created_at=made) for made in older]
    if newest:
        listed.append(CheckpointStatus(uuid=f"checkpoint-{newest}", created_at=NOW - age))
    return tuple(listed)


def surplus_in(listed: Sequence[CheckpointStatus], setting: Setting) -> str:
    """The opposite, by the letter of the policy: the newest is none."""
    if not setting.clears_away:
        return ""
    if "surplus" in setting.happens:
        return PRESENT if len(listed) > 1 else ""
    age = timedelta(seconds=MAX_AGE_SECONDS)
    made = [each.created_at for each in listed[:-1] if each.created_at is not None]
    if any(moment + age <= NOW for moment in made):
        return PRESENT
    return AHEAD if made else ""

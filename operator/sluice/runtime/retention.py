"""Which checkpoints are too many or too old, as a pure function of what there is and of the time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

NEVER: Final = float("inf")


class Dated(Protocol):
    """A checkpoint of any engine."""

    @property
    def uuid(self) -> str:
        """Its id."""
        ...

    @property
    def created_at(self) -> str:
        """When it was made, as the contract writes it."""
        ...


DatedT = TypeVar("DatedT", bound=Dated)


@dataclass(frozen=True, slots=True)
class Retention:
    """How many checkpoints are kept, at least 1, and for how many seconds."""

    count: int
    max_age_seconds: int | None = None

    def surplus(self, checkpoints: Sequence[DatedT], now: float, keep: Collection[str] = ()) -> list[DatedT]:
        """Return what may go, oldest first: never the last one, never one whose id is in ``keep``.

        ``checkpoints`` are ordered by age, ``now`` is in seconds since the epoch of Unix.
        """
        beyond = max(len(checkpoints) - max(self.count, 1), 0)
        return [
            each
            for place, each in enumerate(checkpoints[:-1])
            if each.uuid not in keep and (place < beyond or self._expires_at(each) <= now)
        ]

    def next_expiry(self, checkpoints: Sequence[Dated], keep: Collection[str] = ()) -> float | None:
        """Return when the next one becomes too old, in seconds since the epoch of Unix; None for never."""
        mortal = (each for each in checkpoints[:-1] if each.uuid not in keep)
        first = min((self._expires_at(each) for each in mortal), default=NEVER)
        return None if first == NEVER else first

    def _expires_at(self, checkpoint: Dated) -> float:
        if self.max_age_seconds is None:
            return NEVER
        try:
            return datetime.fromisoformat(checkpoint.created_at).timestamp() + self.max_age_seconds
        except ValueError:
            # Nobody knows how old it is: the count decides alone.
            return NEVER

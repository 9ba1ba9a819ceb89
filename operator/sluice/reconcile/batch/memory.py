"""What the operator knows of a batch pipeline and may lose: whatever hangs on it is found out again."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sluice.api.element_status import ProgressStatus
from sluice.batch_observation import JobRefusal, RefusalScope
from sluice.decide.timing import refused_delay

WRITE_SECONDS_PER_ELEMENT: Final = 0.001
"""A list of a thousand elements is written once a second at most, a short one sooner."""
FASTEST_WRITE_SECONDS: Final = 0.1


@dataclass(slots=True)
class Refused:
    """A creation that the API server refused."""

    scope: RefusalScope
    message: str
    tried_at: datetime


@dataclass(slots=True)
class RunMemory:
    """Of one custom resource, and of one run of it."""

    run_number: int = 0
    refused: dict[str, Refused] = field(default_factory=dict[str, Refused])
    blocked: dict[str, Refused] = field(default_factory=dict[str, Refused])
    """Elements whose Jobs can make no pod."""
    checked_at: float = 0.0
    """When a pod was last tried for a Job that has none, by the monotonic clock."""
    has_claim: bool = False
    saved: set[str] | None = None
    """Elements whose tails are kept; ``None``: not looked up yet."""
    lost: set[str] = field(default_factory=set[str])
    """Elements under way whose Jobs the API server itself said are gone: they do not come back."""
    tail_pods: dict[str, str] = field(default_factory=dict[str, str])
    """The pod of each element whose log counts; it may be gone by now."""
    has_foreign_tails: bool = False
    """Somebody else's ConfigMap has the name of ours."""
    progress: dict[str, ProgressStatus] = field(default_factory=dict[str, ProgressStatus])
    progress_at: dict[str, float] = field(default_factory=dict[str, float])

    def refusal_of(self, element: str, submitted_at: datetime | None, now: datetime) -> JobRefusal | None:
        """Why its Job, or a pod of it, could not be made, as far as that is known."""
        found = self.refused.get(element) or self.blocked.get(element)
        if found is None:
            return None
        waited = (now - found.tried_at).total_seconds()
        return JobRefusal(found.scope, found.message, is_due=waited >= refused_delay(submitted_at, now))


class Memories:
    """One for each custom resource, by its uid."""

    def __init__(self) -> None:
        self._of: dict[str, RunMemory] = {}
        self._written: dict[str, float] = {}

    def of(self, uid: str, run_number: int) -> RunMemory:
        """That of this run; another run begins with an empty one."""
        known = self._of.get(uid)
        if known is None or known.run_number != run_number:
            known = self._of[uid] = RunMemory(run_number=run_number)
        return known

    def note_write(self, uid: str) -> None:
        """Its status was written just now."""
        self._written[uid] = time.monotonic()

    def write_due_in(self, uid: str, elements: int) -> float:
        """Seconds until the list of so many elements may be written again."""
        last = self._written.get(uid)
        if last is None:
            return 0.0
        pause = max(elements * WRITE_SECONDS_PER_ELEMENT, FASTEST_WRITE_SECONDS)
        return max(last + pause - time.monotonic(), 0.0)

    def forget(self, uid: str) -> None:
        """It is gone."""
        self._of.pop(uid, None)
        self._written.pop(uid, None)

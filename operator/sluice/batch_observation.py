"""What is seen of the elements of a batch pipeline, as plain values: Jobs, pods, and what was read of them.

Nothing here knows Kubernetes' wire format. The store's projections produce these values, ``decide`` consumes
them, and a model checker can make them up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sluice.api.element_status import ProgressStatus


class JobState(StrEnum):
    """Whether a Job has ended, which it has only once all its pods have."""

    ACTIVE = "Active"
    COMPLETED = "Completed"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Job:
    """The Job of one element in one run."""

    name: str
    uid: str
    state: JobState
    created_at: datetime
    finished_at: datetime | None = None
    reason: str = ""
    """Kubernetes' own reason why it failed (BackoffLimitExceeded, DeadlineExceeded)."""
    message: str = ""
    failures: int = 0
    """So many of its pods have failed."""
    is_deleting: bool = False


@dataclass(frozen=True, slots=True)
class ElementPod:
    """A pod of an element's Job."""

    name: str
    uid: str
    is_started: bool
    """Its container runs."""
    has_ended: bool
    is_deleting: bool = False
    grace_seconds: int | None = None
    """Grace of the deletion under way, in seconds."""
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    waiting: str | None = None
    """Kubernetes' own reason why it does not run yet, with its message."""
    exit_code: int | None = None
    exit_reason: str = ""
    message: str = ""
    """What its container left in its termination message."""
    missing_outputs: str | None = None
    """The declared outputs that were not there at its end; empty: none; ``None``: nobody has looked."""


class RefusalScope(StrEnum):
    """What a refused creation means."""

    SPEC = "Spec"
    """It will not go through before the spec changes."""
    CLUSTER = "Cluster"
    """It may go through later as it is (a quota, a webhook)."""


@dataclass(frozen=True, slots=True)
class JobRefusal:
    """Why the Job, or a pod of it, could not be made."""

    scope: RefusalScope
    message: str
    is_due: bool = True
    """It is time to try again."""


@dataclass(frozen=True, slots=True)
class HookRun:
    """The hook of an element that is to be canceled."""

    is_over: bool
    problem: str | None = None
    """Why it made no checkpoint."""


@dataclass(frozen=True, slots=True)
class ElementSeen:
    """Everything that is seen of one element in the present run."""

    job: Job | None = None
    pods: tuple[ElementPod, ...] = ()
    """The oldest first."""
    tail: str = ""
    """The end of its log; only once it has ended."""
    is_being_read: bool = False
    """Its log is being read."""
    refusal: JobRefusal | None = None
    hook: HookRun | None = None
    progress: ProgressStatus | None = None

    @property
    def live_pods(self) -> tuple[ElementPod, ...]:
        """Those whose containers may still run."""
        return tuple(pod for pod in self.pods if not pod.has_ended)

    @property
    def last_pod(self) -> ElementPod | None:
        """The newest one, whose words count."""
        return self.pods[-1] if self.pods else None


NOTHING_SEEN = ElementSeen()


@dataclass(frozen=True, slots=True)
class BatchObserved:
    """Everything that is seen of the present run."""

    elements: Mapping[str, ElementSeen] = field(default_factory=dict[str, ElementSeen])
    tails: Mapping[str, str] = field(default_factory=dict[str, str])
    """Ends of logs, by element, that are read and not kept yet."""
    write_due_in: float = 0.0
    """Seconds until the list of elements may be written again for what nobody waits for."""
    is_clear: bool = False
    """The API server itself said just now that there is neither a Job nor a live pod of the run."""
    has_jobs: bool = False
    """Whether there are Jobs of this or an earlier run."""
    look_in: float | None = None
    """Seconds until something may have been read, or a hook have ended, which no event tells of."""

    def of(self, name: str) -> ElementSeen:
        """What is seen of one element."""
        return self.elements.get(name, NOTHING_SEEN)

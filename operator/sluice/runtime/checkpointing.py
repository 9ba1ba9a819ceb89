"""When to take a checkpoint, and what its outcome means for those who asked for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from sluice.runtime.checkpoint import Checkpoint, fingerprint
from sluice.runtime.errors import (
    STORAGE_REQUIRED_TEXT,
    ErrorBody,
    FencedError,
    StorageError,
    describe_exception,
    storage_required,
)
from sluice.runtime.job import CheckpointDelayed, Job
from sluice.runtime.lifecycle import Desired
from sluice.runtime.log import log, now_text
from sluice.runtime.retention import Retention
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import SUSPEND, Storage

FIRST_RETRY_SECONDS: Final = 0.05
LAST_RETRY_SECONDS: Final = 1.0

SHORTEST_RETENTION_SECONDS: Final = 1.0
LONGEST_RETENTION_SECONDS: Final = 60.0

PERIODIC: Final = "periodic"
REQUEST: Final = "request"


@dataclass(frozen=True, slots=True)
class Done:
    """A durable checkpoint."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Delayed:
    """The job said "not yet"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """This attempt is over; ``error`` is what a suspend reports for it."""

    error: ErrorBody


class Checkpointer:
    """Takes checkpoints of one job between its steps."""

    def __init__(
        self,
        job: Job,
        state: RuntimeState,
        storage: Storage | None,
        *,
        deployment_id: str,
        interval_seconds: int | None,
        retention: Retention,
        resumed_from: str | None = None,
        on_durable: Callable[[Checkpoint], None] = lambda checkpoint: None,
    ) -> None:
        self._job = job
        self._state = state
        self._storage = storage
        self._deployment_id = deployment_id
        # Without storage a periodic checkpoint could only ever fail, so there is none.
        self._interval = interval_seconds if storage is not None else None
        self._retention = retention
        self._resumed_from = resumed_from
        self._on_durable = on_durable
        self._next_retention: float | None = None
        self._plan_retention()
        self._next_periodic = time.monotonic() + (interval_seconds or 0)
        self._processed_at_last = state.facts.processed
        self._delayed_since: str | None = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._not_before = 0.0

    def due(self) -> str | None:
        """Return the reason for a checkpoint now, None when there is none yet."""
        if time.monotonic() < self._not_before:
            return None
        return self._wanted()

    def seconds_until_due(self) -> float | None:
        """Return how long nothing can become due by itself; None means for ever."""
        now = time.monotonic()
        moments = [] if self._next_retention is None else [self._next_retention]
        if self._wanted() is not None:
            moments.append(self._not_before)
        elif self._interval is not None and self._has_progress():
            moments.append(self._next_periodic)
        return max(0.0, min(moments) - now) if moments else None

    def seconds_until_retry(self) -> float:
        """Return how long a delayed checkpoint is left alone."""
        return max(0.0, self._not_before - time.monotonic())

    def attempt(self, reason: str) -> Done | Delayed | Failed:
        """Capture the job and make it durable; ``FencedError`` passes through."""
        # A request that comes while the snapshot is taken may be newer than it, and waits for the next.
        upto = self._state.begin_checkpoint()
        started = time.monotonic()
        if self._interval is not None:
            self._next_periodic = started + self._interval
        if self._storage is None:
            self._state.checkpoint_failed(upto, STORAGE_REQUIRED_TEXT)
            return Failed(storage_required())
        try:
            checkpoint = self._capture(self._storage, reason)
        except CheckpointDelayed as delay:
            return self._delay(delay.reason)
        except FencedError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it fails this checkpoint, not the job
            text = describe_exception(error)
            log("checkpoint_failed", reason=reason, error=text)
            self._settle()
            self._state.checkpoint_failed(upto, text)
            return Failed(ErrorBody(f"The checkpoint failed: {text}", "SuspendError"))
        self._on_durable(checkpoint)
        self._settle()
        self._processed_at_last = checkpoint.processed_records
        log(
            "checkpoint",
            uuid=checkpoint.uuid,
            reason=reason,
            sequence=checkpoint.sequence,
            size=checkpoint.size,
            processed_records=checkpoint.processed_records,
            seconds=round(time.monotonic() - started, 4),
        )
        self._remove_surplus(self._storage)
        self._state.checkpoint_succeeded(upto, self._storage.checkpoints.good)
        self._state.checkpoints_changed()
        return Done(checkpoint)

    def _wanted(self) -> str | None:
        facts = self._state.facts
        if facts.desired is Desired.SUSPENDED:
            return SUSPEND
        if facts.requested > facts.answered:
            return REQUEST
        if self._interval is None or time.monotonic() < self._next_periodic:
            return None
        return PERIODIC if self._has_progress() else None

    def _has_progress(self) -> bool:
        return self._state.facts.processed != self._processed_at_last

    def _capture(self, storage: Storage, reason: str) -> Checkpoint:
        facts = self._state.facts
        content = self._job.snapshot()
        if not isinstance(cast("object", content), bytes):  # whatever the job's annotations promise
            raise TypeError(f"snapshot() returned {type(content).__name__}, not bytes")
        return storage.checkpoints.write(
            content,
            run_number=storage.lock.run_number,
            deployment_id=self._deployment_id,
            reason=reason,
            created_at=now_text(),
            steps=facts.steps,
            processed_records=facts.processed,
            fingerprint=fingerprint(self._job.version),
            version=self._job.version,
            epoch=storage.lock.fence.epoch,
        )

    def _delay(self, reason: str) -> Delayed:
        if self._delayed_since is None:
            self._delayed_since = now_text()
            log("checkpoint_delayed", reason=reason)
        self._not_before = time.monotonic() + self._retry_seconds
        self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)
        if self._interval is not None:
            self._next_periodic = self._not_before
        self._state.checkpoint_delayed(reason, self._delayed_since)
        return Delayed(reason)

    def _settle(self) -> None:
        self._delayed_since = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._not_before = 0.0

    def retain_if_due(self) -> None:
        """Remove what has become too old meanwhile; ``FencedError`` passes through."""
        if self._storage is None or self._next_retention is None or time.monotonic() < self._next_retention:
            return
        if self._remove_surplus(self._storage):
            self._state.publish(checkpoints=self._storage.checkpoints.good)
            self._state.checkpoints_changed()

    def _remove_surplus(self, storage: Storage) -> bool:
        try:
            return storage.checkpoints.retain(self._retention, time.time(), self._kept())
        except (OSError, StorageError) as error:
            # The new checkpoint is durable, which is what was asked for; the surplus goes the next time.
            log("retention_failed", error=describe_exception(error))
            return False
        finally:
            self._plan_retention()

    def _kept(self) -> tuple[str, ...]:
        """Until this deployment has a checkpoint of its own, a restart resumes where this start did."""
        newest = self._storage.checkpoints.newest if self._storage is not None else None
        is_own = newest is not None and newest.deployment_id == self._deployment_id
        return () if is_own or self._resumed_from is None else (self._resumed_from,)

    def _plan_retention(self) -> None:
        good = self._storage.checkpoints.good if self._storage is not None else ()
        expiry = self._retention.next_expiry(good, self._kept())
        if expiry is None:
            self._next_retention = None
            return
        # Looked at again before long in any case: ages are told by a clock that somebody may set.
        seconds = min(max(expiry - time.time(), SHORTEST_RETENTION_SECONDS), LONGEST_RETENTION_SECONDS)
        self._next_retention = time.monotonic() + seconds

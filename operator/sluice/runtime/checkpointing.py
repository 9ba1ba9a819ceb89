"""When to take a checkpoint, and what its outcome means for those who asked for it."""

import hashlib
import time
from dataclasses import dataclass
from typing import Final, cast

from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import (
    STORAGE_REQUIRED_TEXT,
    ErrorBody,
    FencedError,
    describe_exception,
    storage_required,
)
from sluice.runtime.job import CheckpointDelayed, Job
from sluice.runtime.lifecycle import Desired
from sluice.runtime.log import log, now_text
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import SUSPEND, Storage

FIRST_RETRY_SECONDS: Final = 0.05
LAST_RETRY_SECONDS: Final = 1.0

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
        retain: int,
    ) -> None:
        self._job = job
        self._state = state
        self._storage = storage
        self._deployment_id = deployment_id
        # Without storage a periodic checkpoint could only ever fail, so there is none.
        self._interval = interval_seconds if storage is not None else None
        self._retain = retain
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
        if self._wanted() is not None:
            return max(0.0, self._not_before - now)
        if self._interval is not None and self._has_progress():
            return max(0.0, self._next_periodic - now)
        return None

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
            run_number=storage.run_number,
            deployment_id=self._deployment_id,
            reason=reason,
            created_at=now_text(),
            steps=facts.steps,
            processed_records=facts.processed,
            fingerprint=fingerprint(self._job.version),
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

    def _remove_surplus(self, storage: Storage) -> None:
        try:
            storage.checkpoints.retain(self._retain)
        except OSError as error:
            # The new checkpoint is durable, which is what was asked for; the surplus goes with the next.
            log("retention_failed", error=describe_exception(error))


def fingerprint(version: str) -> int:
    """Return the contract's unsigned 64-bit fingerprint of a job's version."""
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:8])

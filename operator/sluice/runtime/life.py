"""One life of a job: initialize, step, checkpoint, suspend or end, in the main thread.

The ways in which a life ends, and the exit code of each, are all here; ``main`` only carries them out.
"""

import time
import traceback
from dataclasses import dataclass
from typing import Final, cast

from sluice import contract
from sluice.runtime import last_words
from sluice.runtime.arguments import Settings
from sluice.runtime.beginning import Beginning
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.checkpointing import PERIODIC, REQUEST, Checkpointer, Delayed, Done, Failed
from sluice.runtime.copies import CopyWait
from sluice.runtime.description import describe
from sluice.runtime.errors import (
    ErrorBody,
    FencedError,
    JobError,
    StartupError,
    StorageError,
    clip,
    describe_exception,
    initialization_error,
    worker_panic,
)
from sluice.runtime.facts import Phase
from sluice.runtime.job import EndOfInput, Job, call_job
from sluice.runtime.lifecycle import Desired, RuntimeStatus
from sluice.runtime.log import log
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.signals import Signals, TerminatedError
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import SUSPEND

PUBLISH_SECONDS: Final = 0.1
"""A job that steps thousands of times a second is not asked to describe itself as often."""
LAST_COPY_SECONDS: Final = 30.0
"""For how long a process that was told to end waits for its last checkpoint to reach the object store."""

SIGTERM: Final = "sigterm"
END_OF_INPUT: Final = "end_of_input"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process ends and what it says last."""

    code: int
    checkpoint: str | None = None
    error: ErrorBody | None = None


class Life:
    """Runs one job until it ends."""

    def __init__(
        self,
        job: Job,
        settings: Settings,
        state: RuntimeState,
        signals: Signals,
        remote: RemoteCheckpoints | None,
    ) -> None:
        self._job = job
        self._settings = settings
        self._state = state
        self._signals = signals
        self._beginning = Beginning(job, settings, state, signals, remote)
        self._copies: CopyWait | None = None
        self._published_at = 0.0

    def live(self) -> Ending:
        """Run to the end; whatever happens, the storage stays locked until the caller exits."""
        try:
            return self._initialize_and_work()
        except TerminatedError:
            return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, self._newest())
        except FencedError as error:
            log("fenced", reason=str(error))
            return Ending(contract.EXIT_FENCED, error=ErrorBody(clip(str(error)), "Fenced"))
        finally:
            self._close_job()

    def _initialize_and_work(self) -> Ending:
        try:
            with self._signals.interruptible():
                start = self._beginning.begin()
        except (JobError, StartupError, StorageError, OSError) as error:
            return self._end_in_error(_explain_beginning(error), Phase.INITIALIZATION_FAILED)
        replicator = self._beginning.build_replicator()
        if replicator is not None:
            self._copies = CopyWait(self._state, self._signals)
            replicator.start()
        if start.already_suspended:
            return self._stay_suspended()
        try:
            self._publish()
            self._state.become_live()
            return self._work(self._build_checkpointer())
        except JobError as error:
            cause = error.__cause__ or error
            traceback.print_exception(cause)
            return self._end_in_error(worker_panic(cause), Phase.FAILED)

    def _build_checkpointer(self) -> Checkpointer:
        return Checkpointer(
            self._job,
            self._state,
            self._beginning.storage,
            deployment_id=self._settings.deployment_id,
            interval_seconds=self._settings.checkpoint_interval_seconds,
            retention=self._settings.retention,
            resumed_from=self._beginning.resumed_from,
            on_durable=self._leave_word_of,
        )

    # --- the loop ----------------------------------------------------------------------------------------

    def _work(self, checkpointer: Checkpointer) -> Ending:
        while True:
            self._state.require_not_fenced()
            if self._signals.termination_requested:
                return self._finish(SIGTERM, checkpointer)
            self._follow_desired()
            checkpointer.retain_if_due()
            reason = checkpointer.due()
            if reason is not None:
                self._publish()
                outcome = checkpointer.attempt(reason)
                if reason == SUSPEND and not isinstance(outcome, Delayed):
                    return self._end_suspend(outcome, checkpointer)
                continue
            try:
                self._advance(checkpointer.seconds_until_due())
            except EndOfInput:
                return self._finish(END_OF_INPUT, checkpointer)

    def _follow_desired(self) -> None:
        """Report Running or Paused once it is true; a suspend leaves it as it was until it is done."""
        desired = self._state.facts.desired
        if desired is Desired.RUNNING:
            self._state.become(RuntimeStatus.RUNNING)
        elif desired is Desired.PAUSED and self._state.facts.status is not RuntimeStatus.PAUSED:
            self._publish()
            self._state.become(RuntimeStatus.PAUSED)

    def _advance(self, seconds_until_due: float | None) -> None:
        if self._state.facts.status is not RuntimeStatus.RUNNING:
            self._signals.wait(seconds_until_due)
            return
        consumed = self._process()
        if consumed > 0:
            self._beginning.processed += consumed
            self._beginning.steps += 1
        caught_up = consumed == 0 and self._state.facts.steps != self._beginning.steps
        if caught_up or time.monotonic() - self._published_at >= PUBLISH_SECONDS:
            self._publish()
        if consumed == 0:
            idle = self._job.idle_seconds
            self._signals.wait(idle if seconds_until_due is None else min(idle, seconds_until_due))

    def _process(self) -> int:
        try:
            consumed = self._job.process()
        except EndOfInput:
            raise
        except (Exception, SystemExit) as error:
            raise JobError from error
        if not isinstance(cast("object", consumed), int) or consumed < 0:
            raise JobError from TypeError(f"process() returned {consumed!r}, not a count of records")
        return consumed

    # --- the endings -------------------------------------------------------------------------------------

    def _end_suspend(self, outcome: Done | Failed, checkpointer: Checkpointer) -> Ending:
        if isinstance(outcome, Done):
            self._close_job()
            return self._stay_suspended()
        # The job's state is intact, only its checkpoint failed: SIGTERM is one more chance to save it.
        self._state.fail(outcome.error)
        self._wait_for_termination(None)
        return self._finish(SIGTERM, checkpointer)

    def _stay_suspended(self) -> Ending:
        """Keep the process: the contract lets only a kill end a suspended one."""
        newest = self._newest()
        if self._copies is not None and newest is not None:
            self._copies.wait(newest)
            if self._signals.termination_requested:
                return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, newest)
        self._state.become_suspended()
        self._wait_for_termination(None)
        return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, self._newest())

    def _finish(self, reason: str, checkpointer: Checkpointer) -> Ending:
        """Take the last checkpoint, for as long as the kubelet allows, and end."""
        at_end = reason == END_OF_INPUT
        code = contract.EXIT_END_OF_INPUT if at_end else contract.EXIT_CHECKPOINTED_ON_SIGTERM
        self._state.become_terminating("taking the last checkpoint")
        self._publish(complete=at_end)
        if self._beginning.storage is None:
            failed = self._state.facts.error
            return Ending(contract.EXIT_FAILED if failed else code, None, failed)
        while True:
            self._state.require_not_fenced()
            suspending = self._state.facts.desired is Desired.SUSPENDED
            outcome = checkpointer.attempt(SUSPEND if suspending else reason)
            match outcome:
                case Done():
                    self._copy_at_the_end(outcome.checkpoint.uuid)
                    return Ending(code, outcome.checkpoint.uuid)
                case Failed():
                    return Ending(contract.EXIT_FAILED, self._newest(), outcome.error)
                case Delayed():
                    self._leave_word_of_delay(outcome)
            while checkpointer.seconds_until_retry() > 0:
                at_end = self._step_while_delayed(checkpointer, at_end=at_end)
            self._publish(complete=at_end)

    def _step_while_delayed(self, checkpointer: Checkpointer, *, at_end: bool) -> bool:
        """Let a running job go on until it can be captured; tell whether its input has ended."""
        remaining = checkpointer.seconds_until_retry()
        if at_end:
            self._signals.wait(remaining)
            return True
        try:
            self._advance(remaining)
        except EndOfInput:
            return True
        return False

    def _copy_at_the_end(self, uuid: str) -> None:
        """Nobody may come after the end of the input; after a SIGTERM the next start copies what is left."""
        if self._copies is None:
            return
        if self._signals.termination_requested:
            self._copies.try_for(LAST_COPY_SECONDS, uuid)
        else:
            self._copies.wait(uuid)

    def _leave_word_of(self, checkpoint: Checkpoint) -> None:
        """Write last words ahead: whoever kills the process from here on cannot make them untrue."""
        if checkpoint.reason not in (PERIODIC, REQUEST):
            last_words.write(self._settings.termination_message_path, checkpoint.uuid, None)

    def _leave_word_of_delay(self, delayed: Delayed) -> None:
        """Write last words ahead: a kill at the end of the grace period leaves no time for them."""
        error = ErrorBody(clip(f"The last checkpoint is delayed: {delayed.reason}"), "CheckpointDelayed")
        last_words.write(self._settings.termination_message_path, self._newest(), error)

    def _end_in_error(self, error: ErrorBody, phase: Phase) -> Ending:
        """Show the error for a while, then end; a broken state is never made durable."""
        self._state.fail(error, phase)
        self._wait_for_termination(self._settings.failure_grace_seconds)
        return Ending(contract.EXIT_FAILED, self._newest(), error)

    # --- small helpers -----------------------------------------------------------------------------------

    def _wait_for_termination(self, seconds: float | None) -> None:
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._signals.termination_requested:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                return
            self._signals.wait(remaining)

    def _publish(self, *, complete: bool = False) -> None:
        """Show progress and description of the same moment; both change only here."""
        self._state.publish(
            processed=self._beginning.processed,
            steps=self._beginning.steps,
            description=describe(self._job),
            complete=complete,
        )
        self._published_at = time.monotonic()

    def _newest(self) -> str | None:
        storage = self._beginning.storage
        newest = storage.checkpoints.newest if storage is not None else None
        return newest.uuid if newest is not None else None

    def _close_job(self) -> None:
        if not self._beginning.opened:
            return
        self._beginning.opened = False
        try:
            call_job(self._job.close)
        except JobError as error:
            log("close_failed", error=describe_exception(error.__cause__ or error))


def _explain_beginning(error: JobError | StartupError | StorageError | OSError) -> ErrorBody:
    match error:
        case StartupError():
            return initialization_error(error.error_code, str(error))
        case JobError():
            cause = error.__cause__ or error
            traceback.print_exception(cause)
            return initialization_error("JobError", describe_exception(cause))
        case StorageError():
            return initialization_error("StorageError", str(error))
        case OSError():
            return initialization_error("StorageError", describe_exception(error))

"""One run of an application: lock, choose, start, watch, and the ways in which it ends.

Whatever happens, both JVMs are gone before this returns. A job that was stopped with a savepoint keeps its
process: whoever asked for the stop reads the savepoint, records it, and deletes the pod.
"""

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice import contract
from sluice.flink_contract import Job, JobState, checkpoint_id
from sluice.runtime import last_words
from sluice.runtime.errors import (
    ErrorBody,
    FencedError,
    StartupError,
    StorageError,
    clip,
    describe_exception,
    initialization_error,
)
from sluice.runtime.flink.configuration import (
    build_configuration,
    jobmanager_command,
    taskmanager_command,
    write_configuration,
)
from sluice.runtime.flink.points import Choice, Run, choose, find_points, finish_run, read_runs, write_run
from sluice.runtime.flink.processes import Cluster
from sluice.runtime.flink.rest import Rest, UnansweredError
from sluice.runtime.flink.retention import retain
from sluice.runtime.flink.settings import Settings
from sluice.runtime.lock import StorageLock
from sluice.runtime.log import log
from sluice.runtime.signals import Signals, TerminatedError

POLL_SECONDS: Final = 0.25
LOOK_AT_CHECKPOINTS_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0

JOB_ERROR: Final = "JobError"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process ends and what it says last."""

    code: int
    error: ErrorBody | None = None
    checkpoint: str | None = None
    """Filled in from the volume where an ending does not say it."""


class Life:
    """Runs one application until it ends."""

    def __init__(self, settings: Settings, signals: Signals, words: Path) -> None:
        self._settings = settings
        self._signals = signals
        self._words = words
        self._rest = Rest(settings.port)
        self._cluster = Cluster()
        self._lock: StorageLock | None = None
        self._run: Run | None = None
        self._answers: bool | None = None
        """Whether Flink answered the last look; ``None`` while it never did."""
        self._has_served = False
        self._looked_at = 0.0
        self._last_completed: int | None = None

    def live(self) -> Ending:
        """Run to the end; the storage stays locked until the caller exits."""
        scratch = Path(tempfile.mkdtemp(prefix="flink-"))
        try:
            ending = self._begin_and_watch(scratch)
        except TerminatedError:
            ending = Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM)
        except FencedError as error:
            ending = Ending(contract.EXIT_FENCED, ErrorBody(clip(str(error)), "Fenced"))
        except StartupError as error:
            ending = self._failed(str(error), error.error_code)
        except (StorageError, OSError) as error:
            ending = self._failed(describe_exception(error), "StorageError")
        finally:
            self._cluster.kill()
            shutil.rmtree(scratch, ignore_errors=True)
        if ending.checkpoint is None and ending.code != contract.EXIT_FENCED:
            return Ending(ending.code, ending.error, self._newest())
        return ending

    # --- the beginning -----------------------------------------------------------------------------------

    def _begin_and_watch(self, scratch: Path) -> Ending:
        choice = self._choose()
        if choice.is_finished:
            return Ending(contract.EXIT_END_OF_INPUT)
        options = build_configuration(self._settings, scratch, choice)
        write_configuration(scratch, options)
        descriptor = self._lock.descriptor if self._lock else None
        # Both at once: each takes seconds, and each waits for the other.
        self._cluster.start("jobmanager", jobmanager_command(self._settings, scratch), descriptor)
        self._cluster.start("taskmanager", taskmanager_command(self._settings, scratch), descriptor)
        return self._watch()

    def _choose(self) -> Choice:
        settings = self._settings
        if settings.storage is None:
            return Choice(None, "there is no storage", elsewhere=settings.initial_savepoint)
        self._lock = StorageLock.acquire(
            settings.storage,
            settings.run_number,
            wait_seconds=settings.lock_wait,
            on_busy=self._require_not_terminated,
        )
        runs = [run for run in read_runs(settings.storage) if run.run_number < settings.run_number]
        choice = choose(
            find_points(settings.storage),
            runs,
            settings.deployment_id,
            settings.start_from,
            settings.initial_savepoint,
        )
        log("resume_point", checkpoint=choice.name, reason=choice.reason, run_number=settings.run_number)
        self._run = Run(
            settings.run_number, settings.deployment_id, choice.name, choice.reason, choice.is_finished
        )
        write_run(settings.storage, self._run)
        return choice

    def _require_not_terminated(self) -> None:
        if self._signals.termination_requested:
            raise TerminatedError

    # --- the watch ---------------------------------------------------------------------------------------

    def _watch(self) -> Ending:
        while not self._signals.termination_requested:
            ending = self._look()
            if ending is not None:
                return ending
            self._signals.wait(POLL_SECONDS)
        return self._terminate()

    def _look(self) -> Ending | None:
        """One look at everything that can end the run; ``None`` while nothing did."""
        if self._lock is not None:
            self._lock.require_held()
        death = self._cluster.death()
        if death is not None:
            return self._failed(death.describe())
        try:
            ending = self._look_at_job()
        except UnansweredError:
            if self._answers:
                self._answers = False
            return None
        self._answers = True
        return ending

    def _look_at_job(self) -> Ending | None:
        job = self._rest.job()
        if job is None:
            failure = self._rest.failed_application()
            return None if failure is None else self._failed(f"main() failed: {failure}")
        match job.state:
            case JobState.FAILED:
                return self._failed(f"The job failed: {self._rest.failure(job)}")
            case JobState.CANCELED:
                return self._failed("The job was canceled through Flink's own API.")
            case JobState.FINISHED:
                return self._finish(job)
            case _:
                self._note_progress(job)
                return None

    def _note_progress(self, job: Job) -> None:
        if job.is_serving and not self._has_served:
            self._has_served = True
            log("running", tasks=job.tasks["total"])
        storage = self._settings.storage
        if storage is None or time.monotonic() - self._looked_at < LOOK_AT_CHECKPOINTS_SECONDS:
            return
        self._looked_at = time.monotonic()
        completed = self._rest.checkpoints(job).completed
        newest = completed[-1].number if completed else None
        if newest != self._last_completed:
            self._last_completed = newest
            self._retain(storage)

    def _retain(self, storage: Path) -> None:
        """Tidy up. That it fails is no reason to end a job that runs well."""
        settings = self._settings
        try:
            retain(storage, settings.run_number, settings.retain, settings.max_age)
        except (StorageError, OSError) as error:
            log("retention_failed", reason=describe_exception(error))

    def _finish(self, job: Job) -> Ending | None:
        final = self._rest.checkpoints(job).final
        if final is None:
            if self._settings.storage is not None and self._run is not None:
                finish_run(self._settings.storage, self._run)
            return Ending(contract.EXIT_END_OF_INPUT)
        stopped = checkpoint_id(final.path)
        if self._signals.termination_requested:
            return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, checkpoint=stopped)
        log("stopped_with_savepoint", checkpoint=stopped)
        last_words.write(self._words, stopped, None)
        return self._stay_stopped(stopped)

    def _stay_stopped(self, savepoint: str) -> Ending:
        """Keep the process until it is ended: all that the job was is in the savepoint."""
        while not self._signals.termination_requested and self._cluster.death() is None:
            if self._lock is not None:
                self._lock.require_held()
            self._signals.wait(POLL_SECONDS)
        return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM, checkpoint=savepoint)

    # --- SIGTERM -----------------------------------------------------------------------------------------

    def _terminate(self) -> Ending:
        """Stop with a savepoint, for as long as the kubelet allows.

        A job that never served has changed nothing. One that Flink is restarting will serve again or fail; in
        between, parts of it may run on, so that its last checkpoint is not all there is.
        """
        log("terminating")
        if self._settings.storage is None:
            return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM)
        trigger: str | None = None
        asked_at = 0.0
        while True:
            ending = self._look()
            if ending is not None:
                return ending
            if not self._may_have_served():
                return Ending(contract.EXIT_CHECKPOINTED_ON_SIGTERM)
            with contextlib.suppress(UnansweredError):
                job = self._rest.job()
                if trigger is not None and job is not None and not self._goes_on(job, trigger):
                    trigger = None
                due = trigger is None and time.monotonic() - asked_at >= RETRY_SECONDS
                if job is not None and due and self._may_stop(job):
                    asked_at = time.monotonic()
                    trigger = self._rest.stop(job)
            self._signals.wait(POLL_SECONDS)

    def _may_have_served(self) -> bool:
        """As the look just now saw it: a job can begin to serve, and write, between two of them."""
        return self._has_served or self._answers is False

    def _may_stop(self, job: Job) -> bool:
        """Whether a stop can succeed: a second one beside the operator's would fail both, and the job."""
        checkpoints = self._rest.checkpoints(job)
        return job.is_serving and not checkpoints.is_stopping and checkpoints.final is None

    def _goes_on(self, job: Job, trigger: str) -> bool:
        """Whether a stop is still under way; the words are written ahead, a kill leaves no time for them."""
        operation = self._rest.operation(job, trigger)
        if operation.failure is not None:
            log("savepoint_failed", reason=operation.failure)
            error = ErrorBody(clip(f"The last savepoint failed: {operation.failure}"), "CheckpointDelayed")
            last_words.write(self._words, self._newest(), error)
        return operation.failure is None

    # --- small helpers -----------------------------------------------------------------------------------

    def _failed(self, message: str, code: str = JOB_ERROR) -> Ending:
        if not self._has_served:
            return Ending(contract.EXIT_FAILED, initialization_error(code, message))
        # The code under which the operator knows a failure of the user's own code.
        known = "RuntimeError.WorkerPanic" if code == JOB_ERROR else code
        return Ending(contract.EXIT_FAILED, ErrorBody(clip(message), known))

    def _newest(self) -> str | None:
        storage = self._settings.storage
        points = find_points(storage) if storage is not None and storage.is_dir() else []
        return points[-1].id if points else None

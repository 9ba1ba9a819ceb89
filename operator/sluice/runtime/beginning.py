"""From a locked storage to a job that is ready for its first step."""

from dataclasses import replace
from pathlib import Path

from sluice.runtime.arguments import Settings
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.checkpointing import fingerprint
from sluice.runtime.job import Job, call_job
from sluice.runtime.lifecycle import Start, decide_start
from sluice.runtime.lock import StorageLock
from sluice.runtime.log import log
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Storage, StoredStatus


class Beginning:
    """What initialization acquires. It may be cut short anywhere, so each fact is set as soon as it holds."""

    def __init__(self, job: Job, settings: Settings, state: RuntimeState) -> None:
        self._job = job
        self._settings = settings
        self._state = state
        self.storage: Storage | None = None
        self.opened = False
        self.processed = 0
        self.steps = 0

    def begin(self) -> Start:
        """Lock, decide how to start, open and restore."""
        settings = self._settings
        if settings.storage is None:
            start = decide_start(None, settings.deployment_id, settings.initial)
            self._open_and_restore(None)
            return start
        storage = self.storage = self._open_storage(settings.storage)
        self._state.publish(checkpoints=storage.checkpoints.good)
        stored = storage.read_status()
        start = decide_start(storage.remembered(stored), settings.deployment_id, settings.initial)
        memory = StoredStatus(
            deployment_id=settings.deployment_id,
            desired_status=start.desired,
            bootstrap_policy=settings.bootstrap_policy,
            start_from=settings.start_from,
        )
        if start.automatic_restart and stored is not None:
            memory = stored
        resume_point = storage.resume_point(memory.deployment_id, memory.start_from)
        self._state.attach_storage(
            start.desired,
            lambda desired: storage.write_status(replace(memory, desired_status=desired)),
        )
        if not start.already_suspended:
            self._open_and_restore(resume_point)
        return start

    def _open_storage(self, directory: Path) -> Storage:
        lock = StorageLock.acquire(
            directory,
            self._settings.run_number,
            wait_seconds=self._settings.lock_wait_seconds,
            on_busy=lambda: self._state.explain("another process still holds the storage"),
        )
        self._state.explain("reading the storage")
        return Storage(directory, lock)

    def _open_and_restore(self, resume_point: Checkpoint | None) -> None:
        self._state.explain("opening the job")
        self.opened = True
        call_job(self._job.open)
        if resume_point is None or self.storage is None:
            log("started_fresh")
            return
        self._state.explain(f"restoring checkpoint {resume_point.uuid}")
        content = self.storage.checkpoints.read(resume_point)
        call_job(lambda: self._job.restore(content))
        self.processed = resume_point.processed_records
        self.steps = resume_point.steps
        log(
            "resumed",
            uuid=resume_point.uuid,
            processed_records=resume_point.processed_records,
            same_version=resume_point.fingerprint == fingerprint(self._job.version),
        )

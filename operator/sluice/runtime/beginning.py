"""From a locked storage to a job that is ready for its first step."""

from pathlib import Path
from typing import Final

from sluice.runtime import bootstrap
from sluice.runtime.arguments import Settings
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import clip
from sluice.runtime.following import Follower
from sluice.runtime.job import Job, call_job
from sluice.runtime.lifecycle import Desired, RuntimeStatus, Start, decide_start
from sluice.runtime.lock import StorageLock
from sluice.runtime.log import log
from sluice.runtime.object_store import StoreError
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.replication import Replicator
from sluice.runtime.signals import Signals
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import START_FRESH, Memory, Storage, StoredStatus
from sluice.runtime.writer import StoreWriter

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 10.0


class Beginning:
    """What initialization acquires. It may be cut short anywhere, so each fact is set as soon as it holds."""

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
        self._remote = remote
        self.storage: Storage | None = None
        self.opened = False
        self.processed = 0
        self.steps = 0
        self.resumed_from: str | None = None

    def begin(self) -> Start:
        """Lock, decide how to start, follow as long as that is wanted, open and restore."""
        settings = self._settings
        if settings.storage is None:
            start = decide_start(None, settings.deployment_id, settings.initial, can_stand_by=False)
            self._open_and_restore(None)
            return start
        storage = self.storage = self._open_storage(settings.storage)
        self._publish(storage)
        stored = storage.read_status()
        start = decide_start(
            storage.remembered(stored),
            settings.deployment_id,
            settings.initial,
            can_stand_by=self._remote is not None,
        )
        memory = self._remember(storage, stored, start)
        if start.already_suspended:
            return start
        if memory.status.follows:
            self._follow(storage, memory)
        resume_point = storage.resume_point(memory.status.deployment_id, memory.status.start_from)
        if resume_point is not None and bootstrap.has_changed(resume_point, self._job.version):
            bootstrap.settle(
                resume_point, self._job.version, memory, self._state, lambda: self._signals.wait(None)
            )
        self._open_and_restore(resume_point)
        return start

    def build_replicator(self) -> Replicator | None:
        """Return what copies the checkpoints of this storage, None without an object store."""
        if self._remote is None or self.storage is None:
            return None
        return Replicator(
            self._state,
            self.storage,
            self._remote,
            self._build_writer(self._remote, self.storage),
            deployment_id=self._settings.deployment_id,
            retention=self._settings.retention,
        )

    def _open_storage(self, directory: Path) -> Storage:
        lock = StorageLock.acquire(
            directory,
            self._settings.run_number,
            wait_seconds=self._settings.lock_wait_seconds,
            on_busy=lambda: self._state.explain("another process still holds the storage"),
        )
        self._state.explain("reading the storage")
        return Storage(directory, lock)

    def _remember(self, storage: Storage, stored: StoredStatus | None, start: Start) -> Memory:
        """Store how this process starts, unless an automatic restart has to keep what is stored."""
        follows = start.desired is Desired.STANDBY or (stored is not None and stored.follows)
        status = StoredStatus(
            deployment_id=self._settings.deployment_id,
            desired_status=start.desired,
            bootstrap_policy=self._settings.bootstrap_policy,
            start_from=self._settings.start_from,
            follows=follows,
        )
        if start.automatic_restart and stored is not None:
            status = stored
        if not status.follows:
            # Refused before anything is written: a checkpoint that is not there stays an error.
            storage.resume_point(status.deployment_id, status.start_from)
        memory = Memory(storage, status)
        self._state.attach_storage(start.desired, lambda desired: memory.change(desired_status=desired))
        return memory

    # --- following an object store -----------------------------------------------------------------------

    def _follow(self, storage: Storage, memory: Memory) -> None:
        """Stay in Standby until activated; then become the one who writes, and bring what there is."""
        if self._remote is None:
            # Started as Running without the store: what was brought last is what there is. A new epoch puts
            # this storage's checkpoints above those of the process that it followed.
            storage.lock.record(epoch=storage.epoch + 1)
            memory.change(follows=False)
            return
        follower = Follower(
            self._remote, storage, self._settings.retention, on_change=lambda: self._publish(storage)
        )
        while self._state.facts.desired is Desired.STANDBY:
            self._state.become(RuntimeStatus.STANDBY)
            self._state.explain(follower.look())
            if self._state.facts.desired is Desired.STANDBY:
                self._signals.wait(self._settings.sync_interval_seconds)
        self._state.become(RuntimeStatus.INITIALIZING)
        self._activate(follower, self._build_writer(self._remote, storage))
        memory.change(follows=False)

    def _activate(self, follower: Follower, writer: StoreWriter) -> None:
        """Fence the old writer first, so that what is pulled then is its last word."""
        retry_seconds = FIRST_RETRY_SECONDS
        while True:
            self._state.explain("activating: taking over the object store")
            try:
                writer.take_over()
                follower.pull()
            except StoreError as error:
                log("activation_delayed", reason=str(error))
                self._state.explain(clip(f"activating: the object store cannot be reached: {error}"))
                self._signals.wait(retry_seconds)
                retry_seconds = min(2 * retry_seconds, LAST_RETRY_SECONDS)
            else:
                log("activated")
                return

    def _build_writer(self, remote: RemoteCheckpoints, storage: Storage) -> StoreWriter:
        url = self._settings.sync_url or ""
        may_take_over = self._settings.start_from == START_FRESH
        return StoreWriter(remote, storage, url, may_take_over=may_take_over)

    # --- the job -----------------------------------------------------------------------------------------

    def _open_and_restore(self, resume_point: Checkpoint | None) -> None:
        self._say("opening the job")
        self.opened = True
        call_job(self._job.open)
        if resume_point is None or self.storage is None:
            log("started_fresh")
            return
        self._say(f"restoring checkpoint {resume_point.uuid}")
        content = self.storage.checkpoints.read(resume_point)
        call_job(lambda: self._job.restore(content))
        self.processed = resume_point.processed_records
        self.steps = resume_point.steps
        self.resumed_from = resume_point.uuid
        log(
            "resumed",
            uuid=resume_point.uuid,
            processed_records=resume_point.processed_records,
            same_version=not bootstrap.has_changed(resume_point, self._job.version),
        )

    def _say(self, reason: str) -> None:
        if self._state.facts.status is not RuntimeStatus.BOOTSTRAPPING:
            self._state.explain(reason)

    def _publish(self, storage: Storage) -> None:
        self._state.publish(checkpoints=storage.checkpoints.good)

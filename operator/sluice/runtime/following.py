"""A process in Standby: it brings what another one writes to the object store onto its own storage."""

import time
from collections.abc import Callable

from sluice.runtime.errors import StorageError, clip
from sluice.runtime.log import log
from sluice.runtime.object_store import StoreError
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.retention import Retention
from sluice.runtime.storage import Storage


class Follower:
    """Pulls the newest complete copy; for the job's thread."""

    def __init__(
        self,
        remote: RemoteCheckpoints,
        storage: Storage,
        retention: Retention,
        on_change: Callable[[], None],
    ) -> None:
        self._remote = remote
        self._storage = storage
        self._retention = retention
        self._on_change = on_change
        self._skipped: set[str] = set()

    def look(self) -> str:
        """Pull once, and return in a few words what is followed or why it cannot be."""
        try:
            self.pull()
        except StoreError as error:
            return clip(f"the object store cannot be read: {error}")
        newest = self._storage.checkpoints.newest
        if newest is None:
            return "the object store has no checkpoint yet"
        return f"following the object store; the newest checkpoint is {newest.uuid}"

    def pull(self) -> None:
        """Bring the newest complete copy, unless it is here; raise ``StoreError`` when the store is away."""
        checkpoints = self._storage.checkpoints
        for entry in reversed(self._remote.entries()):
            if checkpoints.find(entry.uuid) is not None:
                return
            try:
                checkpoint, state = self._remote.fetch(entry)
            except StorageError as error:
                if entry.uuid not in self._skipped:
                    log("copy_skipped", uuid=entry.uuid, reason=str(error))
                    self._skipped.add(entry.uuid)
                continue
            checkpoints.adopt(checkpoint, state)
            log("followed", uuid=checkpoint.uuid, processed_records=checkpoint.processed_records)
            checkpoints.retain(self._retention, time.time())
            self._on_change()
            return

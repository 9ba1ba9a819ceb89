"""Copies durable checkpoints to an object store, in a thread of its own that the job never waits for."""

import threading
import time
from dataclasses import replace
from typing import Final

from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import FencedError, StorageError, clip, describe_exception
from sluice.runtime.log import log
from sluice.runtime.object_store import StoreError
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.retention import Retention
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Storage
from sluice.runtime.writer import StoreWriter

FIRST_RETRY_SECONDS: Final = 0.1
LAST_RETRY_SECONDS: Final = 30.0


class Replicator:
    """Copies what ``state`` lists, the newest first, until each one is there."""

    def __init__(
        self,
        state: RuntimeState,
        storage: Storage,
        remote: RemoteCheckpoints,
        writer: StoreWriter,
        *,
        deployment_id: str,
        retention: Retention,
    ) -> None:
        self._state = state
        self._storage = storage
        self._remote = remote
        self._writer = writer
        self._deployment_id = deployment_id
        self._retention = retention
        self._wake = threading.Event()
        self._listed = False
        self._gone: set[str] = set()
        self._retry_seconds = FIRST_RETRY_SECONDS

    def start(self) -> None:
        """Begin with whatever is not there yet."""
        self._state.attach_copies(self._wake.set)
        self._wake.set()
        threading.Thread(target=self._run, name="copies", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                while self.copy_next():
                    pass
            except FencedError as error:
                self._state.fence(str(error))
                return

    def copy_next(self) -> bool:
        """Copy one checkpoint, or wait after a failure; tell whether to go on at once."""
        checkpoint = self._next()
        try:
            self._begin()
            if checkpoint is not None and checkpoint.uuid not in self._state.facts.copies.copied:
                self._copy(checkpoint)
            self._remote.retain(self._retention, time.time(), self._writer.require_held().epoch)
        except FencedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the copy must not be lost in silence
            self._fail(checkpoint, error)
            return True
        self._retry_seconds = FIRST_RETRY_SECONDS
        if self._state.facts.copies.trouble is not None and not self._gone:
            self._state.copy_succeeded()
        return self._next() is not None

    def _next(self) -> Checkpoint | None:
        facts = self._state.facts
        present = facts.checkpoints or ()
        self._gone &= {each.uuid for each in present}
        done = facts.copies.copied | self._gone
        return next((each for each in reversed(present) if each.uuid not in done), None)

    def _begin(self) -> None:
        if self._listed:
            return
        self._writer.require_held()
        there = [entry.uuid for entry in self._remote.entries()]
        self._listed = True
        self._state.copy_succeeded(*there)

    def _copy(self, checkpoint: Checkpoint) -> None:
        try:
            state = self._storage.checkpoints.read(checkpoint)
        except (FileNotFoundError, StorageError) as error:
            # Retention removed it meanwhile, or it was damaged: it is no checkpoint any more.
            log("copy_skipped", uuid=checkpoint.uuid, reason=describe_exception(error))
            self._gone.add(checkpoint.uuid)
            self._state.copy_failed(checkpoint.uuid, describe_exception(error))
            return
        own = self._writer.require_held()
        if checkpoint.deployment_id == self._deployment_id:
            # It may have been made before this storage became the writer.
            checkpoint = replace(checkpoint, epoch=max(checkpoint.epoch, own.epoch))
        self._remote.write_state(checkpoint, state)
        self._writer.require_held()
        self._remote.write_metadata(checkpoint)
        log("copied", uuid=checkpoint.uuid, size=checkpoint.size)
        self._state.copy_succeeded(checkpoint.uuid)

    def _fail(self, checkpoint: Checkpoint | None, error: Exception) -> None:
        text = str(error) if isinstance(error, StoreError) else describe_exception(error)
        log("copy_failed", uuid=checkpoint and checkpoint.uuid, error=text, retry_seconds=self._retry_seconds)
        self._state.copy_failed(checkpoint.uuid if checkpoint is not None else "", clip(text))
        self._wake.wait(self._retry_seconds)
        self._wake.clear()
        self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)

"""The storage of one pipeline: lock, remembered status and checkpoints, as one thing with one holder."""

import json
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sluice.runtime.checkpoint import Checkpoint, CheckpointStore
from sluice.runtime.errors import StartupError, StorageError
from sluice.runtime.files import replace_durably
from sluice.runtime.lifecycle import Desired, Remembered
from sluice.runtime.lock import StorageLock

START_LATEST = "latest"
START_FRESH = "fresh"
SUSPEND = "suspend"
"""The reason of a checkpoint that is the result of a suspend."""


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """``status.json``: rewritten on every change, so that a restart continues what was asked for."""

    deployment_id: str
    desired_status: str
    bootstrap_policy: str
    start_from: str = START_LATEST
    follows: bool = False
    """The checkpoints come from an object store, and nobody took over from whoever wrote them yet."""
    approved_fingerprint: int | None = None
    """The changed program that somebody approved of in this deployment."""


class Storage:
    """A storage directory whose lock this process holds."""

    def __init__(self, directory: Path, lock: StorageLock) -> None:
        self._directory = directory
        self.lock = lock
        self.checkpoints = CheckpointStore(directory / "checkpoints", lock.require_held)
        self.checkpoints.load()

    @property
    def epoch(self) -> int:
        """The highest epoch of anything here."""
        newest = self.checkpoints.newest
        return max(self.lock.fence.epoch, newest.epoch if newest is not None else 0)

    def read_status(self) -> StoredStatus | None:
        """Return what the process before this one stored, None on a new storage."""
        path = self._directory / "status.json"
        try:
            content: Any = json.loads(path.read_bytes())
            return StoredStatus(
                deployment_id=str(content["deployment_id"]),
                desired_status=str(Desired(content["desired_status"])),
                bootstrap_policy=str(content.get("bootstrap_policy", "")),
                start_from=str(content.get("start_from", START_LATEST)),
                follows=content.get("follows") is True,
                approved_fingerprint=content.get("approved_fingerprint"),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(f"{path} is damaged: {error}") from error

    def write_status(self, status: StoredStatus) -> None:
        """Store a change before anybody is told that it was accepted."""
        self.lock.require_held()
        replace_durably(self._directory / "status.json", json.dumps(asdict(status)).encode())

    def remembered(self, stored: StoredStatus | None) -> Remembered | None:
        """Return what decides how this process may start."""
        if stored is None:
            return None
        newest = self.checkpoints.newest
        return Remembered(
            deployment_id=stored.deployment_id,
            desired=Desired(stored.desired_status),
            suspended_durably=newest is not None
            and newest.reason == SUSPEND
            and newest.deployment_id == stored.deployment_id,
        )

    def resume_point(self, deployment_id: str, start_from: str) -> Checkpoint | None:
        """Return the checkpoint to start from, None for an empty state.

        ``start_from`` counts only until this deployment has a checkpoint of its own. Otherwise every
        automatic restart of a fresh start would begin again from nothing.
        """
        newest = self.checkpoints.newest
        if newest is not None and newest.deployment_id == deployment_id:
            return newest
        if start_from == START_FRESH:
            return None
        if start_from == START_LATEST:
            return newest
        chosen = self.checkpoints.find(start_from)
        if chosen is None:
            raise StartupError(
                "CheckpointNotFound", f"The storage has no usable checkpoint with the id {start_from}."
            )
        return chosen

    def close(self) -> None:
        """Give the storage to whoever comes next."""
        self.lock.release()


class Memory:
    """What this process is remembered by, and the one way to change it. Safe from every thread."""

    def __init__(self, storage: Storage, status: StoredStatus) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self.status = status

    def change(self, **changes: Any) -> None:
        """Store the changes; nothing is changed when that fails."""
        with self._lock:
            status = replace(self.status, **changes)
            self._storage.write_status(status)
            self.status = status

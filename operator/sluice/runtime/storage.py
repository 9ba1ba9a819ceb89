"""The storage of one pipeline: lock, remembered status and checkpoints, as one thing with one holder."""

import json
from dataclasses import asdict, dataclass
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


class Storage:
    """A storage directory whose lock this process holds."""

    def __init__(self, directory: Path, lock: StorageLock) -> None:
        self._directory = directory
        self._lock = lock
        self.checkpoints = CheckpointStore(directory / "checkpoints", lock.require_held)
        self.checkpoints.load()

    @property
    def run_number(self) -> int:
        """The run number under which this process writes."""
        return self._lock.run_number

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
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(f"{path} is damaged: {error}") from error

    def write_status(self, status: StoredStatus) -> None:
        """Store a change before anybody is told that it was accepted."""
        self._lock.require_held()
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
        self._lock.release()

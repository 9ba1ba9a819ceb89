"""Checkpoints on disk: ``checkpoints/<uuid>/{state,metadata.json}``.

A checkpoint is written under a name that nobody reads, made durable, and then renamed. The rename is the
moment at which it exists; everything that can fail comes before. A directory whose metadata does not parse
or whose state does not have the recorded hash is not a checkpoint: it is skipped, reported and left where it
is, for somebody to look at.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from sluice.runtime.errors import StorageError
from sluice.runtime.files import sync_directory, write_durably
from sluice.runtime.log import log

FORMAT_VERSION: Final = 1
UNFINISHED: Final = ".writing-"
"""Prefix of a checkpoint that is being written."""
REMOVED: Final = ".removed-"
"""Prefix of a checkpoint that is being removed: after the rename it is none any more, whole or half."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known about a durable checkpoint."""

    uuid: str
    sequence: int
    run_number: int
    deployment_id: str
    reason: str
    created_at: str
    steps: int
    processed_records: int
    fingerprint: int
    size: int
    sha256: str

    @property
    def rank(self) -> tuple[int, int]:
        """Order of age. The run number comes first: see ``StorageLock.require_held``."""
        return (self.run_number, self.sequence)

    def as_contract(self) -> dict[str, Any]:
        """Return the contract's ``CheckpointMetadata``, and the two facts which people ask for besides."""
        return {
            "uuid": self.uuid,
            "identifier": None,
            "fingerprint": self.fingerprint,
            "size": self.size,
            "steps": self.steps,
            "processed_records": self.processed_records,
            "created_at": self.created_at,
            "reason": self.reason,
        }


def new_uuid() -> str:
    """Return a UUID of version 7: its text sorts by time, which makes a directory listing readable."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & (1 << 62) - 1
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class CheckpointStore:
    """The checkpoints of one storage. Only the holder of the lock may make one."""

    def __init__(self, directory: Path, require_held: Callable[[], None]) -> None:
        self._directory = directory
        self._require_held = require_held
        self._good: list[Checkpoint] = []
        self._last_rank = (0, 0)

    @property
    def good(self) -> tuple[Checkpoint, ...]:
        """All verified checkpoints, oldest first."""
        return tuple(self._good)

    @property
    def newest(self) -> Checkpoint | None:
        """The resume point."""
        return self._good[-1] if self._good else None

    def load(self) -> None:
        """Verify what is on disk and clear away what a killed process left half written or half removed."""
        if not self._directory.exists():
            self._directory.mkdir()
            # A checkpoint is as durable as the name of the directory that it is in.
            sync_directory(self._directory.parent)
        for entry in sorted(self._directory.iterdir()):
            if entry.name.startswith((UNFINISHED, REMOVED)):
                log("leftover_removed", path=entry.name)
                shutil.rmtree(entry)
                continue
            try:
                self._good.append(_verify(entry))
            except (StorageError, OSError) as error:
                log("checkpoint_skipped", path=str(entry), reason=str(error))
        self._good.sort(key=lambda checkpoint: checkpoint.rank)
        if self._good:
            self._last_rank = self._good[-1].rank

    def find(self, uuid: str) -> Checkpoint | None:
        """Return the good checkpoint with this id."""
        return next((each for each in self._good if each.uuid == uuid), None)

    def read(self, checkpoint: Checkpoint) -> bytes:
        """Return the state, verified once more: what is restored is what was hashed."""
        state = (self._directory / checkpoint.uuid / "state").read_bytes()
        if hashlib.sha256(state).hexdigest() != checkpoint.sha256:
            raise StorageError(f"The state of checkpoint {checkpoint.uuid} changed while it was read")
        return state

    def write(
        self,
        state: bytes,
        *,
        run_number: int,
        deployment_id: str,
        reason: str,
        created_at: str,
        steps: int,
        processed_records: int,
        fingerprint: int,
    ) -> Checkpoint:
        """Make a checkpoint and return it once it would survive a power cut."""
        checkpoint = Checkpoint(
            uuid=new_uuid(),
            sequence=self._last_rank[1] + 1,
            run_number=run_number,
            deployment_id=deployment_id,
            reason=reason,
            created_at=created_at,
            steps=steps,
            processed_records=processed_records,
            fingerprint=fingerprint,
            size=len(state),
            sha256=hashlib.sha256(state).hexdigest(),
        )
        unfinished = self._directory / (UNFINISHED + checkpoint.uuid)
        try:
            self._write_unfinished(unfinished, checkpoint, state)
            self._require_held()
            unfinished.rename(self._directory / checkpoint.uuid)
        except BaseException:
            # A full disk is the likeliest cause, and what was written of this one is what fills it.
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        # From here it may or may not survive: unless the next line returns, nobody is told of it.
        self._last_rank = checkpoint.rank
        sync_directory(self._directory)
        self._good.append(checkpoint)
        return checkpoint

    def retain(self, count: int) -> None:
        """Remove all but the newest ``count`` good checkpoints, never the newest."""
        surplus = self._good[: -max(count, 1)]
        if not surplus:
            return
        self._require_held()
        for checkpoint in surplus:
            removed = self._directory / (REMOVED + checkpoint.uuid)
            (self._directory / checkpoint.uuid).rename(removed)
            self._good.remove(checkpoint)
            shutil.rmtree(removed)

    def _write_unfinished(self, directory: Path, checkpoint: Checkpoint, state: bytes) -> None:
        directory.mkdir()
        write_durably(directory / "state", state)
        metadata = {"format": FORMAT_VERSION, **dataclasses.asdict(checkpoint)}
        write_durably(directory / "metadata.json", json.dumps(metadata, indent=1).encode())
        sync_directory(directory)


def _verify(directory: Path) -> Checkpoint:
    checkpoint = _parse((directory / "metadata.json").read_bytes())
    if checkpoint.uuid != directory.name:
        raise StorageError(f"the metadata belongs to checkpoint {checkpoint.uuid}")
    with (directory / "state").open("rb") as file:
        if os.fstat(file.fileno()).st_size != checkpoint.size:
            raise StorageError("the state does not have the recorded size")
        if hashlib.file_digest(file, "sha256").hexdigest() != checkpoint.sha256:
            raise StorageError("the state does not have the recorded hash")
    return checkpoint


def _parse(content: bytes) -> Checkpoint:
    try:
        values: Any = json.loads(content)
    except ValueError as error:
        raise StorageError("the metadata is not JSON") from error
    if not isinstance(values, dict):
        raise StorageError("the metadata is not an object")
    metadata = cast("dict[str, Any]", values)
    if metadata.get("format") != FORMAT_VERSION:
        raise StorageError(f"the metadata has format {metadata.get('format')!r}")
    for field in dataclasses.fields(Checkpoint):
        if not isinstance(metadata.get(field.name), cast("type", field.type)):
            raise StorageError(f"the metadata has no valid {field.name}")
    return Checkpoint(**{field.name: metadata[field.name] for field in dataclasses.fields(Checkpoint)})

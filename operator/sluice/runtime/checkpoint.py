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
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from sluice.runtime.errors import StorageError
from sluice.runtime.files import sync_directory, write_durably
from sluice.runtime.log import log
from sluice.runtime.retention import Retention

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
    version: str = ""
    """The job's own word for its program, of which ``fingerprint`` is the hash."""
    epoch: int = 0
    """Rises when another storage takes over the folder of an object store: see ``writer``."""

    @property
    def rank(self) -> tuple[int, int, int]:
        """Order of age. Epoch and run number come first: see ``StorageLock.require_held``."""
        return (self.epoch, self.run_number, self.sequence)

    def as_json(self) -> bytes:
        """Return what ``parse_metadata`` reads."""
        return json.dumps({"format": FORMAT_VERSION, **dataclasses.asdict(self)}, indent=1).encode()

    def require_state(self, state: bytes) -> None:
        """Raise ``StorageError`` unless this is the state that was captured."""
        if len(state) != self.size or hashlib.sha256(state).hexdigest() != self.sha256:
            raise StorageError(f"the state of checkpoint {self.uuid} does not have the recorded hash")

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


def fingerprint(version: str) -> int:
    """Return the contract's unsigned 64-bit fingerprint of a job's version."""
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:8])


class CheckpointStore:
    """The checkpoints of one storage. Only the holder of the lock may make one."""

    def __init__(self, directory: Path, require_held: Callable[[], None]) -> None:
        self._directory = directory
        self._require_held = require_held
        self._good: list[Checkpoint] = []
        self._last_rank = (0, 0, 0)

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
        checkpoint.require_state(state)
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
        version: str = "",
        epoch: int = 0,
    ) -> Checkpoint:
        """Make a checkpoint and return it once it would survive a power cut."""
        last_epoch, _, last_sequence = self._last_rank
        checkpoint = Checkpoint(
            uuid=new_uuid(),
            sequence=last_sequence + 1,
            run_number=run_number,
            deployment_id=deployment_id,
            reason=reason,
            created_at=created_at,
            steps=steps,
            processed_records=processed_records,
            fingerprint=fingerprint,
            size=len(state),
            sha256=hashlib.sha256(state).hexdigest(),
            version=version,
            # A storage that no longer knows an object store goes on where it was with one.
            epoch=max(epoch, last_epoch),
        )
        self.adopt(checkpoint, state)
        return checkpoint

    def adopt(self, checkpoint: Checkpoint, state: bytes) -> None:
        """Make a checkpoint durable here, whoever captured it."""
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
        self._last_rank = max(self._last_rank, checkpoint.rank)
        sync_directory(self._directory)
        # Replaced and never changed in place: other threads read it.
        self._good = sorted([*self._good, checkpoint], key=lambda each: each.rank)

    def retain(self, retention: Retention, now: float, keep: Collection[str] = ()) -> bool:
        """Remove what ``retention`` finds too many or too old at ``now``; tell whether that was any."""
        surplus = retention.surplus(self._good, now, keep)
        if not surplus:
            return False
        self._require_held()
        for checkpoint in surplus:
            removed = self._directory / (REMOVED + checkpoint.uuid)
            (self._directory / checkpoint.uuid).rename(removed)
            self._good = [each for each in self._good if each is not checkpoint]
            shutil.rmtree(removed)
        return True

    def _write_unfinished(self, directory: Path, checkpoint: Checkpoint, state: bytes) -> None:
        directory.mkdir()
        write_durably(directory / "state", state)
        write_durably(directory / "metadata.json", checkpoint.as_json())
        sync_directory(directory)


def _verify(directory: Path) -> Checkpoint:
    checkpoint = parse_metadata((directory / "metadata.json").read_bytes())
    if checkpoint.uuid != directory.name:
        raise StorageError(f"the metadata belongs to checkpoint {checkpoint.uuid}")
    with (directory / "state").open("rb") as file:
        if os.fstat(file.fileno()).st_size != checkpoint.size:
            raise StorageError("the state does not have the recorded size")
        if hashlib.file_digest(file, "sha256").hexdigest() != checkpoint.sha256:
            raise StorageError("the state does not have the recorded hash")
    return checkpoint


def parse_metadata(content: bytes) -> Checkpoint:
    """Return what ``Checkpoint.as_json`` wrote; raise ``StorageError`` for anything else."""
    try:
        values: Any = json.loads(content)
    except ValueError as error:
        raise StorageError("the metadata is not JSON") from error
    if not isinstance(values, dict):
        raise StorageError("the metadata is not an object")
    metadata = cast("dict[str, Any]", values)
    if metadata.get("format") != FORMAT_VERSION:
        raise StorageError(f"the metadata has format {metadata.get('format')!r}")
    values_by_name: dict[str, Any] = {}
    for field in dataclasses.fields(Checkpoint):
        value = metadata.get(field.name, field.default)
        if not isinstance(value, cast("type", field.type)):
            raise StorageError(f"the metadata has no valid {field.name}")
        values_by_name[field.name] = value
    return Checkpoint(**values_by_name)

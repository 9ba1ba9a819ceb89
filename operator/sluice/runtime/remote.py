"""Checkpoints in an object store, and who may write there.

    writers/<epoch>-<id>                                  the highest one is the writer
    states/<epoch>-<uuid>                                 the state, first
    checkpoints/<epoch>-<run>-<sequence>-<uuid>.json      the metadata, last: now it is a checkpoint

The name of the metadata holds the order of age, so that one listing tells what there is and which is the
newest. A copy whose metadata or state does not fit is skipped, as on a volume.
"""

import re
from dataclasses import dataclass
from typing import Final

from sluice.runtime.checkpoint import Checkpoint, parse_metadata
from sluice.runtime.errors import StorageError
from sluice.runtime.log import log
from sluice.runtime.object_store import ObjectStore
from sluice.runtime.retention import Retention

CHECKPOINTS: Final = "checkpoints"
STATES: Final = "states"
WRITERS: Final = "writers"
SUFFIX: Final = ".json"
NAME: Final = re.compile(r"([0-9]+)-([0-9]+)-([0-9]+)-([0-9a-f-]{36})\.json")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A complete copy, by the name of its metadata; entries are ordered by age."""

    epoch: int
    run_number: int
    sequence: int
    uuid: str

    @property
    def path(self) -> str:
        """The name of its metadata."""
        name = f"{self.epoch}-{self.run_number}-{self.sequence}-{self.uuid}"
        return f"{CHECKPOINTS}/{name}{SUFFIX}"

    @property
    def state_name(self) -> str:
        """The name of its state in the folder of the states."""
        return f"{self.epoch}-{self.uuid}"

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Entry":
        """Return the name under which a checkpoint is copied."""
        return cls(*checkpoint.rank, checkpoint.uuid)

    @classmethod
    def parse(cls, name: str) -> "Entry | None":
        """Read a name in the folder of the checkpoints; None for one that is not ours."""
        found = NAME.fullmatch(name)
        return None if found is None else cls(int(found[1]), int(found[2]), int(found[3]), found[4])


@dataclass(frozen=True, slots=True, order=True)
class Writer:
    """Somebody who wrote to the folder: the highest one is who may."""

    epoch: int
    id: str

    @property
    def path(self) -> str:
        """The name of its object."""
        return f"{WRITERS}/{self.epoch}-{self.id}"


class RemoteCheckpoints:
    """The copies in one folder. Every method raises ``StoreError`` while the store cannot be reached."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def entries(self) -> list[Entry]:
        """Return the complete copies, oldest first."""
        found = (Entry.parse(name) for name in self._store.names(CHECKPOINTS))
        return sorted(entry for entry in found if entry is not None)

    def metadata(self, entry: Entry) -> Checkpoint:
        """Return what is known about a copy; raise ``StorageError`` when it is damaged."""
        checkpoint = parse_metadata(self._store.read(entry.path))
        if Entry.of(checkpoint) != entry:
            raise StorageError(f"the metadata belongs to checkpoint {checkpoint.uuid}")
        return checkpoint

    def list_checkpoints(self) -> list[Checkpoint]:
        """Return the metadata of all copies, oldest first, without the damaged ones."""
        found: list[Checkpoint] = []
        for entry in self.entries():
            try:
                found.append(self.metadata(entry))
            except StorageError as error:
                log("copy_skipped", uuid=entry.uuid, reason=str(error))
        return found

    def fetch(self, entry: Entry) -> tuple[Checkpoint, bytes]:
        """Return a copy, verified; raise ``StorageError`` when it is damaged."""
        checkpoint = self.metadata(entry)
        state = self._store.read(f"{STATES}/{entry.state_name}")
        checkpoint.require_state(state)
        return checkpoint, state

    def write_state(self, checkpoint: Checkpoint, state: bytes) -> None:
        """Bring the state; until ``write_metadata`` it is no checkpoint."""
        self._store.write(f"{STATES}/{Entry.of(checkpoint).state_name}", state)

    def write_metadata(self, checkpoint: Checkpoint) -> None:
        """Make the copy visible."""
        self._store.write(Entry.of(checkpoint).path, checkpoint.as_json())

    def writers(self) -> list[Writer]:
        """Return who ever wrote here, the present one last."""
        parts = (name.partition("-") for name in self._store.names(WRITERS))
        return sorted(Writer(int(epoch), identity) for epoch, _, identity in parts if epoch.isdecimal())

    def write_writer(self, writer: Writer) -> None:
        """Announce a writer."""
        self._store.write(writer.path, b"{}")

    def retain(self, retention: Retention, now: float, epoch: int) -> None:
        """Remove surplus copies, never the newest, and states up to ``epoch`` that no metadata names.

        A writer with a higher epoch may be bringing a state right now, and an old one, that was stopped for
        a while after it looked who the writer is, must not take it away.
        """
        entries = self.entries()
        if retention.max_age_seconds is None:
            surplus = {each.uuid for each in entries[: -retention.count]}
        else:
            surplus = {each.uuid for each in retention.surplus(self.list_checkpoints(), now)}
        # The metadata goes first: a state without any is no checkpoint, and the next pass removes it.
        for entry in entries:
            if entry.uuid in surplus:
                self._store.remove(entry.path)
        kept = {each.state_name for each in entries if each.uuid not in surplus}
        for name in self._store.names(STATES):
            state_epoch = name.partition("-")[0]
            if name not in kept and state_epoch.isdecimal() and int(state_epoch) <= epoch:
                self._store.remove(f"{STATES}/{name}")

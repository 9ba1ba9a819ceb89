"""Who may write to a folder of an object store, as well as that can be told without a compare-and-swap.

A storage that takes a folder over announces itself there under a higher epoch than any before. Whoever is no
longer the highest must not make another checkpoint visible; the store is asked just before each one. Between
that look and the write lies a moment in which an old writer, if it is stopped right there, may still bring a
last checkpoint. It ranks below all of its successor's, since the epoch comes first in the order of age, so
that it is never taken for the newest once the successor has one.
"""

import hashlib
from collections.abc import Sequence

from sluice.runtime.checkpoint import new_uuid
from sluice.runtime.errors import FencedError
from sluice.runtime.log import log
from sluice.runtime.remote import RemoteCheckpoints, Writer
from sluice.runtime.storage import Storage


class StoreWriter:
    """The right of one storage to write to one folder. Not safe from several threads at once."""

    def __init__(self, remote: RemoteCheckpoints, storage: Storage, url: str, *, may_take_over: bool) -> None:
        self._remote = remote
        self._storage = storage
        self._folder = hashlib.sha256(url.encode()).hexdigest()
        self._may_take_over = may_take_over

    @property
    def own(self) -> Writer | None:
        """The name under which this storage writes to the folder, None before it ever did."""
        fence = self._storage.lock.fence
        return Writer(fence.epoch, fence.writer) if fence.folder == self._folder else None

    def require_held(self) -> Writer:
        """Return the own name, announced; raise ``FencedError`` when somebody else writes to the folder.

        A folder in which nobody ever wrote belongs to the first that comes. One that has a writer is not
        taken over in passing: that takes an activation, or a fresh start.
        """
        own = self.own
        writers = self._remote.writers()
        highest = writers[-1] if writers else None
        if own is None:
            if highest is not None and not self._may_take_over:
                raise FencedError(
                    "The folder of the object store has another writer already. Start as standby and "
                    "activate to take it over, start fresh to leave its checkpoints behind, or use another."
                )
            return self.take_over()
        if highest is None or highest < own:
            # Somebody emptied the folder, or this process died before it was announced.
            self._remote.write_writer(own)
            return self._require_highest(own)
        if highest != own:
            raise FencedError(
                "Another storage has taken over the folder of the object store. Start as standby, on cleared "
                "storage, to follow it, or use another folder."
            )
        return own

    def take_over(self) -> Writer:
        """Become the writer; whoever it was until now is fenced from here on."""
        own = self.own
        while True:
            writers = self._remote.writers()
            if own is not None and self._is_alone_at_the_top(own, writers):
                log("object_store_taken_over", epoch=own.epoch)
                return own
            # Two that came at the same moment share an epoch: the higher name goes on to the next one.
            epoch = 1 + max(self._storage.epoch, writers[-1].epoch if writers else 0)
            own = Writer(epoch, new_uuid())
            self._storage.lock.record(epoch=epoch, writer=own.id, folder=self._folder)
            self._remote.write_writer(own)
            self._require_highest(own)

    @staticmethod
    def _is_alone_at_the_top(own: Writer, writers: Sequence[Writer]) -> bool:
        return bool(writers) and writers[-1] == own and sum(each.epoch == own.epoch for each in writers) == 1

    def _require_highest(self, own: Writer) -> Writer:
        if self._remote.writers()[-1:] != [own]:
            raise FencedError("Another storage took over the folder of the object store at the same moment.")
        return own

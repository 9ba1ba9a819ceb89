"""One writer for a storage: a lock on this node, and a rising run number for all nodes.

``lock`` is held with ``flock`` as long as the process lives. It is exact, and the kernel gives it back
whatever way the process ends, but a network file system may keep it to one node. ``run.json`` holds the
highest run number that ever held the lock; whoever finds a higher one than their own there has been replaced,
and must not write again. The number is looked at just before every write becomes visible.

The same file remembers under which name the storage writes to an object store (see ``writer``): that is
part of the fence, and outlives the checkpoints when a volume is cleared.

A newcomer writes its number only once it has the lock. Announcing it earlier would fence a predecessor which
is about to finish its last checkpoint, and that checkpoint is what the newcomer wants to resume from.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, cast

from sluice.runtime.errors import FencedError, StorageError
from sluice.runtime.files import replace_durably

RETRY_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Fence:
    """``run.json``."""

    run_number: int = 0
    """The highest that ever held the lock, 0 for a new storage."""
    epoch: int = 0
    """The highest under which this storage wrote or was about to write checkpoints."""
    writer: str = ""
    """The name under which this storage writes to the folder of an object store, empty for none."""
    folder: str = ""
    """The hash of that folder's URL."""


class StorageLock:
    """The right to write to one storage directory."""

    def __init__(self, directory: Path, fence: Fence, descriptor: int) -> None:
        self._directory = directory
        self._descriptor = descriptor
        self.fence = fence

    @property
    def run_number(self) -> int:
        """The run number under which this process writes."""
        return self.fence.run_number

    @classmethod
    def acquire(
        cls,
        directory: Path,
        run_number: int | None,
        *,
        wait_seconds: float,
        on_busy: Callable[[], None],
    ) -> "StorageLock":
        """Take the lock or raise ``FencedError``.

        Without a run number of its own, as outside a cluster, a process adopts the stored one: then the
        lock on this node decides alone.
        """
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, directory, run_number, time.monotonic() + wait_seconds, on_busy)
            stored = read_fence(directory)
            refuse_if_replaced(stored.run_number, run_number)
            fence = stored if run_number is None else replace(stored, run_number=run_number)
            _write_fence(directory, fence)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(directory, fence, descriptor)

    @property
    def descriptor(self) -> int:
        """For child processes that write to the storage: one that inherits it keeps the lock held."""
        return self._descriptor

    def require_held(self) -> None:
        """Raise ``FencedError`` if a later run has taken the storage over.

        Between this look and the write that follows lies a moment which no file system can close without a
        compare-and-swap; checkpoints are therefore ordered by run number first, so that a late write
        of an old run never outranks one of its successor.
        """
        refuse_if_replaced(read_fence(self._directory).run_number, self.run_number)

    def record(self, *, epoch: int, writer: str = "", folder: str = "") -> None:
        """Remember under which epoch and name this storage writes from now on, before it does."""
        self.require_held()
        fence = replace(self.fence, epoch=epoch, writer=writer, folder=folder)
        _write_fence(self._directory, fence)
        self.fence = fence

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._descriptor)


def read_fence(directory: Path) -> Fence:
    """Return what the storage remembers; raise ``StorageError`` when it cannot be read."""
    path = directory / "run.json"
    try:
        content: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Fence()
    except ValueError as error:
        raise StorageError(f"{path} is damaged, so that nobody can tell who may write") from error
    known = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    values = {field.name: known.get(field.name, field.default) for field in fields(Fence)}
    wrong = [field.name for field in fields(Fence) if not isinstance(values[field.name], type(field.default))]
    if wrong or "run_number" not in known:
        raise StorageError(f"{path} is damaged, so that nobody can tell who may write")
    return Fence(**values)


def _write_fence(directory: Path, fence: Fence) -> None:
    replace_durably(directory / "run.json", json.dumps(asdict(fence)).encode())


def refuse_if_replaced(stored: int, own: int | None) -> None:
    """Raise ``FencedError`` when the storage has seen a higher number than ``own``."""
    if own is not None and stored > own:
        raise FencedError(
            f"The storage was last held by run {stored}; this is run {own} and must not touch it."
        )


def _lock(
    descriptor: int,
    directory: Path,
    run_number: int | None,
    deadline: float,
    on_busy: Callable[[], None],
) -> None:
    while True:
        refuse_if_replaced(read_fence(directory).run_number, run_number)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise FencedError(f"The storage {directory} is held by another process.") from None
        else:
            return
        on_busy()
        time.sleep(RETRY_SECONDS)

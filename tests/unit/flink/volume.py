"""A volume with checkpoints as Flink leaves them."""

import struct
from pathlib import Path

from sluice.runtime.lock import StorageLock

JOB = "0123456789abcdef0123456789abcdef"
SAVEPOINT = "savepoint-012345-"


def fence(storage: Path, run: int = 4) -> None:
    """Let a run have held the volume."""
    StorageLock.acquire(storage, run, wait_seconds=0, on_busy=lambda: None).release()


def job_folder(storage: Path, run: int) -> Path:
    return storage / "checkpoints" / str(run) / JOB


def add_checkpoint(storage: Path, run: int, number: int, *named: Path) -> Path:
    """``named`` are further files that belong to it, beside those in its own folder."""
    folder = job_folder(storage, run)
    (folder / "shared").mkdir(parents=True, exist_ok=True)
    return add(folder / f"chk-{number}", number, *named)


def add_savepoint(storage: Path, run: int, number: int) -> Path:
    return add(storage / "savepoints" / str(run) / f"savepoint-012345-{number:012x}", number)


def add(folder: Path, number: int, *named: Path) -> Path:
    folder.mkdir(parents=True)
    own = folder / "exclusive"
    own.write_bytes(b"state")
    paths = b"".join(bytes([0, len(path.as_uri())]) + path.as_uri().encode() for path in (own, *named))
    (folder / "_metadata").write_bytes(struct.pack(">iiq", 0x4960672D, 6, number) + paths)
    return folder

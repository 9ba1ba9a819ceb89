"""A volume with checkpoints as Flink leaves them."""

import struct
from pathlib import Path

JOB = "0123456789abcdef0123456789abcdef"


def add_checkpoint(storage: Path, run: int, number: int) -> Path:
    folder = storage / "checkpoints" / str(run) / JOB
    (folder / "shared").mkdir(parents=True, exist_ok=True)
    return add(folder / f"chk-{number}", number)


def add_savepoint(storage: Path, run: int, number: int) -> Path:
    return add(storage / "savepoints" / str(run) / f"savepoint-012345-{number:012x}", number)


def add(folder: Path, number: int) -> Path:
    folder.mkdir(parents=True)
    (folder / "_metadata").write_bytes(struct.pack(">iiq", 0x4960672D, 6, number) + b"state")
    return folder

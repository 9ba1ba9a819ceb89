"""Durable files: a name points at complete content or at nothing, also after a power cut."""

import contextlib
import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Create ``path`` with ``content`` and wait until both are on the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Make renames and creations in ``path`` durable: an fsync of the file does not cover its name."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_durably(path: Path, content: bytes) -> None:
    """Replace a small file so that every reader, and every crash, sees the old or the new content."""
    temporary = path.with_name(f".{path.name}.new")
    # Only the holder of the storage's lock writes here, so a leftover is one of a process that was killed.
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    write_durably(temporary, content)
    temporary.rename(path)
    sync_directory(path.parent)

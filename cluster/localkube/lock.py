"""One change of a cluster at a time, also across processes."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(file: Path, waiting: Callable[[], object] | None = None) -> Generator[None]:
    """Hold a lock file for as long as the block runs; the file is gone afterwards."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(file, waiting)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(file: Path, waiting: Callable[[], object] | None) -> int:
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is not None:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_current(descriptor, file):
            return descriptor
        os.close(descriptor)


def _is_current(descriptor: int, file: Path) -> bool:
    """Tell whether the locked file is still the one of that name: its last holder removed it."""
    try:
        return os.fstat(descriptor).st_ino == file.stat().st_ino
    except FileNotFoundError:
        return False

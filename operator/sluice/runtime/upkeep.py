"""Work on the volume of a stopped process, of any engine: arguments, lock, refusals and last words.

It takes the same environment, lock and run number as the process itself, so that the two exclude each other.
Each task may be killed at any moment and run again. What is left on the volume becomes the last words.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from sluice import contract
from sluice.runtime import last_words
from sluice.runtime.arguments import ConfigurationError, Settings, parse
from sluice.runtime.errors import ErrorBody, FencedError, StartupError, StorageError, clip, describe_exception
from sluice.runtime.lock import StorageLock, read_fence
from sluice.runtime.log import log
from sluice.runtime.retention import Retention

TASKS: Final = (contract.TASK_LIST, contract.TASK_RETAIN, contract.TASK_CLEAR)
LOCK: Final = "lock"
FENCE: Final = "run.json"
NOT_OURS: Final = "lost+found"
"""What a file system keeps at its root."""

MARKS_OF_SDK: Final = ("status.json", "checkpoints/*/metadata.json")
MARKS_OF_FLINK: Final = (
    "runs/[0-9]*.json",
    "savepoints/[0-9]*/savepoint-*",
    f"checkpoints/[0-9]*/{'?' * 32}",
)
"""What only one engine's volumes hold: all have the same lock and fence."""

Word = Mapping[str, Any]
"""A checkpoint as the last words tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What one engine keeps on its volume, beside the lock and the fence."""

    command: str
    """The module that is run."""
    owner: str
    """Who writes such volumes."""
    foreign: tuple[str, ...]
    """Patterns of what only other engines' volumes hold."""
    find: Callable[[Path, StorageLock], Sequence[Word]]
    """What a process can resume from, the newest last."""
    retain: Callable[[Path, StorageLock, Retention], Sequence[Word]]
    """Remove what is too many or too old, and tell what is left, the newest last."""


def run(layout: Layout) -> NoReturn:
    """Be the process of one task."""
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(layout, sys.argv[1:], os.environ))


def _end(number: int, frame: object) -> None:
    """As process 1 of a container it would otherwise ignore the signal."""
    del frame
    os._exit(128 + number)


def main(layout: Layout, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one task; return the exit code, with the last words written."""
    try:
        task, settings, directory = _read(layout, arguments, environment)
    except ConfigurationError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        body = ErrorBody(clip(str(error)), "BadConfiguration")
        last_words.write_list(last_words.path_of(environment), [], body)
        return contract.EXIT_BAD_CONFIGURATION
    left, problem, code = _attempt(layout, task, settings, directory)
    log("maintenance", task=task, code=code, checkpoints=len(left), error=problem and problem.as_json())
    last_words.write_list(settings.termination_message_path, left, problem)
    return code


def _read(
    layout: Layout, arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, Settings, Path]:
    task = arguments[0] if arguments else ""
    if task not in TASKS:
        raise ConfigurationError(f"usage: python -m {layout.command} {'|'.join(TASKS)}")
    settings = parse(arguments[1:], environment)
    if settings.storage is None:
        raise ConfigurationError(f"{contract.ENV_STORAGE} has to name the directory on the volume.")
    return task, settings, settings.storage


def _attempt(
    layout: Layout, task: str, settings: Settings, directory: Path
) -> tuple[Sequence[Word], ErrorBody | None, int]:
    try:
        return _do(layout, task, settings, directory), None, 0
    except FencedError as error:
        return [], ErrorBody(clip(str(error)), "Fenced"), contract.EXIT_FENCED
    except StartupError as error:
        return [], ErrorBody(clip(str(error)), error.error_code), contract.EXIT_FAILED
    except (StorageError, OSError) as error:
        return [], ErrorBody(describe_exception(error), "StorageError"), contract.EXIT_FAILED


def _do(layout: Layout, task: str, settings: Settings, directory: Path) -> Sequence[Word]:
    """Return the checkpoints that are left, oldest first."""
    if task == contract.TASK_CLEAR:
        _make_way(directory)
    else:
        _require_layout(layout, directory)
    lock = StorageLock.acquire(
        directory, settings.run_number, wait_seconds=settings.lock_wait_seconds, on_busy=lambda: None
    )
    try:
        if task == contract.TASK_CLEAR:
            _clear(directory)
            return []
        if task == contract.TASK_RETAIN:
            return layout.retain(directory, lock, settings.retention)
        return layout.find(directory, lock)
    finally:
        lock.release()


def _require_layout(layout: Layout, directory: Path) -> None:
    """Raise before anything is touched unless the volume is empty or of this layout."""
    names = {entry.name for entry in directory.iterdir()} - {NOT_OURS, LOCK, f".{FENCE}.new"}
    if not names:
        return
    if FENCE not in names or not _is_fence(directory):
        _refuse(layout, min(names))
    for pattern in layout.foreign:
        for found in directory.glob(pattern):
            _refuse(layout, str(found.relative_to(directory)))


def _refuse(layout: Layout, name: str) -> NoReturn:
    raise StartupError(
        "UnknownStorageLayout",
        f"The volume holds other files than those of {layout.owner}, for instance {name!r}: "
        "clear the storage, or use another volume.",
    )


def _is_fence(directory: Path) -> bool:
    try:
        read_fence(directory)
    except (StorageError, OSError):
        return False
    return True


def _make_way(directory: Path) -> None:
    """Remove what is in the place of the fence and is none: a volume is cleared whatever is on it."""
    for name in (LOCK, FENCE):
        path = directory / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            _remove(path)
    if not _is_fence(directory):
        _remove(directory / FENCE)


def _clear(directory: Path) -> None:
    for entry in sorted(directory.iterdir()):
        if entry.name not in (NOT_OURS, LOCK, FENCE):
            _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

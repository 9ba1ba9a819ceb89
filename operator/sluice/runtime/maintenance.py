"""``python -m sluice.runtime.maintenance list|retain|clear``: work on the volume of a stopped process.

It takes the same environment, lock and run number as the process itself, so that the two exclude each other.
Each task may be killed at any moment and run again. What is left on the volume becomes the last words.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sluice import contract
from sluice.runtime import last_words
from sluice.runtime.arguments import ConfigurationError, Settings, parse
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import ErrorBody, FencedError, StartupError, StorageError, clip, describe_exception
from sluice.runtime.lock import StorageLock, read_fence
from sluice.runtime.log import log
from sluice.runtime.storage import Storage

TASKS: Final = (contract.TASK_LIST, contract.TASK_RETAIN, contract.TASK_CLEAR)
LOCK: Final = "lock"
FENCE: Final = "run.json"
NOT_OURS: Final = "lost+found"
"""What a file system keeps at its root."""
USAGE: Final = f"usage: python -m sluice.runtime.maintenance {'|'.join(TASKS)}"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one task; return the exit code, with the last words written."""
    try:
        task, settings, directory = _read(arguments, environment)
    except ConfigurationError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        body = ErrorBody(clip(str(error)), "BadConfiguration")
        last_words.write_list(last_words.path_of(environment), [], body)
        return contract.EXIT_BAD_CONFIGURATION
    left, problem, code = _attempt(task, settings, directory)
    log("maintenance", task=task, code=code, checkpoints=len(left), error=problem and problem.as_json())
    last_words.write_list(settings.termination_message_path, [_as_word(each) for each in left], problem)
    return code


def _read(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, Settings, Path]:
    task = arguments[0] if arguments else ""
    if task not in TASKS:
        raise ConfigurationError(USAGE)
    settings = parse(arguments[1:], environment)
    if settings.storage is None:
        raise ConfigurationError(f"{contract.ENV_STORAGE} has to name the directory on the volume.")
    return task, settings, settings.storage


def _attempt(
    task: str, settings: Settings, directory: Path
) -> tuple[Sequence[Checkpoint], ErrorBody | None, int]:
    try:
        return _do(task, settings, directory), None, 0
    except FencedError as error:
        return [], ErrorBody(clip(str(error)), "Fenced"), contract.EXIT_FENCED
    except StartupError as error:
        return [], ErrorBody(clip(str(error)), error.error_code), contract.EXIT_FAILED
    except (StorageError, OSError) as error:
        return [], ErrorBody(describe_exception(error), "StorageError"), contract.EXIT_FAILED


def _do(task: str, settings: Settings, directory: Path) -> Sequence[Checkpoint]:
    """Return the checkpoints that are left, oldest first."""
    if task == contract.TASK_CLEAR:
        _make_way(directory)
    else:
        _require_our_layout(directory)
    lock = StorageLock.acquire(
        directory, settings.run_number, wait_seconds=settings.lock_wait_seconds, on_busy=lambda: None
    )
    try:
        if task == contract.TASK_CLEAR:
            _clear(directory)
            return []
        checkpoints = Storage(directory, lock).checkpoints
        if task == contract.TASK_RETAIN:
            checkpoints.retain(settings.retention, time.time())
        return checkpoints.good
    finally:
        lock.release()


def _require_our_layout(directory: Path) -> None:
    """Raise before anything is touched unless the volume is empty or was a runtime's."""
    names = {entry.name for entry in directory.iterdir()} - {NOT_OURS, LOCK, f".{FENCE}.new"}
    if not names or (FENCE in names and _is_fence(directory)):
        return
    raise StartupError(
        "UnknownStorageLayout",
        f"The volume holds other files than those of sluice.runtime, for instance {min(names)!r}.",
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


def _as_word(checkpoint: Checkpoint) -> dict[str, Any]:
    known = checkpoint.as_contract()
    return {name: known[name] for name in ("uuid", "size", "steps", "processed_records", "created_at")}


def _end(number: int, frame: object) -> None:
    """As process 1 of a container it would otherwise ignore the signal."""
    del frame
    os._exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:], os.environ))

"""What the volume of a stopped application holds, and what of it goes.

While a job runs, ``retention`` removes less: Flink itself looks after the checkpoints of the current run.
"""

import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sluice.flink_contract import CHECKPOINTS_FOLDER, SAVEPOINTS_FOLDER, checkpoint_id
from sluice.runtime.files import sync_directory
from sluice.runtime.flink.points import METADATA, Point, find_points, read_runs
from sluice.runtime.flink.retention import forget, forget_runs
from sluice.runtime.lock import StorageLock
from sluice.runtime.log import log, time_text
from sluice.runtime.retention import Retention

_JOB: Final = "[0-9a-f]" * 32
_POINTS: Final = (f"{CHECKPOINTS_FOLDER}/*/{_JOB}/chk-*", f"{SAVEPOINTS_FOLDER}/*/savepoint-*")
_SHARED: Final = frozenset({"shared", "taskowned"})
"""Beside its ``chk-N``, what the checkpoints of one job have in common."""
_NAMED: Final = re.compile(
    rb"checkpoints/[0-9]+/[0-9a-f]{32}/(?:chk-[0-9]+|shared|taskowned)(?=/)"
    rb"|savepoints/[0-9]+/savepoint-[0-9a-f]+-[0-9a-f]+(?=/)"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A complete checkpoint or savepoint, as people are told of it."""

    point: Point
    created_at: str
    size: int | None
    """Bytes of its folder; ``None`` where parts of it lie elsewhere."""
    named: frozenset[Path]
    """Folders with files that its metadata names by their path."""

    @property
    def uuid(self) -> str:
        """The name that people see."""
        return self.point.id


def find_stored(storage: Path) -> list[Stored]:
    """Everything that a run can resume from, the newest last."""
    return [_look_into(storage, point) for point in find_points(storage)]


def _look_into(storage: Path, point: Point) -> Stored:
    metadata = point.path / METADATA
    named = {storage / os.fsdecode(found[0]) for found in _NAMED.finditer(metadata.read_bytes())}
    # The status keeps whole seconds: what it finds too old must not be too young here.
    made = datetime.fromtimestamp(int(metadata.stat().st_mtime), UTC)
    is_whole = named <= {point.path}
    size = sum(file.stat().st_size for file in point.path.rglob("*") if file.is_file()) if is_whole else None
    return Stored(point, time_text(made), size, frozenset(named))


def retain_stored(storage: Path, lock: StorageLock, retention: Retention, now: float) -> list[Stored]:
    """Remove what is too many or too old, checkpoints and savepoints counted together; return what is left.

    It ends with a look at everything that is there, so that it also removes what one before it that was
    killed had begun to remove.
    """
    stored = find_stored(storage)
    # Read first: a damaged one is for a person to look at, with all that belongs to it.
    runs = read_runs(storage)
    surplus = retention.surplus(stored, now)
    for each in surplus:
        lock.require_held()
        forget(each.point.path)
        # Not even a power cut may bring back the metadata of one whose files are gone.
        sync_directory(each.point.path)
        log("checkpoint_removed", checkpoint=each.uuid)
    gone = {each.point.path for each in surplus}
    kept = [each for each in stored if each.point.path not in gone]
    lock.require_held()
    _sweep(storage, lock.run_number, {folder for each in kept for folder in each.named})
    forget_runs(storage, runs, [each.point for each in kept])
    return kept


def _sweep(storage: Path, run_number: int, needed: Collection[Path]) -> None:
    """Remove what is no checkpoint any more, or never became one: nothing is being made while nothing runs.

    Flink writes what belongs to one checkpoint into its own folder. That no metadata names it is asked all
    the same: it costs little, and a file too many does no harm.
    """
    for folder in _folders(storage, _POINTS, run_number):
        if _is_point(folder) and METADATA not in _names(folder) and folder not in needed:
            shutil.rmtree(folder)
    for job in _folders(storage, (f"{CHECKPOINTS_FOLDER}/*/{_JOB}",), run_number):
        if _names(job) <= _SHARED and not any(folder.parent == job for folder in needed):
            shutil.rmtree(job)
    for run in _folders(storage, (f"{CHECKPOINTS_FOLDER}/*", f"{SAVEPOINTS_FOLDER}/*"), run_number):
        if not _names(run):
            run.rmdir()


def _folders(storage: Path, patterns: Sequence[str], run_number: int) -> Iterator[Path]:
    """Folders of runs up to this one: a later run, that replaced this one unseen, may be writing by now."""
    for path in sorted(path for pattern in patterns for path in storage.glob(pattern)):
        run = path.relative_to(storage).parts[1]
        if re.fullmatch("[0-9]+", run) and int(run) <= run_number and path.is_dir() and not path.is_symlink():
            yield path


def _names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def _is_point(folder: Path) -> bool:
    try:
        checkpoint_id(str(folder))
    except ValueError:
        return False
    return True

"""What goes while a job runs: checkpoints of earlier runs, and savepoints. Those of its run Flink removes.

A retained checkpoint may share files with others of its run, never with those of another run (a run never
claims what it was started from). So an earlier run's checkpoints go together, and a savepoint goes alone.
"""

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from sluice.flink_contract import CHECKPOINTS_FOLDER
from sluice.runtime.flink.points import METADATA, Point, Run, find_points, read_runs, run_file
from sluice.runtime.log import log


def retain(storage: Path, run_number: int, count: int, max_age: int | None) -> None:
    """Keep the newest ``count`` savepoints and as many checkpoints, none older than ``max_age`` seconds.

    The two are counted apart: periodic checkpoints would push out a savepoint within seconds of its making.
    The newest of all is always kept, and nothing goes before the current run has a point of its own: until
    then the one that it was started from is what a restart needs.
    """
    points = find_points(storage)
    if not points or points[-1].run_number != run_number:
        return
    savepoints = [point for point in points if point.is_savepoint]
    checkpoints = [point for point in points if not point.is_savepoint]
    newest = [*savepoints[-count:], *checkpoints[-count:]]
    kept = [point for point in newest if point == points[-1] or _is_young(point, max_age)]
    for savepoint in savepoints:
        if savepoint not in kept:
            _remove(savepoint.path)
    with_checkpoints = {point.run_number for point in kept if not point.is_savepoint}
    for folder in (storage / CHECKPOINTS_FOLDER).glob("[0-9]*"):
        if int(folder.name) < run_number and int(folder.name) not in with_checkpoints:
            _remove(folder)
    forget_runs(storage, read_runs(storage), kept)


def _is_young(point: Point, max_age: int | None) -> bool:
    return max_age is None or time.time() - (point.path / METADATA).stat().st_mtime <= max_age


def forget(path: Path) -> None:
    """Begin to remove: without its metadata it is no checkpoint any more, however far the removal gets."""
    for metadata in list(path.rglob(METADATA)):
        metadata.unlink(missing_ok=True)


def forget_runs(storage: Path, runs: Sequence[Run], kept: Sequence[Point]) -> None:
    """Forget the runs before everything kept, and never the last: it may say that there is nothing to run."""
    oldest = min((point.run_number for point in kept), default=math.inf)
    for run in runs[:-1]:
        if run.run_number < oldest:
            run_file(storage, run.run_number).unlink()


def _remove(path: Path) -> None:
    forget(path)
    shutil.rmtree(path, ignore_errors=True)
    log("checkpoint_removed", path=str(path))

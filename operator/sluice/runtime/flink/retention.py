"""Which checkpoints of earlier runs go. Those of the current run are Flink's to remove, savepoints are ours.

A retained checkpoint may share files with others of its run, never with those of another run (a run never
claims what it was started from). So an earlier run's checkpoints go together, and a savepoint goes alone.
"""

import shutil
import time
from pathlib import Path

from sluice.flink_answers import CHECKPOINTS_FOLDER, SAVEPOINTS_FOLDER
from sluice.runtime.flink.points import METADATA, Point, find_points, read_runs, run_file
from sluice.runtime.log import log


def retain(storage: Path, run_number: int, count: int, max_age: int | None) -> None:
    """Keep the newest ``count`` points that are not older than ``max_age`` seconds, and always the newest.

    Nothing is removed before the current run has a point of its own: until then the one that it was started
    from is what a restart needs.
    """
    points = find_points(storage)
    if not points or points[-1].run_number != run_number:
        return
    kept = [*(point for point in points[-count:-1] if _is_young(point, max_age)), points[-1]]
    for point in points:
        if point.is_savepoint and point not in kept:
            _remove(point.path)
    needed = {point.run_number for point in kept} | {run_number}
    for folder in (CHECKPOINTS_FOLDER, SAVEPOINTS_FOLDER):
        for run in (storage / folder).glob("[0-9]*"):
            if int(run.name) not in needed and int(run.name) < run_number:
                _remove(run)
    for remembered in read_runs(storage):
        if remembered.run_number < min(needed):
            run_file(storage, remembered.run_number).unlink()


def _is_young(point: Point, max_age: int | None) -> bool:
    return max_age is None or time.time() - (point.path / METADATA).stat().st_mtime <= max_age


def _remove(path: Path) -> None:
    # Without its metadata it is none any more, however far the removal gets.
    for metadata in (path / METADATA, *path.glob(f"*/{METADATA}"), *path.glob(f"*/*/{METADATA}")):
        metadata.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    log("checkpoint_removed", path=str(path))

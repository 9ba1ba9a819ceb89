"""What a run can resume from: the checkpoints and savepoints on the volume, and the choice among them."""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sluice.flink_contract import CHECKPOINTS_FOLDER, SAVEPOINTS_FOLDER, checkpoint_id
from sluice.runtime.errors import StartupError, StorageError
from sluice.runtime.files import replace_durably
from sluice.runtime.log import log
from sluice.runtime.storage import START_FRESH, START_LATEST

METADATA: Final = "_metadata"
"""Flink writes this file last: with it a checkpoint is complete."""
_RUNS_FOLDER: Final = "runs"
_HEADER: Final = struct.Struct(">iiq")
_MAGIC: Final = 0x4960672D


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A complete checkpoint or savepoint; the order is that of age.

    Numbers rise within a run and go on where the resumed one stopped, but after a start from an older point
    or from nothing they begin again: hence the run comes first.
    """

    run_number: int
    number: int
    path: Path = field(compare=False)

    @property
    def id(self) -> str:
        """The name that people see."""
        return checkpoint_id(str(self.path))

    @property
    def is_savepoint(self) -> bool:
        """Made on request, and complete in its own folder."""
        return self.path.parents[1].name == SAVEPOINTS_FOLDER


@dataclass(frozen=True, slots=True)
class Run:
    """What is remembered of a run in ``runs/NUMBER.json``."""

    run_number: int
    deployment_id: str
    resume_point: str | None
    reason: str
    has_finished: bool = False
    """The job reached the end of its input: Flink then deletes its checkpoints, and nothing is left to do."""


def find_points(storage: Path) -> list[Point]:
    """Every complete checkpoint and savepoint, the oldest first."""
    patterns = (f"{CHECKPOINTS_FOLDER}/*/*/chk-*/{METADATA}", f"{SAVEPOINTS_FOLDER}/*/savepoint-*/{METADATA}")
    points = [_read_point(storage, file) for pattern in patterns for file in storage.glob(pattern)]
    return sorted(point for point in points if point is not None)


def _read_point(storage: Path, metadata: Path) -> Point | None:
    path = metadata.parent
    try:
        checkpoint_id(str(path))
        with metadata.open("rb") as file:
            magic, _version, number = _HEADER.unpack(file.read(_HEADER.size))
    except FileNotFoundError:
        return None  # Flink removed it a moment ago
    except (OSError, ValueError, struct.error) as error:
        log("checkpoint_skipped", path=str(path), reason=str(error))
        return None
    if magic != _MAGIC:
        log("checkpoint_skipped", path=str(path), reason="its metadata is none of Flink's")
        return None
    return Point(int(path.relative_to(storage).parts[1]), number, path)


def read_runs(storage: Path) -> list[Run]:
    """The runs that the volume remembers, the oldest first. Raises ``StorageError`` for a damaged record."""
    runs: list[Run] = []
    for file in (storage / _RUNS_FOLDER).glob("[0-9]*.json"):
        try:
            content: Any = json.loads(file.read_bytes())
            runs.append(Run(**content))
        except (ValueError, TypeError) as error:
            raise StorageError(f"{file} is damaged: {error}") from error
    return sorted(runs, key=lambda run: run.run_number)


def write_run(storage: Path, run: Run) -> None:
    """Remember a run."""
    folder = storage / _RUNS_FOLDER
    folder.mkdir(exist_ok=True)
    replace_durably(run_file(storage, run.run_number), json.dumps(asdict(run)).encode())


def run_file(storage: Path, run_number: int) -> Path:
    """Where a run is remembered."""
    return storage / _RUNS_FOLDER / f"{run_number}.json"


def finish_run(storage: Path, run: Run) -> None:
    """Remember that the job of a run came to its end."""
    write_run(storage, replace(run, has_finished=True))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a run begins with, and why."""

    point: Point | None
    reason: str
    is_finished: bool = False
    """There is nothing left to run."""
    elsewhere: str | None = None
    """URI of a savepoint that is not the volume's own."""

    @property
    def uri(self) -> str | None:
        """What Flink is told to restore."""
        return self.point.path.as_uri() if self.point else self.elsewhere

    @property
    def name(self) -> str | None:
        """How people know it."""
        return self.point.id if self.point else self.elsewhere


def choose(
    points: Sequence[Point],
    runs: Sequence[Run],
    deployment_id: str,
    start_from: str,
    initial: str | None = None,
) -> Choice:
    """What to resume from; raises ``StartupError`` when the one that was asked for is not there.

    ``start_from`` counts only until this deployment has a checkpoint of its own. Otherwise every automatic
    restart of a fresh start would begin again from nothing. ``initial`` is the URI of a savepoint from
    elsewhere, for a volume that holds none.
    """
    last = runs[-1] if runs else None
    is_own = last is not None and last.deployment_id == deployment_id
    if last is not None and last.has_finished and (is_own or start_from == START_LATEST):
        return Choice(None, f"run {last.run_number} reached the end of its input", is_finished=True)
    newest = points[-1] if points else None
    own_runs = {run.run_number for run in runs if run.deployment_id == deployment_id}
    if newest is not None and newest.run_number in own_runs:
        return Choice(newest, f"automatic restart: {_describe(newest, points)}")
    if start_from == START_FRESH:
        return Choice(None, "a fresh start was asked for")
    if start_from == START_LATEST and newest is None and initial is not None:
        return Choice(None, "the volume holds no checkpoint, and this savepoint was named", elsewhere=initial)
    if start_from == START_LATEST:
        return Choice(newest, _describe(newest, points) if newest else "the volume holds no checkpoint")
    chosen = next((point for point in points if point.id == start_from), None)
    if chosen is None:
        raise StartupError(
            "CheckpointNotFound", f"The storage has no usable checkpoint with the id {start_from}."
        )
    return Choice(chosen, "it was asked for by its id")


def _describe(newest: Point, points: Sequence[Point]) -> str:
    """Which of the last savepoint and the last retained checkpoint is newer, as a person wants to know it."""
    kind, other = ("savepoint", "checkpoint") if newest.is_savepoint else ("checkpoint", "savepoint")
    rest = [point for point in points if point.is_savepoint != newest.is_savepoint]
    compared = f"newer than the last {other}, {rest[-1].id}" if rest else f"there is no {other}"
    return f"the last {kind} is the newest; {compared}"

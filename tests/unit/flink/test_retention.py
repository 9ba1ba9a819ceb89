"""What is removed of earlier runs, and what never is."""

import os
from pathlib import Path

from sluice.runtime.flink.points import Run, find_points, read_runs, write_run
from sluice.runtime.flink.retention import retain

from .volume import add_checkpoint, add_savepoint


def names(storage: Path) -> list[str]:
    return [point.id for point in find_points(storage)]


def test_nothing_goes_before_the_current_run_has_a_checkpoint(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        add_savepoint(tmp_path, number, number)
    retain(tmp_path, 4, count=1, max_age=None)

    assert len(names(tmp_path)) == 3


def test_checkpoints_of_an_earlier_run_go_together_and_savepoints_one_by_one(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        add_savepoint(tmp_path, 1, 10 * number)
    for number in (31, 32):
        add_checkpoint(tmp_path, 1, number)
    add_checkpoint(tmp_path, 2, 33)
    add_checkpoint(tmp_path, 3, 34)
    for number in (1, 2, 3):
        write_run(tmp_path, Run(number, "d", None, ""))
    retain(tmp_path, 3, count=2, max_age=None)

    kept = ["1-savepoint-012345-000000000014", "1-savepoint-012345-00000000001e", "2-chk-33", "3-chk-34"]
    assert names(tmp_path) == kept
    assert not (tmp_path / "checkpoints" / "1").exists(), "with what its checkpoints shared"
    assert [run.run_number for run in read_runs(tmp_path)] == [1, 2, 3], "a savepoint of the first is left"


def test_checkpoints_do_not_push_out_savepoints(tmp_path: Path) -> None:
    add_savepoint(tmp_path, 1, 1)
    for number in range(2, 9):
        add_checkpoint(tmp_path, 1, number)
    retain(tmp_path, 1, count=1, max_age=None)

    assert len(names(tmp_path)) == 8, "those of the current run are Flink's to remove"


def test_a_run_of_which_nothing_is_left_is_forgotten(tmp_path: Path) -> None:
    add_checkpoint(tmp_path, 1, 1)
    add_checkpoint(tmp_path, 2, 2)
    for number in (1, 2):
        write_run(tmp_path, Run(number, "d", None, ""))
    retain(tmp_path, 2, count=1, max_age=None)

    assert [run.run_number for run in read_runs(tmp_path)] == [2]


def test_what_is_too_old_goes_but_never_the_newest(tmp_path: Path) -> None:
    old = [add_savepoint(tmp_path, 1, 1), add_savepoint(tmp_path, 1, 2)]
    for folder in old:
        os.utime(folder / "_metadata", (0, 0))
    retain(tmp_path, 1, count=3, max_age=60)

    assert names(tmp_path) == ["1-savepoint-012345-000000000002"]

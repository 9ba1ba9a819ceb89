"""What a run begins with, and that it says why."""

from pathlib import Path

import pytest

from sluice.runtime.errors import StartupError, StorageError
from sluice.runtime.flink.points import Choice, Run, choose, find_points, finish_run, read_runs, write_run

from .volume import add_checkpoint, add_savepoint


def run(number: int, deployment: str = "d", *, has_finished: bool = False) -> Run:
    return Run(number, deployment, None, "", has_finished)


def chosen(choice: Choice) -> str | None:
    return choice.point.id if choice.point else None


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Run 1: checkpoints 8 and 9, a savepoint 10. Run 2 began with something older: checkpoint 4."""
    for number in (8, 9):
        add_checkpoint(tmp_path, 1, number)
    add_savepoint(tmp_path, 1, 10)
    add_checkpoint(tmp_path, 2, 4)
    return tmp_path


def test_a_later_run_is_newer_whatever_its_numbers_are(storage: Path) -> None:
    names = [point.id for point in find_points(storage)]

    assert names == ["1-chk-8", "1-chk-9", "1-savepoint-012345-00000000000a", "2-chk-4"]


def test_what_is_not_whole_or_not_flink_s_is_left_out(storage: Path) -> None:
    (add_checkpoint(storage, 3, 1) / "_metadata").unlink()
    (add_checkpoint(storage, 3, 2) / "_metadata").write_bytes(b"short")
    (add_checkpoint(storage, 3, 3) / "_metadata").write_bytes(b"sixteen bytes or more")
    (storage / "checkpoints" / "3" / "not-a-job" / "chk-9").mkdir(parents=True)
    (storage / "checkpoints" / "3" / "not-a-job" / "chk-9" / "_metadata").write_bytes(b"x" * 16)

    assert find_points(storage)[-1].id == "2-chk-4"


def test_the_newest_is_taken_and_compared_with_the_other_kind(storage: Path) -> None:
    choice = choose(find_points(storage), [run(1), run(2)], "next", "latest")

    assert chosen(choice) == "2-chk-4"
    assert choice.reason == (
        "the last checkpoint is the newest; newer than the last savepoint, 1-savepoint-012345-00000000000a"
    )


def test_a_savepoint_that_is_newer_than_every_checkpoint_is_taken(tmp_path: Path) -> None:
    add_checkpoint(tmp_path, 1, 9)
    add_savepoint(tmp_path, 1, 10)
    choice = choose(find_points(tmp_path), [run(1)], "next", "latest")

    assert chosen(choice) == "1-savepoint-012345-00000000000a"
    assert choice.reason == "the last savepoint is the newest; newer than the last checkpoint, 1-chk-9"


def test_an_empty_volume_begins_from_nothing() -> None:
    assert choose([], [], "next", "latest") == Choice(None, "the volume holds no checkpoint")


def test_fresh_begins_from_nothing_and_an_id_with_that_one(storage: Path) -> None:
    points, runs = find_points(storage), [run(1), run(2)]

    assert choose(points, runs, "next", "fresh") == Choice(None, "a fresh start was asked for")
    assert chosen(choose(points, runs, "next", "1-chk-8")) == "1-chk-8"


@pytest.mark.parametrize("start_from", ["fresh", "1-chk-8", "9-chk-9"])
def test_an_automatic_restart_goes_on_from_its_own_checkpoint(storage: Path, start_from: str) -> None:
    choice = choose(find_points(storage), [run(1, "old"), run(2, "own")], "own", start_from)

    assert chosen(choice) == "2-chk-4"
    assert choice.reason.startswith("automatic restart: ")


def test_an_automatic_restart_without_a_checkpoint_begins_as_it_was_asked_to(storage: Path) -> None:
    runs = [run(1, "old"), run(2, "old"), run(3, "own")]

    assert choose(find_points(storage), runs, "own", "fresh").point is None
    assert chosen(choose(find_points(storage), runs, "own", "1-chk-8")) == "1-chk-8"


def test_an_id_that_is_not_there_is_no_fresh_start(storage: Path) -> None:
    with pytest.raises(StartupError, match="9-chk-9"):
        choose(find_points(storage), [run(1)], "next", "9-chk-9")


@pytest.mark.parametrize(
    ("deployment", "start_from", "is_finished"),
    [("own", "latest", True), ("own", "fresh", True), ("next", "latest", True), ("next", "fresh", False)],
)
def test_a_finished_job_is_run_again_only_by_a_new_fresh_start(
    storage: Path, deployment: str, start_from: str, is_finished: bool
) -> None:
    # Its last checkpoints are gone, and what is older would have its output written twice.
    runs = [run(1, "old"), run(2, "own", has_finished=True)]

    assert choose(find_points(storage), runs, deployment, start_from).is_finished is is_finished


def test_runs_are_remembered_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9):
        write_run(tmp_path, run(number))
    finish_run(tmp_path, run(10))

    assert read_runs(tmp_path) == [run(9), run(10, has_finished=True)]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"run_number": 1}', b'{"surprise": 1}'], ids=repr)
def test_a_damaged_memory_is_told_and_not_guessed(tmp_path: Path, content: bytes) -> None:
    write_run(tmp_path, run(1))
    (tmp_path / "runs" / "1.json").write_bytes(content)

    with pytest.raises(StorageError, match=r"1\.json is damaged"):
        read_runs(tmp_path)

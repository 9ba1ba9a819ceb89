"""Maintenance of the volume of a stopped application: what is told, and whose volumes it works on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.volumes import FOREIGN, REPOSITORY, Volume

from sluice import contract
from sluice.api.foreign import read_checkpoint
from sluice.runtime.flink import maintenance
from sluice.runtime.lock import read_fence

from .volume import SAVEPOINT, add_checkpoint, add_savepoint, fence, job_folder


def test_list_tells_checkpoints_and_savepoints_the_newest_last(volume: Volume) -> None:
    add_savepoint(volume.directory, 1, 30)
    made = add_checkpoint(volume.directory, 2, 9)
    add_checkpoint(volume.directory, 1, 31)
    os.utime(made / "_metadata", (1767225600.9, 1767225600.9))
    before = volume.files()

    assert volume.run("list", **{contract.ENV_CHECKPOINT_RETAIN: "1"}) == 0

    assert volume.left() == [f"1-{SAVEPOINT}00000000001e", "1-chk-31", "2-chk-9"]
    assert volume.said()["error"] is None
    size = sum(file.stat().st_size for file in made.iterdir())
    last = volume.said()["checkpoints"][-1]
    assert last == {"uuid": "2-chk-9", "created_at": "2026-01-01T00:00:00.000Z", "size": size}
    assert {**volume.files(), "run.json": b""} == {**before, "run.json": b""}, "list changes nothing"


def test_the_operator_understands_what_is_told(volume: Volume) -> None:
    made = add_savepoint(volume.directory, 1, 30)
    os.utime(made / "_metadata", (1767225600, 1767225600))
    assert volume.run("list") == 0
    (told,) = volume.said()["checkpoints"]
    read = read_checkpoint(told)
    assert read is not None
    assert (read.uuid, read.steps) == (f"1-{SAVEPOINT}00000000001e", None)
    assert read.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_of_a_checkpoint_that_shares_files_no_size_is_told(volume: Volume) -> None:
    shared = job_folder(volume.directory, 1) / "shared" / "file"
    add_checkpoint(volume.directory, 1, 1, shared)
    assert volume.run("list") == 0
    assert "size" not in volume.said()["checkpoints"][0]


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_empty_volume_has_no_checkpoints(tmp_path: Path, task: str) -> None:
    volume = Volume(tmp_path, maintenance.main)
    (volume.directory / "lost+found").mkdir()
    assert volume.run(task) == 0
    assert volume.said() == {"checkpoints": [], "error": None}
    assert volume.run("list") == 0, "and is one of ours from then on"
    assert volume.said() == {"checkpoints": [], "error": None}


def sdk_status(directory: Path) -> None:
    fence(directory)
    (directory / "status.json").write_text("{}")


def sdk_checkpoint(directory: Path) -> None:
    fence(directory)
    folder = directory / "checkpoints" / "0199e000-0000-7000-8000-000000000001"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text("{}")


def flink_without_a_fence(directory: Path) -> None:
    add_checkpoint(directory, 1, 1)


OTHERS = (*FOREIGN, sdk_status, sdk_checkpoint, flink_without_a_fence)


@pytest.mark.parametrize("task", ["list", "retain"])
@pytest.mark.parametrize("fill", OTHERS)
def test_a_volume_of_another_layout_is_reported_and_not_touched(
    tmp_path: Path, task: str, fill: Callable[[Path], None]
) -> None:
    volume = Volume(tmp_path, maintenance.main)
    fill(volume.directory)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FAILED
    assert volume.said()["checkpoints"] == []
    assert volume.said()["error"]["error_code"] == "UnknownStorageLayout"
    assert "those of a Flink application" in volume.said()["error"]["message"]
    assert volume.files() == before


@pytest.mark.parametrize("fill", OTHERS)
def test_clear_works_on_any_layout(tmp_path: Path, fill: Callable[[Path], None]) -> None:
    volume = Volume(tmp_path, maintenance.main)
    (volume.directory / "lost+found").mkdir()
    fill(volume.directory)
    assert volume.run("clear") == 0
    assert set(volume.files()) == {"lock", "run.json", "lost+found"}
    assert read_fence(volume.directory).run_number == 5


@pytest.mark.parametrize("task", ["list", "retain", "clear"])
def test_an_earlier_run_is_refused_and_touches_nothing(volume: Volume, task: str) -> None:
    for number in range(5):
        add_checkpoint(volume.directory, 1, number)
    fence(volume.directory, 6)
    before = volume.files()
    assert volume.run(task) == contract.EXIT_FENCED
    assert volume.said()["error"]["error_code"] == "Fenced"
    assert volume.files() == before


def test_the_command_of_the_contract_tells_what_is_left(volume: Volume) -> None:
    for number in (1, 2):
        add_checkpoint(volume.directory, 1, number)
    environment = {**os.environ, **volume.environment, "PYTHONPATH": str(REPOSITORY / "operator")}
    environment[contract.ENV_CHECKPOINT_RETAIN] = "1"
    command = [sys.executable, "-m", contract.FLINK_MAINTENANCE_MODULE, contract.TASK_RETAIN]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert [json.loads(line)["event"] for line in output.splitlines()] == [
        "checkpoint_removed",
        "maintenance",
    ]
    assert volume.left() == ["1-chk-2"]


def test_a_wrong_task_is_told_how_to_do_it_right(volume: Volume) -> None:
    assert volume.run("erase") == contract.EXIT_BAD_CONFIGURATION
    assert volume.said()["error"]["message"].startswith("usage: python -m sluice.runtime.flink.maintenance")

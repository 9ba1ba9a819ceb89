"""Checkpoints on disk: what counts as one, what never does, and what is removed when."""

import json
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.runtime.checkpoint import Checkpoint, CheckpointStore, new_uuid
from sluice.runtime.errors import FencedError, StorageError
from sluice.runtime.retention import Retention

from .harness import FIRST_ID


def nobody_else() -> None:
    """The lock of a storage that only this test knows."""


def opened(directory: Path) -> CheckpointStore:
    store = CheckpointStore(directory, nobody_else)
    store.load()
    return store


def write(store: CheckpointStore, content: bytes, run_number: int = 1) -> Checkpoint:
    return store.write(
        content,
        run_number=run_number,
        deployment_id=FIRST_ID,
        reason="request",
        created_at="2026-01-01T00:00:00.000Z",
        steps=1,
        processed_records=len(content),
        fingerprint=7,
    )


def test_the_newest_checkpoint_survives_with_its_content(tmp_path: Path) -> None:
    first = opened(tmp_path)
    write(first, b"old")
    written = write(first, b"new")

    store = opened(tmp_path)

    assert store.newest == written
    assert store.read(written) == b"new"
    assert [each.sequence for each in store.good] == [1, 2]


def truncate_state(checkpoint: Path) -> None:
    os.truncate(checkpoint / "state", 2)


def flip_a_bit(checkpoint: Path) -> None:
    content = bytearray((checkpoint / "state").read_bytes())
    content[0] ^= 1
    (checkpoint / "state").write_bytes(content)


def lose_state(checkpoint: Path) -> None:
    (checkpoint / "state").unlink()


def lose_metadata(checkpoint: Path) -> None:
    (checkpoint / "metadata.json").unlink()


def cut_metadata(checkpoint: Path) -> None:
    os.truncate(checkpoint / "metadata.json", 40)


def empty_metadata(checkpoint: Path) -> None:
    os.truncate(checkpoint / "metadata.json", 0)


def damage_a_field(checkpoint: Path) -> None:
    path = checkpoint / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sequence": "2"}))


def make_metadata_a_list(checkpoint: Path) -> None:
    (checkpoint / "metadata.json").write_text("[]")


def use_an_unknown_format(checkpoint: Path) -> None:
    path = checkpoint / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))


def take_the_place_of_a_file(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint)
    checkpoint.write_text("not a directory")


DAMAGES = (
    truncate_state,
    flip_a_bit,
    lose_state,
    lose_metadata,
    cut_metadata,
    empty_metadata,
    damage_a_field,
    make_metadata_a_list,
    use_an_unknown_format,
    take_the_place_of_a_file,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_skipped_reported_and_left_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    store = opened(tmp_path)
    good = write(store, b"good state")
    bad = write(store, b"bad state")
    damage(tmp_path / bad.uuid)

    after = opened(tmp_path)

    assert after.newest == good
    assert after.good == (good,)
    assert bad.uuid in capsys.readouterr().out
    assert (tmp_path / bad.uuid).exists()


def test_a_copy_under_another_name_is_no_checkpoint(tmp_path: Path) -> None:
    store = opened(tmp_path)
    original = write(store, b"state")
    shutil.copytree(tmp_path / original.uuid, tmp_path / str(uuid.uuid4()))

    assert opened(tmp_path).good == (original,)


def test_what_a_killed_process_left_half_done_is_cleared_away(tmp_path: Path) -> None:
    kept = write(opened(tmp_path), b"state")
    (tmp_path / ".writing-x").mkdir()
    (tmp_path / ".writing-x" / "state").write_bytes(b"half")
    (tmp_path / ".removed-y").mkdir()

    assert opened(tmp_path).good == (kept,)
    assert [each.name for each in tmp_path.iterdir()] == [kept.uuid]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_retention_keeps_the_newest(tmp_path: Path, count: int) -> None:
    store = opened(tmp_path)
    written = [write(store, b"%d" % number) for number in range(5)]

    store.retain(Retention(count), 0.0)

    assert list(opened(tmp_path).good) == written[-count:]


@pytest.mark.parametrize("count", [0, -1])
def test_no_count_removes_the_resume_point(tmp_path: Path, count: int) -> None:
    store = opened(tmp_path)
    newest = [write(store, b"%d" % number) for number in range(3)][-1]

    store.retain(Retention(count), 0.0)

    assert opened(tmp_path).good == (newest,)


def test_a_damaged_checkpoint_does_not_count_as_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    good = [write(store, b"good %d" % number) for number in range(2)]
    bad = write(store, b"bad")
    truncate_state(tmp_path / bad.uuid)

    after = opened(tmp_path)
    after.retain(Retention(2), 0.0)

    assert opened(tmp_path).good == tuple(good)
    assert (tmp_path / bad.uuid).exists()


@pytest.mark.parametrize("function", ["fsync", "mkdir", "rename"])
def test_a_failing_disk_leaves_the_last_checkpoint_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    store = opened(tmp_path)
    kept = write(store, b"kept")

    def fail(*arguments: object, **keywords: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, function, fail)
        with pytest.raises(OSError, match="No space left"):
            write(store, b"lost")

    assert store.good == (kept,)
    assert [each.name for each in tmp_path.iterdir()] == [kept.uuid]
    assert write(store, b"next").sequence == kept.sequence + 1


def test_a_fenced_process_makes_nothing_visible(tmp_path: Path) -> None:
    kept = write(opened(tmp_path), b"kept")

    def fenced() -> None:
        raise FencedError("replaced")

    store = CheckpointStore(tmp_path, fenced)
    store.load()
    with pytest.raises(FencedError):
        write(store, b"late")
    with pytest.raises(FencedError):
        write(store, b"later")

    assert opened(tmp_path).good == (kept,)


def test_a_late_write_of_an_old_run_never_outranks_its_successor(tmp_path: Path) -> None:
    old, new = opened(tmp_path), opened(tmp_path)
    successor = write(new, b"new run", run_number=2)
    for number in range(3):
        write(old, b"old run %d" % number, run_number=1)

    assert opened(tmp_path).newest == successor


def test_a_state_that_changes_after_it_was_verified_is_not_restored(tmp_path: Path) -> None:
    store = opened(tmp_path)
    checkpoint = write(store, b"state")
    flip_a_bit(tmp_path / checkpoint.uuid)

    with pytest.raises(StorageError, match="recorded hash"):
        store.read(checkpoint)


def test_ids_are_uuids_of_version_7_that_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(1_700_000_000_000_000_000, 1_700_000_001_000_000_000, 1_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    made = [new_uuid() for _ in range(200)]

    assert made == sorted(set(made))
    assert all(uuid.UUID(each).version == 7 and str(uuid.UUID(each)) == each for each in made)

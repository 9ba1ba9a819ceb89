"""Copies and Standby over a real S3 server: that its answers are the ones that the runtime reckons with."""

import time
from pathlib import Path

import pytest
from runtime.harness import FIRST_ID, wait_for
from runtime.sites import Site, checkpointed, copied, followed, verified
from support.s3 import S3Server

from sluice import contract
from sluice.runtime.errors import StorageError
from sluice.runtime.object_store import ObjectStore, StoreError, open_store

from .conftest import BUCKET

PROMPT_SECONDS = 2.0


@pytest.fixture
def store(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{BUCKET}/folder", {"endpoint": server.endpoint})


def test_objects_are_written_listed_read_and_removed(store: ObjectStore) -> None:
    assert store.names("states") == [], "a folder that is not there is empty"
    store.write("states/a", b"first")
    store.write("states/a", b"second")
    store.write("states/b", b"")
    store.write("other/c", b"x" * 3_000_000)
    assert sorted(store.names("states")) == ["a", "b"]
    assert store.read("states/a") == b"second"
    assert store.read("states/b") == b""
    assert store.read("other/c") == b"x" * 3_000_000
    store.remove("states/a")
    store.remove("states/a")
    assert store.names("states") == ["b"]


def test_more_objects_than_one_page_of_a_listing_are_all_there(store: ObjectStore, tmp_path: Path) -> None:
    """S3 lists a thousand at a time; a listing cut there could miss the newest one."""
    wanted = {f"{number}" for number in range(1005)}
    folder = tmp_path / "buckets" / BUCKET / "folder" / "states"
    folder.mkdir(parents=True)
    for name in wanted:
        (folder / name).touch()
    assert set(store.names("states")) == wanted


def test_a_missing_object_is_told_from_a_store_that_is_away(store: ObjectStore, server: S3Server) -> None:
    store.write("states/a", b"state")
    with pytest.raises(StorageError, match="missing"):
        store.read("states/b")
    server.stop()
    with pytest.raises(StoreError):
        store.read("states/a")
    with pytest.raises(StoreError):
        store.names("states")
    with pytest.raises(StoreError):
        store.write("states/a", b"state")


def test_a_wrong_secret_is_an_error_and_no_empty_folder(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**server.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}.items():
        monkeypatch.setenv(name, value)
    store = open_store(f"s3://{BUCKET}/folder", {"endpoint": server.endpoint})
    with pytest.raises(StoreError):
        store.names("checkpoints")


def test_a_standby_follows_over_s3_and_takes_over(sites: tuple[Site, Site]) -> None:
    primary, second = sites
    first, made = checkpointed(primary)
    standby = second.standby()
    followed(standby, made["uuid"])
    newest = first.checkpoint()
    copied(first, newest["uuid"])

    standby.post("/activate")

    standby.wait_status("Running")
    assert standby.events("resumed")[0]["uuid"] == newest["uuid"]
    assert verified(standby) >= newest["processed_records"]
    first.post("/checkpoint")
    assert first.wait_exit() == contract.EXIT_FENCED
    own = standby.checkpoint()
    copied(standby, own["uuid"])
    assert standby.get("/checkpoints/remote").body[-1]["uuid"] == own["uuid"]


def test_a_server_that_went_away_in_a_suspend_is_waited_for(
    sites: tuple[Site, Site], server: S3Server
) -> None:
    first, _ = checkpointed(sites[0])
    server.stop()
    first.post("/suspend")
    wait_for(lambda: first.events("copy_failed"), bool, "failed copy")
    delayed = first.get("/stats").body["checkpoint_activity"]
    assert delayed["status"] == "delayed"
    assert first.get("/status").body["runtime_desired_status"] == "Suspended"

    server.start()

    first.wait_status("Suspended")
    remote = first.get("/checkpoints/remote").body
    assert remote[-1]["uuid"] == first.checkpoint_ids()[-1] == first.last_words()["checkpoint"]


def test_a_frozen_server_delays_neither_job_nor_answers(sites: tuple[Site, Site], server: S3Server) -> None:
    first, _ = checkpointed(sites[0])
    server.freeze()
    made = first.checkpoint()
    started = time.monotonic()
    for path in ("/status", "/stats", "/checkpoints", "/checkpoint/sync_status"):
        assert first.get(path).status == 200
    assert time.monotonic() - started < PROMPT_SECONDS
    first.wait_processed(first.processed() + 100)

    server.thaw()

    copied(first, made["uuid"])


def test_retention_holds_in_the_bucket(sites: tuple[Site, Site]) -> None:
    first = sites[0].start(FIRST_ID, "--checkpoint-retain", "2")
    first.wait_status("Running")
    made = [first.checkpoint()["uuid"] for _ in range(4)]
    copied(first, made[-1])
    wait_for(
        lambda: [each["uuid"] for each in first.get("/checkpoints/remote").body],
        lambda seen: seen == made[-2:],
        "retention in the bucket",
    )

"""Copies in an object store and who may write them, against fsspec's own memory."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.errors import FencedError, StorageError
from sluice.runtime.facts import Copies
from sluice.runtime.following import Follower
from sluice.runtime.lifecycle import Desired
from sluice.runtime.lock import StorageLock, read_fence
from sluice.runtime.object_store import ObjectStore, StoreError, open_store
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.replication import Replicator
from sluice.runtime.retention import Retention
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Storage
from sluice.runtime.writer import StoreWriter

from .harness import FIRST_ID


@pytest.fixture
def url() -> str:
    return f"memory://{uuid.uuid4()}"


@pytest.fixture
def store(url: str) -> ObjectStore:
    return open_store(url, {})


class Site:
    """One storage and what it is to the folder."""

    def __init__(
        self, directory: Path, store: ObjectStore, url: str, run_number: int = 1, retain: int = 3
    ) -> None:
        lock = StorageLock.acquire(directory, run_number, wait_seconds=0, on_busy=lambda: None)
        self.storage = Storage(directory, lock)
        self.remote = RemoteCheckpoints(store)
        self.writer = StoreWriter(self.remote, self.storage, url, may_take_over=False)
        self.state = RuntimeState(Desired.RUNNING, has_storage=True, wake=lambda: None)
        self.replicator = Replicator(
            self.state,
            self.storage,
            self.remote,
            self.writer,
            deployment_id=FIRST_ID,
            retention=Retention(retain),
        )

    def checkpoint(self, content: bytes) -> Checkpoint:
        made = self.storage.checkpoints.write(
            content,
            run_number=self.storage.lock.run_number,
            deployment_id=FIRST_ID,
            reason="request",
            created_at="2026-01-01T00:00:00.000Z",
            steps=1,
            processed_records=1,
            fingerprint=1,
            epoch=self.storage.lock.fence.epoch,
        )
        self.state.publish(checkpoints=self.storage.checkpoints.good)
        return made

    def copy(self) -> None:
        while self.replicator.copy_next():
            pass

    def trouble(self) -> str | None:
        return self.state.facts.copies.trouble

    def follow(self) -> None:
        Follower(self.remote, self.storage, Retention(3), on_change=lambda: None).pull()


class Sites:
    def __init__(self, directory: Path, store: ObjectStore, url: str) -> None:
        self._directory = directory
        self._store = store
        self._url = url
        self.made: list[Site] = []

    def __call__(self, name: str, run_number: int = 1, store: ObjectStore | None = None) -> Site:
        site = Site(self._directory / name, store or self._store, self._url, run_number)
        self.made.append(site)
        return site


@pytest.fixture
def sites(tmp_path: Path, store: ObjectStore, url: str) -> Iterator[Sites]:
    sites = Sites(tmp_path, store, url)
    yield sites
    for site in sites.made:
        site.storage.close()


def newest(site: Site) -> tuple[str, bytes]:
    """What a process that follows the folder would resume from."""
    for entry in reversed(site.remote.entries()):
        try:
            checkpoint, state = site.remote.fetch(entry)
        except StorageError:
            continue
        return checkpoint.uuid, state
    return "", b""


def test_a_copy_is_the_checkpoint(sites: Sites) -> None:
    first, second = sites("first"), sites("second")
    made = first.checkpoint(b"state")
    first.copy()
    second.follow()
    (followed,) = second.storage.checkpoints.good
    assert followed.uuid == made.uuid
    assert second.storage.checkpoints.read(followed) == b"state"
    second.follow()
    assert len(second.storage.checkpoints.good) == 1


def test_a_damaged_or_incomplete_copy_is_skipped_for_the_one_before(
    sites: Sites, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = sites("first"), sites("second")
    good = first.checkpoint(b"good")
    first.copy()
    for content in (b"short", b"gone", b"half"):
        first.checkpoint(content)
        first.copy()
    short, gone, half = first.remote.entries()[-3:]
    store.write(f"states/{short.state_name}", b"shor!")
    store.remove(f"states/{gone.state_name}")
    store.write(half.path, b'{"format": 1, "uu')
    store.write("checkpoints/notes.txt", b"not ours")
    store.write(f"checkpoints/1-1-x-{good.uuid}.json", b"not ours")

    # Retention has removed the good one from the store; it is brought back as somebody's older copy.
    first.remote.write_state(good, b"good")
    first.remote.write_metadata(good)
    second.follow()

    assert [each.uuid for each in second.storage.checkpoints.good] == [good.uuid]
    assert half.uuid in capsys.readouterr().out


def test_a_copy_under_the_name_of_another_is_none(sites: Sites, store: ObjectStore) -> None:
    first, second = sites("first"), sites("second")
    first.checkpoint(b"state")
    first.copy()
    (entry,) = first.remote.entries()
    store.write(entry.path.replace(entry.uuid, FIRST_ID), store.read(entry.path))
    store.remove(entry.path)
    second.follow()
    assert not second.storage.checkpoints.good


def test_the_first_that_comes_is_the_writer_and_the_next_is_refused(sites: Sites) -> None:
    first, second = sites("first"), sites("second")
    own = first.writer.require_held()
    with pytest.raises(FencedError, match="has another writer already"):
        second.writer.require_held()
    assert first.writer.require_held() == own


def test_whoever_takes_over_fences_the_one_before(sites: Sites) -> None:
    first, second = sites("first"), sites("second")
    first.writer.require_held()
    own = second.writer.take_over()
    with pytest.raises(FencedError, match="has taken over"):
        first.writer.require_held()
    assert second.writer.require_held() == own == second.writer.take_over(), "it takes over once"


def test_the_name_is_remembered_before_it_is_announced(
    sites: Sites, tmp_path: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in between comes back as the writer that it was about to be."""
    first = sites("first")

    def fail(name: str, content: bytes) -> None:
        raise StoreError(f"{name} {content!r}")

    with monkeypatch.context() as patched:
        patched.setattr(store, "write", fail)
        with pytest.raises(StoreError):
            first.writer.require_held()
    assert read_fence(tmp_path / "first").epoch == 1

    assert first.writer.require_held().epoch == 1
    assert [each.epoch for each in first.remote.writers()] == [1]


def test_two_that_take_over_at_once_are_told_apart(
    sites: Sites, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sites("first"), sites("second")
    write = store.write

    def meet(name: str, content: bytes) -> None:
        """Just before the first one announces itself, the second one takes over whole."""
        monkeypatch.setattr(store, "write", write)
        second.writer.take_over()
        write(name, content)

    monkeypatch.setattr(store, "write", meet)
    winners: list[Site] = []
    for site in (first, second):
        try:
            site.writer.take_over()
            winners.append(site)
        except FencedError:
            continue
    winner, *others = winners
    winner = others[-1] if others else winner
    own = winner.writer.require_held()
    assert [each.epoch for each in winner.remote.writers()].count(own.epoch) == 1
    loser = first if winner is second else second
    with pytest.raises(FencedError):
        loser.writer.require_held()


def test_a_folder_that_was_emptied_still_belongs_to_its_writer(sites: Sites, store: ObjectStore) -> None:
    first, second = sites("first"), sites("second")
    own = first.writer.require_held()
    store.remove(own.path)
    assert first.writer.require_held() == own
    with pytest.raises(FencedError):
        second.writer.require_held()


class Replacing(ObjectStore):
    """A store in which somebody takes over just after the old writer looked, and before it writes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.then: Callable[[], None] = lambda: None

    def names(self, folder: str) -> list[str]:
        return self._store.names(folder)

    def read(self, name: str) -> bytes:
        return self._store.read(name)

    def write(self, name: str, content: bytes) -> None:
        if name.startswith("checkpoints/"):
            self.then()
        self._store.write(name, content)

    def remove(self, name: str) -> None:
        self._store.remove(name)


def test_a_late_copy_of_a_replaced_writer_never_becomes_the_newest(sites: Sites, store: ObjectStore) -> None:
    slow = Replacing(store)
    first, second = sites("first", run_number=9, store=slow), sites("second", run_number=1)
    first.checkpoint(b"before")
    first.copy()
    late = first.checkpoint(b"late")

    def take_over() -> None:
        slow.then = lambda: None
        second.writer.take_over()
        second.follow()
        second.checkpoint(b"successor")
        second.copy()

    slow.then = take_over
    with pytest.raises(FencedError):
        first.copy()

    assert newest(second)[1] == b"successor"
    assert [entry.epoch for entry in second.remote.entries()] == [1, 1, 2]
    assert second.remote.entries()[1].uuid == late.uuid, "nothing can keep it from appearing"


def test_a_replaced_writer_takes_no_state_away_that_its_successor_is_bringing(
    sites: Sites, store: ObjectStore
) -> None:
    first, second = sites("first"), sites("second")
    first.checkpoint(b"before")
    first.copy()
    epoch = second.writer.take_over().epoch
    brought = second.checkpoint(b"successor")
    second.remote.write_state(brought, b"successor")

    first.remote.retain(Retention(1), time.time(), epoch - 1)
    second.remote.write_metadata(brought)

    assert newest(second)[1] == b"successor"
    store.write(f"states/{epoch}-{FIRST_ID}", b"of a process that was killed")
    second.remote.retain(Retention(1), time.time(), epoch)
    assert len(store.names("states")) == 1


def test_a_checkpoint_that_was_damaged_before_its_copy_is_reported_and_the_others_are_copied(
    sites: Sites, tmp_path: Path
) -> None:
    site = sites("first")
    good, bad = site.checkpoint(b"good"), site.checkpoint(b"bad")
    (tmp_path / "first" / "checkpoints" / bad.uuid / "state").write_bytes(b"BAD")
    site.state.publish(copies=Copies(asked=frozenset({bad.uuid})))

    site.copy()

    failure = site.state.facts.copies.failure
    assert failure is not None
    assert failure[0] == bad.uuid
    assert "recorded hash" in failure[1]
    assert [entry.uuid for entry in site.remote.entries()] == [good.uuid]


def test_a_retention_that_failed_is_no_trouble_once_it_succeeds(
    sites: Sites, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends soon after must not take it for a store that is away."""
    monkeypatch.setattr("sluice.runtime.replication.FIRST_RETRY_SECONDS", 0.0)
    site = sites("first")
    for number in range(4):
        site.checkpoint(b"%d" % number)

    def fail(name: str) -> None:
        raise StoreError(name)

    with monkeypatch.context() as patched:
        patched.setattr(store, "remove", fail)
        while site.replicator.copy_next() and site.trouble() is None:
            pass
        assert site.trouble() is not None
    site.copy()
    assert site.trouble() is None
    assert len(site.remote.entries()) == 3


def test_a_failure_on_the_volume_is_no_reason_to_give_a_checkpoint_up(
    sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell who may write while run.json is damaged: that is tried again, and shown meanwhile."""
    monkeypatch.setattr("sluice.runtime.replication.FIRST_RETRY_SECONDS", 0.0)
    site = sites("first")
    made = site.checkpoint(b"state")
    run = tmp_path / "first" / "run.json"
    before = run.read_text()
    run.write_text("{")

    assert site.replicator.copy_next(), "it has to go on"

    assert "damaged" in str(site.trouble())
    run.write_text(before)
    site.copy()
    assert [entry.uuid for entry in site.remote.entries()] == [made.uuid]


def test_checkpoints_of_before_the_folder_was_taken_keep_their_order(sites: Sites) -> None:
    site = sites("first")
    site.checkpoint(b"of before")
    site.copy()
    site.checkpoint(b"of after")
    site.copy()
    assert newest(site)[1] == b"of after"
    assert [entry.epoch for entry in site.remote.entries()] == [1, 1]


def test_retention_in_the_store_is_by_age_too(sites: Sites) -> None:
    site = sites("first")
    for number in range(3):
        site.checkpoint(b"%d" % number)
    site.copy()
    site.remote.retain(Retention(9, 1), time.time(), epoch=1)
    assert newest(site)[1] == b"2"
    assert len(site.remote.entries()) == 1


class Killed(BaseException):
    pass


class Dying(ObjectStore):
    """A store whose client is killed before, or after, one of its changes."""

    def __init__(self, store: ObjectStore, moment: str, change: int) -> None:
        self._store = store
        self._moment = moment
        self._left = change

    def names(self, folder: str) -> list[str]:
        return self._store.names(folder)

    def read(self, name: str) -> bytes:
        return self._store.read(name)

    def write(self, name: str, content: bytes) -> None:
        self._change("before")
        self._store.write(name, content)
        self._change("after")

    def remove(self, name: str) -> None:
        self._change("before")
        self._store.remove(name)
        self._change("after")

    def _change(self, moment: str) -> None:
        self._left -= moment == "before"
        if self._left == 0 and moment == self._moment:
            raise Killed


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_at_any_change_leaves_a_whole_copy_to_resume_from(tmp_path: Path, moment: str) -> None:
    seen: list[bytes] = []
    for change in range(1, 50):
        url = f"memory://{uuid.uuid4()}"
        store = open_store(url, {})
        before = Site(tmp_path / f"{change}", store, url)
        before.checkpoint(b"old")
        before.copy()
        before.storage.close()

        dying = Site(tmp_path / f"{change}", Dying(store, moment, change), url, retain=1)
        dying.checkpoint(b"new")
        survived = False
        try:
            dying.copy()
            survived = True
        except Killed:
            pass
        seen.append(newest(dying)[1])
        dying.storage.close()

        after = Site(tmp_path / f"{change}", store, url)
        after.state.publish(checkpoints=after.storage.checkpoints.good)
        after.copy()
        assert newest(after)[1] == b"new", f"change {change}: the next process did not finish it"
        after.storage.close()
        if survived:
            break
    else:
        pytest.fail("the copy never came to its end")
    assert len(seen) == 5, "two writes and two removals"
    turned = seen.index(b"new")
    assert turned > 0
    assert set(seen[:turned]) == {b"old"}
    assert set(seen[turned:]) == {b"new"}


@pytest.mark.parametrize(
    ("url", "options", "part"),
    [
        ("bucket/folder", {}, "has to be a URL"),
        ("nowhere://folder", {}, "is refused"),
        ("s3://bucket/folder", {"colour": "blue"}, "is refused"),
    ],
)
def test_what_cannot_be_a_store_is_refused_when_it_is_opened(
    url: str, options: dict[str, str], part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        open_store(url, options)


def test_without_its_libraries_a_url_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore.fsspec", None)
    with pytest.raises(ValueError, match=r"sluice\[sync\]"):
        open_store("s3://bucket/folder", {})

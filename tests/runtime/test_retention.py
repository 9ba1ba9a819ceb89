"""Retention by count and by age, with a clock that the test turns."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sluice.runtime.checkpoint import Checkpoint, CheckpointStore
from sluice.runtime.checkpointing import Checkpointer, Done
from sluice.runtime.lifecycle import Desired
from sluice.runtime.lock import StorageLock
from sluice.runtime.retention import Retention
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Storage

from .harness import FIRST_ID, SECOND_ID
from .odd_jobs import Plain

HOUR = 3600


class Clock:
    """Both of time's clocks in one."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def text(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).isoformat()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("sluice.runtime.checkpointing.time", clock)
    monkeypatch.setattr("sluice.runtime.checkpointing.now_text", clock.text)
    return clock


class Pipeline:
    """One start of a pipeline on a directory."""

    def __init__(
        self, directory: Path, deployment_id: str, retention: Retention, resumed: str | None = None
    ) -> None:
        lock = StorageLock.acquire(directory, None, wait_seconds=0, on_busy=lambda: None)
        self._directory = directory
        self.storage = Storage(directory, lock)
        self.state = RuntimeState(Desired.PAUSED, has_storage=True, wake=lambda: None)
        self.state.become_live()
        self.checkpointer = Checkpointer(
            Plain(),
            self.state,
            self.storage,
            deployment_id=deployment_id,
            interval_seconds=None,
            retention=retention,
            resumed_from=resumed,
        )

    def checkpoint(self) -> str:
        done = self.checkpointer.attempt("request")
        assert isinstance(done, Done)
        return done.checkpoint.uuid

    def ids(self) -> list[str]:
        on_disk = CheckpointStore(self._directory / "checkpoints", lambda: None)
        on_disk.load()
        return [each.uuid for each in on_disk.good]


def made(number: int, created_at: str) -> Checkpoint:
    return Checkpoint(
        uuid=f"id-{number}",
        sequence=number,
        run_number=1,
        deployment_id=FIRST_ID,
        reason="request",
        created_at=created_at,
        steps=1,
        processed_records=1,
        fingerprint=1,
        size=1,
        sha256="",
    )


@pytest.mark.parametrize(
    ("retention", "keep", "removed"),
    [
        (Retention(4), (), []),
        (Retention(2), (), ["id-0", "id-1"]),
        (Retention(2), ("id-0",), ["id-1"]),
        (Retention(9, HOUR), (), ["id-0", "id-1"]),
        (Retention(9, HOUR), ("id-1",), ["id-0"]),
        (Retention(9, 1), (), ["id-0", "id-1", "id-2"]),
        (Retention(1, 10 * HOUR), (), ["id-0", "id-1", "id-2"]),
    ],
)
def test_what_is_surplus_is_told_by_count_and_by_age(
    retention: Retention, keep: tuple[str, ...], removed: list[str]
) -> None:
    checkpoints = [made(number, f"2026-01-01T0{number}:00:00.000Z") for number in range(4)]
    now = datetime(2026, 1, 1, 2, 30, tzinfo=UTC).timestamp()
    assert [each.uuid for each in retention.surplus(checkpoints, now, keep)] == removed


def test_the_newest_is_never_surplus_however_old() -> None:
    assert Retention(1, 1).surplus([made(1, "1999-01-01T00:00:00.000Z")], 4e9) == []


def test_one_of_unknown_age_is_never_too_old() -> None:
    checkpoints = [made(0, "yesterday"), made(1, "2026-01-01T00:00:00.000Z")]
    assert Retention(9, 1).surplus(checkpoints, 4e9) == []
    assert Retention(9, 1).next_expiry(checkpoints) is None


def test_a_paused_process_removes_each_one_when_it_becomes_too_old(tmp_path: Path, clock: Clock) -> None:
    pipeline = Pipeline(tmp_path, FIRST_ID, Retention(9, HOUR))
    first = pipeline.checkpoint()
    clock.now += 10
    second = pipeline.checkpoint()
    clock.now += 10
    third = pipeline.checkpoint()

    waits = 0.0
    while pipeline.ids() == [first, second, third]:
        seconds = pipeline.checkpointer.seconds_until_due()
        assert seconds is not None, "nothing would ever wake it"
        waits += seconds
        clock.now += seconds
        pipeline.checkpointer.retain_if_due()

    assert pipeline.ids() == [second, third]
    assert waits == HOUR - 20
    assert [each.uuid for each in pipeline.state.facts.checkpoints or ()] == [second, third]
    clock.now += 10
    pipeline.checkpointer.retain_if_due()
    clock.now += 100 * HOUR
    pipeline.checkpointer.retain_if_due()
    assert pipeline.ids() == [third], "the newest stays whatever its age"
    assert pipeline.checkpointer.seconds_until_due() is None


def test_age_counts_after_each_checkpoint_too(tmp_path: Path, clock: Clock) -> None:
    pipeline = Pipeline(tmp_path, FIRST_ID, Retention(9, HOUR))
    pipeline.checkpoint()
    clock.now += 2 * HOUR
    newest = pipeline.checkpoint()
    assert pipeline.ids() == [newest]


def test_the_one_it_resumed_from_stays_until_there_is_an_own_one(tmp_path: Path, clock: Clock) -> None:
    before = Pipeline(tmp_path, FIRST_ID, Retention(9))
    resumed, newer = before.checkpoint(), before.checkpoint()
    before.storage.close()
    clock.now += 2 * HOUR

    after = Pipeline(tmp_path, SECOND_ID, Retention(9, HOUR), resumed)
    clock.now += 2 * HOUR
    after.checkpointer.retain_if_due()
    assert after.ids() == [resumed, newer], "a restart would have to resume from it"

    own = after.checkpoint()
    assert after.ids() == [own]


def test_a_clock_that_is_set_forward_is_noticed_before_long(tmp_path: Path, clock: Clock) -> None:
    pipeline = Pipeline(tmp_path, FIRST_ID, Retention(9, 1000 * HOUR))
    pipeline.checkpoint()
    pipeline.checkpoint()
    seconds = pipeline.checkpointer.seconds_until_due()
    assert seconds is not None
    assert seconds <= 60

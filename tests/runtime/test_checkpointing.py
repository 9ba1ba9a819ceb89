"""When a checkpoint is due, with a clock that the test turns."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.runtime.checkpoint import fingerprint
from sluice.runtime.checkpointing import Checkpointer, Delayed, Done, Failed
from sluice.runtime.job import CheckpointDelayed, Job
from sluice.runtime.lifecycle import Desired
from sluice.runtime.lock import StorageLock
from sluice.runtime.retention import Retention
from sluice.runtime.state import RuntimeState
from sluice.runtime.storage import Storage

from .harness import FIRST_ID


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


class Snapshots(Job):
    """A job whose snapshot does what the test says."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None

    def process(self) -> int:
        return 1

    def snapshot(self) -> bytes:
        if self.refuses is not None:
            raise self.refuses
        return b"state"

    def restore(self, state: bytes) -> None:
        del state


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("sluice.runtime.checkpointing.time", clock)
    return clock


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    lock = StorageLock.acquire(tmp_path, 1, wait_seconds=0, on_busy=lambda: None)
    storage = Storage(tmp_path, lock)
    yield storage
    storage.close()


@pytest.fixture
def state() -> RuntimeState:
    state = RuntimeState(Desired.RUNNING, has_storage=True, wake=lambda: None)
    state.become_live()
    return state


@pytest.fixture
def job() -> Snapshots:
    return Snapshots()


@pytest.fixture
def checkpointer(clock: Clock, storage: Storage, state: RuntimeState, job: Snapshots) -> Checkpointer:
    del clock
    return build(job, state, storage)


def build(job: Job, state: RuntimeState, storage: Storage | None) -> Checkpointer:
    return Checkpointer(
        job, state, storage, deployment_id=FIRST_ID, interval_seconds=60, retention=Retention(3)
    )


def test_a_periodic_checkpoint_is_due_after_the_interval(
    checkpointer: Checkpointer, clock: Clock, state: RuntimeState
) -> None:
    state.publish(processed=1)
    assert checkpointer.due() is None
    assert checkpointer.seconds_until_due() == 60
    clock.now += 60
    assert checkpointer.due() == "periodic"
    assert isinstance(checkpointer.attempt("periodic"), Done)
    assert checkpointer.due() is None


def test_nothing_is_due_while_nothing_was_processed_since_the_last_one(
    checkpointer: Checkpointer, clock: Clock, state: RuntimeState
) -> None:
    clock.now += 3600
    assert checkpointer.due() is None
    assert checkpointer.seconds_until_due() is None, "an idle process sleeps until it is woken"
    state.publish(processed=1)
    assert checkpointer.due() == "periodic"


def test_a_resumed_job_has_no_progress_yet(clock: Clock, storage: Storage, job: Snapshots) -> None:
    state = RuntimeState(Desired.RUNNING, has_storage=True, wake=lambda: None)
    state.publish(processed=500)
    checkpointer = build(job, state, storage)
    clock.now += 3600
    assert checkpointer.due() is None


def test_without_storage_nothing_is_periodic(clock: Clock, state: RuntimeState, job: Snapshots) -> None:
    checkpointer = build(job, state, None)
    state.publish(processed=1)
    clock.now += 3600
    assert checkpointer.due() is None


def test_a_request_is_due_at_once_and_whatever_was_processed(
    checkpointer: Checkpointer, state: RuntimeState
) -> None:
    assert state.request_checkpoint() == 0
    assert state.request_checkpoint() == 1
    assert checkpointer.due() == "request"
    assert isinstance(checkpointer.attempt("request"), Done)
    assert checkpointer.due() is None
    assert state.facts.success == 1, "one checkpoint answers both"


def test_a_request_that_comes_during_a_snapshot_gets_a_newer_one(
    checkpointer: Checkpointer, state: RuntimeState, job: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.request_checkpoint()

    def interrupted() -> bytes:
        state.request_checkpoint()
        return b"captured before the second request"

    monkeypatch.setattr(job, "snapshot", interrupted)
    checkpointer.attempt("request")

    assert state.facts.success == 0
    assert checkpointer.due() == "request"


def test_a_delay_keeps_the_request_open_and_is_tried_again_ever_more_slowly(
    checkpointer: Checkpointer, clock: Clock, state: RuntimeState, job: Snapshots
) -> None:
    job.refuses = CheckpointDelayed("a transaction is open")
    state.request_checkpoint()
    waits: list[float] = []
    for _ in range(8):
        assert isinstance(checkpointer.attempt("request"), Delayed)
        assert checkpointer.due() is None
        waits.append(checkpointer.seconds_until_retry())
        clock.now += waits[-1]
        assert checkpointer.due() == "request"
    assert waits == sorted(waits)
    assert waits[0] < 0.1
    assert waits[-1] == 1.0
    activity = dict(state.facts.activity)
    assert activity["reasons"] == ["a transaction is open"]

    job.refuses = None
    checkpointer.attempt("request")

    assert state.facts.success == 0
    assert dict(state.facts.activity) == {"status": "idle"}


def test_the_begin_of_a_delay_does_not_move_with_its_retries(
    checkpointer: Checkpointer, state: RuntimeState, job: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(f"2026-01-01T00:00:0{second}.000Z" for second in range(9))
    monkeypatch.setattr("sluice.runtime.checkpointing.now_text", lambda: next(times))
    job.refuses = CheckpointDelayed("busy")
    for _ in range(3):
        checkpointer.attempt("request")
    assert dict(state.facts.activity)["delayed_since"] == "2026-01-01T00:00:00.000Z"


def _failed_sequences(state: RuntimeState) -> list[int]:
    failure = state.facts.failure
    return [] if failure is None else [failure.sequence_number]


def test_a_failure_that_nobody_asked_for_has_no_number(
    checkpointer: Checkpointer, state: RuntimeState, job: Snapshots
) -> None:
    job.refuses = ValueError("broken")
    assert isinstance(checkpointer.attempt("periodic"), Failed)
    assert state.facts.failure is None
    state.request_checkpoint()
    checkpointer.attempt("request")
    assert _failed_sequences(state) == [0]


def test_retention_that_fails_does_not_fail_the_checkpoint(
    checkpointer: Checkpointer, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(f"cannot remove with {arguments}")

    monkeypatch.setattr(storage.checkpoints, "retain", refuse)
    assert isinstance(checkpointer.attempt("request"), Done)


def test_a_version_has_an_unsigned_64_bit_fingerprint() -> None:
    assert fingerprint("1") == fingerprint("1") != fingerprint("2")
    assert 0 <= fingerprint("") < 2**64

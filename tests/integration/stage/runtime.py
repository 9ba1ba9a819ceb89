"""The process that a pod runs, and the storage that outlives it: a fake that speaks the Feldera contract.

Nothing happens here by itself. A process does its next thing when it is told to by the kubelet's actor.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sluice import contract
from sluice.engines import HttpAnswer

INITIALIZING, RUNNING, PAUSED, SUSPENDED = "Initializing", "Running", "Paused", "Suspended"
WORKING = (RUNNING, PAUSED)
TARGETS = {"/start": RUNNING, "/pause": PAUSED, "/suspend": SUSPENDED}


@dataclass(frozen=True)
class Checkpoint:
    """A durable checkpoint: its id, and how many records the state in it has counted."""

    uuid: str
    records: int


@dataclass
class Storage:
    """What is on a volume, and what rules were broken on it."""

    checkpoints: list[Checkpoint] = field(default_factory=list[Checkpoint])
    highest_run: int = 0
    suspended_start: str | None = None
    holder: "Process | None" = None
    breaches: list[str] = field(default_factory=list[str])
    made: int = 0
    """How many checkpoints were ever made on it."""

    @property
    def ids(self) -> list[str]:
        return [checkpoint.uuid for checkpoint in self.checkpoints]

    def take(self, process: "Process") -> bool:
        """A process takes the storage. False when a later run has held it: then it must end."""
        if self.holder is not None:
            self.breaches.append(f"run {process.run} took the storage while run {self.holder.run} lives")
        if process.run < self.highest_run:
            return False
        self.highest_run, self.holder = process.run, process
        return True


@dataclass
class Process:
    """The process in a pod's container, while it lives. It counts records; the count is its state."""

    run: int
    start: str
    storage: Storage | None
    status: str = INITIALIZING
    desired: str = RUNNING
    records: int = 0
    is_mute: bool = False
    has_failed: bool = False
    requested: int = 0
    """Number of the last checkpoint that it was asked for."""
    made: int = 0
    failed: int = 0
    calls: list[str] = field(default_factory=list[str])
    """What it was asked for, and took."""

    @classmethod
    def begin(cls, environment: dict[str, str], storage: Storage | None) -> "Process | None":
        """A process as the operator's pod starts it; ``None`` when the storage's fence turns it away."""
        run, start = int(environment[contract.ENV_RUN_NUMBER]), environment[contract.ENV_DEPLOYMENT_ID]
        initial = environment[contract.ENV_INITIAL].capitalize()
        process = cls(run, start, storage, desired=initial)
        if storage is None:
            return process
        if not storage.take(process):
            return None
        if storage.checkpoints and environment.get(contract.ENV_START_FROM) != "fresh":
            process.records = storage.checkpoints[-1].records
        if storage.suspended_start == start:
            process.status = process.desired = SUSPENDED
        storage.suspended_start = start if storage.suspended_start == start else None
        return process

    @property
    def is_working(self) -> bool:
        return self.status in WORKING and not self.has_failed

    def work(self) -> None:
        """One more record."""
        self.records += 1

    def initialize(self) -> None:
        self.status = RUNNING if self.desired == RUNNING else PAUSED

    def follow(self) -> None:
        """Become what it was asked to be, other than Suspended."""
        self.status = self.desired

    def make_checkpoint(self) -> None:
        assert self.storage is not None
        self.storage.made += 1
        uuid = f"c0000000-0000-4000-8000-{self.storage.made:012}"
        self.storage.checkpoints.append(Checkpoint(uuid, self.records))
        self.made = self.requested

    def fail_checkpoint(self) -> None:
        self.failed = self.requested

    def suspend(self) -> None:
        """Make the checkpoint that it was asked for, and be Suspended."""
        self.make_checkpoint()
        self.status = SUSPENDED
        assert self.storage is not None
        self.storage.suspended_start = self.start

    def end(self) -> None:
        """It is no more."""
        if self.storage is not None and self.storage.holder is self:
            self.storage.holder = None

    # --- The contract ------------------------------------------------------------------------------------

    def answer(self, method: str, path: str) -> HttpAnswer:
        """What it says on HTTP."""
        if self.is_mute:
            raise ConnectionError("the process does not answer")
        place = urlsplit(path)
        if self.has_failed:
            return _refuse(500, "WorkerPanic", "a worker panicked")
        match method, place.path:
            case "GET", "/status":
                return _answer(200, self._status())
            case "GET", "/stats":
                return _answer(200, {"global_metrics": {"total_processed_records": self.records}})
            case "GET", "/checkpoint_status":
                return self._checkpoint_status(parse_qs(place.query))
            case ("GET", "/start" | "/pause") | ("POST", "/suspend"):
                return self._become(TARGETS[place.path])
            case "POST", "/checkpoint":
                return self._ask_for_checkpoint()
            case _:
                return _refuse(501, "NotSupported", f"{method} {path} is not acted here")

    def _status(self) -> dict[str, Any]:
        stored = None
        if self.storage is not None:
            listed = [
                {"uuid": each.uuid, "processed_records": each.records} for each in self.storage.checkpoints
            ]
            stored = {"checkpoints": listed}
        return {
            "runtime_status": self.status,
            "runtime_desired_status": self.desired,
            "runtime_status_details": {},
            "storage_status_details": stored,
        }

    def _checkpoint_status(self, query: dict[str, list[str]]) -> HttpAnswer:
        if query.get("incarnation_uuid") != [str(self.run)]:
            return _refuse(400, "IncarnationUuidMismatch", "another process was meant")
        failure = {"sequence_number": self.failed, "error": "the disk is full"} if self.failed else None
        return _answer(200, {"success": self.made or None, "failure": failure})

    def _become(self, target: str) -> HttpAnswer:
        is_leaving = SUSPENDED in (self.status, self.desired)
        if self.status == SUSPENDED or (is_leaving and target != SUSPENDED):
            return _refuse(400, "RuntimeSuspended", f"a suspended process does not become {target}")
        self.desired = target
        self.calls.append(target)
        return _answer(202, "it is changing")

    def _ask_for_checkpoint(self) -> HttpAnswer:
        if self.storage is None or not self.is_working:
            return _refuse(503, "Initializing", "not now")
        self.requested += 1
        self.calls.append("checkpoint")
        return _answer(200, {"checkpoint_sequence_number": self.requested, "incarnation_uuid": str(self.run)})


def _answer(code: int, body: object) -> HttpAnswer:
    return HttpAnswer(code, json.dumps(body).encode())


def _refuse(code: int, error_code: str, message: str) -> HttpAnswer:
    return _answer(code, {"message": message, "error_code": error_code, "details": {}})

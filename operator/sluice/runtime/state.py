"""All that the HTTP thread and the job's thread share.

``Facts`` is immutable and is replaced as a whole: a reader takes the reference and has a consistent picture
without a lock. Writers take ``_lock`` for the moment of the replacement. A change of the desired status also
writes a file, which may take long on a slow disk; it has a lock of its own, so that nobody else waits for it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

from sluice.runtime.checkpoint import Checkpoint, new_uuid
from sluice.runtime.errors import (
    STORAGE_REQUIRED,
    ContractError,
    ErrorBody,
    FencedError,
    StorageError,
    describe_exception,
)
from sluice.runtime.lifecycle import Desired, RuntimeStatus, may_transition
from sluice.runtime.log import log, now_text


class Phase(Enum):
    """Which of the contract's endpoints can be served."""

    INITIALIZING = auto()
    LIVE = auto()
    SUSPENDED = auto()
    INITIALIZATION_FAILED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """The last checkpoint that was asked for and failed."""

    sequence_number: int
    error: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class Facts:
    """One moment of the process, whole."""

    desired: Desired
    has_storage: bool
    phase: Phase = Phase.INITIALIZING
    status: RuntimeStatus = RuntimeStatus.INITIALIZING
    reason: str = ""
    terminating: bool = False
    fenced: str | None = None
    error: ErrorBody | None = None
    checkpoints: tuple[Checkpoint, ...] | None = None
    activity: tuple[tuple[str, Any], ...] = (("status", "idle"),)
    requested: int = 0
    """How many checkpoints were asked for; their numbers are 0 to this minus 1."""
    answered: int = 0
    """How many of them have succeeded or failed."""
    success: int | None = None
    failure: Failure | None = None
    processed: int = 0
    steps: int = 0
    complete: bool = False
    description: str = "{}"

    @property
    def permanent_errors(self) -> list[str]:
        """Reasons for which this process can never checkpoint."""
        return [] if self.has_storage else [STORAGE_REQUIRED]


INITIALIZING: Final = (
    503,
    "Initializing",
    "Operation failed because the pipeline has not finished initializing.",
)
SUSPENDED: Final = (
    503,
    "Suspended",
    "Operation failed because the pipeline has been suspended.",
)
TERMINATING: Final = (410, "Terminating", "Operation failed because the pipeline is terminating.")


class RuntimeState:
    """The shared object. Methods say in their first line which thread they are for."""

    def __init__(self, desired: Desired, *, has_storage: bool, wake: Callable[[], None]) -> None:
        self.incarnation_uuid = new_uuid()
        self._lock = threading.Lock()
        self._transition_lock = threading.Lock()
        self._facts = Facts(desired=desired, has_storage=has_storage)
        self._persist: Callable[[Desired], None] | None = None
        self._asked_early = False
        self._wake = wake

    @property
    def facts(self) -> Facts:
        """Both threads: the present moment."""
        return self._facts

    # --- for the HTTP thread -----------------------------------------------------------------------------

    def transition(self, action: str, target: Desired) -> Desired:
        """HTTP: change the desired status, durably before it is acknowledged; return the previous one."""
        with self._transition_lock:
            facts = self._facts
            previous = facts.desired
            if previous is Desired.STANDBY or not may_transition(previous, target):
                raise ContractError(
                    400,
                    "InvalidTransition",
                    f"Cannot execute {action} transition starting from {previous}",
                    [action, str(previous)],
                )
            if target is previous:
                return previous
            if facts.terminating or facts.phase not in (Phase.INITIALIZING, Phase.LIVE):
                self.require_live(facts)
            self._store_desired(target)
            self._change(desired=target)
        log("transition_requested", action=action, previous=previous, desired=target)
        self._wake()
        return previous

    def request_checkpoint(self) -> int:
        """HTTP: ask for a checkpoint and return its number."""
        with self._lock:
            self.require_live(self._facts)
            number = self._facts.requested
            self._facts = replace(self._facts, requested=number + 1)
        self._wake()
        return number

    @staticmethod
    def require_live(facts: Facts) -> None:
        """Raise the contract's answer for an endpoint that needs a job which is up."""
        if facts.terminating:
            raise ContractError(*TERMINATING)
        match facts.phase:
            case Phase.LIVE:
                return
            case Phase.INITIALIZING:
                raise ContractError(*INITIALIZING)
            case Phase.SUSPENDED:
                raise ContractError(*SUSPENDED)
            case Phase.INITIALIZATION_FAILED | Phase.FAILED:
                error = facts.error or ErrorBody("The pipeline failed.", "Failed")
                raise ContractError(500, error.error_code, error.message, error.details)

    # --- for the job's thread ----------------------------------------------------------------------------

    def attach_storage(self, decided: Desired, persist: Callable[[Desired], None]) -> None:
        """Job: fix the desired status of this start and store every change of it from now on.

        What was asked for over HTTP before the storage could be read was acknowledged, so it is kept
        where it may follow what the storage then said.
        """
        with self._transition_lock:
            asked = self._facts.desired
            if self._asked_early and may_transition(decided, asked):
                decided = asked
            persist(decided)
            self._persist = persist
            self._change(desired=decided)

    def explain(self, reason: str) -> None:
        """Job: say in ``/status`` what takes so long."""
        if self._facts.reason != reason:
            self._change(reason=reason)

    def become_live(self) -> None:
        """Job: initialization is over. A suspend that was asked for by now finds a job that never ran."""
        # In one change with the phase: nobody must see a Paused that nobody asked for.
        running = self._facts.desired is Desired.RUNNING
        status = RuntimeStatus.RUNNING if running else RuntimeStatus.PAUSED
        log("status", previous=self._facts.status, status=status)
        self._change(phase=Phase.LIVE, status=status, reason="")

    def become(self, status: RuntimeStatus) -> None:
        """Job: report what the process now does, once it does it."""
        if self._facts.status is not status:
            log("status", previous=self._facts.status, status=status)
            self._change(status=status)

    def become_suspended(self) -> None:
        """Job: the checkpoint of the suspend is durable and nothing runs any more."""
        self.become(RuntimeStatus.SUSPENDED)
        self._change(phase=Phase.SUSPENDED, reason="")

    def become_terminating(self, reason: str) -> None:
        """Job: this process is about to end; ``/status`` keeps telling what it is until then."""
        # Under this lock no transition that was acknowledged can be half done.
        with self._transition_lock:
            self._change(terminating=True, reason=reason)

    def fail(self, error: ErrorBody, phase: Phase = Phase.FAILED) -> None:
        """Job: ``/status`` answers 500 with this error from now on."""
        log("failed", **error.as_json())
        self._change(phase=phase, error=error)

    def publish(self, **changes: Any) -> None:
        """Job: renew progress, description or the list of checkpoints."""
        self._change(**changes)

    def begin_checkpoint(self) -> int:
        """Job: return the number up to which requests are answered by the checkpoint that begins now."""
        self._change(activity=(("status", "in_progress"), ("started_at", now_text())))
        return self._facts.requested

    def checkpoint_succeeded(self, upto: int, checkpoints: tuple[Checkpoint, ...]) -> None:
        """Job: all requests below ``upto`` have their checkpoint."""
        self._end_checkpoint(upto, checkpoints=checkpoints, success=upto - 1)

    def checkpoint_failed(self, upto: int, error: str) -> None:
        """Job: all requests below ``upto`` failed."""
        self._end_checkpoint(upto, failure=Failure(upto - 1, error, now_text()))

    def checkpoint_delayed(self, reason: str, since: str) -> None:
        """Job: the job cannot be captured now; requests stay open."""
        self._change(activity=(("status", "delayed"), ("reasons", [reason]), ("delayed_since", since)))

    def _end_checkpoint(self, upto: int, **outcome: Any) -> None:
        with self._lock:
            facts = self._facts
            if upto <= facts.answered:
                # Nobody asked for it by number, so that no number can carry its outcome.
                outcome.pop("success", None)
                outcome.pop("failure", None)
            self._facts = replace(
                facts, answered=max(upto, facts.answered), activity=(("status", "idle"),), **outcome
            )

    def _store_desired(self, target: Desired) -> None:
        if self._persist is None:
            self._asked_early = True
            return
        try:
            self._persist(target)
        except FencedError as error:
            self._change(fenced=str(error))
            self._wake()
            raise ContractError(*TERMINATING) from error
        except (OSError, StorageError) as error:
            raise ContractError(
                500,
                "StorageError",
                f"The change could not be stored: {describe_exception(error)}",
            ) from error

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._facts = replace(self._facts, **changes)

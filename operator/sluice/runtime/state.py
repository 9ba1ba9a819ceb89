"""All that the HTTP thread and the job's thread share.

``Facts`` is immutable and is replaced as a whole: a reader takes the reference and has a consistent picture
without a lock. Writers take ``_lock`` for the moment of the replacement. A change of the desired status also
writes a file, which may take long on a slow disk; it has a lock of its own, so that nobody else waits for it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sluice.runtime.checkpoint import Checkpoint, new_uuid
from sluice.runtime.errors import (
    ContractError,
    ErrorBody,
    FencedError,
    StorageError,
    describe_exception,
)
from sluice.runtime.facts import Facts, Failure, Phase
from sluice.runtime.lifecycle import Desired, RuntimeStatus, may_transition
from sluice.runtime.log import log, now_text

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
APPROVAL_SECONDS: Final = 30.0
"""For how long ``approve`` waits at most: the process may be ending."""
ACTIVATE: Final = "activate"
"""The only request that leads out of Standby."""
TERMINATING: Final = (410, "Terminating", "Operation failed because the pipeline is terminating.")


class RuntimeState:
    """The shared object. Methods say in their first line which thread they are for."""

    def __init__(self, desired: Desired, *, has_storage: bool, wake: Callable[[], None]) -> None:
        self.incarnation_uuid = new_uuid()
        self._lock = threading.Lock()
        self._transition_lock = threading.Lock()
        self._facts = Facts(desired=desired, has_storage=has_storage)
        self._persist: Callable[[Desired], None] | None = None
        self._persist_approval: Callable[[], None] | None = None
        self._approval_over = threading.Event()
        self._wake_copies: Callable[[], None] = lambda: None
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
            left_out = previous is Desired.STANDBY and action != ACTIVATE
            if left_out or not may_transition(previous, target):
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

    def approve(self) -> None:
        """HTTP: approve of the changed program, durably, and return once the wait for it has ended.

        Where nothing waits for an approval, nothing happens.
        """
        with self._transition_lock:
            if self._persist_approval is None or self._facts.status is not RuntimeStatus.AWAITING_APPROVAL:
                return
            self._store(self._persist_approval)
            self._change(approved=True, approval_diff=None)
        self._wake()
        self._approval_over.wait(APPROVAL_SECONDS)

    def request_copy(self) -> str | None:
        """HTTP: ask for a copy of the newest checkpoint; return its id, None when there is none."""
        with self._lock:
            self.require_live(self._facts)
            if not self._facts.checkpoints:
                return None
            uuid = self._facts.checkpoints[-1].uuid
            copies = self._facts.copies
            done = {"success": uuid} if uuid in copies.copied else {"asked": copies.asked | {uuid}}
            self._facts = replace(self._facts, copies=replace(copies, **done))
        self._wake_copies()
        return uuid

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

    def await_approval(self, diff: Mapping[str, Any], persist: Callable[[], None]) -> None:
        """Job: from now on ``approve`` is what is waited for."""
        self._persist_approval = persist
        self._change(approval_diff=diff)
        self.become(RuntimeStatus.AWAITING_APPROVAL)

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
            if self._facts.approved:
                self._approval_over.set()

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

    def require_not_fenced(self) -> None:
        """Job: raise ``FencedError`` once another thread has found that this process was replaced."""
        if self._facts.fenced is not None:
            raise FencedError(self._facts.fenced)

    # --- for the thread that copies ----------------------------------------------------------------------

    def attach_copies(self, wake: Callable[[], None]) -> None:
        """Job: wake the thread that copies with this."""
        self._wake_copies = wake

    def checkpoints_changed(self) -> None:
        """Job: there is something to copy, or to remove."""
        self._wake_copies()

    def copy_succeeded(self, *uuids: str) -> None:
        """Copies: these are complete in the object store; the last one is the newest news."""
        with self._lock:
            copies = self._facts.copies
            success = next((uuid for uuid in reversed(uuids) if uuid in copies.asked), copies.success)
            copies = replace(
                copies,
                copied=(copies.copied | set(uuids)) & {each.uuid for each in self._facts.checkpoints or ()},
                newest=uuids[-1] if uuids else copies.newest,
                asked=copies.asked - set(uuids),
                success=success,
                trouble=None,
            )
            self._facts = replace(self._facts, copies=copies)
        self._wake()

    def copy_failed(self, uuid: str, reason: str) -> None:
        """Copies: the store did not take this one yet."""
        with self._lock:
            copies = replace(self._facts.copies, trouble=reason)
            if uuid in copies.asked:
                copies = replace(copies, failure=(uuid, reason))
            self._facts = replace(self._facts, copies=copies)
        self._wake()

    def fence(self, reason: str) -> None:
        """Any thread: this process has been replaced and has to end."""
        self._change(fenced=reason)
        self._wake()

    def checkpoint_idle(self) -> None:
        """Job: nothing delays a checkpoint any more."""
        self._change(activity=(("status", "idle"),))

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
        persist = self._persist
        if persist is None:
            self._asked_early = True
            return
        self._store(lambda: persist(target))

    def _store(self, persist: Callable[[], None]) -> None:
        try:
            persist()
        except FencedError as error:
            self.fence(str(error))
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

"""Waiting until a checkpoint has reached the object store, and saying so."""

import time

from sluice.runtime.log import now_text
from sluice.runtime.signals import Signals
from sluice.runtime.state import RuntimeState


class CopyWait:
    """For the job's thread, which is woken by every outcome of a copy."""

    def __init__(self, state: RuntimeState, signals: Signals) -> None:
        self._state = state
        self._signals = signals

    def wait(self, uuid: str) -> None:
        """Return once the copy is complete, or SIGTERM comes; ``FencedError`` passes through.

        Until then the wait stands in ``/stats`` as what delays the checkpoint, with what the store last said.
        """
        since = now_text()
        while not self._is_copied(uuid) and not self._signals.termination_requested:
            self._show(uuid, since)
            self._signals.wait(None)
        self._state.checkpoint_idle()

    def try_for(self, seconds: float, uuid: str) -> None:
        """Return once the copy is complete, the store has failed, or the time is over."""
        deadline = time.monotonic() + seconds
        while not self._is_copied(uuid) and self._state.facts.copies.trouble is None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            self._show(uuid, now_text())
            self._signals.wait(remaining)

    def _is_copied(self, uuid: str) -> bool:
        self._state.require_not_fenced()
        return uuid in self._state.facts.copies.copied

    def _show(self, uuid: str, since: str) -> None:
        trouble = self._state.facts.copies.trouble
        text = f"copying checkpoint {uuid} to the object store"
        self._state.explain(text)
        self._state.checkpoint_delayed(f"{text}: {trouble}" if trouble else text, since)

"""Which pipeline to look at next.

Level-triggered: an entry says only that a pipeline deserves a look, never why. A key is in the queue at
most once and is worked on by one worker at a time; news that arrives meanwhile causes exactly one more
look. Deadlines and polling are entries with a delay, so that a pipeline at rest costs one timer, no task.

Urgent keys (a stop, a deletion) go first, so that a stop overtakes a storm of creates.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

NoteWait = Callable[[float, bool], None]
"""Told of each entry that is taken: the seconds that it waited, and whether it was urgent."""


class WorkQueue(Generic[K]):
    """A deduplicating queue with delays and two priorities, for one event loop."""

    def __init__(self, note_wait: NoteWait | None = None) -> None:
        self._note_wait = note_wait
        self._since: dict[K, float] = {}
        self._urgent: deque[K] = deque()
        self._normal: deque[K] = deque()
        self._waiting: dict[K, bool] = {}
        self._working: dict[K, bool] = {}
        self._again: dict[K, bool] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._news = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: K, *, is_urgent: bool = False) -> None:
        """Look at ``key`` soon; urgent ones first. A pending delay of the key is over."""
        if self._is_closed:
            return
        self._cancel_timer(key)
        if key in self._working:
            self._again[key] = is_urgent or self._again.get(key, False)
        elif key not in self._waiting:
            self._waiting[key] = is_urgent
            self._since[key] = time.monotonic()
            (self._urgent if is_urgent else self._normal).append(key)
            self._news.set()
        elif is_urgent and not self._waiting[key]:
            # The entry in the normal lane stays behind and is skipped when its turn comes.
            self._waiting[key] = True
            self._urgent.append(key)
            self._news.set()

    def add_after(self, key: K, seconds: float, *, is_urgent: bool = False) -> None:
        """Look at ``key`` after a delay, unless something calls for a look earlier.

        The next step of an urgent look, asked for during it, is as urgent: a stop takes several.
        """
        if self._is_closed or key in self._waiting or key in self._again:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + max(seconds, 0.0)
        pending = self._timers.get(key)
        if pending is not None and pending.when() <= due:
            return
        self._cancel_timer(key)
        self._timers[key] = loop.call_at(due, self._fire, key, is_urgent or self._working.get(key, False))

    async def get(self) -> K:
        """The next key to work on. Every ``get`` is followed by one :meth:`done`.

        Raises ``asyncio.CancelledError`` once the queue is closed.
        """
        while True:
            if self._is_closed:
                raise asyncio.CancelledError
            found = self._pop()
            if found is not None:
                key, is_urgent = found
                self._working[key] = is_urgent
                return key
            self._news.clear()
            await self._news.wait()

    def done(self, key: K) -> None:
        """The look at ``key`` is over."""
        self._working.pop(key, None)
        is_urgent = self._again.pop(key, None)
        if is_urgent is not None:
            self.add(key, is_urgent=is_urgent)

    def close(self) -> None:
        """Take no more work and end the workers that wait."""
        self._is_closed = True
        for key in list(self._timers):
            self._cancel_timer(key)
        self._news.set()

    def _pop(self) -> tuple[K, bool] | None:
        for lane, is_urgent in ((self._urgent, True), (self._normal, False)):
            while lane:
                key = lane.popleft()
                if self._waiting.get(key) is is_urgent:
                    del self._waiting[key]
                    waited = time.monotonic() - self._since.pop(key)
                    if self._note_wait is not None:
                        self._note_wait(waited, is_urgent)
                    return key, is_urgent
        return None

    def _fire(self, key: K, is_urgent: bool) -> None:
        self._timers.pop(key, None)
        self.add(key, is_urgent=is_urgent)

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

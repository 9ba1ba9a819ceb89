"""SIGKILL, before or after a write or a call that is told by its number."""

from .operator_process import OperatorProcess
from .proxy import GoneError


class Killer:
    """Kills the operator once. Writes and calls are counted from the moment it was armed."""

    def __init__(self, operator: OperatorProcess) -> None:
        self._operator = operator
        self._number = 0
        self._is_before = False
        self.seen = 0
        self.hit: str | None = None
        """What it was killed over."""

    def arm(self, number: int, *, is_before: bool) -> None:
        """Be ready for the write or call with this number, counted from 1; 0 means none."""
        self._number, self._is_before = number, is_before
        self.seen, self.hit = 0, None

    async def before(self, what: str) -> None:
        """See :class:`faults.proxy.Passage`."""
        self.seen += 1
        if self._is_before:
            await self._kill_over(what)

    async def after(self, what: str) -> None:
        """See :class:`faults.proxy.Passage`."""
        if not self._is_before:
            await self._kill_over(what)

    async def _kill_over(self, what: str) -> None:
        # A write that was under way when it was armed has no number.
        if self.hit is not None or self._number == 0 or self.seen != self._number:
            return
        self.hit = what
        await self._operator.kill()
        raise GoneError

"""The wait of an acting command: look, show, judge, until it is there, cannot be, or time is over."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sluice.api.reasons import ConditionType
from sluice.cli.exits import Exit, Verdict
from sluice.cli.goals import Goal
from sluice.cli.journey import Journey
from sluice.cli.session import Session
from sluice.cli.view import View
from sluice.kube import ApiError, ApiUnreachableError
from sluice.telling.subject import Subject
from sluice.telling.words import Words, duration

LOOK_SECONDS: Final = 0.5
SILENCE: Final = timedelta(seconds=60)
"""An API server that is silent for longer ends the wait: nothing is known then."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a wait ended, and the pipeline as it was last seen."""

    verdict: Verdict
    subject: Subject


class Wait:
    """One wait. ``what`` is the thing that goes on when nobody waits for it any more."""

    def __init__(
        self,
        session: Session,
        words: Words,
        what: str,
        timeout: timedelta | None,
        gone: Exit = Exit.NOT_FOUND,
    ) -> None:
        self._session = session
        self._words = words
        self._what = what
        self._gone = Verdict(gone, f"{words.name} is gone: somebody deleted it.")
        self._began = self._heard = session.now()
        self._until = None if timeout is None else self._began + timeout

    async def follow(self, subject: Subject, goal: Goal, view: View) -> Ending:
        """Wait for the goal, from this look on. Ctrl-C ends the waiting and nothing else."""
        journey = Journey(self._words.name, self._began)
        last = subject
        try:
            with view:
                while True:
                    found = await self._look(journey, view)
                    last = found if isinstance(found, Subject) else last
                    verdict = self._judge(found, last, goal)
                    if verdict is not None:
                        journey.is_reached = verdict.code is Exit.REACHED
                        self._show(view, journey, [])
                        return Ending(verdict, last)
                    await self._session.sleep(LOOK_SECONDS)
        except asyncio.CancelledError:
            text = (
                f"Nobody waits any more, and {self._what} goes on: {self._words.command('status')} shows it."
            )
            return Ending(Verdict(Exit.INTERRUPTED, text), last)

    async def _look(self, journey: Journey, view: View) -> Subject | Verdict | None:
        try:
            found = await self._session.find(self._words.name)
        except (ApiUnreachableError, ApiError) as error:
            self._show(view, journey, journey.miss(f"no look at the cluster: {error}"))
            return None
        self._heard = self._session.now()
        if found is None:
            return self._gone
        self._show(view, journey, journey.see(found, self._heard))
        return found

    def _show(self, view: View, journey: Journey, news: Sequence[str]) -> None:
        view.show(journey, news, self._session.now())

    def _judge(self, found: Subject | Verdict | None, last: Subject, goal: Goal) -> Verdict | None:
        if isinstance(found, Verdict):
            return found
        verdict = None if found is None else goal.judge(found)
        return verdict or self._judge_time(last)

    def _judge_time(self, last: Subject) -> Verdict | None:
        now = self._session.now()
        if now - self._heard >= SILENCE:
            text = f"The API server has not answered for {duration(SILENCE.total_seconds())}"
            return Verdict(Exit.FAILED, f"{text}, and {self._what} may go on: ask again with {self._status}.")
        if self._until is None or now < self._until:
            return None
        ready = last.condition(ConditionType.READY)
        why = f" ({ready.message})" if ready is not None and ready.status != "True" else ""
        text = f"{self._words.name} is {last.status.deployment_status or 'new'} when the time is over{why}"
        return Verdict(Exit.TIMEOUT, f"{text}; {self._what} goes on: {self._status} shows it.")

    @property
    def _status(self) -> str:
        return self._words.command("status")

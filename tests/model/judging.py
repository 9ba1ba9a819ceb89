"""Each distinct decision, made by the real ``decide`` and judged by the rules, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sluice.api.status import PipelineStatus
from sluice.decide import Decision, decide
from sluice.observation import Intent, Observed

from . import life_rules, stop_rules
from .abstraction import NOW, abstract, concrete
from .case import LASTING, Case
from .seeing import Seen, intent_of, label_of, observed_of, to_do
from .setting import Setting
from .world import Do, Status, User

RULES = {**stop_rules.RULES, **life_rules.RULES}
Decide = Callable[[Intent, PipelineStatus, Observed, datetime], Decision]


NEVER_RAISES = "S0 a decision is always made"


class Broken(NamedTuple):
    """A rule that does not hold."""

    rule: str
    message: str


class Verdict(NamedTuple):
    """What a decision comes to."""

    status: Status
    todo: tuple[Do, ...]
    is_polling: bool
    """It wants to look again by itself."""
    label: str
    broken: tuple[Broken, ...]


class Judge:
    """Makes decisions in one setting and remembers them."""

    def __init__(self, setting: Setting, decide_: Decide = decide) -> None:
        self.setting = setting
        self._decide = decide_
        self._most_restarts = setting.restart.max_restarts or 1
        self._known: dict[tuple[User, bool, Status, Seen], Verdict] = {}

    def __len__(self) -> int:
        return len(self._known)

    def decide(self, user: User, status: Status, seen: Seen, *, has_finalizer: bool) -> Verdict:
        """The decision on what is wanted, stored and seen."""
        key = user, has_finalizer, status, seen
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._judge(user, status, seen, has_finalizer=has_finalizer)
        return found

    def _judge(self, user: User, status: Status, seen: Seen, *, has_finalizer: bool) -> Verdict:
        intent = intent_of(user, status.revision, self.setting, has_finalizer=has_finalizer)
        observed = observed_of(seen)
        try:
            decision = self._decide(intent, concrete(status), observed, NOW)
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is being looked for
            return Verdict(status, (), False, "", (Broken(NEVER_RAISES, f"it raised {error!r}"),))
        after = abstract(decision.status, self._most_restarts)
        todo = to_do(decision, intent)
        is_lasting = any(do.kind in LASTING for do in todo)
        again = self._decide_again(intent, decision, observed) if is_lasting else ()
        case = Case(user, status, seen, after, decision, todo, intent, observed, again)
        broken = [Broken(name, said) for name, rule in RULES.items() if (said := rule(case)) is not None]
        is_polling = decision.requeue_after is not None
        return Verdict(after, todo, is_polling, label_of(decision.status), tuple(broken))

    def _decide_again(self, intent: Intent, decision: Decision, observed: Observed) -> tuple[Do, ...]:
        """What an operator that lost its memory right after the status write would do."""
        forgotten = replace(observed, refusal=None, last_seen=None)
        return to_do(self._decide(intent, decision.status, forgotten, NOW), intent)

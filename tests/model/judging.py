"""Each distinct decision, made by the real ``decide`` and judged by the rules, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sluice.api.status import PipelineStatus
from sluice.decide import Decision, decide
from sluice.observation import Intent, Observed

from . import failing_rules, life_rules, request_rules, stop_rules, volume_rules
from .abstraction import abstract, concrete
from .case import LASTING, TURNED_DOWN, Case
from .seeing import Seen, look_at
from .setting import Setting
from .translating import label_of, observed_of, to_do
from .wanting import Wanting
from .words import NOW
from .world import Do, Status, User, World

RULES = {
    **stop_rules.RULES,
    **failing_rules.RULES,
    **life_rules.RULES,
    **request_rules.RULES,
    **volume_rules.RULES,
}
RULES_OF_PAUSED = request_rules.RULES_OF_PAUSED
"""A pipeline that the operator is to leave alone has one rule, which leaves nothing to the others."""
Decide = Callable[[Intent, PipelineStatus, Observed, datetime], Decision]


NEVER_RAISES = "S0 a decision is always made"


class Broken(NamedTuple):
    """A rule that does not hold."""

    rule: str
    message: str


class Verdict(NamedTuple):
    """What a decision comes to."""

    seen: Seen
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
        self._wanting = Wanting(setting)
        self._known: dict[tuple[User, bool, Status, Seen], Verdict] = {}

    def __len__(self) -> int:
        return len(self._known)

    def intent_of(self, world: World) -> Intent:
        """What is wanted, as the operator reads it."""
        real = concrete(world.status, self.setting)
        return self._wanting.intent_of(world.user, world.status, real, has_finalizer=world.has_finalizer)

    def decide(self, world: World) -> Verdict:
        """The decision on what is wanted, stored and seen."""
        real, intent = concrete(world.status, self.setting), self.intent_of(world)
        seen = look_at(world, intent, real)
        key = world.user, world.has_finalizer, world.status, seen
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._judge(world, intent, real, seen)
        return found

    def _judge(self, world: World, intent: Intent, real: PipelineStatus, seen: Seen) -> Verdict:
        observed = observed_of(seen, self.setting)
        try:
            decision = self._decide(intent, real, observed, NOW)
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is being looked for
            raised = Broken(NEVER_RAISES, f"it raised {error!r}")
            return Verdict(seen, world.status, (), False, "", (raised,))
        after = abstract(decision.status, self.setting)
        todo = to_do(decision, intent)
        is_lasting = any(do.kind in LASTING for do in todo)
        again = self._decide_again(intent, decision, observed) if is_lasting else ()
        case = Case(
            user=world.user,
            before=world.status,
            seen=seen,
            after=after,
            decision=decision,
            todo=todo,
            intent=intent,
            observed=observed,
            again=again,
            real=real,
            setting=self.setting,
        )
        turned_down = {(e.verb, e.token) for e in case.new_entries if e.state in TURNED_DOWN}
        if turned_down:
            case = case._replace(unasked=self._decide_without(turned_down, intent, real, observed))
        rules = RULES_OF_PAUSED if world.user.is_paused else RULES
        broken = tuple(Broken(name, said) for name, rule in rules.items() if (said := rule(case)) is not None)
        is_polling = decision.requeue_after is not None
        return Verdict(seen, after, todo, is_polling, label_of(decision.status), broken)

    def _decide_without(
        self, requests: set[tuple[str, str]], intent: Intent, real: PipelineStatus, observed: Observed
    ) -> tuple[Status, tuple[Do, ...]]:
        """What would be decided had these requests not been made."""
        others = tuple(each for each in intent.requests if (each.verb, each.token) not in requests)
        decision = self._decide(replace(intent, requests=others), real, observed, NOW)
        return abstract(decision.status, self.setting), to_do(decision, intent)

    def _decide_again(self, intent: Intent, decision: Decision, observed: Observed) -> tuple[Do, ...]:
        """What an operator that lost its memory right after the status write would do."""
        forgotten = replace(observed, refusal=None, last_seen=None, ticket=None)
        return to_do(self._decide(intent, decision.status, forgotten, NOW), intent)

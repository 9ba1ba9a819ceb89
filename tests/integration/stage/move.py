"""What a move is: something that may happen next, as a sentence, with when it can and how often it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sluice.api.json_values import Json

from .kubelet import has_ended, is_ours, is_running
from .stage import Stage


@dataclass(frozen=True)
class Scene:
    """How things are right now."""

    stage: Stage
    body: Json
    pod: Json | None

    @property
    def own_pod(self) -> Json:
        """Our pod; nothing where there is none."""
        return self.pod if self.pod is not None and is_ours(self.pod) else {}

    @property
    def is_deleting(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]

    @property
    def has_process(self) -> bool:
        return self.stage.kubelet.process is not None and self.is_up

    @property
    def is_up(self) -> bool:
        return bool(self.own_pod) and is_running(self.own_pod) and not has_ended(self.own_pod)

    @property
    def is_leaving(self) -> bool:
        return "deletionTimestamp" in self.own_pod.get("metadata", {})

    def process_is(self, *statuses: str) -> bool:
        """Whether the process lives, works, and is in one of these."""
        process = self.stage.kubelet.process
        is_well = process is not None and not process.has_failed and self.is_up
        return is_well and process is not None and (not statuses or process.status in statuses)


def look_at(stage: Stage) -> Scene | None:
    """How things are; ``None`` when the pipeline is gone."""
    return None if stage.body is None else Scene(stage, stage.body, stage.kubelet.pod)


Act = Callable[[Scene], Awaitable[None]]
SELDOM, SOMETIMES, OFTEN, MOSTLY = 1, 2, 4, 14


@dataclass(frozen=True)
class Move:
    """One thing that may happen."""

    sentence: str
    act: Act
    is_possible: Callable[[Scene], bool]
    weight: int
    """How much more often than the rarest it happens."""


def always(_: Scene) -> bool:
    return True


class Moves(list[Move]):
    """Moves of one kind, in the order in which they are told."""

    def add(self, sentence: str, act: Act, weight: int) -> None:
        """One that can happen at any time."""
        self.append(Move(sentence, act, always, weight))

    def note(
        self, sentence: str, is_possible: Callable[[Scene], bool] = always, *, weight: int = SOMETIMES
    ) -> Callable[[Act], Act]:
        """Decorates what happens."""

        def decorate(act: Act) -> Act:
            self.append(Move(sentence, act, is_possible, weight))
            return act

        return decorate

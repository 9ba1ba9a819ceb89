"""Whether every wish comes true once the world is kind.

From every world that can be reached, a person makes one last edit. From then on nothing goes wrong any more:
nobody refuses, nothing dies by itself, every process answers, lost nodes come back, news arrives. What then
happens is one path, because each world has one next step; it must end where the person wanted it to.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import environment, operator_steps, people
from . import world as w
from .explorer import Exploration, without_collector
from .judging import Broken, Judge
from .operator_steps import LOOKS, Step, told
from .seeing import is_ours
from .world import Pod, Process, World, canonical


class Wish(NamedTuple):
    """What a person wants last."""

    rule: str
    edit: Callable[[World], World]
    is_true: Callable[[World], bool]


def _want(**changes: object) -> Callable[[World], World]:
    def edit(world: World) -> World:
        return people.edit(world, world.user._replace(**changes))  # type: ignore[arg-type]

    return edit


def _is_stopped(world: World) -> bool:
    return world.status.resources == "Stopped" and world.pod is None and world.orphan is None


def _is_reached(desired: str) -> Callable[[World], bool]:
    def is_true(world: World) -> bool:
        process, status = world.process, world.status
        return process is not None and process.status == status.shown == desired and status.stop is None

    return is_true


def _is_gone(world: World) -> bool:
    return not world.exists and world.pod is None and world.orphan is None


def _delete(world: World) -> World:
    return people.delete(world)


WISHES = (
    Wish("L1 force reaches Stopped", _want(desired="Stopped", force=True), _is_stopped),
    Wish("L2 a graceful stop reaches Stopped", _want(desired="Stopped", force=False), _is_stopped),
    Wish(
        "L3 Running is reached", _want(desired="Running", force=False, is_valid=True), _is_reached("Running")
    ),
    Wish("L4 Paused is reached", _want(desired="Paused", force=False, is_valid=True), _is_reached("Paused")),
    Wish("L5 deleting reaches the end", _delete, _is_gone),
)
RULES = tuple(wish.rule for wish in WISHES)


def check(found: Exploration) -> int:
    """Follow each wish from each world; returns how many steps that took."""
    with without_collector():
        return sum(_check_wish(found, wish) for wish in WISHES)


def _check_wish(found: Exploration, wish: Wish) -> int:
    known: dict[World, bool] = {}
    for origin in found.parents:
        if origin.exists and not origin.user.is_deleting and _is_settled(origin):
            first = canonical(wish.edit(origin))
            if first not in known and not _comes_true(first, wish, found.judge, known):
                path = _path(first, found.judge)
                broken = Broken(wish.rule, "the world is kind, and it is never reached")
                found.report(origin, broken, "user has a last wish, and from now on all is well", *path)
                break
    return len(known)


def _is_settled(world: World) -> bool:
    """Whether cluster and process have come to rest. They move without regard to the user and before the
    operator looks, so that a wish from any other world leads where one from its settled successor leads."""
    return not world.todo and environment.deliver(world) == world and _kind_cluster(world) is None


def _comes_true(world: World, wish: Wish, judge: Judge, known: dict[World, bool]) -> bool:
    """Walk on until an end, a circle, or a world that was walked before."""
    walked: dict[World, None] = {}
    result = False
    while True:
        if world in known:
            result = known[world]
            break
        if world in walked:
            break
        walked[world] = None
        step = kind_step(world, judge)
        if step is None:
            result = wish.is_true(world)
            break
        world = canonical(step.world)
    known.update(dict.fromkeys(walked, result))
    return result


def _path(world: World, judge: Judge) -> Iterator[str]:
    seen: set[World] = set()
    while world not in seen:
        seen.add(world)
        step = kind_step(world, judge)
        if step is None:
            yield f"and there it stays: {world.status}"
            return
        yield told(world.status, step.world.status) if step.sentence == LOOKS else step.sentence
        world = canonical(step.world)
    yield "and so on, for ever"


def kind_step(world: World, judge: Judge) -> Step | None:
    """The next thing that happens in a kind world; nothing when it has come to rest."""
    if world.todo:
        return operator_steps.act(world, judge)
    heard = environment.deliver(world)
    if heard != world:
        return Step("the watch delivers", heard)
    return _kind_cluster(world) or _kind_operator(world, judge)


def _kind_operator(world: World, judge: Judge) -> Step | None:
    if not world.exists:
        return None
    looked = operator_steps.look(world, judge)
    if looked is not None:
        return looked
    passed = next(environment.time_steps(world, frozenset()), None)
    if passed is None and world.status.held == "now":
        return Step("user changes something else in the spec", people.edit(world, world.user))
    return passed


def _kind_cluster(world: World) -> Step | None:
    pod, process = world.pod, world.process
    if world.node != w.OK or world.orphan is not None:
        return Step("all nodes are well", world._replace(node=w.OK, orphan=None))
    if pod is None:
        return None
    if not is_ours(pod):
        return Step("somebody removes their pod", world._replace(pod=None))
    if process is None:
        return next(environment.pod_steps(world, frozenset()), None) or _first_exit(world)
    return _kind_process(world, pod, process)


def _first_exit(world: World) -> Step | None:
    return next(environment.exit_steps(world, frozenset()), None)


def _kind_process(world: World, pod: Pod, process: Process) -> Step | None:
    if process.is_mute:
        return Step("the process answers again", world._replace(process=process._replace(is_mute=False)))
    if pod.deleting or process.status == environment.FAILED:
        return _first_exit(world)
    return next(environment.process_steps(world, frozenset()), None)

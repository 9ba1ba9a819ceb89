"""Whether every wish comes true once the world is kind.

From every world that can be reached, a person makes one last edit. From then on nothing goes wrong any more:
nobody refuses, nothing dies by itself, every process answers, lost nodes come back, news arrives. What then
happens is one path, because each world has one next step; it must end where the person wanted it to.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import endings, environment, operator_steps, people, processes, times
from . import world as w
from .explorer import Exploration, without_collector
from .judging import Broken, Judge
from .numbering import canonical
from .operator_steps import LOOKS, Step, told
from .seeing import is_ours
from .setting import Setting
from .variants import BAD, variant_with
from .world import Ask, Pod, Process, World


class Wish(NamedTuple):
    """What a person wants last."""

    rule: str
    edit: Callable[[World], World]
    is_true: Callable[[World], bool]
    needs: str = ""
    """The word without which nobody can want it."""
    is_for_tame: bool = True
    """Whether it is followed in worlds that look at one theme too."""


def _want(desired: str, *, force: bool = False, is_valid: bool | None = None) -> Callable[[World], World]:
    """Write it into the spec, and take away whatever stands in its way."""

    def edit(world: World) -> World:
        user = people.without_requests(world.user)._replace(desired=desired, force=force)
        if is_valid is not None:
            user = user._replace(is_valid=is_valid, template=0 if user.template == BAD else user.template)
        return people.edit(world, user)

    return edit


def _override(desired: str, *, force: bool) -> Callable[[World], World]:
    """Leave the spec as it is, and ask besides."""

    def edit(world: World) -> World:
        user = people.without_requests(world.user)
        request = Ask("override", people.NEW_TOKEN, desired=desired, force=force)
        return people.ask(world._replace(user=user), request)

    return edit


def _ask(verb: str) -> Callable[[World], World]:
    def edit(world: World) -> World:
        user = world.user._replace(is_paused=False)
        return people.ask(world._replace(user=user), Ask(verb, people.NEW_TOKEN))

    return edit


def _is_stopped(world: World) -> bool:
    is_gone = world.pod is None and world.orphan is None
    return world.status.resources == "Stopped" and is_gone and _has_no_request_left(world)


def _is_stopped_or_given_up(world: World) -> bool:
    """A stop that the process cannot follow is given up, where that is declared: then it goes on."""
    process = world.process
    goes_on = world.status.is_given_up and process is not None and process.status == process.desired
    return _is_stopped(world) or (goes_on and _has_no_request_left(world))


def _has_no_request_left(world: World) -> bool:
    """Every request that was accepted has its outcome. An override has it when it ends."""
    return not any(entry.is_open and entry.verb != "override" for entry in world.status.requests)


def _is_reached(desired: str) -> Callable[[World], bool]:
    def is_true(world: World) -> bool:
        process, status = world.process, world.status
        is_there = process is not None and process.status == status.shown == desired and status.stop is None
        return is_there and _has_no_request_left(world) and _has_its_template(world)

    return is_true


def _has_its_template(world: World) -> bool:
    """What runs was made from the template that people wrote last, if that can run."""
    template = variant_with(world.status.revision).template if world.status.revision else 0
    return world.user.template in (template, BAD) or not world.user.is_valid


def _is_standby_or_held(world: World) -> bool:
    """A process begins in Standby or never: one that runs goes on until it is stopped."""
    is_held = world.process is not None and world.status.shown in ("Running", "Paused")
    return _is_reached("Standby")(world) or (is_held and world.status.stop is None)


def _is_gone(world: World) -> bool:
    is_left = world.pod is not None or world.orphan is not None
    return not world.exists and not is_left and not world.is_claim_leaving


def _delete(world: World) -> World:
    return people.delete(world._replace(user=world.user._replace(is_paused=False)))


WISHES = (
    Wish("L1 force reaches Stopped", _want("Stopped", force=True), _is_stopped),
    Wish("L2 a graceful stop reaches Stopped", _want("Stopped"), _is_stopped_or_given_up),
    Wish("L3 Running is reached", _want("Running", is_valid=True), _is_reached("Running")),
    Wish("L4 Paused is reached", _want("Paused", is_valid=True), _is_reached("Paused"), is_for_tame=False),
    Wish("L5 deleting reaches the end", _delete, _is_gone),
    Wish("L6 Standby is reached", _want("Standby", is_valid=True), _is_standby_or_held, "standby"),
    Wish(
        "L7 an override by force reaches Stopped", _override("Stopped", force=True), _is_stopped, "override"
    ),
    Wish(
        "L7 an override reaches Stopped",
        _override("Stopped", force=False),
        _is_stopped_or_given_up,
        "override",
    ),
    Wish("L8 a checkpoint that is asked for ends", _ask("checkpoint"), _has_no_request_left, "checkpoint"),
    Wish("L8 a clearing ends", _ask("clear-storage"), _has_no_request_left, "clear-storage"),
    Wish("L8 a restart ends", _ask("restart"), _has_no_request_left, "restart"),
    Wish("L8 an approval ends", _ask("approve"), _has_no_request_left, "approve"),
)
RULES = tuple(wish.rule for wish in WISHES)


def check(found: Exploration) -> int:
    """Follow each wish from each world; returns how many steps that took."""
    with without_collector():
        return sum(_check_wish(found, wish) for wish in WISHES if _is_followed(wish, found.setting))


def _is_followed(wish: Wish, setting: Setting) -> bool:
    is_tame = "tame" in setting.happens and "pause" not in setting.happens
    return wish.needs in ("", *setting.happens) and (wish.is_for_tame or not is_tame)


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
        if step.broken:
            # The rules hold on these ways too. The path to it is told by the caller.
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
        yield from (f"which breaks {broken.rule}: {broken.message}" for broken in step.broken)
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
    passed = next(times.time_steps(world, frozenset()), None)
    if passed is None and world.status.held == "now":
        return Step("user changes something else in the spec", people.edit(world, world.user))
    return passed


def _kind_cluster(world: World) -> Step | None:
    pod, process = world.pod, world.process
    if world.node != w.OK or world.orphan is not None:
        return Step("all nodes are well", world._replace(node=w.OK, orphan=None))
    gone = next(environment.claim_steps(world), None)
    if gone is not None:
        return gone
    if pod is None:
        return None
    if not is_ours(pod):
        return Step("somebody removes their pod", world._replace(pod=None))
    if process is None:
        return next(environment.pod_steps(world, frozenset()), None) or _first_exit(world)
    return _kind_process(world, pod, process)


def _first_exit(world: World) -> Step | None:
    return next(endings.exit_steps(world, frozenset()), None)


def _kind_process(world: World, pod: Pod, process: Process) -> Step | None:
    if process.is_mute:
        return Step("the process answers again", world._replace(process=process._replace(is_mute=False)))
    if pod.deleting or process.status == w.FAILED:
        return _first_exit(world)
    if process.status == w.AWAITING and not process.is_approved:
        approved = world._replace(process=process._replace(is_approved=True))
        return Step("somebody approves at the process itself", approved)
    return next(processes.process_steps(world, frozenset()), None)

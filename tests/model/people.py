"""What the pipeline's user may do at any moment: every edit of spec and annotations, and the deletion."""

from collections.abc import Iterator

from . import world as w
from .operator_steps import Step
from .variants import BAD
from .words import OLD, PRESENT
from .world import Ask, User, World

NEW_TOKEN = 97
"""Higher than all others until ``canonical`` closes the gap."""
VERBS = ("checkpoint", "clear-storage", "dismiss-error", "approve", "restart")
OPEN_MAX = 2
"""So many requests of one kind under way show all that more could; only where there may be "many"."""


def steps(world: World, happens: frozenset[str]) -> Iterator[Step]:
    """Everything that a person may ask for next."""
    user = world.user
    if not user.is_deleting:
        for sentence, wish in _wishes(user, happens):
            if wish != user:
                yield Step(f"user {sentence}", edit(world, wish))
        if world.status.held == PRESENT or world.status.is_given_up:
            yield Step("user changes something else in the spec", edit(world, user))
        if "delete" in happens:
            yield Step("user deletes the pipeline", delete(world))
    elif not user.force:
        yield Step("user sets force on the pipeline that is being deleted", edit(world, _forced(user)))
    yield from _annotations(world, happens)


def _forced(user: User) -> User:
    return user._replace(desired="Stopped", force=True)


def _wishes(user: User, happens: frozenset[str]) -> Iterator[tuple[str, User]]:
    yield "asks for Running", user._replace(desired="Running", force=False)
    if "pause" in happens:
        yield "asks for Paused", user._replace(desired="Paused", force=False)
    if "standby" in happens:
        yield "asks for Standby", user._replace(desired="Standby", force=False)
    yield "asks for Stopped", user._replace(desired="Stopped", force=False)
    if "tame" not in happens:
        yield "asks for Stopped by force", _forced(user)
    if "invalid" in happens:
        said = "breaks" if user.is_valid else "mends"
        yield f"{said} the rest of the spec", user._replace(is_valid=not user.is_valid)
    if "edit" in happens:
        said = "removes storage from" if user.has_storage else "adds storage to"
        yield f"{said} the spec", user._replace(has_storage=not user.has_storage)
    yield from _edits(user, happens)


def _edits(user: User, happens: frozenset[str]) -> Iterator[tuple[str, User]]:
    """Edits of which each field knows when it takes effect."""
    if "template" in happens:
        yield "writes the other template", user._replace(template=1 - min(user.template, 1))
    if "bad" in happens:
        yield "writes a template that nobody can run", user._replace(template=BAD)
        yield "writes the first template again", user._replace(template=0)
    if "held" in happens:
        yield "changes the bootstrap policy", user._replace(bootstrap=1 - user.bootstrap)
        yield "changes the storage class", user._replace(storage_class=1 - user.storage_class)
    if "size" in happens:
        yield "changes the size of the volume", user._replace(size=1 - user.size)
    if "elsewhere" in happens:
        yield "changes where to start from", user._replace(start=1 - user.start)


def edit(world: World, user: User) -> World:
    """A new generation of the spec: what was held or given up at the last one is so no more."""
    status = world.status
    held = OLD if status.held else ""
    status = status._replace(held=held, is_given_up=False, given_up_token=0)
    is_used = world.is_fresh_used and user.start == world.user.start
    return world._replace(user=user, status=status, is_fresh_used=is_used)


def delete(world: World) -> World:
    """The object goes at once, unless a finalizer holds it."""
    deleted = edit(world, world.user._replace(is_deleting=True))
    return deleted if world.has_finalizer else deleted._replace(exists=False, todo=())


# --- Annotations, which leave the generation as it is ------------------------------------------------------


def _annotations(world: World, happens: frozenset[str]) -> Iterator[Step]:
    if "halt" in happens:
        said = "lets the operator go on" if world.user.is_paused else "tells the operator to do nothing"
        halted = world.user._replace(is_paused=not world.user.is_paused)
        yield Step(f"user {said}", world._replace(user=halted))
    for verb in VERBS:
        if verb in happens and _may_ask(world, verb, happens):
            yield Step(f"user asks for {verb}", ask(world, Ask(verb, NEW_TOKEN)))
            if "others" in happens:
                odd = w.ODD if verb == "clear-storage" else w.OTHER
                yield Step(f"user writes a {verb} {odd}", ask(world, Ask(verb, NEW_TOKEN, odd)))
    if "override" in happens and _may_ask(world, "override", happens):
        for override in _overrides(world.user, happens):
            force = " by force" if override.force else ""
            flavour = f" {override.flavour}" if override.flavour else ""
            yield Step(f"user overrides: {override.desired}{force}{flavour}", ask(world, override))
    if "again" in happens:
        yield from _again(world)


def _may_ask(world: World, verb: str, happens: frozenset[str]) -> bool:
    under_way = sum(entry.verb == verb and entry.is_open for entry in world.status.requests)
    # One that is not recorded yet may be overwritten where there may be many.
    is_new = any(ask.verb == verb and ask.is_there and not _is_known(world, ask) for ask in world.user.asks)
    if "many" in happens:
        return under_way < OPEN_MAX
    return not is_new and under_way < (OPEN_MAX if verb == "override" else 1)


def _is_known(world: World, ask: Ask) -> bool:
    return any((entry.verb, entry.token) == (ask.verb, ask.token) for entry in world.status.requests)


def _overrides(user: User, happens: frozenset[str]) -> Iterator[Ask]:
    yield Ask("override", NEW_TOKEN, desired="Stopped", recorded=user.desired)
    if "tame" in happens:
        return
    yield Ask("override", NEW_TOKEN, desired="Stopped", force=True)
    yield Ask("override", NEW_TOKEN, desired="Running")
    if "others" in happens:
        yield Ask("override", NEW_TOKEN, w.OTHER, desired="Stopped")
        yield Ask("override", NEW_TOKEN, w.ODD, desired="Stopped")
        yield Ask("override", NEW_TOKEN, desired="Gone")


def ask(world: World, request: Ask) -> World:
    """Write an annotation; the one of the same kind that was there is overwritten."""
    others = [each for each in world.user.asks if each.verb != request.verb]
    asks = tuple(sorted([*others, request], key=lambda each: each.verb))
    return world._replace(user=world.user._replace(asks=asks))


def _again(world: World) -> Iterator[Step]:
    for each in world.user.asks:
        said = "removes" if each.is_there else "puts back"
        turned = each._replace(is_there=not each.is_there)
        yield Step(f"user {said} the annotation {each.verb}", ask(world, turned))


def without_requests(user: User) -> User:
    """The user with no annotation left that could stand in the way of what is wanted last."""
    return user._replace(is_paused=False, asks=())

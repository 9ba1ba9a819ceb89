"""What the pipeline's user may do at any moment: every edit of ``spec``, and the deletion."""

from collections.abc import Iterator

from .abstraction import OLD, PRESENT
from .operator_steps import Step
from .world import User, World


def steps(world: World, happens: frozenset[str]) -> Iterator[Step]:
    """Everything that a person may ask for next."""
    user = world.user
    if not user.is_deleting:
        for sentence, wish in _wishes(user, happens):
            if wish != user:
                yield Step(f"user {sentence}", edit(world, wish))
        if world.status.held == PRESENT:
            yield Step("user changes something else in the spec", edit(world, user))
        if "delete" in happens:
            yield Step("user deletes the pipeline", delete(world))
    elif not user.force:
        yield Step("user sets force on the pipeline that is being deleted", edit(world, _forced(user)))


def _forced(user: User) -> User:
    return user._replace(desired="Stopped", force=True)


def _wishes(user: User, happens: frozenset[str]) -> Iterator[tuple[str, User]]:
    yield "asks for Running", user._replace(desired="Running", force=False)
    if "pause" in happens:
        yield "asks for Paused", user._replace(desired="Paused", force=False)
    yield "asks for Stopped", user._replace(desired="Stopped", force=False)
    yield "asks for Stopped by force", _forced(user)
    if "invalid" in happens:
        said = "breaks" if user.is_valid else "mends"
        yield f"{said} the rest of the spec", user._replace(is_valid=not user.is_valid)
    if "edit" in happens:
        said = "removes storage from" if user.has_storage else "adds storage to"
        yield f"{said} the spec", user._replace(has_storage=not user.has_storage)


def edit(world: World, user: User) -> World:
    """A new generation of the spec: what was held at the last one is held no more."""
    status = world.status
    held = OLD if status.held else ""
    return world._replace(user=user, status=status._replace(held=held))


def delete(world: World) -> World:
    """The object goes at once, unless a finalizer holds it."""
    user = world.user._replace(is_deleting=True)
    status = world.status._replace(held=OLD if world.status.held else "")
    if world.has_finalizer:
        return world._replace(user=user, status=status)
    return world._replace(user=user, status=status, exists=False, todo=())

"""How a container may end, and what it leaves behind."""

from collections.abc import Iterator

from . import world as w
from .numbering import fresh_checkpoint
from .operator_steps import Step
from .words import AHEAD, PRESENT
from .world import FAILED, INITIALIZING, PAUSED, RUNNING, SUSPENDED, Exit, Pod, Process, World

Happens = frozenset[str]


def end(world: World, kind: str, checkpoint: int) -> World:
    """The container ends; its pod stays as the proof of it."""
    pod = world.pod
    if pod is None:
        return world
    deleting = w.LONG if pod.deleting else w.NO
    ended = pod._replace(phase=w.ENDED, initial="", deleting=deleting, exit=Exit(kind, checkpoint))
    return world._replace(pod=ended, process=None, newest=max(world.newest, checkpoint))


def exit_steps(world: World, happens: Happens) -> Iterator[Step]:
    """Every way in which the container may end."""
    pod, process = world.pod, world.process
    if pod is None or pod.phase not in (w.BOUND, w.UP) or world.node != w.OK:
        return
    if pod.task and pod.phase == w.UP:
        yield from _work_steps(world, pod, happens)
    elif process is not None:
        yield from _process_exits(world, pod, process, happens)
    elif pod.deleting or (pod.task and "failing" in happens):
        yield Step("the pod ends before its container began", end(world, "never ran", 0))


def _process_exits(world: World, pod: Pod, process: Process, happens: Happens) -> Iterator[Step]:
    newest, fresh = world.newest, fresh_checkpoint(world) if pod.has_storage else 0
    is_working = process.status in (RUNNING, PAUSED)
    if pod.deleting:
        made = fresh if is_working else newest if process.status == SUSPENDED else 0
        if process.status != FAILED:
            saved = made_checkpoint(world, made, happens) if made == fresh > 0 else world
            yield Step("the process ends on SIGTERM", end(saved, "checkpointed", made))
        elif "saves" in happens:
            saved = made_checkpoint(world, fresh, happens)
            yield Step("the failed process saves its work on SIGTERM", end(saved, "checkpointed", fresh))
        yield Step("the process is killed at the end of its grace", end(world, "killed", 0))
    elif "crash" in happens:
        yield Step("the process is killed (out of memory)", end(world, "killed", 0))
    if "crash" in happens or process.status == FAILED:
        yield Step("the process ends with an error", end(world, "failed", newest))
    if "hopeless" in happens and process.status == INITIALIZING:
        yield Step("the process can never begin like this", end(world, "hopeless", 0))
        yield Step("the process does not understand its environment", end(world, "misconfigured", 0))
    if "unsaid" in happens and process.desired == SUSPENDED and is_working:
        saved = made_checkpoint(world, fresh, happens)
        yield Step(
            "the process makes its checkpoint and is killed before it says so", end(saved, "killed", 0)
        )
    if "end" in happens and process.status == RUNNING:
        yield Step("the process reaches the end of its input", end(world, "input ended", fresh))


def _work_steps(world: World, pod: Pod, happens: Happens) -> Iterator[Step]:
    """How a maintenance pod may end."""
    done = world
    if pod.task == "Clear":
        done = world._replace(newest=0, surplus="", suspended=0)
    elif pod.task == "Retain":
        done = world._replace(surplus="")
    listed = end(done, "listed", done.newest)
    ended = listed.pod and listed.pod._replace(exit=Exit("listed", done.newest, done.surplus))
    yield Step("the maintenance pod has done its work", listed._replace(pod=ended))
    if "failing" in happens:
        yield Step("the maintenance pod fails", end(world, "failed", 0))
    if pod.deleting or "failing" in happens:
        yield Step("the maintenance pod is killed", end(world, "killed", 0))


def made_checkpoint(world: World, number: int, happens: Happens) -> World:
    """A checkpoint is durable; the one before it becomes an older one."""
    surplus = world.surplus
    if world.newest and "surplus" in happens:
        surplus = PRESENT
    elif world.newest and "ages" in happens and not surplus:
        surplus = AHEAD
    return world._replace(newest=number, surplus=surplus)

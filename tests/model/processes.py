"""What the process in the pod's container does by itself."""

from collections.abc import Iterator

from .endings import made_checkpoint
from .numbering import fresh_checkpoint
from .operator_steps import Step
from .world import (
    AWAITING,
    FAILED,
    INITIALIZING,
    PAUSED,
    RUNNING,
    STANDBY,
    SUSPENDED,
    Pod,
    Process,
    World,
)

Happens = frozenset[str]


def process_steps(world: World, happens: Happens) -> Iterator[Step]:
    """What the process does by itself."""
    pod, process = world.pod, world.process
    if pod is None or process is None:
        return
    yield from _progress(world, pod, process, happens)
    if "mute" in happens:
        said = "answers again" if process.is_mute else "does not answer"
        yield Step(
            f"the process {said}", world._replace(process=process._replace(is_mute=not process.is_mute))
        )
    if process.status == FAILED:
        return
    if "crash" in happens and process.status != SUSPENDED:
        yield Step("the process fails", world._replace(process=process._replace(status=FAILED)))
    if "periodic" in happens and process.status == RUNNING and pod.has_storage:
        saved = made_checkpoint(world, fresh_checkpoint(world), happens)
        yield Step("the process makes a checkpoint", saved)
    yield from _checkpoint_steps(world, process, happens)
    yield from _approval_steps(world, process, happens)
    if "hand" in happens and process.status in (RUNNING, PAUSED):
        for target in (PAUSED, SUSPENDED):
            if process.desired not in (target, SUSPENDED) and (pod.has_storage or target == PAUSED):
                asked = world._replace(process=process._replace(desired=target))
                yield Step(f"somebody asks the process itself to become {target}", asked)


def _checkpoint_steps(world: World, process: Process, happens: Happens) -> Iterator[Step]:
    if process.checkpoint != "asked" or process.status not in (RUNNING, PAUSED):
        return
    saved = made_checkpoint(world, fresh_checkpoint(world), happens)
    done = saved._replace(process=process._replace(checkpoint=""))
    yield Step("the process makes the checkpoint that it was asked for", done)
    if "failing" in happens:
        failed = world._replace(process=process._replace(checkpoint="failed"))
        yield Step("the checkpoint that the process was asked for fails", failed)


def _approval_steps(world: World, process: Process, happens: Happens) -> Iterator[Step]:
    if "approval" not in happens:
        return
    if process.status == INITIALIZING and not process.is_approved and process.desired != STANDBY:
        waits = world._replace(process=process._replace(status=AWAITING))
        yield Step("the process waits for somebody to approve its program", waits)
    if process.status == AWAITING and not process.is_approved:
        approved = world._replace(process=process._replace(is_approved=True))
        yield Step("somebody approves at the process itself", approved)


def _progress(world: World, pod: Pod, process: Process, happens: Happens) -> Iterator[Step]:
    status, desired = process.status, process.desired
    if status == INITIALIZING or (status == AWAITING and process.is_approved):
        becomes = desired if desired in (RUNNING, STANDBY) else PAUSED
        yield Step(
            f"the process is initialized and {becomes}",
            world._replace(process=process._replace(status=becomes)),
        )
    elif status in (RUNNING, PAUSED) and desired == SUSPENDED:
        if pod.has_storage:
            done = process._replace(status=SUSPENDED, checkpoint="")
            saved = made_checkpoint(world, fresh_checkpoint(world), happens)
            after = saved._replace(process=done, suspended=pod.start)
            yield Step("the process makes its checkpoint and is Suspended", after)
        else:
            yield Step("the process cannot suspend", world._replace(process=process._replace(status=FAILED)))
    elif status in (RUNNING, PAUSED, STANDBY) and status != desired:
        # Activated and then told to suspend: it begins first, and makes its checkpoint from there.
        becomes = PAUSED if desired == SUSPENDED else desired
        yield Step(f"the process becomes {becomes}", world._replace(process=process._replace(status=becomes)))

"""What passes with time: each limit that status waits for, the short ones first."""

from collections.abc import Iterator

from sluice.api.statuses import ResourcesStatus

from . import world as w
from .operator_steps import Step
from .parts import FEW, ONE_LEFT
from .words import AHEAD, OLD, PRESENT
from .world import World

Happens = frozenset[str]


def time_steps(world: World, happens: Happens) -> Iterator[Step]:
    """Each limit that status waits for may pass, the short ones first."""
    status = world.status
    runtime, stop, restart = status.runtime, status.stop, status.restart
    if runtime is not None and runtime.missing == PRESENT and _is_proof_due(world):
        yield _pass(world, "a minute passes without the pod", runtime=runtime._replace(missing=OLD))
    if restart is not None and restart.next_attempt == AHEAD:
        passed = restart._replace(next_attempt=PRESENT)
        yield _pass(world, "the wait before the restart is over", restart=passed)
    if stop is not None and stop.next_attempt == AHEAD:
        passed_stop = stop._replace(next_attempt=PRESENT)
        yield _pass(world, "the checkpoint may be asked for again", stop=passed_stop)
    if stop is not None and stop.deadline == AHEAD:
        yield _pass(world, "the stop's deadline passes", stop=stop._replace(deadline=PRESENT))
    under_way, work = status.checkpointing, status.maintenance
    if under_way is not None and under_way.next_attempt == AHEAD:
        passed_ask = under_way._replace(next_attempt=PRESENT)
        yield _pass(world, "the process may be asked for its checkpoint again", checkpointing=passed_ask)
    if work is not None and work.next_attempt == AHEAD:
        passed_work = work._replace(next_attempt=PRESENT)
        yield _pass(world, "the wait before the next maintenance pod is over", maintenance=passed_work)
    if "late" in happens:
        yield from _late_steps(world)
    yield from _long_steps(world, happens)


def _late_steps(world: World) -> Iterator[Step]:
    status = world.status
    stop, restart = status.stop, status.restart
    if status.resources == ResourcesStatus.PROVISIONING and not status.is_overdue:
        yield _pass(world, "the provisioning timeout passes", is_overdue=True)
    if status.resources == ResourcesStatus.PROVISIONING and restart and restart.next_attempt == PRESENT:
        late = restart._replace(next_attempt=OLD)
        yield _pass(world, "the provisioning timeout passes again", restart=late)
    if restart is not None and restart.serving == PRESENT:
        yield _pass(world, "the run has served for long", restart=restart._replace(serving=OLD))
    if stop is not None and not stop.is_late and status.resources == ResourcesStatus.PROVISIONED:
        yield _pass(world, "the stop takes ten minutes", stop=stop._replace(is_late=True))


def _long_steps(world: World, happens: Happens) -> Iterator[Step]:
    """What passes in hours, at rest."""
    status, work = world.status, world.status.maintenance
    if "rest" in happens and status.resources == ResourcesStatus.STOPPED and not status.is_overdue:
        yield _pass(world, "it has been at rest for a while", is_overdue=True)
    if "schedule" in happens and status.due == AHEAD:
        yield _pass(world, "the time of the schedule comes", due=PRESENT)
    if "ages" in happens and AHEAD in (world.surplus, status.surplus):
        # The same checkpoints, and the same clock.
        aged = PRESENT if status.surplus == AHEAD else status.surplus
        older = world._replace(surplus=world.surplus and PRESENT)
        yield _pass(older, "the older checkpoints become too old", surplus=aged)
    if "failing" in happens and work is not None and work.attempt == FEW and work.task == "Retain":
        yield _pass(world, "many attempts failed", maintenance=work._replace(attempt=ONE_LEFT))
    if "late" in happens and work is not None and not work.is_late:
        yield _pass(world, "the maintenance pod takes too long", maintenance=work._replace(is_late=True))


def _pass(world: World, sentence: str, **changes: object) -> Step:
    return Step(sentence, world._replace(status=world.status._replace(**changes)))  # type: ignore[arg-type]


def _is_proof_due(world: World) -> bool:
    """What ``NODE_PROOF_SECONDS`` stands for: by then a lost node is known, and a good one has cleaned up."""
    return (
        world.node == w.DOWN
        or (world.node == w.OK and world.orphan is None)
        or world.node
        in (
            w.REMOVED,
            w.OUT_OF_SERVICE,
        )
    )

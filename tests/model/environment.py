"""What may happen to a world without the operator and without the pipeline's user.

Each function yields every single thing of its kind that may happen next. ``silent`` marks those of which no
watch tells: the operator finds them only by looking.
"""

from collections.abc import Iterator

from sluice.api.statuses import ResourcesStatus

from . import world as w
from .abstraction import AHEAD, OLD, PRESENT
from .operator_steps import Step, delete_pod, orphaned
from .seeing import is_ours
from .world import Exit, Orphan, Pod, Process, Status, World

RUNNING, PAUSED, SUSPENDED, INITIALIZING, FAILED = "Running", "Paused", "Suspended", "Initializing", "Failed"
FOREIGN_POD = Pod(0, 0, 0, "", has_storage=False, phase=w.FOREIGN)
Happens = frozenset[str]


def steps(world: World, happens: Happens) -> Iterator[Step]:
    """Everything that may happen next."""
    yield from pod_steps(world, happens)
    yield from exit_steps(world, happens)
    yield from removal_steps(world, happens)
    yield from silent_steps(world, happens)
    yield from watch_steps(world, happens)


def silent_steps(world: World, happens: Happens) -> Iterator[Step]:
    """Everything of which no watch tells."""
    yield from process_steps(world, happens)
    yield from node_steps(world, happens)
    yield from time_steps(world, happens)


# --- The pod ---------------------------------------------------------------------------------------------


def pod_steps(world: World, happens: Happens) -> Iterator[Step]:
    """Scheduler and kubelet."""
    pod = world.pod
    if pod is None:
        return
    if pod.phase == w.FOREIGN:
        yield Step("somebody removes their pod", world._replace(pod=None))
    elif pod.phase == w.NEW and world.node == w.OK:
        yield Step("the pod is bound to a node", world._replace(pod=pod._replace(phase=w.BOUND)))
    elif pod.phase == w.BOUND and not pod.deleting and world.node == w.OK:
        yield Step("the container starts", start(world, pod))
    elif pod.phase == w.ENDED and pod.deleting and world.node == w.OK:
        yield Step("the ended pod is removed", remove(world, pod))
    if "disruption" in happens and is_ours(pod) and not pod.deleting:
        yield Step("the pod is evicted", delete_pod(world, pod.uid, w.LONG))


def start(world: World, pod: Pod) -> World:
    """The container runs; the storage tells the process what its last life was asked to be."""
    process = Process(INITIALIZING, pod.initial)
    if world.suspended and world.suspended == pod.start:
        process = Process(SUSPENDED, SUSPENDED)
    suspended = world.suspended if world.suspended == pod.start else 0
    up = pod._replace(phase=w.UP, initial="")
    return world._replace(pod=up, process=process, suspended=suspended)


def remove(world: World, pod: Pod) -> World:
    """The pod leaves the API after its end; the watch will tell of its last version."""
    return world._replace(pod=None, gone=pod, process=None, is_named=False)


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
    if process is None:
        if pod.deleting:
            yield Step("the pod ends before its container began", end(world, "never ran", 0))
        return
    newest, fresh = world.newest, world.newest + 1 if pod.has_storage else 0
    is_working = process.status in (RUNNING, PAUSED)
    if pod.deleting:
        made = fresh if is_working else newest if process.status == SUSPENDED else 0
        if process.status != FAILED:
            yield Step("the process ends on SIGTERM", end(world, "checkpointed", made))
        yield Step("the process is killed at the end of its grace", end(world, "killed", 0))
    elif "crash" in happens:
        yield Step("the process is killed (out of memory)", end(world, "killed", 0))
    if "crash" in happens or process.status == FAILED:
        yield Step("the process ends with an error", end(world, "failed", newest))
    if "end" in happens and process.status == RUNNING:
        yield Step("the process reaches the end of its input", end(world, "input ended", fresh))


# --- What takes pods away ----------------------------------------------------------------------------------


def removal_steps(world: World, happens: Happens) -> Iterator[Step]:
    """People and controllers that remove or make things beside the operator."""
    pod, orphan = world.pod, world.orphan
    if orphan is not None and world.node == w.OK:
        yield Step("the kubelet ends the container of the lost pod", world._replace(orphan=None))
    if "forced" in happens and pod is not None and is_ours(pod) and orphan is None:
        yield Step("somebody removes the pod by force", force_off(world, pod))
    if "foreign" in happens and pod is None:
        yield Step("somebody makes a pod of the same name", world._replace(pod=FOREIGN_POD))


def force_off(world: World, pod: Pod) -> World:
    """The pod leaves the API; its container may go on."""
    left: Orphan | None = orphaned(world, pod) if pod.phase in (w.BOUND, w.UP) else None
    return remove(world, pod)._replace(orphan=left)


def node_steps(world: World, happens: Happens) -> Iterator[Step]:
    """The node is lost, found, removed or declared out of service."""
    if "nodes" not in happens:
        return
    pod, node = world.pod, world.node
    is_used = (pod is not None and pod.phase in (w.BOUND, w.UP, w.ENDED)) or world.orphan is not None
    if node == w.OK and is_used:
        yield Step("the node is lost", world._replace(node=w.SILENT))
    elif node == w.SILENT:
        yield Step("the node counts as not ready", world._replace(node=w.DOWN))
    elif node == w.DOWN:
        yield Step("the node is removed", clear_node(world, w.REMOVED))
        yield Step("the node is declared out of service", clear_node(world, w.OUT_OF_SERVICE))
    if node != w.OK:
        yield Step("the node is back", world._replace(node=w.OK, orphan=None))


def clear_node(world: World, node: str) -> World:
    """Nothing runs there any more, and Kubernetes removes the pods."""
    pod = world.pod
    world = world._replace(node=node, orphan=None)
    is_there = pod is not None and pod.phase in (w.BOUND, w.UP, w.ENDED)
    return remove(world, pod) if pod is not None and is_there else world


# --- The process -------------------------------------------------------------------------------------------


def process_steps(world: World, happens: Happens) -> Iterator[Step]:
    """What the process does by itself."""
    pod, process = world.pod, world.process
    if pod is None or process is None:
        return
    yield from _progress(world, pod, process)
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
        yield Step("the process makes a checkpoint", world._replace(newest=world.newest + 1))
    if "hand" in happens and process.status in (RUNNING, PAUSED):
        for target in (PAUSED, SUSPENDED):
            if process.desired not in (target, SUSPENDED) and (pod.has_storage or target == PAUSED):
                asked = world._replace(process=process._replace(desired=target))
                yield Step(f"somebody asks the process itself to become {target}", asked)


def _progress(world: World, pod: Pod, process: Process) -> Iterator[Step]:
    status, desired = process.status, process.desired
    if status == INITIALIZING:
        becomes = RUNNING if desired == RUNNING else PAUSED
        yield Step(
            f"the process is initialized and {becomes}",
            world._replace(process=process._replace(status=becomes)),
        )
    elif status in (RUNNING, PAUSED) and desired == SUSPENDED:
        if pod.has_storage:
            done = process._replace(status=SUSPENDED)
            after = world._replace(process=done, newest=world.newest + 1, suspended=pod.start)
            yield Step("the process makes its checkpoint and is Suspended", after)
        else:
            yield Step("the process cannot suspend", world._replace(process=process._replace(status=FAILED)))
    elif status in (RUNNING, PAUSED) and status != desired:
        yield Step(f"the process becomes {desired}", world._replace(process=process._replace(status=desired)))


# --- Time --------------------------------------------------------------------------------------------------


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
    if "late" in happens:
        yield from _late_steps(world)


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


# --- What the operator hears, and what is lost -------------------------------------------------------------


def watch_steps(world: World, happens: Happens) -> Iterator[Step]:
    """News arrives late, or never."""
    heard = deliver(world)
    if heard != world:
        yield Step("the watch delivers", heard)
    if world.gone is not None and ("lag" in happens or "forced" in happens):
        yield Step("the watch never tells of the removal", world._replace(gone=None, store=_own(world)))
    if "lost" in happens and world.status.resources and world.exists:
        orphan = world.orphan and world.orphan._replace(is_named=False)
        lost = world._replace(status=Status(), asked_at=0, todo=(), is_named=False, orphan=orphan)
        yield Step("status is lost: a backup is restored", lost)


def _own(world: World) -> Pod | None:
    return world.pod if is_ours(world.pod) else None


def deliver(world: World) -> World:
    """The operator's store catches up with the API."""
    pod = _own(world)
    if pod is not None:
        return world._replace(store=pod, gone=None, tombstone=None)
    if world.gone is not None:
        return world._replace(store=None, tombstone=world.gone, gone=None)
    return world

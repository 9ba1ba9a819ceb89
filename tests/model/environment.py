"""What may happen to a world without the operator and without the pipeline's user.

Each function yields every single thing of its kind that may happen next. ``silent`` marks those of which no
watch tells: the operator finds them only by looking.
"""

from collections.abc import Iterator

from . import world as w
from .endings import exit_steps
from .operator_steps import Step, delete_pod, orphaned
from .processes import process_steps
from .seeing import is_ours
from .times import time_steps
from .world import INITIALIZING, SUSPENDED, Orphan, Pod, Process, Status, World

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
    yield from claim_steps(world)


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
    if pod.task:
        return world._replace(pod=pod._replace(phase=w.UP))
    process = Process(INITIALIZING, pod.initial)
    if world.suspended and world.suspended == pod.start:
        process = Process(SUSPENDED, SUSPENDED)
    suspended = world.suspended if world.suspended == pod.start else 0
    up = pod._replace(phase=w.UP, initial="")
    return world._replace(pod=up, process=process, suspended=suspended)


def remove(world: World, pod: Pod) -> World:
    """The pod leaves the API after its end; the watch will tell of its last version."""
    return world._replace(pod=None, gone=pod, process=None, is_named=False)


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


def claim_steps(world: World) -> Iterator[Step]:
    """A claim that is deleted goes when no pod uses it, and with it all that is on it."""
    if world.is_claim_leaving and world.pod is None and world.orphan is None:
        gone = world._replace(
            claim=0,
            claim_start="",
            claim_size=0,
            is_claim_leaving=False,
            newest=0,
            surplus="",
            suspended=0,
        )
        yield Step("the claim is gone", gone)


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
        lost = world._replace(status=Status(), asked_at=0, ticket=0, todo=(), is_named=False, orphan=orphan)
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

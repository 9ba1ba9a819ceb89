"""What may happen to a world without the operator and without the pipeline's user.

Each function yields every single thing of its kind that may happen next. ``silent`` marks those of which no
watch tells: the operator finds them only by looking.
"""

from collections.abc import Iterator

from sluice.api.statuses import ResourcesStatus

from . import world as w
from .numbering import fresh_checkpoint
from .parts import FEW, ONE_LEFT
from .operator_steps import Step, delete_pod, orphaned
from .seeing import is_ours
from .words import AHEAD, OLD, PRESENT
from .world import Exit, Orphan, Pod, Process, Status, World

RUNNING, PAUSED, SUSPENDED, INITIALIZING, FAILED = "Running", "Paused", "Suspended", "Initializing", "Failed"
STANDBY, AWAITING = "Standby", "AwaitingApproval"
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
        return
    if process is None:
        if pod.deleting or (pod.task and "failing" in happens):
            yield Step("the pod ends before its container began", end(world, "never ran", 0))
        return
    newest, fresh = world.newest, fresh_checkpoint(world) if pod.has_storage else 0
    is_working = process.status in (RUNNING, PAUSED)
    if pod.deleting:
        made = fresh if is_working else newest if process.status == SUSPENDED else 0
        if process.status != FAILED:
            saved = made_checkpoint(world, made, happens) if made == fresh > 0 else world
            yield Step("the process ends on SIGTERM", end(saved, "checkpointed", made))
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


# --- The process -------------------------------------------------------------------------------------------


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

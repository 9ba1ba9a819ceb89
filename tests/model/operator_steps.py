"""What the operator does to a world: one look with its status write, one action, or to be killed.

A look and its status write are one step. That loses nothing: what happens in between on the side of the
cluster could as well have happened right after the write, and a person's edit in between makes the write
fail, which is no step at all. Every action is a step of its own, so that anything may come between.
"""

from functools import cache
from typing import NamedTuple

from . import world as w
from .judging import Broken, Judge, Verdict
from .seeing import Seen, is_ours
from .world import Do, Orphan, Pod, Process, Refusal, Status, World
from .world_rules import (
    claim_deleted_too_early,
    claim_taken_too_late,
    created_too_early,
    created_unguarded,
    deleted_without_new_checkpoint,
    released_too_early,
    started_from_elsewhere_twice,
    stopped_too_early,
    verified_wrongly,
)


class Step(NamedTuple):
    """One change of the world, as a sentence, and the rules that it broke."""

    sentence: str
    world: World
    broken: tuple[Broken, ...] = ()


TEMPORARY, PERMANENT, NOT_OURS = "Temporary", "Permanent", "Foreign"
LOOKS = "operator looks"
NEW_UID = 98
"""Higher than all others until ``canonical`` closes the gap."""


def can_look(world: World) -> bool:
    """The operator works on a pipeline one look after the other."""
    return world.exists and not world.todo


def judge(world: World, judge_: Judge) -> Verdict:
    """The decision that the operator would take now."""
    return judge_.decide(world)


def look(world: World, judge_: Judge) -> Step | None:
    """Observe, decide and write the status; what the status permits is left to do."""
    verdict = judge_.decide(world)
    seen, status, todo = verdict.seen, verdict.status, verdict.todo
    is_leaving = world.user.is_deleting and any(do.kind == "RemoveFinalizer" for do in todo)
    if is_leaving:
        status = world.status
    if status == world.status and not todo and not verdict.broken:
        return None
    after = world._replace(
        status=status,
        todo=todo,
        refusal=None if todo or status.resources != world.status.resources else world.refusal,
        ticket=0 if status.checkpointing is None else world.ticket,
        store=seen.pod if is_ours(seen.pod) else world.store,
        tombstone=_tombstone_after(world, seen, status),
        asked_at=_asked_at(world, status),
        fresh=_fresh_after(world, status),
    )
    after = _name(after, seen)
    broken = verdict.broken + tuple(
        found
        for found in (
            stopped_too_early(world, after),
            deleted_without_new_checkpoint(after),
            verified_wrongly(world, after, can_maintain=judge_.setting.can_maintain),
        )
        if found is not None
    )
    return Step(LOOKS, after, broken)


def _tombstone_after(world: World, seen: Seen, status: Status) -> Pod | None:
    is_over = status.runtime is None or status.runtime.uid == 0
    return None if seen.last_seen is not None and is_over else world.tombstone


def _fresh_after(world: World, status: Status) -> int:
    is_begun = world.status.resources in ("", "Stopped") and status.resources == "Provisioning"
    is_asked = world.user.start > 0 and not world.is_fresh_used
    return status.start if is_begun and is_asked else world.fresh


def _asked_at(world: World, status: Status) -> int:
    if status.stop is None:
        return 0
    return world.newest if world.status.stop is None else world.asked_at


def _name(world: World, seen: Seen) -> World:
    """Remember, for the rules, that a status was written in sight of a pod on its node.

    From then on nothing excuses the operator: it could have recorded the pod, so its absence needs proof.
    """
    runtime = world.status.runtime
    uid = runtime.uid if runtime is not None and runtime.is_bound else 0
    if seen.pod is not None and seen.pod.phase in (w.BOUND, w.UP):
        uid = seen.pod.uid
    pod, orphan = world.pod, world.orphan
    if pod is not None and pod.uid == uid and not world.is_named:
        world = world._replace(is_named=True)
    if orphan is not None and orphan.uid == uid and not orphan.is_named:
        world = world._replace(orphan=orphan._replace(is_named=True))
    return world


def told(before: Status, after: Status) -> str:
    """What a status write changed, in the words of its fields."""
    changes = [
        f"{name}={value if value not in (None, '') else '-'}"
        for name, value, known in zip(Status._fields, after, before, strict=True)
        if value != known
    ]
    return f"{LOOKS}: " + (", ".join(changes) or "nothing new, but something to do")


# --- Actions -----------------------------------------------------------------------------------------------


def act(world: World, judge_: Judge) -> Step:
    """Carry out the next action; nobody refuses it."""
    do, rest = world.todo[0], world.todo[1:]
    world = world._replace(todo=rest)
    match do.kind:
        case "CreatePod" | "CreateMaintenancePod":
            return _create(world, do)
        case "DeletePod":
            return Step(_sentence(do), delete_pod(world, do.uid, w.SHORT if do.grace == 1 else w.LONG))
        case "ApplyClaim":
            return _apply_claim(world, do)
        case "GrowClaim":
            return Step(_sentence(do), world._replace(claim_size=1))
        case "DeleteClaim":
            broken = claim_deleted_too_early(world, has_own=not judge_.setting.existing_claim)
            is_there = world.claim > 0
            return Step(_sentence(do), world._replace(is_claim_leaving=is_there), _only(broken))
        case "AddFinalizer":
            return Step(_sentence(do), world._replace(has_finalizer=True))
        case "RemoveFinalizer":
            return _release(world, do)
        case "EngineCall":
            return _call(world, do)
        case _:
            return Step(_sentence(do), world)


@cache
def _sentence(do: Do) -> str:
    told = [f"{name} {value}" for name, value in zip(Do._fields[1:], do[1:], strict=True) if value]
    return f"operator carries out {do.kind}" + (f" ({', '.join(told)})" if told else "")


def _apply_claim(world: World, do: Do) -> Step:
    size = world.claim_size if world.claim else world.user.size
    # A label that is not given is left as it is.
    start = do.start_from or world.claim_start
    return Step(_sentence(do), world._replace(claim=do.run, claim_start=start, claim_size=size))


def _only(*found: Broken | None) -> tuple[Broken, ...]:
    return tuple(entry for entry in found if entry is not None)


def _create(world: World, do: Do) -> Step:
    if do.is_bad:
        return Step("the API server does not take the template", refused(world, do, PERMANENT))
    if world.pod is not None:
        if world.pod.phase == w.FOREIGN:
            said = "operator is told that somebody else's pod has the name"
            return Step(said, refused(world, do, NOT_OURS))
        return Step("operator finds its pod made already", world._replace(store=world.pod, tombstone=None))
    is_work = do.kind == "CreateMaintenancePod"
    task, initial = (do.detail, "") if is_work else ("", do.detail)
    pod = Pod(NEW_UID, do.run, do.start, initial, do.has_storage, task=task)
    is_elsewhere = do.start_from not in ("", "Latest")
    after = world._replace(
        pod=pod,
        store=pod,
        tombstone=None,
        process=None,
        is_named=False,
        is_fresh_used=world.is_fresh_used or (is_elsewhere and do.start == world.fresh),
    )
    found = _only(
        created_too_early(world),
        created_unguarded(world, do),
        claim_taken_too_late(world, do),
        started_from_elsewhere_twice(world, do),
    )
    return Step(_sentence(do), after, found)


def _release(world: World, do: Do) -> Step:
    broken = released_too_early(world)
    after = world._replace(has_finalizer=False, exists=not world.user.is_deleting)
    return Step(_sentence(do), after, _only(broken))


def delete_pod(world: World, uid: int, deleting: int) -> World:
    """The API server takes a delete: a pod that is not bound goes at once."""
    pod = world.pod
    if pod is None or pod.uid != uid or pod.phase == w.FOREIGN:
        return world
    if pod.phase == w.NEW:
        return world._replace(pod=None, gone=pod._replace(deleting=deleting), is_named=False)
    return world._replace(pod=pod._replace(deleting=max(pod.deleting, deleting)))


def _call(world: World, do: Do) -> Step:
    store, process = world.store, world.process
    is_there = store is not None and world.pod is not None and store.uid == world.pod.uid
    if not is_there or process is None or process.is_mute or process.status in ("Failed", "Suspended"):
        return Step(f"the process cannot take {do.detail}", refused(world, do, TEMPORARY))
    after = _asked(process, *do.detail.split(" "))
    if after is None:
        return Step(f"the process does not take {do.detail}", refused(world, do, TEMPORARY))
    ticket = store.uid if do.detail == "checkpoint" and store is not None else world.ticket
    return Step(_sentence(do), world._replace(process=after, ticket=ticket))


def _asked(process: Process, verb: str, argument: str = "") -> Process | None:
    """The process as it is after a request; nothing when it does not take it."""
    status, desired = process.status, process.desired
    match verb:
        case "approve" if status == "AwaitingApproval":
            return process._replace(is_approved=True)
        case "checkpoint" if status in ("Running", "Paused"):
            return process._replace(checkpoint="asked")
        case "activate" if desired == "Standby":
            return process._replace(desired=argument.capitalize())
        case "suspend" if desired != "Standby" and status != "AwaitingApproval":
            return process._replace(desired="Suspended")
        case "resume" | "pause" if desired in ("Running", "Paused"):
            return process._replace(desired={"resume": "Running", "pause": "Paused"}[verb])
        case _:
            return None


def refused(world: World, do: Do, kind: str) -> World:
    """The rest of the actions is not carried out, and the next decision hears why."""
    return world._replace(todo=(), refusal=Refusal(kind, do.kind))


# --- Everything that may happen to the operator ------------------------------------------------------------


def steps(world: World, judge_: Judge, looked: Step | None) -> list[Step]:
    """Each step that the operator may take, or that may be taken from it; ``looked`` is what a look does."""
    found: list[Step] = []
    happens = judge_.setting.happens
    if world.todo:
        found.append(act(world, judge_))
        found.append(Step("operator loses the rest to an API error", world._replace(todo=())))
        if "refusals" in happens:
            found.extend(_refusals(world))
    elif looked is not None:
        found.append(looked)
    killed = kill(world)
    if killed != world:
        found.append(Step("operator is killed and started again", killed))
    return found


def _refusals(world: World) -> list[Step]:
    do = world.todo[0]
    refusals = {
        "CreatePod": (TEMPORARY, PERMANENT),
        "CreateMaintenancePod": (TEMPORARY,),
        "ApplyClaim": (TEMPORARY, NOT_OURS),
        "GrowClaim": (TEMPORARY,),
        "EngineCall": (TEMPORARY,),
    }
    return [
        Step(f"{do.kind} is refused ({refusal})", refused(world, do, refusal))
        for refusal in refusals.get(do.kind, ())
    ]


def kill(world: World) -> World:
    """Memory is lost; a new operator lists what there is before it decides anything."""
    pod = world.pod if is_ours(world.pod) else None
    return world._replace(todo=(), refusal=None, ticket=0, store=pod, tombstone=None, gone=None)


def orphaned(world: World, pod: Pod) -> Orphan:
    """What is left of a pod that is taken from the API while its container may run."""
    return Orphan(pod.uid, pod.run, world.is_named, pod.has_storage)

"""The state that is explored: small, immutable and hashable.

Numbers (runs, uids, starts, checkpoints) mean only their order; ``canonical`` closes the gaps, so that a
world in which a thousand restarts have happened is the same as one in which two have.
"""

from typing import NamedTuple

NEW, BOUND, UP, ENDED, FOREIGN = "new", "bound", "up", "ended", "foreign"
"""Phases of a pod: not bound, bound, its container runs, its container has ended; or somebody else's pod."""
NO, LONG, SHORT = 0, 1, 2
"""Whether a pod is being deleted, and with which grace."""
OK, SILENT, DOWN, REMOVED, OUT_OF_SERVICE = "ok", "silent", "down", "removed", "out of service"
"""The node. Silent: it is lost, and the API still says Ready."""


class User(NamedTuple):
    """What stands in ``spec``, and whether the object is being deleted."""

    desired: str
    force: bool = False
    is_deleting: bool = False
    is_valid: bool = True
    has_storage: bool = True


class Exit(NamedTuple):
    """How a container ended. ``checkpoint`` is the one in its last words."""

    kind: str
    checkpoint: int = 0


class Pod(NamedTuple):
    """A pod, as the API has it or as the operator's store remembers it."""

    uid: int
    run: int
    start: int
    initial: str
    has_storage: bool
    phase: str = NEW
    deleting: int = NO
    exit: Exit | None = None


class Process(NamedTuple):
    """The process in the pod's container, while it lives."""

    status: str
    desired: str
    is_mute: bool = False


class Orphan(NamedTuple):
    """A container that still runs although its pod is gone from the API."""

    uid: int
    run: int
    is_named: bool
    """Status has named its pod and node: absence needs proof. Otherwise the storage's fence has to do."""
    has_storage: bool


class RuntimePart(NamedTuple):
    """``status.runtime``."""

    uid: int = 0
    is_bound: bool = False
    missing: str = ""


class StopPart(NamedTuple):
    """``status.stop`` while it is under way."""

    mode: str
    known: int = 0
    made: int = 0
    reason: str = ""
    next_attempt: str = ""
    deadline: str = ""
    is_late: bool = False


class RestartPart(NamedTuple):
    """``status.restart``."""

    times: int = 0
    has_error: bool = False
    next_attempt: str = ""
    serving: str = ""


class Status(NamedTuple):
    """``Pipeline.status``, as far as a decision may depend on it. Moments are words: see ``abstraction``."""

    resources: str = ""
    shown: str = ""
    """``deploymentRuntimeStatus``, only while provisioned."""
    start: int = 0
    initial: str = ""
    has_error: bool = False
    held: str = ""
    run: int = 0
    runtime: RuntimePart | None = None
    stop: StopPart | None = None
    restart: RestartPart | None = None
    is_overdue: bool = False
    newest: int = 0
    storage: str = ""
    revision: int = 0
    """0: none; 1: one without storage; 2: one with storage."""


class Do(NamedTuple):
    """An action that waits to be carried out."""

    kind: str
    uid: int = 0
    grace: int | None = None
    run: int = 0
    start: int = 0
    detail: str = ""
    has_storage: bool = False


class World(NamedTuple):
    """Everything at one moment."""

    user: User
    exists: bool = True
    has_finalizer: bool = False
    status: Status = Status()
    # The cluster, as it is.
    pod: Pod | None = None
    is_named: bool = False
    """Status has named the pod that is there, with its node, at some time."""
    process: Process | None = None
    node: str = OK
    orphan: Orphan | None = None
    newest: int = 0
    """The newest durable checkpoint."""
    suspended: int = 0
    """The start whose process was suspended last, as the storage remembers it."""
    claim: int = 0
    """The run number on the claim; 0: there is no claim."""
    gone: Pod | None = None
    """The last version of a pod whose removal the watch has not delivered yet."""
    # The operator's memory.
    store: Pod | None = None
    tombstone: Pod | None = None
    refusal: str = ""
    todo: tuple[Do, ...] = ()
    # Ghosts: known to the rules alone.
    asked_at: int = 0
    """The newest durable checkpoint at the moment when the stop under way began."""


def canonical(world: World) -> World:
    """The same world with every kind of number closed up to 1, 2, 3 and so on."""
    status = world.status
    runtime, stop, orphan = status.runtime, status.stop, world.orphan
    runs, uids, starts, checkpoints = (
        {0, status.run, world.claim},
        {0},
        {0, status.start, world.suspended},
        {0, status.newest, world.newest, world.asked_at},
    )
    for pod in (world.pod, world.gone, world.store, world.tombstone):
        if pod is not None:
            runs.add(pod.run)
            uids.add(pod.uid)
            starts.add(pod.start)
            if pod.exit is not None:
                checkpoints.add(pod.exit.checkpoint)
    for do in world.todo:
        runs.add(do.run)
        uids.add(do.uid)
        starts.add(do.start)
    if runtime is not None:
        uids.add(runtime.uid)
    if orphan is not None:
        runs.add(orphan.run)
        uids.add(orphan.uid)
    if stop is not None:
        checkpoints.update((stop.known, stop.made))
    if all(max(kind) < len(kind) for kind in (runs, uids, starts, checkpoints)):
        return world
    return _renumber(world, *(_ranks(kind) for kind in (runs, uids, starts, checkpoints)))


def _ranks(numbers: set[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(sorted(numbers))}


Ranks = dict[int, int]


def _renumber(world: World, runs: Ranks, uids: Ranks, starts: Ranks, checkpoints: Ranks) -> World:
    def of_pod(pod: Pod | None) -> Pod | None:
        if pod is None:
            return None
        exit_ = pod.exit and Exit(pod.exit.kind, checkpoints[pod.exit.checkpoint])
        return pod._replace(uid=uids[pod.uid], run=runs[pod.run], start=starts[pod.start], exit=exit_)

    status, orphan = world.status, world.orphan
    runtime, stop = status.runtime, status.stop
    return world._replace(
        status=status._replace(
            start=starts[status.start],
            run=runs[status.run],
            newest=checkpoints[status.newest],
            runtime=runtime and runtime._replace(uid=uids[runtime.uid]),
            stop=stop and stop._replace(known=checkpoints[stop.known], made=checkpoints[stop.made]),
        ),
        pod=of_pod(world.pod),
        gone=of_pod(world.gone),
        store=of_pod(world.store),
        tombstone=of_pod(world.tombstone),
        orphan=orphan and orphan._replace(uid=uids[orphan.uid], run=runs[orphan.run]),
        newest=checkpoints[world.newest],
        asked_at=checkpoints[world.asked_at],
        suspended=starts[world.suspended],
        claim=runs[world.claim],
        todo=tuple(
            do._replace(uid=uids[do.uid], run=runs[do.run], start=starts[do.start]) for do in world.todo
        ),
    )

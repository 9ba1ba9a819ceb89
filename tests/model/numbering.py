"""Closes the gaps between numbers, so that a world after a thousand restarts is the same as one after two."""

from typing import NamedTuple

from .world import Ask, Exit, Pod, RequestPart, Status, World


class Numbers(NamedTuple):
    """Every number of each kind that a world refers to."""

    runs: set[int]
    uids: set[int]
    starts: set[int]
    checkpoints: set[int]
    tokens: set[int]


def canonical(world: World) -> World:
    """The same world with every kind of number closed up to 1, 2, 3 and so on."""
    world = _forget_outcomes(world)
    numbers = _numbers(world)
    if all(max(kind) < len(kind) for kind in numbers):
        return world
    return _renumber(world, *(_ranks(kind) for kind in numbers))


def fresh_checkpoint(world: World) -> int:
    """A checkpoint that is newer than all that anybody knows of."""
    return max(_numbers(world).checkpoints) + 1


def _forget_outcomes(world: World) -> World:
    """An outcome matters as long as its request may be seen again: only the last one of its kind can."""
    known = world.status.requests
    if not known:
        return world
    last = {(ask.verb, ask.token) for ask in world.user.asks}
    kept = tuple(entry for entry in known if entry.is_open or (entry.verb, entry.token) in last)
    return world if len(kept) == len(known) else world._replace(status=world.status._replace(requests=kept))


def _numbers(world: World) -> Numbers:
    status, orphan = world.status, world.orphan
    runs = {0, status.run, world.claim}
    uids = {0, world.ticket}
    starts = {0, status.start, world.suspended, world.fresh}
    checkpoints = {0, status.newest, world.newest, world.asked_at}
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
    if status.runtime is not None:
        uids.add(status.runtime.uid)
    if orphan is not None:
        runs.add(orphan.run)
        uids.add(orphan.uid)
    if status.stop is not None:
        checkpoints.update((status.stop.known, status.stop.made))
    if status.checkpointing is not None:
        checkpoints.add(status.checkpointing.known)
    return Numbers(runs, uids, starts, checkpoints, _tokens(world))


def _tokens(world: World) -> set[int]:
    status = world.status
    tokens = {0, status.given_up_token}
    tokens.update(ask.token for ask in world.user.asks)
    tokens.update(entry.token for entry in status.requests)
    if status.override is not None:
        tokens.add(status.override.token)
    if status.checkpointing is not None:
        tokens.add(status.checkpointing.token)
    return tokens


def _ranks(numbers: set[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(sorted(numbers))}


Ranks = dict[int, int]


def _renumber(
    world: World, runs: Ranks, uids: Ranks, starts: Ranks, checkpoints: Ranks, tokens: Ranks
) -> World:
    def of_pod(pod: Pod | None) -> Pod | None:
        if pod is None:
            return None
        exit_ = pod.exit and Exit(pod.exit.kind, checkpoints[pod.exit.checkpoint], pod.exit.surplus)
        return pod._replace(uid=uids[pod.uid], run=runs[pod.run], start=starts[pod.start], exit=exit_)

    orphan = world.orphan
    return world._replace(
        user=world.user._replace(asks=_renumber_asks(world.user.asks, tokens)),
        status=_renumber_status(world.status, runs, uids, starts, checkpoints, tokens),
        pod=of_pod(world.pod),
        gone=of_pod(world.gone),
        store=of_pod(world.store),
        tombstone=of_pod(world.tombstone),
        orphan=orphan and orphan._replace(uid=uids[orphan.uid], run=runs[orphan.run]),
        newest=checkpoints[world.newest],
        asked_at=checkpoints[world.asked_at],
        suspended=starts[world.suspended],
        fresh=starts[world.fresh],
        claim=runs[world.claim],
        ticket=uids[world.ticket],
        todo=tuple(
            do._replace(uid=uids[do.uid], run=runs[do.run], start=starts[do.start]) for do in world.todo
        ),
    )


def _renumber_asks(asks: tuple[Ask, ...], tokens: Ranks) -> tuple[Ask, ...]:
    return tuple(ask._replace(token=tokens[ask.token]) for ask in asks)


def _renumber_status(
    status: Status, runs: Ranks, uids: Ranks, starts: Ranks, checkpoints: Ranks, tokens: Ranks
) -> Status:
    runtime, stop, under_way, override = status.runtime, status.stop, status.checkpointing, status.override
    return status._replace(
        start=starts[status.start],
        run=runs[status.run],
        newest=checkpoints[status.newest],
        runtime=runtime and runtime._replace(uid=uids[runtime.uid]),
        stop=stop and stop._replace(known=checkpoints[stop.known], made=checkpoints[stop.made]),
        given_up_token=tokens[status.given_up_token],
        checkpointing=under_way
        and under_way._replace(token=tokens[under_way.token], known=checkpoints[under_way.known]),
        override=override and override._replace(token=tokens[override.token]),
        requests=tuple(
            RequestPart(entry.verb, tokens[entry.token], entry.is_open) for entry in status.requests
        ),
    )

"""A trace of the model, replayed: each of its steps on the real reconciler and the real API server.

The table from sentences to deeds is complete: a sentence that it does not know is an error, so that nothing
is left out unnoticed. Time stands still: that a limit passes is written into the real status, as the model
writes it into its own.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from model import abstraction, parts
from model.operator_steps import LOOKS
from model.setting import Setting
from model.wanting import GENERATION
from model.words import NOW
from model.world import Status, World

from sluice.api.json_values import Json, child
from sluice.api.kinds import PIPELINE
from sluice.api.status import read_status
from sluice.decide import Action
from sluice.decide.timing import STOP_STUCK_SECONDS
from sluice.kube import ApiUnreachableError, paths

from .boundary import KilledError
from .stage import Stage

HOLDER: Final = "example.com/held"
Deed = Callable[["Replay"], Awaitable[None] | None]


class Gate:
    """Where a look of the operator waits before each of its actions."""

    def __init__(self) -> None:
        self.action: Action | None = None
        self._is_reached = asyncio.Event()
        self._verdict: asyncio.Future[None] | None = None

    async def wait(self, action: Action) -> None:
        """The operator is about to carry this out."""
        self.action, self._verdict = action, asyncio.get_running_loop().create_future()
        self._is_reached.set()
        await self._verdict

    def open(self, error: BaseException | None = None) -> None:
        """Let it, or let it go wrong."""
        assert self._verdict is not None, "the model acts where the operator has nothing to do"
        self._is_reached.clear()
        self.action = None
        if error is None:
            self._verdict.set_result(None)
        else:
            self._verdict.set_exception(error)

    async def reach(self, look: asyncio.Task[Any]) -> None:
        """Wait until the look stands here, or has ended."""
        reached = asyncio.create_task(self._is_reached.wait())
        await asyncio.wait({look, reached}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert look.done() or reached.done(), "a look takes more than 20 s"
        reached.cancel()


class Replay:
    """One trace on one pipeline."""

    def __init__(self, stage: Stage, setting: Setting, gate: Gate) -> None:
        self.stage, self._setting, self._gate = stage, setting, gate
        self._look: asyncio.Task[float | None] | None = None
        self._edits = 0

    async def step(self, sentence: str, after: World) -> None:
        """Do what the sentence says, and compare where that leads with where the model is."""
        deed = next((deed for known, deed in DEEDS.items() if re.fullmatch(known, sentence)), None)
        assert deed is not None, f"the table has no deed for {sentence!r}"
        carried = re.match(r"operator carries out (\w+)", sentence)
        if carried is not None:
            assert type(self._gate.action).__name__ == carried[1], f"{self._gate.action} instead"
        done = deed(self)
        if done is not None:
            await done
        await self.stage.settle_news()
        if after.exists:
            self._compare(after)

    def _compare(self, after: World) -> None:
        real = _like_the_models(self.stage, self._setting)
        wanted = renumbered(after.status)
        different = [name for name in Status._fields if getattr(real, name) != getattr(wanted, name)]
        told = "; ".join(
            f"{name} {getattr(real, name)!r} not {getattr(wanted, name)!r}" for name in different
        )
        assert not different, f"the real status is not the model's: {told}"
        next_ = after.todo[0].kind if after.todo else None
        action = self._gate.action
        assert (type(action).__name__ if action else None) == next_, f"{action} is next, not {next_}"

    # --- The operator ------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Begin a look; it stands at its first action, or is over."""
        assert self._look is None, "the model looks while a look is under way"
        self._look = asyncio.create_task(self.stage.reconciler.reconcile(self.stage.key))
        await self._go_on()

    async def carry_out(self) -> None:
        self._gate.open()
        await self._go_on()

    async def lose_the_rest(self) -> None:
        self._gate.open(ApiUnreachableError("the connection is lost"))
        await self._end(ApiUnreachableError)

    async def kill(self) -> None:
        """The operator dies, in the middle of a look or between two."""
        self.stage.boundary.die()
        if self._look is not None:
            self._gate.open(KilledError())
            await self._end(KilledError)
        await self.stage.replace_operator()

    async def _go_on(self) -> None:
        assert self._look is not None
        await self._gate.reach(self._look)
        if self._look.done():
            await self._end()

    async def _end(self, *expected: type[BaseException]) -> None:
        assert self._look is not None
        look, self._look = self._look, None
        (ended,) = await asyncio.gather(look, return_exceptions=True)
        if isinstance(ended, BaseException) and not isinstance(ended, expected):
            raise ended

    # --- Everything else ---------------------------------------------------------------------------------

    async def edit_something(self) -> None:
        """A change that no decision depends on."""
        self._edits += 1
        await self.stage.edit(checkpoint={"retain": {"count": 3 + self._edits}})

    async def write(self, **status: Any) -> None:
        """A limit passes: the moment that it is counted from lies so far back."""
        await self.stage.kube.merge(self.stage.path + "/status", {"status": status})

    @property
    def pod(self) -> Json:
        pod = self.stage.kubelet.pod
        assert pod is not None, "the model's pod is not there"
        return pod

    async def bind(self) -> None:
        """As the model has it, an ended pod that is deleted stays until its kubelet removes it.

        The API server removes such a pod at once, unless something still holds it.
        """
        await self.stage.kubelet.bind(self.pod)
        await self._hold([HOLDER])

    async def remove(self) -> None:
        await self.stage.kubelet.remove(self.pod)
        await self._hold(None)

    async def _hold(self, finalizers: list[str] | None) -> None:
        metadata = {"finalizers": finalizers}
        path = paths.pod(self.stage.key.namespace, PIPELINE.pod_name(self.stage.key.name))
        await self.stage.kube.merge(path, {"metadata": metadata})

    async def evict(self) -> None:
        await self.stage.kubelet.evict(self.pod)

    def process(self, **changes: Any) -> None:
        """Something about the process is different now."""
        process = self.stage.kubelet.process
        assert process is not None, "the model's process is not there"
        for name, value in changes.items():
            setattr(process, name, value)


def _of_process(method: str) -> Deed:
    def do(replay: Replay) -> None:
        process = replay.stage.kubelet.process
        assert process is not None, "the model's process is not there"
        getattr(process, method)()

    return do


def _of_kubelet(method: str, *arguments: Any) -> Deed:
    async def do(replay: Replay) -> None:
        await getattr(replay.stage.kubelet, method)(replay.pod, *arguments)

    return do


def _wish(desired: str, *, force: bool = False) -> Deed:
    return lambda replay: replay.stage.edit(desiredStatus=desired, force=force or None)


def _moment(seconds_ago: float = 0) -> str:
    return (NOW - timedelta(seconds=seconds_ago)).isoformat()


DEEDS: Final[dict[str, Deed]] = {
    # The operator. What an action meets is the world's doing: it is carried out all the same.
    LOOKS: Replay.look,
    r"operator carries out .*": Replay.carry_out,
    r"operator finds its pod made already": Replay.carry_out,
    r"the process (cannot|does not) take \w+": Replay.carry_out,
    r"operator loses the rest to an API error": Replay.lose_the_rest,
    r"operator is killed and started again": Replay.kill,
    # People.
    r"user asks for Running": _wish("Running"),
    r"user asks for Paused": _wish("Paused"),
    r"user asks for Stopped": _wish("Stopped"),
    r"user asks for Stopped by force": _wish("Stopped", force=True),
    r"user sets force on the pipeline that is being deleted": _wish("Stopped", force=True),
    r"user changes something else in the spec": Replay.edit_something,
    r"user deletes the pipeline": lambda replay: replay.stage.delete(),
    # The pod.
    r"the pod is bound to a node": Replay.bind,
    r"the container starts": _of_kubelet("start"),
    r"the ended pod is removed": Replay.remove,
    r"the pod is evicted": Replay.evict,
    r"the pod ends before its container began": _of_kubelet("end", None),
    r"the process ends on SIGTERM": _of_kubelet("end_on_sigterm"),
    r"the process is killed .*": _of_kubelet("kill"),
    r"the process ends with an error": _of_kubelet("fail"),
    r"the process reaches the end of its input": _of_kubelet("end_of_input"),
    # Without a pod on it, a claim is gone as soon as it is deleted.
    r"the claim is gone": lambda replay: None,
    # The process.
    r"the process is initialized and \w+": _of_process("initialize"),
    r"the process makes its checkpoint and is Suspended": _of_process("suspend"),
    r"the process cannot suspend": lambda replay: replay.process(has_failed=True),
    r"the process becomes \w+": _of_process("follow"),
    r"the process fails": lambda replay: replay.process(has_failed=True),
    r"the process makes a checkpoint": _of_process("make_checkpoint"),
    r"the process does not answer": lambda replay: replay.process(is_mute=True),
    r"the process answers again": lambda replay: replay.process(is_mute=False),
    # Time.
    r"a minute passes without the pod": lambda replay: replay.write(
        runtime={"missingSince": _moment(parts.PROOF_SECONDS)}
    ),
    r"the wait before the restart is over": lambda replay: replay.write(restart={"nextAttemptAt": _moment()}),
    r"the checkpoint may be asked for again": lambda replay: replay.write(stop={"nextAttemptAt": _moment()}),
    r"the stop's deadline passes": lambda replay: replay.write(stop={"deadlineAt": _moment()}),
    r"the provisioning timeout passes": lambda replay: replay.write(
        deploymentResourcesStatusSince=_moment(parts.PROVISIONING_SECONDS)
    ),
    r"the provisioning timeout passes again": lambda replay: replay.write(
        restart={"nextAttemptAt": _moment(parts.PROVISIONING_SECONDS)}
    ),
    r"the run has served for long": lambda replay: replay.write(
        restart={"servingSince": _moment(parts.HEALTHY_SECONDS)}
    ),
    r"the stop takes ten minutes": lambda replay: replay.write(
        stop={"requestedAt": _moment(STOP_STUCK_SECONDS)}
    ),
}


def spec_of(setting: Setting, template: Json) -> Json:
    """The model's spec, as a person writes it for a real pipeline."""
    spec: Json = {"desiredStatus": "Running", "template": template, "feldera": {}}
    spec |= setting.policies()
    if setting.has_storage:
        spec["storage"] = {"size": "1Mi", "onDelete": setting.on_delete.value}
    return spec


# --- The real status in the model's words ----------------------------------------------------------------


def _like_the_models(stage: Stage, setting: Setting) -> Status:
    body = stage.body or {}
    status = read_status(body)
    update: dict[str, object] = {
        "deployment_id": status.deployment_id and "start-1",
        # Of the spec there is only one here, and the model has sizes and names of its own for its parts.
        "revision": None,
        "storage_size": None,
        "runtime": status.runtime
        and status.runtime.model_copy(update={"uid": status.runtime.uid and "uid-1"}),
    }
    if status.held_generation is not None:
        # Generations are compared with the present one, which has a number of its own in the model.
        age = child(body, "metadata")["generation"] - status.held_generation
        update["held_generation"] = GENERATION - age
    return renumbered(abstraction.abstract(status.model_copy(update=update), setting))


def renumbered(status: Status) -> Status:
    """The same with every kind of number closed up: the model's mean only their order, here and there."""
    stop, runtime = status.stop, status.runtime
    numbers = {0, status.newest} | ({stop.known, stop.made} if stop is not None else set[int]())
    ranks = {number: rank for rank, number in enumerate(sorted(numbers))}
    return status._replace(
        start=min(status.start, 1),
        run=min(status.run, 1),
        runtime=runtime and runtime._replace(uid=min(runtime.uid, 1)),
        newest=ranks[status.newest],
        revision=0,
        size=0,
        stop=stop and stop._replace(known=ranks[stop.known], made=ranks[stop.made]),
    )

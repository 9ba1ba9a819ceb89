"""Everything that may happen next to a pipeline, as sentences, each with when it can happen."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sluice.api import constants
from sluice.api.json_values import Json, texts

from .kubelet import has_ended, is_maintenance, is_ours, is_running
from .runtime import INITIALIZING, SUSPENDED
from .stage import Stage

TOKENS = ("a", "b", "c")
OTHER_UID = "00000000-0000-4000-8000-000000000000"
ERROR_POLICIES = ("Force", "KeepTrying", "KeepRunning")


@dataclass(frozen=True)
class Scene:
    """How things are right now."""

    stage: Stage
    body: Json
    pod: Json | None

    @property
    def own_pod(self) -> Json:
        """Our pod; nothing where there is none."""
        return self.pod if self.pod is not None and is_ours(self.pod) else {}

    @property
    def is_deleting(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]

    @property
    def has_process(self) -> bool:
        return self.stage.kubelet.process is not None and self.is_up

    @property
    def is_up(self) -> bool:
        return bool(self.own_pod) and is_running(self.own_pod) and not has_ended(self.own_pod)

    @property
    def is_leaving(self) -> bool:
        return "deletionTimestamp" in self.own_pod.get("metadata", {})

    def process_is(self, *statuses: str) -> bool:
        """Whether the process lives, works, and is in one of these."""
        process = self.stage.kubelet.process
        is_well = process is not None and not process.has_failed and self.is_up
        return is_well and process is not None and (not statuses or process.status in statuses)


def look_at(stage: Stage) -> Scene | None:
    """How things are; ``None`` when the pipeline is gone."""
    return None if stage.body is None else Scene(stage, stage.body, stage.kubelet.pod)


Act = Callable[[Scene], Awaitable[None]]
SELDOM, SOMETIMES, OFTEN, MOSTLY = 1, 2, 4, 14


@dataclass(frozen=True)
class Move:
    """One thing that may happen."""

    sentence: str
    act: Act
    is_possible: Callable[[Scene], bool]
    weight: int
    """How much more often than the rarest it happens."""


MOVES: list[Move] = []


def _always(_: Scene) -> bool:
    return True


def _add(sentence: str, act: Act, weight: int) -> None:
    MOVES.append(Move(sentence, act, _always, weight))


def _move(
    sentence: str, is_possible: Callable[[Scene], bool] = _always, *, weight: int = SOMETIMES
) -> Callable[[Act], Act]:
    def note(act: Act) -> Act:
        MOVES.append(Move(sentence, act, is_possible, weight))
        return act

    return note


# --- The operator ----------------------------------------------------------------------------------------


@_move("the operator looks", weight=MOSTLY)
async def _look(scene: Scene) -> None:
    await scene.stage.look()


@_move("the operator looks as often as it wants to")
async def _look_on(scene: Scene) -> None:
    for _ in range(4):
        await scene.stage.look()
        await scene.stage.settle_news()


@_move("all goes well for a while", weight=2 * OFTEN)
async def _go_well(scene: Scene) -> None:
    for _ in range(6):
        await scene.stage.kubelet.go_on()
        await scene.stage.settle_news()
        await scene.stage.look()
        await scene.stage.settle_news()


def _deaths() -> None:
    for number in (1, 2, 3, 4, 5):
        for is_before in (True, False):
            when = "before" if is_before else "after"

            async def die(scene: Scene, number: int = number, is_before: bool = is_before) -> None:
                scene.stage.boundary.doom(number, is_before=is_before)
                await scene.stage.look()

            _add(f"the operator dies {when} its write {number}", die, SELDOM)


_deaths()


@_move("the operator is replaced by another")
async def _replace(scene: Scene) -> None:
    await scene.stage.replace_operator()


@_move("the operator looks while somebody else writes")
async def _interrupt(scene: Scene) -> None:
    async def write() -> None:
        await scene.stage.annotate("example.com/note", scene.stage.now.isoformat())
        scene.stage.pass_time(0.001)

    scene.stage.boundary.interruption = write
    await scene.stage.look()
    scene.stage.boundary.interruption = None


@_move("the watch falls behind", lambda scene: not scene.stage.is_watch_late)
async def _fall_behind(scene: Scene) -> None:
    scene.stage.is_watch_late = True


@_move("the watch catches up", lambda scene: scene.stage.is_watch_late)
async def _catch_up(scene: Scene) -> None:
    scene.stage.is_watch_late = False


@_move("time passes, as long as the operator wants to wait", weight=OFTEN)
async def _wait(scene: Scene) -> None:
    scene.stage.pass_time(min(scene.stage.delay or 60.0, 120.0))
    await scene.stage.look()


@_move("ten minutes pass", weight=SELDOM)
async def _wait_long(scene: Scene) -> None:
    scene.stage.pass_time(600)


# --- People ----------------------------------------------------------------------------------------------


def _wishes() -> None:
    wishes: dict[str, Json] = {
        "Running": {"desiredStatus": "Running", "force": None},
        "Paused": {"desiredStatus": "Paused", "force": None},
        "Stopped": {"desiredStatus": "Stopped", "force": None},
        "Stopped by force": {"desiredStatus": "Stopped", "force": True},
    }
    for said, spec in wishes.items():

        async def wish(scene: Scene, spec: Json = spec) -> None:
            await scene.stage.edit(**spec)

        _add(f"somebody asks for {said}", wish, OFTEN)
    for policy in ERROR_POLICIES:

        async def choose(scene: Scene, policy: str = policy) -> None:
            await scene.stage.edit(stop={"onError": policy, "timeoutSeconds": 300, "onTimeout": "Force"})

        _add(f"somebody sets stop.onError {policy} and a deadline", choose, SELDOM)


_wishes()


def template(image: str) -> Json:
    """A pod template that no scheduler but the test's own kubelet minds."""
    container = {"name": "main", "image": image}
    return {
        "spec": {
            "schedulerName": "acted",
            "terminationGracePeriodSeconds": 30,
            "containers": [container],
        }
    }


@_move("somebody edits the template")
async def _edit_template(scene: Scene) -> None:
    text = json.dumps(scene.body["spec"]["template"])
    await scene.stage.edit(template=template("example.com/job:1" if "job:2" in text else "example.com/job:2"))


@_move("somebody breaks the template")
async def _break_template(scene: Scene) -> None:
    await scene.stage.edit(template=template("Not An Image!") | {"metadata": {"labels": {"a b": "c d"}}})


@_move("somebody mends the template", lambda scene: "Not An Image" in json.dumps(scene.body["spec"]))
async def _mend_template(scene: Scene) -> None:
    await scene.stage.edit(template=template("example.com/job:1") | {"metadata": None})


@_move("somebody removes or adds the storage")
async def _edit_storage(scene: Scene) -> None:
    await scene.stage.edit(storage=None if "storage" in scene.body["spec"] else {"size": "1Mi"})


@_move("somebody moves the volume's mount", lambda scene: "storage" in scene.body["spec"])
async def _edit_mount(scene: Scene) -> None:
    is_moved = scene.body["spec"]["storage"].get("mountPath") == "/data"
    await scene.stage.edit(storage={"mountPath": "/var/lib/sluice" if is_moved else "/data"})


def _requests() -> None:
    for verb in ("checkpoint", "clear-storage", "dismiss-error", "approve", "restart"):
        for token in TOKENS:

            async def ask(scene: Scene, verb: str = verb, token: str = token) -> None:
                uid = scene.body["metadata"]["uid"]
                await scene.stage.request(verb, json.dumps({"token": token, "uid": uid}))

            _add(f"somebody asks for {verb} {token}", ask, SELDOM)

        async def ask_wrongly(scene: Scene, verb: str = verb) -> None:
            await scene.stage.request(verb, json.dumps({"token": "x", "uid": OTHER_UID}))

        _add(f"somebody asks another object for {verb}", ask_wrongly, SELDOM)


_requests()


def _overrides() -> None:
    for token, desired, force in (("s", "Stopped", False), ("f", "Stopped", True), ("r", "Running", False)):

        async def override(
            scene: Scene,
            token: str = token,
            desired: str = desired,
            force: bool = force,
        ) -> None:
            asked = {"token": token, "uid": scene.body["metadata"]["uid"], "desiredStatus": desired}
            await scene.stage.request("override", json.dumps(asked | ({"force": True} if force else {})))

        said = f"{desired}{' by force' if force else ''}"
        _add(f"somebody overrides with {said}", override, SELDOM)


_overrides()


@_move("somebody takes the override back", lambda scene: _has_annotation(scene, "override"))
async def _take_back(scene: Scene) -> None:
    await scene.stage.request("override", None)


def _has_annotation(scene: Scene, verb: str) -> bool:
    return constants.REQUESTS_PREFIX + verb in texts(scene.body["metadata"], "annotations")


@_move("somebody pauses the reconciliation, or lets it go on")
async def _pause(scene: Scene) -> None:
    is_paused = constants.ANNOTATION_PAUSED in texts(scene.body["metadata"], "annotations")
    await scene.stage.annotate(constants.ANNOTATION_PAUSED, None if is_paused else "true")


@_move("somebody deletes the pipeline", lambda scene: not scene.is_deleting, weight=SELDOM)
async def _delete(scene: Scene) -> None:
    await scene.stage.delete()


# --- Kubelet and process ---------------------------------------------------------------------------------


@_move("the kubelet and the process do what comes next", weight=MOSTLY)
async def _go_on(scene: Scene) -> None:
    await scene.stage.kubelet.go_on()


@_move("the process works", lambda scene: scene.process_is("Running"), weight=OFTEN)
async def _work(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.work()


@_move("the process makes a checkpoint by itself", lambda scene: _can_save(scene), weight=OFTEN)
async def _save(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.make_checkpoint()


def _can_save(scene: Scene) -> bool:
    process = scene.stage.kubelet.process
    return scene.process_is("Running", "Paused") and process is not None and process.storage is not None


@_move("the checkpoint of the process fails", lambda scene: _is_saving(scene), weight=OFTEN)
async def _fail_to_save(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.fail_checkpoint()


def _is_saving(scene: Scene) -> bool:
    process = scene.stage.kubelet.process
    return process is not None and process.requested > max(process.made, process.failed)


@_move("the process falls silent, or answers again", lambda scene: scene.has_process)
async def _be_mute(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.is_mute ^= True


@_move(
    "the process fails and says so",
    lambda scene: scene.process_is(INITIALIZING, "Running", "Paused"),
    weight=OFTEN,
)
async def _fail(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.has_failed = True


@_move("the process crashes with words", lambda scene: scene.has_process, weight=OFTEN)
async def _crash(scene: Scene) -> None:
    await scene.stage.kubelet.fail(scene.own_pod)


@_move("the process is killed without a word", lambda scene: scene.has_process, weight=OFTEN)
async def _kill(scene: Scene) -> None:
    await scene.stage.kubelet.kill(scene.own_pod)


@_move(
    "the process saves itself and is killed without a word",
    lambda scene: _can_save(scene) and scene.has_process,
)
async def _save_and_die(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.make_checkpoint()
    await scene.stage.kubelet.kill(scene.own_pod)


@_move("the process reaches the end of its input", lambda scene: scene.process_is("Running"), weight=OFTEN)
async def _finish(scene: Scene) -> None:
    await scene.stage.kubelet.end_of_input(scene.own_pod)


@_move(
    "somebody suspends the process by hand",
    lambda scene: _can_save(scene) and not scene.is_leaving,
)
async def _suspend_by_hand(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.desired = SUSPENDED


@_move("the pod is evicted", lambda scene: bool(scene.own_pod) and not scene.is_leaving)
async def _evict(scene: Scene) -> None:
    await scene.stage.kubelet.evict(scene.own_pod)


@_move(
    "somebody removes the pod by force",
    lambda scene: (
        bool(scene.own_pod) and not is_maintenance(scene.own_pod) and scene.stage.kubelet.orphan is None
    ),
)
async def _lose(scene: Scene) -> None:
    await scene.stage.kubelet.lose(scene.own_pod)


@_move(
    "the kubelet ends the lost pod's container",
    lambda scene: scene.stage.kubelet.orphan is not None,
    weight=OFTEN,
)
async def _end_orphan(scene: Scene) -> None:
    scene.stage.kubelet.end_orphan()

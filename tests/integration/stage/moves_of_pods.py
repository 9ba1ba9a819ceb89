"""What the kubelet, the process and those who take pods away do."""

from .kubelet import is_maintenance
from .move import MOSTLY, OFTEN, Moves, Scene
from .runtime import INITIALIZING, SUSPENDED

MOVES = Moves()


@MOVES.note("the kubelet and the process do what comes next", weight=MOSTLY)
async def _go_on(scene: Scene) -> None:
    await scene.stage.kubelet.go_on()


@MOVES.note("the process works", lambda scene: scene.process_is("Running"), weight=OFTEN)
async def _work(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.work()


@MOVES.note("the process makes a checkpoint by itself", lambda scene: _can_save(scene), weight=OFTEN)
async def _save(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.make_checkpoint()


def _can_save(scene: Scene) -> bool:
    process = scene.stage.kubelet.process
    return scene.process_is("Running", "Paused") and process is not None and process.storage is not None


@MOVES.note("the checkpoint of the process fails", lambda scene: _is_saving(scene), weight=OFTEN)
async def _fail_to_save(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.fail_checkpoint()


def _is_saving(scene: Scene) -> bool:
    process = scene.stage.kubelet.process
    return process is not None and process.requested > max(process.made, process.failed)


@MOVES.note("the process falls silent, or answers again", lambda scene: scene.has_process)
async def _be_mute(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.is_mute ^= True


@MOVES.note(
    "the process fails and says so",
    lambda scene: scene.process_is(INITIALIZING, "Running", "Paused"),
    weight=OFTEN,
)
async def _fail(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.has_failed = True


@MOVES.note("the process crashes with words", lambda scene: scene.has_process, weight=OFTEN)
async def _crash(scene: Scene) -> None:
    await scene.stage.kubelet.fail(scene.own_pod)


@MOVES.note("the process is killed without a word", lambda scene: scene.has_process, weight=OFTEN)
async def _kill(scene: Scene) -> None:
    await scene.stage.kubelet.kill(scene.own_pod)


@MOVES.note(
    "the process saves itself and is killed without a word",
    lambda scene: _can_save(scene) and scene.has_process,
)
async def _save_and_die(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.make_checkpoint()
    await scene.stage.kubelet.kill(scene.own_pod)


@MOVES.note(
    "the process reaches the end of its input", lambda scene: scene.process_is("Running"), weight=OFTEN
)
async def _finish(scene: Scene) -> None:
    await scene.stage.kubelet.end_of_input(scene.own_pod)


@MOVES.note(
    "somebody suspends the process by hand",
    lambda scene: _can_save(scene) and not scene.is_leaving,
)
async def _suspend_by_hand(scene: Scene) -> None:
    assert scene.stage.kubelet.process is not None
    scene.stage.kubelet.process.desired = SUSPENDED


@MOVES.note("the pod is evicted", lambda scene: bool(scene.own_pod) and not scene.is_leaving)
async def _evict(scene: Scene) -> None:
    await scene.stage.kubelet.evict(scene.own_pod)


@MOVES.note(
    "somebody removes the pod by force",
    lambda scene: (
        bool(scene.own_pod) and not is_maintenance(scene.own_pod) and scene.stage.kubelet.orphan is None
    ),
)
async def _lose(scene: Scene) -> None:
    await scene.stage.kubelet.lose(scene.own_pod)


@MOVES.note(
    "the kubelet ends the lost pod's container",
    lambda scene: scene.stage.kubelet.orphan is not None,
    weight=OFTEN,
)
async def _end_orphan(scene: Scene) -> None:
    scene.stage.kubelet.end_orphan()

"""What the operator does, what is done to it, and the time that passes for it."""

from .move import MOSTLY, OFTEN, SELDOM, Moves, Scene

MOVES = Moves()


@MOVES.note("the operator looks", weight=MOSTLY)
async def _look(scene: Scene) -> None:
    await scene.stage.look()


@MOVES.note("the operator looks as often as it wants to")
async def _look_on(scene: Scene) -> None:
    for _ in range(4):
        await scene.stage.look()
        await scene.stage.settle_news()


@MOVES.note("all goes well for a while", weight=2 * OFTEN)
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

            MOVES.add(f"the operator dies {when} its write {number}", die, SELDOM)


_deaths()


@MOVES.note("the operator is replaced by another")
async def _replace(scene: Scene) -> None:
    await scene.stage.replace_operator()


@MOVES.note("the operator looks while somebody else writes")
async def _interrupt(scene: Scene) -> None:
    async def write() -> None:
        await scene.stage.annotate("example.com/note", scene.stage.now.isoformat())
        scene.stage.pass_time(0.001)

    scene.stage.boundary.interruption = write
    await scene.stage.look()
    scene.stage.boundary.interruption = None


@MOVES.note("the watch falls behind", lambda scene: not scene.stage.is_watch_late)
async def _fall_behind(scene: Scene) -> None:
    scene.stage.is_watch_late = True


@MOVES.note("the watch catches up", lambda scene: scene.stage.is_watch_late)
async def _catch_up(scene: Scene) -> None:
    scene.stage.is_watch_late = False


@MOVES.note("time passes, as long as the operator wants to wait", weight=OFTEN)
async def _wait(scene: Scene) -> None:
    scene.stage.pass_time(min(scene.stage.delay or 60.0, 120.0))
    await scene.stage.look()


@MOVES.note("ten minutes pass", weight=SELDOM)
async def _wait_long(scene: Scene) -> None:
    scene.stage.pass_time(600)

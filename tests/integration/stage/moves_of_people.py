"""What people do to a pipeline: edits, requests, overrides, and its deletion."""

import json

from sluice.api import constants
from sluice.api.json_values import Json, texts

from .move import OFTEN, SELDOM, Moves, Scene

MOVES = Moves()
TOKENS = ("a", "b", "c")
OTHER_UID = "00000000-0000-4000-8000-000000000000"
ERROR_POLICIES = ("Force", "KeepTrying", "KeepRunning")


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

        MOVES.add(f"somebody asks for {said}", wish, OFTEN)
    for policy in ERROR_POLICIES:

        async def choose(scene: Scene, policy: str = policy) -> None:
            await scene.stage.edit(stop={"onError": policy, "timeoutSeconds": 300, "onTimeout": "Force"})

        MOVES.add(f"somebody sets stop.onError {policy} and a deadline", choose, SELDOM)


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


@MOVES.note("somebody edits the template")
async def _edit_template(scene: Scene) -> None:
    text = json.dumps(scene.body["spec"]["template"])
    await scene.stage.edit(template=template("example.com/job:1" if "job:2" in text else "example.com/job:2"))


@MOVES.note("somebody breaks the template")
async def _break_template(scene: Scene) -> None:
    await scene.stage.edit(template=template("Not An Image!") | {"metadata": {"labels": {"a b": "c d"}}})


@MOVES.note("somebody mends the template", lambda scene: "Not An Image" in json.dumps(scene.body["spec"]))
async def _mend_template(scene: Scene) -> None:
    await scene.stage.edit(template=template("example.com/job:1") | {"metadata": None})


@MOVES.note("somebody removes or adds the storage")
async def _edit_storage(scene: Scene) -> None:
    await scene.stage.edit(storage=None if "storage" in scene.body["spec"] else {"size": "1Mi"})


@MOVES.note("somebody moves the volume's mount", lambda scene: "storage" in scene.body["spec"])
async def _edit_mount(scene: Scene) -> None:
    is_moved = scene.body["spec"]["storage"].get("mountPath") == "/data"
    await scene.stage.edit(storage={"mountPath": "/var/lib/sluice" if is_moved else "/data"})


def _requests() -> None:
    for verb in ("checkpoint", "clear-storage", "dismiss-error", "approve", "restart"):
        for token in TOKENS:

            async def ask(scene: Scene, verb: str = verb, token: str = token) -> None:
                uid = scene.body["metadata"]["uid"]
                await scene.stage.request(verb, json.dumps({"token": token, "uid": uid}))

            MOVES.add(f"somebody asks for {verb} {token}", ask, SELDOM)

        async def ask_wrongly(scene: Scene, verb: str = verb) -> None:
            await scene.stage.request(verb, json.dumps({"token": "x", "uid": OTHER_UID}))

        MOVES.add(f"somebody asks another object for {verb}", ask_wrongly, SELDOM)


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
        MOVES.add(f"somebody overrides with {said}", override, SELDOM)


_overrides()


@MOVES.note("somebody takes the override back", lambda scene: _has_annotation(scene, "override"))
async def _take_back(scene: Scene) -> None:
    await scene.stage.request("override", None)


def _has_annotation(scene: Scene, verb: str) -> bool:
    return constants.REQUESTS_PREFIX + verb in texts(scene.body["metadata"], "annotations")


@MOVES.note("somebody pauses the reconciliation, or lets it go on")
async def _pause(scene: Scene) -> None:
    is_paused = constants.ANNOTATION_PAUSED in texts(scene.body["metadata"], "annotations")
    await scene.stage.annotate(constants.ANNOTATION_PAUSED, None if is_paused else "true")


@MOVES.note("somebody deletes the pipeline", lambda scene: not scene.is_deleting, weight=SELDOM)
async def _delete(scene: Scene) -> None:
    await scene.stage.delete()

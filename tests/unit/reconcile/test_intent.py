"""What is wanted: the spec in force, what of it is held, and what people ask for besides."""

from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE
from sluice.api.status import OverrideStatus, PipelineStatus
from sluice.api.statuses import DesiredStatus
from sluice.kube import paths
from sluice.manifests import revision_name
from sluice.observation import Intent
from sluice.reconcile.intent import IntentObserver
from sluice.store import Key

from .bench import SPEC
from .fake_kube import FakeKube

UID = "uid-of-orders"
UP = PipelineStatus(
    deployment_resources_status="Provisioned",
    deployment_resources_desired_status="Provisioned",
    deployment_initial="Running",
    storage_claim="orders-runtime-0",
    revision="orders-of-the-run",
)
REVISION = paths.revision("shop", "orders-of-the-run")
TEMPLATE = {"spec": {"containers": [{"name": "main", "image": "example.com/job:2"}]}}
OVERRIDE = '{"token": "t1", "uid": "uid-of-orders", "desiredStatus": "Stopped"}'


def body_of(*, uid: str = UID, annotations: Json | None = None, **spec: Any) -> Json:
    metadata = {"namespace": "shop", "name": "orders", "uid": uid, "generation": 2}
    return {
        "kind": "Pipeline",
        "metadata": {**metadata, "annotations": annotations or {}},
        "spec": {**SPEC, **spec},
    }


class Desk:
    """An observer beside the stored spec of the run."""

    def __init__(self, run: Json | None = SPEC) -> None:
        self.kube = FakeKube()
        if run is not None:
            self.kube.put(REVISION, {"metadata": {}, "data": {"spec": run}})
        self.observer = IntentObserver(self.kube)

    async def ask(self, body: Json, status: PipelineStatus = UP) -> Intent:
        return await self.observer.observe_intent(body, status)


async def test_the_spec_of_the_run_is_read_once_and_forgotten_with_the_pipeline() -> None:
    desk = Desk()
    for image in ("a", "b"):
        edited = {"spec": {"containers": [{"name": "main", "image": image}]}}
        assert (await desk.ask(body_of(template=edited))).is_roll_needed
    assert desk.kube.log == [("GET", REVISION)]

    desk.observer.forget(Key("Pipeline", "shop", "orders"))
    await desk.ask(body_of(template=TEMPLATE))
    assert len(desk.kube.log) == 2


async def test_a_spec_that_its_run_was_made_from_needs_no_look() -> None:
    desk = Desk()
    status = UP.model_copy(update={"revision": revision_name(PIPELINE, "orders", SPEC)})
    intent = await desk.ask(body_of(desiredStatus="Paused"), status)

    assert desk.kube.log == []
    assert (intent.is_roll_needed, intent.pending) == (False, ())
    assert intent.desired_status is DesiredStatus.PAUSED


@pytest.mark.parametrize(
    ("resources", "is_rolled"),
    [("Provisioning", True), ("Provisioned", True), ("Stopping", False), ("Stopped", False)],
)
async def test_only_a_run_that_is_up_is_rolled(resources: str, is_rolled: bool) -> None:
    status = UP.model_copy(update={"deployment_resources_status": resources})

    assert (await Desk().ask(body_of(template=TEMPLATE), status)).is_roll_needed is is_rolled


async def test_what_is_held_is_in_force_as_it_was_and_the_rest_as_it_is_now() -> None:
    storage = {"size": "2Gi", "storageClassName": "fast"}
    intent = await Desk().ask(body_of(storage=storage, bootstrapPolicy="Reject", restart={"policy": "Never"}))

    assert intent.spec is not None
    assert intent.spec.storage is not None
    assert (intent.spec.storage.size, intent.spec.storage.storage_class_name) == ("2Gi", None)
    assert intent.spec.bootstrap_policy == "AwaitApproval"
    assert intent.spec.restart.policy == "Never"
    assert {change.code for change in intent.pending} == {
        "BootstrapPolicyImmutableUnlessStopped",
        "EditRestrictedToClearedStorage",
    }
    assert not intent.is_roll_needed
    assert intent.revision == revision_name(PIPELINE, "orders", intent.raw_spec), "it names the spec in force"


async def test_storage_that_was_cleared_may_change() -> None:
    status = UP.model_copy(update={"storage_claim": None, "deployment_resources_status": "Stopped"})
    intent = await Desk().ask(body_of(storage={"storageClassName": "fast"}), status)

    assert intent.pending == ()
    assert intent.spec is not None
    assert intent.spec.storage is not None
    assert intent.spec.storage.storage_class_name == "fast"


async def test_a_spec_that_cannot_be_understood_leaves_the_last_good_one_in_force() -> None:
    intent = await Desk().ask(body_of(restart={"policy": "Sometimes"}, template=TEMPLATE))

    assert intent.spec is not None
    assert intent.spec.template is not None
    assert intent.spec.template.spec.containers[0]["image"] == "example.com/job:1"
    assert (intent.raw_spec, intent.is_roll_needed) == (SPEC, False)
    assert "restart.policy" in (intent.spec_error or "")


@pytest.mark.parametrize("run", [None, {"restart": {"policy": "Never and odd"}}], ids=["gone", "odd too"])
async def test_without_a_good_spec_there_is_none_and_a_stop_is_still_understood(run: Json | None) -> None:
    desk = Desk(run)
    intent = await desk.ask(body_of(desiredStatus="Stopped", force=True, restart={"policy": "Sometimes"}))

    assert intent.spec is None
    assert intent.spec_error
    assert (intent.desired_status, intent.force) == (DesiredStatus.STOPPED, True)


async def test_a_stop_that_is_declared_with_what_is_held_is_not_held_itself() -> None:
    intent = await Desk().ask(body_of(desiredStatus="Stopped", storage=None))

    assert intent.desired_status is DesiredStatus.STOPPED
    assert intent.spec is not None
    assert intent.spec.storage is not None, "its removal waits until it is cleared"


async def test_an_override_and_a_pause_are_read_from_annotations() -> None:
    annotations = {"requests.sluice.dev/override": OVERRIDE, "sluice.dev/paused": "true"}
    intent = await Desk().ask(body_of(annotations=annotations))

    assert (intent.desired_status, intent.is_paused) == (DesiredStatus.STOPPED, True)
    assert intent.override is not None
    assert intent.override.spec_desired_status == "Running"
    assert intent.wish == "2:t1"
    assert not (await Desk().ask(body_of(annotations={"sluice.dev/paused": "yes"}))).is_paused


async def test_an_override_and_a_change_in_git_while_no_operator_ran() -> None:
    """The override that was in force has ended; one that was written for the old spec is too late."""
    known = OverrideStatus(token="t1", desired_status="Stopped", spec_desired_status="Running")
    annotations = {"requests.sluice.dev/override": OVERRIDE}
    overtaken = await Desk().ask(
        body_of(annotations=annotations, desiredStatus="Paused"), UP.model_copy(update={"override": known})
    )
    written = OVERRIDE.replace("}", ', "specDesiredStatus": "Running"}')
    late = await Desk().ask(
        body_of(annotations={"requests.sluice.dev/override": written}, desiredStatus="Paused")
    )

    for intent in (overtaken, late):
        assert (intent.desired_status, intent.override) == (DesiredStatus.PAUSED, None)
    assert late.override_problem is not None
    assert late.override_problem[0] == "Superseded"


async def test_an_override_that_was_restored_with_another_object_is_not_in_force() -> None:
    intent = await Desk().ask(body_of(uid="another", annotations={"requests.sluice.dev/override": OVERRIDE}))

    assert (intent.desired_status, intent.override) == (DesiredStatus.RUNNING, None)

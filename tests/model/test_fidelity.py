"""Where the model repeats what the real observer does, the two are held against each other."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from sluice.api import constants
from sluice.api.json_values import Json
from sluice.kube import ApiError, Kube
from sluice.manifests import Identity
from sluice.observation import Observed
from sluice.reconcile.observe import Memory, Observer
from sluice.store import PodRecord, Store

from .abstraction import concrete
from .explorer import explore
from .judging import Judge
from .seeing import is_claim_of_interest
from .setting import Setting
from .settings import SMALL
from .variants import BAD, NAME, SIZES, TEMPLATES
from .wanting import UID, finish
from .world import Status, User, World

IDENTITY = Identity(namespace="default", name=NAME, uid=UID)
SETTINGS = {setting.name: setting for setting in SMALL}


class ClusterOfOneClaim:
    """Answers like an API server that holds the claim of run 1 and nothing else, and knows one bad image."""

    async def get(self, path: str) -> Mapping[str, Any] | None:
        if "persistentvolumeclaims" not in path:
            return None
        labels = {
            constants.LABEL_UID: UID,
            constants.LABEL_RUN_NUMBER: "1",
            constants.LABEL_START_FROM: "Latest",
        }
        size = {"resources": {"requests": {"storage": SIZES[0]}}}
        return {"metadata": {"name": "claim", "labels": labels}, "spec": size}

    async def create(self, path: str, body: Json, *, is_dry_run: bool) -> Json:
        assert is_dry_run
        if TEMPLATES[BAD] in str(body):
            raise ApiError(422, "Invalid", "there is no such image")
        return body


def nobody_to_ask(_: PodRecord) -> Any:
    raise AssertionError("there is no pod to ask")


def really_observed(world: World, setting: Setting) -> Observed:
    kube = cast("Kube", ClusterOfOneClaim())
    observer = Observer(kube, Store(), nobody_to_ask, can_maintain=setting.can_maintain)
    intent = Judge(setting).intent_of(world)
    return finish(observer.observe(IDENTITY, intent, concrete(world.status, setting), Memory()))


@pytest.mark.parametrize("resources", ["Stopped", "Provisioning"])
def test_the_claim_is_looked_at_wherever_a_pod_may_be_made(resources: str) -> None:
    world = World(User("Running"), status=Status(resources=resources, run=1, revision=2), claim=1)
    seen = Judge(SETTINGS["life"]).decide(world).seen
    observed = really_observed(world, SETTINGS["life"])
    assert observed.claim is not None
    assert (observed.claim.run_number, seen.claim) == (1, 1)
    assert observed.claim.start_from == "Latest"


@pytest.mark.parametrize("name", ["clearing", "emptying", "retention", "verifying", "growing", "edited"])
def test_the_claim_is_of_interest_to_the_model_where_it_is_to_the_observer(name: str) -> None:
    setting = SETTINGS[name]
    judge = Judge(setting)
    podless = [world for world in explore(setting).parents if not world.status.runtime and not world.pod]
    # What is of interest depends on these alone.
    distinct = {(world.user, world.status): world for world in podless}
    assert distinct
    for world in list(distinct.values())[:1000]:
        real, intent = concrete(world.status, setting), judge.intent_of(world)
        assert is_claim_of_interest(intent, real, has_pod=False) == (
            really_observed(world, setting).claim is not None
        )


def test_a_claim_tells_how_it_differs_from_what_is_declared() -> None:
    status = Status(resources="Provisioned", run=1, revision=2, size=1, is_claimed=True, storage="InUse")
    world = World(User("Running", size=1), status=status, claim=1)
    observed = really_observed(world, SETTINGS["growing"])
    seen = Judge(SETTINGS["growing"]).decide(world).seen
    assert observed.claim is not None
    assert observed.claim.is_too_small
    assert seen.claim_excess < 0


def test_a_template_is_tried_where_the_model_tries_it() -> None:
    status = Status(resources="Provisioned", run=1, revision=2, size=1, is_claimed=True, storage="InUse")
    for template in range(len(TEMPLATES)):
        world = World(User("Running", template=template), status=status, claim=1)
        problem = really_observed(world, SETTINGS["rolling"]).template_problem
        assert (problem is not None) == Judge(SETTINGS["rolling"]).decide(world).seen.is_template_bad

"""Where the model repeats what the real observer does, the two are held against each other."""

from collections.abc import Coroutine, Mapping
from typing import Any, cast

import pytest

from sluice.api import constants
from sluice.api.status import PipelineStatus
from sluice.kube import Kube
from sluice.manifests import Identity
from sluice.observation import Observed
from sluice.reconcile.observe import Observer
from sluice.store import Store

from .abstraction import concrete
from .seeing import intent_of, look_at
from .settings import DEFAULT
from .world import RuntimePart, Status, User, World

IDENTITY = Identity(namespace="default", name="pipeline", uid="pipeline-uid")


class ClusterOfOneClaim:
    """Answers like an API server that holds the claim of run 1 and nothing else."""

    async def get(self, path: str) -> Mapping[str, Any] | None:
        if "persistentvolumeclaims" not in path:
            return None
        labels = {constants.LABEL_UID: IDENTITY.uid, constants.LABEL_RUN_NUMBER: "1"}
        return {"metadata": {"name": "claim", "labels": labels}}


def nobody_to_ask(*_: object) -> Any:
    raise AssertionError("there is no pod to ask")


def finish(coroutine: Coroutine[Any, Any, Observed]) -> Observed:
    """Run what never really waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("Observed", done.value)
    raise AssertionError("it waits")


async def really_observed(user: User, status: PipelineStatus) -> Observed:
    intent = intent_of(user, revision=2, setting=DEFAULT[0], has_finalizer=True)
    observer = Observer(cast("Kube", ClusterOfOneClaim()), Store(), nobody_to_ask)
    return await observer.observe(IDENTITY, intent, status, None)


@pytest.mark.parametrize("resources", ["Stopped", "Provisioning"])
def test_the_claim_is_looked_at_wherever_a_pod_may_be_made(resources: str) -> None:
    runtime = RuntimePart() if resources == "Provisioning" else None
    status = Status(resources=resources, run=1, runtime=runtime, revision=2)
    user = User("Running")
    seen = look_at(World(user, has_finalizer=True, status=status, claim=1))
    observed = finish(really_observed(user, concrete(status)))
    assert seen.claim == 1
    assert observed.claim is not None
    assert observed.claim.run_number == seen.claim

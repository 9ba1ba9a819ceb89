"""Where the model repeats what the real observer does, the two are held against each other."""

import asyncio
from collections.abc import Mapping
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
from .setting import DEFAULT
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


async def really_observed(user: User, status: PipelineStatus) -> Observed:
    intent = intent_of(user, revision=2, setting=DEFAULT[0], has_finalizer=True)
    observer = Observer(cast("Kube", ClusterOfOneClaim()), Store(), nobody_to_ask)
    return await observer.observe(IDENTITY, intent, status, None)


@pytest.mark.parametrize(
    "resources",
    [
        "Stopped",
        pytest.param(
            "Provisioning",
            marks=pytest.mark.xfail(
                strict=True,
                reason="the observer does not look at the claim before a pod is made once more, so that its"
                " number may be that of a pod which nobody saw",
            ),
        ),
    ],
)
def test_the_claim_is_looked_at_wherever_a_pod_may_be_made(resources: str) -> None:
    runtime = RuntimePart() if resources == "Provisioning" else None
    status = Status(resources=resources, run=1, runtime=runtime, revision=2)
    user = User("Running")
    seen = look_at(World(user, has_finalizer=True, status=status, claim=1))
    observed = asyncio.run(really_observed(user, concrete(status)))
    assert seen.claim == 1
    assert observed.claim is not None
    assert observed.claim.run_number == seen.claim

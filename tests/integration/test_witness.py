"""Histories that break a rule, told to the witness of the walks: it finds each of them out."""

from typing import Any, cast

import pytest

from integration.stage.cluster import PIPELINES, PODS, Cluster, News, WatchingKube
from integration.stage.kubelet import Kubelet
from integration.stage.rules import Witness
from sluice.api import constants
from sluice.api.json_values import Json

Step = tuple[str, Json | None]
HELD = {"finalizers": [constants.FINALIZER]}


def pipeline(resources: str, *, metadata: Json = HELD, **status: Any) -> Step:
    fields = {"deploymentResourcesStatus": resources, "deploymentId": "one", "runNumber": 1, **status}
    return PIPELINES, {"metadata": metadata, "status": fields}


def pod(uid: str = "u", start: str = "one", run: int = 1) -> Step:
    labels = {
        constants.LABEL_UID: "p",
        constants.LABEL_RUN_NUMBER: str(run),
        constants.LABEL_DEPLOYMENT_ID: start,
    }
    return PODS, {"metadata": {"uid": uid, "labels": labels}}


FORCED, GRACEFUL = {"mode": "Force"}, {"mode": "Graceful"}
STARTING = pipeline("Provisioning")
ERROR = {"message": "it broke", "errorCode": "CheckFailed"}
DONE = {"verb": "checkpoint", "token": "a", "state": "Succeeded"}
BROKEN: dict[str, list[Step]] = {
    "two pods under one name": [STARTING, pod("u"), pod("v")],
    "without the finalizer": [pipeline("Provisioning", metadata={}), pod()],
    "the finalizer went before the pod": [STARTING, pod(), pipeline("Provisioned", metadata={})],
    "its run is not recorded": [STARTING, pod(run=2)],
    "its start is not recorded": [STARTING, pod(start="two")],
    "the pipeline is gone and its pod is not": [STARTING, pod(), (PIPELINES, None)],
    "a new start follows Provisioned": [
        STARTING,
        pipeline("Provisioned"),
        pipeline("Provisioned", deploymentId="two"),
    ],
    "the id of an earlier one": [STARTING, pipeline("Stopped", stop=FORCED), STARTING],
    "a stop leads to Provisioning": [STARTING, pipeline("Stopping", stop=FORCED), STARTING],
    "became a graceful one": [
        STARTING,
        pipeline("Stopping", stop=FORCED),
        pipeline("Stopping", stop=GRACEFUL),
    ],
    "Stopped while its pod is there": [STARTING, pod(), pipeline("Stopped", stop=FORCED)],
    "without a checkpoint and without a reason": [
        pipeline("Stopping", stop=GRACEFUL),
        pipeline("Stopped", stop=GRACEFUL),
    ],
    "an error is lost": [pipeline("Stopped", deploymentError=ERROR), pipeline("Stopped")],
    "run numbers fall": [pipeline("Stopped", runNumber=2), pipeline("Stopped")],
    "carried out twice": [pipeline("Stopped", requests=[DONE, DONE])],
    "and then to": [
        pipeline("Stopped", requests=[DONE]),
        pipeline("Stopped", requests=[DONE | {"state": "Failed"}]),
    ],
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_history_that_breaks_a_rule_is_found_out(rule: str) -> None:
    cluster = Cluster(cast("WatchingKube", None), "shop")
    witness = Witness(cluster.kube, "shop", "orders", Kubelet(cluster, "orders"))
    *good, bad = [
        News(kind, body is None, version, body or {}) for version, (kind, body) in enumerate(BROKEN[rule])
    ]
    witness.note(good)

    with pytest.raises(AssertionError, match=rule):
        witness.note([bad])

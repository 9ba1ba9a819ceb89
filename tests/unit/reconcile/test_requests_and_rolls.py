"""Requests, rolls and maintenance on the reconciler: tickets, dry runs, and what is left behind."""

import pytest

from sluice.api.json_values import Json
from sluice.kube import ApiError

from .bench import CLAIM, KEY, PIPELINE, POD, Bench

INVALID = ApiError(422, "Invalid", "spec.containers[0].image: Required value")
QUOTA = ApiError(403, "Forbidden", 'pods "x" is forbidden: exceeded quota: pods=10')
TEMPLATE = {"spec": {"containers": [{"name": "main", "image": "example.com/job:2"}]}}
CLEAR = '{"token": "t1", "uid": "uid-of-orders"}'
IMAGE = "example.com/sluice:1"


def outcome(bench: Bench, verb: str) -> Json:
    (found,) = [entry for entry in bench.status["requests"] if entry["verb"] == verb]
    return dict(found)


def stalled(bench: Bench) -> Json:
    (found,) = [entry for entry in bench.status["conditions"] if entry["type"] == "Stalled"]
    return dict(found)


async def test_a_request_stands_in_status_before_the_process_is_asked() -> None:
    bench = Bench()
    await bench.start()
    bench.annotate(checkpoint="t1")
    bench.kube.fail("PATCH", "/status", ApiError(409, "Conflict", "modified"))
    with pytest.raises(ApiError):
        await bench.look()
    assert bench.process.requests == []

    await bench.look()
    assert outcome(bench, "checkpoint")["state"] == "InProgress"
    assert bench.process.requests == ["/checkpoint"]


async def test_a_ticket_is_kept_so_that_the_process_is_asked_once() -> None:
    bench = Bench()
    await bench.start()
    bench.annotate(checkpoint="t1")
    for _ in range(3):
        await bench.look()
        bench.watch()
    asked = [path for path in bench.process.requests if path == "/checkpoint"]
    assert asked == ["/checkpoint"]
    assert "/checkpoint_status?incarnation_uuid=process-1" in bench.process.requests

    bench.process.checkpoints = ["c1"]
    bench.process.requests.clear()
    await bench.look()
    assert outcome(bench, "checkpoint")["state"] == "Succeeded"
    await bench.look()
    assert bench.process.requests[1:] == [], "the ticket went with the checkpoint"


async def test_the_ticket_of_another_pod_is_none() -> None:
    bench = Bench()
    await bench.start()
    bench.annotate(checkpoint="t1")
    await bench.look()
    bench.kube.objects[POD]["metadata"]["uid"] = "another"
    bench.store.lose_pod(bench.store.pods()[0])
    bench.kube.put(POD, bench.kube.objects[POD])
    bench.watch()
    bench.process.requests.clear()
    await bench.look()

    assert "/checkpoint_status?incarnation_uuid=process-1" not in bench.process.requests


async def test_a_template_is_tried_before_anything_is_stopped() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(template=TEMPLATE)
    bench.kube.fail("TRY", "/pods", INVALID)
    await bench.look()

    assert bench.process.requests == []
    assert stalled(bench)["reason"] == "InvalidTemplate"
    assert "Required value" in stalled(bench)["message"]
    assert bench.status["deploymentStatus"] == "Running"

    await bench.look()
    assert bench.process.requests == ["/suspend"]
    assert ("TRY", "/api/v1/namespaces/shop/pods") in bench.kube.log


async def test_a_quota_that_the_present_pod_takes_does_not_stand_in_the_way() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(template=TEMPLATE)
    bench.kube.fail("TRY", "/pods", QUOTA)
    await bench.look()

    assert bench.process.requests == ["/suspend"]


async def test_a_template_that_cannot_be_completed_is_found_without_the_api_server() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(feldera={"container": "other"})
    await bench.look()

    assert "no container 'other'" in stalled(bench)["message"]
    assert not [method for method, _ in bench.kube.log if method == "TRY"]


async def test_a_roll_ends_with_a_pod_of_the_new_spec_and_its_own_revision() -> None:
    bench = Bench()
    await bench.start()
    first = dict(bench.status)
    bench.edit(template=TEMPLATE)
    await bench.look()
    bench.process.status = bench.process.desired = "Suspended"
    bench.process.checkpoints = ["c1"]
    await bench.look()
    bench.end_pod()
    await bench.look()
    await bench.look()

    pod = bench.kube.objects[POD]
    assert pod["spec"]["containers"][0]["image"] == "example.com/job:2"
    assert bench.status["revision"] != first["revision"]
    assert bench.status["revision"] == pod["metadata"]["ownerReferences"][0]["name"]
    assert bench.status["deploymentId"] != first["deploymentId"]


async def test_a_clearing_deletes_the_claim_and_is_done_when_it_is_gone() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.end_pod()
    await bench.look()
    bench.annotate(clear_storage=CLEAR)
    for _ in range(3):
        await bench.look()

    assert CLAIM not in bench.kube.objects
    assert outcome(bench, "clear-storage")["state"] == "Succeeded"
    assert bench.status["storageStatus"] == "Cleared"


async def test_surplus_checkpoints_are_removed_by_a_pod_under_the_runtimes_name() -> None:
    bench = Bench(IMAGE)
    bench.edit(checkpoint={"retain": {"count": 1}})
    bench.process.checkpoints = ["c1", "c2"]
    await bench.start()
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.end_pod()
    await bench.look()
    await bench.look()

    pod = bench.kube.objects[POD]
    assert pod["spec"]["containers"][0]["image"] == IMAGE
    assert pod["spec"]["containers"][0]["command"][-1] == "retain"
    assert bench.status["maintenance"]["task"] == "Retain"
    assert bench.kube.objects[CLAIM]["metadata"]["labels"]["sluice.dev/run-number"] == "2"


async def test_the_revisions_of_a_pipeline_that_went_without_us_are_cleared_up() -> None:
    bench = Bench()
    await bench.start()
    revisions = [path for path in bench.kube.objects if "controllerrevisions" in path]
    assert revisions
    bench.store.depart(KEY)
    del bench.kube.objects[PIPELINE]
    await bench.look()

    assert not [path for path in bench.kube.objects if "controllerrevisions" in path]
    await bench.look()
    assert bench.kube.log == [], "once"


async def test_growth_is_asked_of_the_own_claim() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(storage={"size": "2Gi"})
    await bench.look()

    assert bench.kube.objects[CLAIM]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    await bench.look()
    assert bench.status["storageSize"] == "2Gi"

"""One look: the status first, on the version it was decided on, and only then the action."""

import asyncio
from typing import Any

import pytest

from sluice.kube import ApiError, ApiUnreachableError

from .bench import CLAIM, KEY, PIPELINE, POD, Bench

CONFLICT = ApiError(409, "Conflict", "the object has been modified")
UNREACHABLE = ApiUnreachableError("no answer in time")
QUOTA = ApiError(403, "Forbidden", "exceeded quota: pods=10")
INVALID = ApiError(422, "Invalid", "spec.containers[0].image: Required value")


async def test_a_start_is_in_status_before_anything_is_made() -> None:
    bench = Bench()
    await bench.look()

    assert bench.kube.writes()[:2] == ["PATCH status", "PATCH orders"]
    assert bench.kube.writes().index("POST pods") > bench.kube.writes().index("PATCH status")
    assert bench.kube.writes()[-1] == "POST events", "people wait for the action, not for the event"
    assert {CLAIM, POD} <= bench.kube.objects.keys()
    assert bench.has_finalizer()
    assert bench.status["deploymentId"] in str(bench.kube.objects[POD])


async def test_a_conflict_on_the_status_means_that_no_action_is_taken() -> None:
    bench = Bench()
    bench.kube.fail("PATCH", "/status", CONFLICT)

    with pytest.raises(ApiError):
        await bench.look()

    assert bench.kube.writes() == ["PATCH status"]
    assert POD not in bench.kube.objects
    assert not bench.has_finalizer()


async def test_a_second_operator_that_decided_on_an_older_version_takes_no_action() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Stopped", force=True)
    behind = bench.kube.objects[PIPELINE]
    bench.kube.put(PIPELINE, behind)

    with pytest.raises(ApiError, match="Conflict"):
        await bench.look()

    assert "deletionTimestamp" not in bench.kube.objects[POD]["metadata"]


async def test_a_status_write_without_an_answer_means_that_no_action_is_taken() -> None:
    bench = Bench()
    bench.kube.fail("PATCH", "/status", UNREACHABLE)

    with pytest.raises(ApiUnreachableError):
        await bench.look()

    assert POD not in bench.kube.objects


async def test_a_pipeline_at_rest_costs_no_write() -> None:
    bench = Bench()
    await bench.start()
    for _ in range(3):
        bench.watch()
        await bench.look()

        assert bench.kube.log == []


async def test_the_same_answer_with_other_counters_costs_no_write() -> None:
    bench = Bench()
    bench.process.checkpoints = ["c1"]
    await bench.start()
    bench.process.checkpoints = ["c1"]
    await bench.look()
    assert bench.kube.writes() == []

    bench.process.checkpoints = ["c1", "c2"]
    await bench.look()
    assert bench.kube.writes() == ["PATCH status"]


@pytest.mark.parametrize("error", [QUOTA, UNREACHABLE, ApiError(500, "InternalError", "etcd")], ids=repr)
async def test_an_event_that_cannot_be_posted_holds_nothing_up(error: Exception) -> None:
    bench = Bench()
    bench.kube.fail("POST", "/events", error)
    await bench.start()

    assert bench.status["deploymentStatus"] == "Running"


async def test_a_temporary_refusal_is_told_and_the_pod_is_made_once_it_is_over() -> None:
    bench = Bench()
    bench.kube.fail("POST", "/pods", QUOTA)
    await bench.look()
    bench.kube.fail("POST", "/pods", QUOTA)
    await bench.look()

    assert "exceeded quota" in ready(bench)["message"]

    await bench.look()
    assert POD in bench.kube.objects
    await bench.look()
    assert "exceeded quota" not in ready(bench)["message"]


async def test_a_permanent_refusal_ends_the_start_with_what_the_api_server_said() -> None:
    bench = Bench()
    bench.kube.fail("POST", "/pods", INVALID)
    await bench.look()
    await bench.look()

    assert bench.status["deploymentStatus"] == "Stopped"
    assert "Required value" in bench.status["deploymentError"]["message"]


async def test_a_start_from_a_mended_spec_is_not_ended_by_the_refusal_of_the_old_one() -> None:
    bench = Bench()
    bench.kube.fail("POST", "/pods", INVALID)
    await bench.look()
    await bench.look()
    bench.edit(provisioningTimeoutSeconds=60)
    bench.kube.fail("POST", "/pods", UNREACHABLE)
    with pytest.raises(ApiUnreachableError):
        await bench.look()
    await bench.look()

    assert bench.status["deploymentStatus"] == "Provisioning"
    assert POD in bench.kube.objects


async def test_a_template_that_cannot_be_completed_is_refused_for_good() -> None:
    bench = Bench()
    bench.edit(feldera={"container": "other"})
    await bench.look()
    await bench.look()

    assert "no container 'other'" in bench.status["deploymentError"]["message"]


async def test_somebody_elses_pod_under_the_name_is_left_alone() -> None:
    bench = Bench()
    bench.kube.put(POD, {"metadata": {"name": "orders-runtime-0", "namespace": "shop"}})
    theirs = dict(bench.kube.objects[POD])
    await bench.look()
    await bench.look()

    assert bench.kube.objects[POD] == theirs
    assert "belongs to somebody else" in ready(bench)["message"]


async def test_somebody_elses_claim_under_the_name_is_left_alone() -> None:
    bench = Bench()
    bench.kube.put(CLAIM, {"metadata": {"name": "orders-runtime-0", "namespace": "shop"}})
    await bench.look()
    await bench.look()

    assert POD not in bench.kube.objects
    assert "labels" not in bench.kube.objects[CLAIM]["metadata"]
    assert "existingClaim" in ready(bench)["message"]


async def test_a_pod_that_was_made_before_the_operator_died_is_taken_and_not_made_twice() -> None:
    bench = Bench()
    bench.kube.fail("POST", "/events", UNREACHABLE)
    await bench.look()
    uid = bench.kube.objects[POD]["metadata"]["uid"]
    bench.store.lose_pod(bench.store.pods()[0])
    await bench.look()

    assert bench.kube.objects[POD]["metadata"]["uid"] == uid
    assert bench.store.pods()[0].pod.uid == uid


async def test_a_graceful_stop_deletes_the_pod_only_after_its_checkpoint_is_in_status() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Stopped")
    await bench.look()
    assert bench.process.requests == ["/suspend"]
    bench.process.desired, bench.process.status = "Suspended", "Suspended"
    await bench.look()
    assert "DELETE orders-runtime-0" not in bench.kube.writes()

    bench.process.checkpoints = ["c1"]
    bench.kube.fail("PATCH", "/status", CONFLICT)
    with pytest.raises(ApiError):
        await bench.look()
    assert "deletionTimestamp" not in bench.kube.objects[POD]["metadata"]

    await bench.look()
    assert bench.kube.writes()[:2] == ["PATCH status", "DELETE orders-runtime-0"]
    assert bench.status["stop"]["checkpoint"] == "c1"


async def test_what_the_process_says_to_a_refused_request_stands_in_status() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Stopped")
    bench.process.refuses = True
    await bench.look()
    await bench.look()

    assert bench.status["stop"]["lastError"] == "POST /suspend: not now"


async def test_a_force_stop_ends_stopped_and_the_next_start_has_another_id() -> None:
    bench = Bench()
    await bench.start()
    first = bench.status["deploymentId"]
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    assert bench.kube.objects[POD]["metadata"]["deletionGracePeriodSeconds"] == 1
    bench.end_pod()
    await bench.look()
    assert bench.status["deploymentStatus"] == "Stopped"

    bench.edit(desiredStatus="Running", force=False)
    await bench.look()
    assert bench.status["deploymentStatus"] == "Provisioning"
    assert bench.status["deploymentId"] != first
    assert bench.status["runNumber"] == 2


async def test_a_deletion_that_no_watch_told_of_is_found_out_and_the_stop_comes_to_its_end() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.watch()
    await bench.look()
    assert bench.status["deploymentStatus"] == "Stopping"

    bench.kube.objects.pop(POD)
    bench.let_time_pass()
    await bench.look()

    assert bench.status["deploymentStatus"] == "Stopped"


async def test_deleting_keeps_the_claim_and_takes_everything_else() -> None:
    bench = Bench()
    await bench.start()
    bench.kube.objects[PIPELINE]["metadata"]["deletionTimestamp"] = "now"
    bench.edit(checkpoint={"beforeDelete": False})
    await bench.look()
    bench.end_pod()
    await bench.look()
    await bench.look()

    assert not bench.has_finalizer()
    assert [path for path in bench.kube.objects if "/events/" not in path] == [PIPELINE, CLAIM]


async def test_a_finalizer_of_somebody_else_is_kept() -> None:
    bench = Bench()
    body = bench.kube.objects[PIPELINE]
    body["metadata"]["finalizers"] = ["example.com/theirs"]
    bench.kube.put(PIPELINE, body)
    bench.watch()
    await bench.look()

    assert bench.finalizers() == ["example.com/theirs", "sluice.dev/operator"]


async def test_a_pipeline_that_is_gone_is_no_business_of_ours() -> None:
    bench = Bench()
    bench.store.drop(KEY)

    assert await bench.look() is None
    assert bench.kube.log == []


async def test_a_pipeline_that_went_without_a_word_is_forgotten_when_its_status_cannot_be_written() -> None:
    bench = Bench()
    del bench.kube.objects[PIPELINE]

    assert await bench.look() is None
    assert bench.store.get(KEY) is None


async def test_two_pipelines_can_be_looked_at_side_by_side() -> None:
    benches = [Bench(), Bench()]
    await asyncio.gather(*(bench.start() for bench in benches))

    assert [bench.status["deploymentStatus"] for bench in benches] == ["Running"] * 2


def ready(bench: Bench) -> dict[str, Any]:
    (found,) = [entry for entry in bench.status["conditions"] if entry["type"] == "Ready"]
    return dict(found)

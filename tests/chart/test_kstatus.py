"""kstatus itself, which Helm and Flux wait by, on statuses that the reconciler wrote."""

import copy

from support.programs import judge_by_kstatus
from unit.reconcile.bench import PIPELINE, Bench

from sluice.api.json_values import Json

CURRENT, IN_PROGRESS, FAILED = "Current", "InProgress", "Failed"


def taken(bench: Bench) -> Json:
    """The pipeline as it is in the API now."""
    body = {"apiVersion": "sluice.dev/v1alpha1", **bench.kube.objects[PIPELINE]}
    return copy.deepcopy(body)


async def test_a_state_that_was_asked_for_is_current_whichever_it_is() -> None:
    bench = Bench()
    new = taken(bench)
    await bench.look()
    provisioning = taken(bench)
    bench.run_pod()
    await bench.look()
    await bench.look()
    running = taken(bench)
    bench.edit(desiredStatus="Paused")
    edited = taken(bench)
    await bench.look()
    bench.process.status = bench.process.desired = "Paused"
    await bench.look()
    paused = taken(bench)
    bench.edit(desiredStatus="Stopped")
    await bench.look()
    suspending = taken(bench)
    bench.edit(desiredStatus="Stopped", force=True)
    await bench.look()
    bench.end_pod()
    await bench.look()
    stopped = taken(bench)

    states = judge_by_kstatus([new, provisioning, running, edited, paused, suspending, stopped])
    assert stopped["status"]["deploymentStatus"] == "Stopped"
    # An object that no controller has touched yet: kstatus gives it the benefit of the doubt.
    assert states[1:] == [IN_PROGRESS, CURRENT, IN_PROGRESS, CURRENT, IN_PROGRESS, CURRENT]


async def test_what_needs_a_person_has_failed() -> None:
    bench = Bench()
    await bench.start()
    bench.edit(desiredStatus="Nonsense")
    await bench.look()

    assert bench.status["conditions"]
    assert judge_by_kstatus([taken(bench)]) == [FAILED]

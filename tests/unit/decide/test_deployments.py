"""What is different for a Deployment: identity, machine, and the words of its status. Nothing else."""

import dataclasses
from typing import Any

import pytest

from sluice.api.deployment import DeploymentSpec
from sluice.api.kinds import DEPLOYMENT
from sluice.api.reasons import Reason
from sluice.api.status import PipelineStatus, RestartStatus, RuntimePodStatus, StopStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.decide import CreatePod, Decision, decide
from sluice.observation import Ability, Intent, Observed, Pod

from .builders import (
    BOOM,
    FIRST_START,
    NEXT_START,
    NODE,
    NOW,
    UID,
    actions_of,
    ago,
    answer_of,
    condition,
    intent_of,
    pod_of,
    seen_of,
)

SPEC = DeploymentSpec.model_validate(
    {"machine": {"nodeName": NODE}, "template": {"spec": {"containers": [{"name": "main"}]}}}
).as_run()
HOOKED = Ability(needs_volume=False, keeps_contract=False)
POD = pod_of(deployment_id=UID, run_id=FIRST_START)


def deployment(desired: DesiredStatus = DesiredStatus.RUNNING) -> Intent:
    return intent_of(desired, SPEC, kind=DEPLOYMENT)


STOP = deployment(DesiredStatus.STOPPED)


def up(resources: ResourcesStatus = ResourcesStatus.PROVISIONED, **changes: Any) -> PipelineStatus:
    basis = PipelineStatus(
        deployment_resources_status=resources,
        deployment_resources_status_since=ago(100),
        deployment_resources_desired_status="Provisioned",
        deployment_runtime_status="Running",
        deployment_initial="Running",
        deployment_id=UID,
        run_id=FIRST_START,
        run_number=1,
        machine=NODE,
        runtime=RuntimePodStatus(name="orders-deployment-0", uid=POD.uid, node_name=NODE, grace_seconds=30),
        restart=RestartStatus(),
    )
    return basis.model_copy(update=changes)


def seen(pod: Pod | None = None, **changes: Any) -> Observed:
    return seen_of(pod, ability=HOOKED, **changes)


def look(status: PipelineStatus, observed: Observed, intent: Intent | None = None) -> Decision:
    return decide(intent or deployment(), status, observed, NOW)


def test_a_start_has_an_id_of_its_own_and_the_deployment_keeps_its_own() -> None:
    decision = look(PipelineStatus(), seen())

    assert (decision.status.deployment_id, decision.status.run_id) == (UID, NEXT_START)
    (made,) = actions_of(decision, CreatePod)
    assert (made.deployment_id, made.run_id) == (UID, NEXT_START)


def test_one_that_never_ran_has_its_id_already_so_that_it_can_be_addressed() -> None:
    decision = look(PipelineStatus(), seen(), STOP)

    assert (decision.status.deployment_id, decision.status.run_id) == (UID, None)
    assert decision.status.deployment_status == "Stopped"


def test_after_a_stop_id_and_machine_stay_and_the_run_is_over() -> None:
    stop = StopStatus(mode="Force", requested_at=ago(7))
    decision = look(up(ResourcesStatus.STOPPING, stop=stop, runtime=None), seen(), STOP)

    status = decision.status
    assert (status.deployment_status, status.deployment_id, status.run_id) == ("Stopped", UID, None)
    assert (status.machine, status.runtime) == (NODE, None)
    assert status.stop is not None
    assert status.stop.duration_seconds == 7


def test_a_pod_that_status_does_not_know_is_adopted_with_its_run() -> None:
    decision = look(PipelineStatus(), seen(POD))

    assert (decision.status.deployment_id, decision.status.run_id) == (UID, FIRST_START)


@pytest.mark.parametrize(
    ("status", "observed", "intent", "word"),
    [
        (up(ResourcesStatus.PROVISIONING, deployment_runtime_status=None), seen(POD), None, "Pending"),
        (up(), seen(POD, runtime=answer_of("Initializing")), None, "Pending"),
        (up(), seen(POD, runtime=answer_of("Running")), None, "Running"),
        (up(), seen(POD, runtime=answer_of("Running")), STOP, "Suspending"),
        (up(ResourcesStatus.STOPPING), seen(POD), STOP, "Stopping"),
        (up(ResourcesStatus.STOPPED, deployment_error=BOOM, held_generation=1), seen(), None, "Failed"),
        (up(ResourcesStatus.STOPPED, held_generation=1), seen(), None, "Stopped"),
        (up(ResourcesStatus.STOPPED, deployment_error=BOOM), seen(), STOP, "Stopped"),
    ],
    ids=["made", "not ready", "ready", "hook at work", "ending", "failed", "ended by itself", "let rest"],
)
def test_status_is_one_of_six_words(
    status: PipelineStatus, observed: Observed, intent: Intent | None, word: str
) -> None:
    assert look(status, observed, intent).status.deployment_status == word


def test_what_people_read_speaks_of_a_deployment() -> None:
    running = look(up(), seen(POD, runtime=answer_of("Running")))
    failed = look(up(ResourcesStatus.STOPPED, deployment_error=BOOM, held_generation=1), seen())

    assert condition(running).message == "the deployment runs"
    assert condition(failed).message.startswith("the deployment stopped by itself")


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        ("Unschedulable: 0/1 nodes are available: 1 node(s) were unschedulable.", Reason.MACHINE_CORDONED),
        ("Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", Reason.MACHINE_FULL),
        ("ErrImagePull: not found", Reason.IMAGE_MISSING),
    ],
)
def test_why_it_does_not_run_is_a_reason_that_says_what_to_do(waiting: str, reason: Reason) -> None:
    pending = dataclasses.replace(POD, node_name=None, is_started=False, waiting=waiting)
    decision = look(up(ResourcesStatus.PROVISIONING, deployment_runtime_status=None), seen(pending))

    assert condition(decision).reason == reason
    assert waiting in condition(decision).message
    assert decision.status.deployment_status == "Pending"

"""The pod of a run, as far as it follows from spec and decision: to be made, or to be tried."""

from typing import Any

from sluice.api.spec import PipelineSpec
from sluice.decide import CreatePod
from sluice.engines import engine_for
from sluice.manifests import Identity, PodPlan, build_pod

TRIAL_SUFFIX = "-trial"
TRIAL = CreatePod(run_number=0, deployment_id="", initial="Running")


def build_run_pod(
    identity: Identity, spec: PipelineSpec, action: CreatePod, owner: dict[str, Any] | None
) -> dict[str, Any]:
    """The pod of a run; without an owner one for a dry run, under a name that is free.

    Raises ``LookupError`` with a sentence when the template cannot be completed.
    """
    launch, storage = engine_for(spec).launch(spec), spec.storage
    name = identity.pod_name
    plan = PodPlan(
        name=name if owner is not None else name + TRIAL_SUFFIX,
        run_number=action.run_number,
        deployment_id=action.deployment_id,
        run_id=action.run_id,
        initial=action.initial,
        start_from=action.start_from,
        bootstrap_policy=action.bootstrap_policy,
        port=launch.port,
        container=launch.container,
        probes=launch.probes,
        arguments=launch.arguments,
        claim=identity.claim_name(storage.existing_claim) if storage else None,
        owner=owner,
        grace_seconds=launch.grace_seconds,
    )
    return build_pod(identity, spec, plan)

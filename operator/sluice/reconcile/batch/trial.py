"""Try to make a pod of an element, without making one: the API server, its quotas and its webhooks answer."""

from datetime import datetime
from typing import Final

from sluice.api.batch import ElementSpec
from sluice.api.spec import PipelineSpec
from sluice.batch_observation import RefusalScope
from sluice.kube import ApiError, Kube, paths
from sluice.manifests import Identity, JobPlan, build_element_template
from sluice.reconcile.batch.memory import Refused

SERVICE_ACCOUNT: Final = "service account"
"""In the message of a 403 that only another spec can mend."""


async def find_obstacle(
    kube: Kube,
    identity: Identity,
    spec: PipelineSpec,
    element: ElementSpec,
    image: str | None,
    now: datetime,
) -> Refused | None:
    """Why no pod of the element can be made; ``None`` where one can."""
    claim = identity.claim_name(spec.storage.existing_claim) if spec.storage else None
    plan = JobPlan(element=element, run_number=0, run_id="", owner={}, claim=claim, image=image)
    template = build_element_template(identity, spec, plan)
    metadata = {**template["metadata"], "generateName": f"{identity.name}-trial-"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    try:
        await kube.create(paths.pod(identity.namespace), pod, is_dry_run=True)
    except ApiError as error:
        scope = scope_of(error)
        return None if scope is None else Refused(scope, error.message, now)
    return None


def scope_of(error: ApiError) -> RefusalScope | None:
    """What an answer of the API server says of what was to be made; ``None``: it says nothing of that."""
    if error.is_invalid or (error.is_forbidden and SERVICE_ACCOUNT in error.message):
        return RefusalScope.SPEC
    return RefusalScope.CLUSTER if error.is_forbidden or error.is_refused_by_webhook else None

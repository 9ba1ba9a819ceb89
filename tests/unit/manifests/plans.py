"""A pipeline and a run of it, for the builders of manifests."""

import copy
import dataclasses
from typing import Any

from sluice.api.spec import PipelineSpec
from sluice.api.statuses import LATEST
from sluice.engines import engine_for
from sluice.manifests import Identity, PodPlan, build_pod

IDENTITY = Identity(namespace="shop", name="orders", uid="0f9f2c1e-0000-4000-8000-000000000001")
OWNER = {"name": "orders-0123456789", "uid": "0f9f2c1e-0000-4000-8000-000000000002"}
MANIFEST: dict[str, Any] = {
    "desiredStatus": "Running",
    "checkpoint": {"intervalSeconds": 60, "retain": {"count": 5}},
    "storage": {"size": "1Gi"},
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
    "feldera": {},
}


def spec_with(pod: dict[str, Any] | None = None, **fields: Any) -> PipelineSpec:
    """The manifest's spec with another pod spec and other fields."""
    manifest = copy.deepcopy(MANIFEST) | fields
    if pod is not None:
        manifest["template"] = {"spec": pod}
    return PipelineSpec.model_validate(manifest)


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "main", "image": "example.com/job:1"} | fields


def build(spec: PipelineSpec, *, claim: str | None = "orders-runtime-0", **changes: Any) -> dict[str, Any]:
    """The pod of the third run; ``changes`` are fields of its plan."""
    launch = engine_for(spec).launch(spec)
    plan = PodPlan(
        name="orders-runtime-0",
        run_number=3,
        deployment_id="11111111-1111-4111-8111-111111111111",
        initial="Paused",
        start_from=LATEST,
        bootstrap_policy=spec.bootstrap_policy,
        port=launch.port,
        container=launch.container,
        probes=launch.probes,
        arguments=launch.arguments,
        claim=claim if spec.storage else None,
        owner=OWNER,
        grace_seconds=launch.grace_seconds,
    )
    return build_pod(IDENTITY, spec, dataclasses.replace(plan, **changes))

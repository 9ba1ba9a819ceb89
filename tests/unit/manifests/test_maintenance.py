"""The pod that works on a stopped pipeline's volume runs where the runtime would."""

from sluice.api.statuses import MaintenanceTask
from sluice.manifests import MaintenancePlan, build_maintenance_pod

from .plans import IDENTITY, OWNER, container, spec_with

PLACEMENT = {
    "nodeSelector": {"disk": "fast"},
    "schedulerName": "by-volume",
    "tolerations": [{"key": "batch", "operator": "Exists"}],
}


def test_what_decides_where_the_runtime_may_run_decides_it_for_maintenance_too() -> None:
    spec = spec_with({"containers": [container()], "hostname": "orders"} | PLACEMENT)
    plan = MaintenancePlan(
        name="orders-runtime-0",
        image="example.com/sluice:1",
        module="sluice.runtime.maintenance",
        task=MaintenanceTask.RETAIN,
        run_number=4,
        claim="orders-runtime-0",
        owner=OWNER,
    )

    body = build_maintenance_pod(IDENTITY, spec, plan)["spec"]

    assert {key: body[key] for key in PLACEMENT} == PLACEMENT
    assert "hostname" not in body

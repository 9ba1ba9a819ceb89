"""A Deployment through whole looks: its objects' names, its credential, and a Pipeline of the same name."""

from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT
from sluice.kube import ApiError, paths
from sluice.reconcile import Reconciler
from sluice.store import Key, Store, project_pod

from .bench import Process
from .fake_kube import FakeKube

KEY = Key("Deployment", "shop", "orders")
OBJECT = paths.resource(DEPLOYMENT, "shop", "orders")
POD = paths.pod("shop", "orders-deployment-0")
SECRET = paths.secret("shop", "clore")
VALUE = "YS12ZXJ5LXNlY3JldC10b2tlbg=="
SPEC: Json = {
    "desiredStatus": "Running",
    "machine": {"nodeName": "gpu-1"},
    "storage": {"size": "1Gi"},
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/db:1"}]}},
    "credentials": {"secretRef": {"name": "clore"}, "sendTo": ["Container"]},
}


class Desk:
    """A reconciler with one deployment."""

    def __init__(self, **spec: Any) -> None:
        self.kube, self.store = FakeKube(), Store()
        self.reconciler = Reconciler(self.kube, self.store, lambda _: Process())
        metadata = {"namespace": "shop", "name": "orders", "uid": "uid-of-orders", "generation": 1}
        body = {"kind": "Deployment", "metadata": metadata, "spec": SPEC | spec}
        self.store.put(self.kube.put(OBJECT, body))

    def give_secret(self, value: str = VALUE) -> None:
        self.kube.put(SECRET, {"data": {"CLORE_API_KEY": value}})

    async def look(self) -> None:
        self.kube.log.clear()
        await self.reconciler.reconcile(KEY)
        self.store.put(self.kube.objects[OBJECT])

    @property
    def status(self) -> Json:
        found: Json = self.kube.objects[OBJECT].get("status", {})
        return found


async def test_its_pod_claim_and_labels_are_its_own() -> None:
    desk = Desk()
    desk.give_secret()
    await desk.look()

    pod = desk.kube.objects[POD]
    labels = pod["metadata"]["labels"]
    assert (labels["sluice.dev/kind"], labels["sluice.dev/name"]) == ("Deployment", "orders")
    assert labels["sluice.dev/deployment-id"] == desk.status["deploymentId"] == "uid-of-orders"
    assert labels["sluice.dev/run-id"] == desk.status["runId"]
    assert paths.claim("shop", "orders-deployment-0") in desk.kube.objects
    assert project_pod(pod).owner == KEY
    environment = {each["name"]: each for each in pod["spec"]["containers"][0]["env"]}
    assert environment["SLUICE_RUN_ID"]["value"] == desk.status["runId"]
    assert environment["CLORE_API_KEY"]["valueFrom"]["secretKeyRef"]["name"] == "clore"


async def test_a_pipeline_of_the_same_name_and_spec_has_other_objects() -> None:
    desk = Desk(credentials=None, hook={})
    await desk.look()
    metadata = {"namespace": "shop", "name": "orders", "uid": "uid-of-a-pipeline", "generation": 1}
    spec = {key: value for key, value in desk.kube.objects[OBJECT]["spec"].items() if key != "credentials"}
    body = {"kind": "Pipeline", "metadata": metadata, "spec": spec}
    pipeline = paths.pipeline("shop", "orders")
    desk.store.put(desk.kube.put(pipeline, body))
    await desk.reconciler.reconcile(Key("Pipeline", "shop", "orders"))

    assert paths.pod("shop", "orders-runtime-0") in desk.kube.objects
    assert POD in desk.kube.objects
    assert desk.kube.objects[pipeline]["status"]["revision"] != desk.status["revision"]


@pytest.mark.parametrize("value", [None, ""], ids=["no Secret", "an empty one"])
async def test_without_its_credential_nothing_starts_and_it_says_what_to_do(value: str | None) -> None:
    desk = Desk()
    if value is not None:
        desk.give_secret(value)
    for _ in range(3):
        await desk.look()
    assert POD not in desk.kube.objects
    ready = next(each for each in desk.status["conditions"] if each["type"] == "Ready")
    assert (desk.status["deploymentStatus"], ready["reason"]) == ("Pending", "Refused")
    assert "Secret clore" in ready["message"]

    desk.give_secret()
    await desk.look()
    assert POD in desk.kube.objects


async def test_an_operator_that_may_read_no_secret_leaves_the_check_to_the_kubelet() -> None:
    desk = Desk()
    desk.kube.fail("GET", "/secrets/", ApiError(403, "Forbidden", "may not"))
    await desk.look()

    assert POD in desk.kube.objects


async def test_no_secret_is_read_where_none_is_named() -> None:
    desk = Desk(credentials=None)
    await desk.look()

    assert [path for _, path in desk.kube.log if "/secrets/" in path] == []


async def test_nothing_that_is_written_holds_the_credential() -> None:
    desk = Desk()
    desk.give_secret()
    for _ in range(3):
        await desk.look()

    written = {path: body for path, body in desk.kube.objects.items() if path != SECRET}
    assert VALUE not in str(written)
    assert "a-very-secret-token" not in str(written)

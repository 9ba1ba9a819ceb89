"""A reconciler with one pipeline on an API server in memory and a process that answers as it is told."""

import json
from typing import Any

from sluice.api import constants
from sluice.api.constants import REQUESTS_PREFIX
from sluice.api.json_values import Json
from sluice.engines import HttpAnswer
from sluice.kube import paths
from sluice.metrics import Metrics
from sluice.reconcile import Reconciler
from sluice.store import Key, Store, project_pod

from .fake_kube import FakeKube

KEY = Key("Pipeline", "shop", "orders")
PIPELINE = paths.pipeline(KEY.namespace, KEY.name)
POD = paths.pod("shop", "orders-runtime-0")
CLAIM = paths.claim("shop", "orders-runtime-0")
SPEC: Json = {
    "desiredStatus": "Running",
    "storage": {"size": "1Gi"},
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
    "feldera": {},
}


class Process:
    """The runtime: says where it is and notes what it is asked."""

    def __init__(self) -> None:
        self.status, self.desired = "Running", "Running"
        self.checkpoints: list[str] = []
        self.requests: list[str] = []
        self.refuses = False

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        if path != "/status":
            self.requests.append(path)
            if self.refuses:
                said = b'{"message": "not now", "error_code": "Initializing", "details": {}}'
                return HttpAnswer(503, said)
            return HttpAnswer(202, b'{"checkpoint_sequence_number": 0, "incarnation_uuid": "process-1"}')
        listed = [{"uuid": uuid} for uuid in self.checkpoints]
        body = {
            "runtime_status": self.status,
            "runtime_desired_status": self.desired,
            "runtime_status_details": {},
            "storage_status_details": {"checkpoints": listed},
        }
        return HttpAnswer(200, json.dumps(body).encode())


class Bench:
    """What a watch would bring is brought by :meth:`watch`."""

    def __init__(self, maintenance_image: str | None = None, metrics: Metrics | None = None) -> None:
        self.kube, self.store, self.process = FakeKube(), Store(), Process()
        self.reconciler = Reconciler(
            self.kube, self.store, lambda _: self.process, maintenance_image, metrics=metrics
        )
        metadata = {"namespace": "shop", "name": "orders", "uid": "uid-of-orders", "generation": 1}
        self.kube.put(PIPELINE, {"kind": "Pipeline", "metadata": metadata, "spec": SPEC})
        self.watch()

    @property
    def status(self) -> Json:
        found: Json = self.kube.objects[PIPELINE].get("status", {})
        return found

    def edit(self, **spec: Any) -> None:
        """Somebody changes the spec."""
        body = self.kube.objects[PIPELINE]
        body["metadata"]["generation"] += 1
        self.kube.put(PIPELINE, {**body, "spec": {**body["spec"], **spec}})
        self.watch()

    def annotate(self, **annotations: str) -> None:
        """Somebody asks for something: the verb's underscores are hyphens."""
        body = self.kube.objects[PIPELINE]
        known = body["metadata"].setdefault("annotations", {})
        for verb, text in annotations.items():
            known[REQUESTS_PREFIX + verb.replace("_", "-")] = text
        self.kube.put(PIPELINE, body)
        self.watch()

    def watch(self) -> None:
        """Everything that changed has been told."""
        if PIPELINE in self.kube.objects:
            self.store.put(json.loads(json.dumps(self.kube.objects[PIPELINE])))
        if POD in self.kube.objects:
            self.store.put_pod(project_pod(self.kube.objects[POD]))

    def let_time_pass(self) -> None:
        """The pipeline's resources have been as they are for years."""
        body = self.kube.objects[PIPELINE]
        since = {"deploymentResourcesStatusSince": "2020-01-01T00:00:00Z"}
        self.kube.put(PIPELINE, {**body, "status": {**body["status"], **since}})
        self.watch()

    async def look(self) -> float | None:
        """One look, of which ``kube.log`` then tells alone."""
        self.kube.log.clear()
        return await self.reconciler.reconcile(KEY)

    async def start(self) -> None:
        """Bring the pipeline to Running and at rest."""
        await self.look()
        self.run_pod()
        await self.look()
        await self.look()
        assert self.status["deploymentStatus"] == "Running"

    def run_pod(self) -> None:
        """The kubelet starts the pod's containers."""
        body = self.kube.objects[POD]
        body["spec"]["nodeName"] = "node-a"
        state = {"running": {"startedAt": "2026-03-01T12:00:00Z"}}
        body["status"] = {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "containerStatuses": [{"name": "main", "state": state}],
        }
        self.kube.put(POD, body)
        self.watch()

    def end_pod(self) -> None:
        """The kubelet ends the pod and removes it from the API."""
        body = self.kube.objects.pop(POD)
        ended = {"terminated": {"exitCode": 143, "reason": "Error"}}
        body["status"] = {"phase": "Failed", "containerStatuses": [{"name": "main", "state": ended}]}
        body["metadata"]["resourceVersion"] = str(int(body["metadata"]["resourceVersion"]) + 1)
        self.store.drop_pod(project_pod(body))

    def finalizers(self) -> list[str]:
        found: list[str] = self.kube.objects[PIPELINE]["metadata"].get("finalizers", [])
        return found

    def has_finalizer(self) -> bool:
        return constants.FINALIZER in self.finalizers()

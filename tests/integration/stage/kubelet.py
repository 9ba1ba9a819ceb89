"""Scheduler and kubelet of the acted node, and the hand that moves the process in the pod.

Pods are real objects; containers are not. What a kubelet would write of them is written here, and a pod that
was deleted leaves the API only from here, as it would from a kubelet.
"""

import json
from typing import Any

from sluice.api import constants
from sluice.api.json_values import Json, child, children, texts
from sluice.api.kinds import PIPELINE
from sluice.contract import (
    ENV_STORAGE,
    EXIT_CHECKPOINTED_ON_SIGTERM,
    EXIT_END_OF_INPUT,
    EXIT_FAILED,
    EXIT_FENCED,
    TASK_CLEAR,
    TASK_RETAIN,
)
from sluice.kube import paths

from .cluster import PODS, Cluster
from .runtime import INITIALIZING, SUSPENDED, Checkpoint, Process, Storage

MOMENT = "2026-01-01T00:00:00Z"
KILLED = 137
RETAINED = 3
"""As the spec has it by default."""


class Kubelet:
    """What runs for one pipeline."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster, self._kube, self._name = cluster, cluster.kube, name
        self._path = paths.pod(cluster.namespace, PIPELINE.pod_name(name))
        self._claim_path = paths.claim(cluster.namespace, PIPELINE.pod_name(name))
        self.process: Process | None = None
        self.orphan: Process | None = None
        """A process that still runs although its pod was removed from the API by force."""
        self.processes: list[Process] = []
        """All that ever ran."""
        self._uid: str | None = None
        """Of the pod whose container runs."""
        self._volumes: dict[str, Storage] = {}
        self.storage = Storage()
        """Of the claim that was used last."""

    @property
    def pod(self) -> Json | None:
        """The pod as the watch told of it last."""
        return self._cluster.latest(self._name, PODS)

    # --- What a kubelet does, a step at a time -----------------------------------------------------------

    async def bind(self, pod: Json) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": self._cluster.node}
        metadata = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
        await self._kube.create(self._path + "/binding", binding)

    async def start(self, pod: Json) -> None:
        """The containers start, with the process or the maintenance in them."""
        environment = {entry["name"]: entry.get("value", "") for entry in children(container_of(pod), "env")}
        storage = await self._mount() if ENV_STORAGE in environment else None
        if is_maintenance(pod):
            await self._say_running(pod)
            await self._maintain(pod, storage)
            return
        process = Process.begin(environment, storage)
        await self._say_running(pod)
        if process is None:
            await self._say_ended(pod, EXIT_FENCED, {})
            return
        self.processes.append(process)
        self.process, self._uid = process, pod["metadata"]["uid"]

    async def end(self, pod: Json, code: int | None, *, error: str | None = None) -> None:
        """The container ends with this code; ``None``: it never ran. A killed one leaves no words."""
        words: dict[str, Any] = {}
        process = self.process
        if process is not None and code not in (KILLED, None):
            ids = process.storage.ids if process.storage is not None else []
            says = code != EXIT_CHECKPOINTED_ON_SIGTERM or process.is_working or process.status == SUSPENDED
            words = {"checkpoint": ids[-1] if ids and says else None, "error": None}
            if error is not None:
                words["error"] = {"message": error, "error_code": "WorkerPanic", "details": {}}
        if process is not None:
            process.end()
        self.process = self._uid = None
        await self._say_ended(pod, code, words)

    async def end_on_sigterm(self, pod: Json) -> None:
        """It makes a last checkpoint where it can, and says so."""
        if self.process is not None and self.process.is_working and self.process.storage is not None:
            self.process.make_checkpoint()
        await self.end(pod, EXIT_CHECKPOINTED_ON_SIGTERM)

    async def end_of_input(self, pod: Json) -> None:
        """It has worked off everything, and saves that."""
        if self.process is not None and self.process.storage is not None:
            self.process.make_checkpoint()
        await self.end(pod, EXIT_END_OF_INPUT)

    async def fail(self, pod: Json) -> None:
        await self.end(pod, EXIT_FAILED, error="a worker panicked")

    async def kill(self, pod: Json) -> None:
        await self.end(pod, KILLED)

    async def remove(self, pod: Json) -> None:
        """The containers have ended: the pod leaves the API."""
        await self._kube.delete(self._path, uid=pod["metadata"]["uid"], grace_seconds=0)

    async def evict(self, pod: Json) -> None:
        """Somebody deletes the pod, as a drain does."""
        await self._kube.delete(self._path, uid=pod["metadata"]["uid"])

    async def lose(self, pod: Json) -> None:
        """Somebody removes the pod by force, and its container runs on."""
        if self._uid == pod["metadata"]["uid"]:
            self.orphan, self.process, self._uid = self.process, None, None
        await self.remove(pod)

    def end_orphan(self) -> None:
        """The kubelet finds that the pod is gone, and ends its container."""
        if self.orphan is not None:
            self.orphan.end()
            self.orphan = None

    async def go_on(self) -> bool:
        """Whatever comes next where all is well; false when nothing does."""
        pod = self.pod
        if pod is not None and is_ours(pod) and await self._go_on_with(pod):
            return True
        is_left = self.orphan is not None
        self.end_orphan()
        return is_left

    async def _go_on_with(self, pod: Json) -> bool:
        if "nodeName" not in pod["spec"]:
            await self.bind(pod)
        elif has_ended(pod):
            if "deletionTimestamp" not in pod["metadata"]:
                return False
            await self.remove(pod)
        elif "deletionTimestamp" in pod["metadata"]:
            await self._end_deleted(pod)
        elif not is_running(pod):
            await self.start(pod)
        else:
            return self.process is not None and self._let_process_go_on(self.process)
        return True

    async def _end_deleted(self, pod: Json) -> None:
        if not is_running(pod):
            await self.end(pod, None)
        elif pod["metadata"].get("deletionGracePeriodSeconds", 0) > 1:
            await self.end_on_sigterm(pod)
        else:
            await self.kill(pod)

    def _let_process_go_on(self, process: Process) -> bool:
        process.is_mute = False
        if process.has_failed:
            return False
        if process.status == INITIALIZING:
            process.initialize()
        elif process.status != process.desired == SUSPENDED:
            self.suspend()
        elif process.status != process.desired:
            process.follow()
        elif process.requested > max(process.made, process.failed):
            process.make_checkpoint()
        else:
            return False
        return True

    def suspend(self) -> None:
        """The process does as it was asked, if it has anything to make a checkpoint on."""
        assert self.process is not None
        if self.process.storage is None:
            self.process.has_failed = True
        else:
            self.process.suspend()

    # --- Volumes -----------------------------------------------------------------------------------------

    async def _mount(self) -> Storage:
        """What is on the claim's volume. A new claim has a new volume."""
        claim = await self._kube.get(self._claim_path)
        assert claim is not None, "a pod was made before its claim"
        self.storage = self._volumes.setdefault(claim["metadata"]["uid"], Storage())
        return self.storage

    async def _maintain(self, pod: Json, storage: Storage | None) -> None:
        assert storage is not None, "maintenance without a volume"
        worker = Process(int(texts(pod["metadata"], "labels")[constants.LABEL_RUN_NUMBER]), "", storage)
        if not storage.take(worker):
            await self._say_ended(pod, EXIT_FENCED, {})
            return
        task = container_of(pod)["command"][-1]
        if task == TASK_RETAIN:
            storage.checkpoints = storage.checkpoints[-RETAINED:]
        elif task == TASK_CLEAR:
            storage.checkpoints = []
        worker.end()
        left = [_listed(checkpoint) for checkpoint in storage.checkpoints]
        await self._say_ended(pod, 0, {"checkpoints": left, "error": None})

    # --- What a kubelet writes ---------------------------------------------------------------------------

    async def _say_running(self, pod: Json) -> None:
        conditions = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Ready")]
        state = {"running": {"startedAt": MOMENT}}
        address = {"podIP": "10.244.99.7", "podIPs": [{"ip": "10.244.99.7"}]}
        await self._write(pod, "Running", state, {"conditions": conditions} | address)

    async def _say_ended(self, pod: Json, code: int | None, words: dict[str, Any]) -> None:
        conditions = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}]
        state: Json = {"waiting": {"reason": "ContainerCreating"}}
        if code is not None:
            said = json.dumps(words) if words else ""
            reason = "OOMKilled" if code == KILLED else "Completed" if code == 0 else "Error"
            state = {"terminated": {"exitCode": code, "reason": reason, "message": said}}
        phase = "Succeeded" if code == 0 else "Failed"
        await self._write(pod, phase, state, {"conditions": conditions})

    async def _write(self, pod: Json, phase: str, state: Json, more: Json) -> None:
        container = container_of(pod)
        status = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}
        entry = status | {"ready": "running" in state, "state": state}
        patch = {"status": {"phase": phase, "containerStatuses": [entry]} | more}
        await self._kube.merge(self._path + "/status", patch)


def container_of(pod: Json) -> Json:
    """The first container: the runtime's."""
    return children(pod["spec"], "containers")[0]


def state_of(pod: Json) -> Json:
    entries = children(child(pod, "status"), "containerStatuses")
    return child(entries[0], "state") if entries else {}


def is_running(pod: Json) -> bool:
    return "running" in state_of(pod)


def has_ended(pod: Json) -> bool:
    return child(pod, "status").get("phase") in ("Succeeded", "Failed")


def is_ours(pod: Json) -> bool:
    return constants.LABEL_UID in texts(pod["metadata"], "labels")


def is_maintenance(pod: Json) -> bool:
    return texts(pod["metadata"], "labels").get(constants.LABEL_ROLE) == constants.MAINTENANCE_ROLE


def _listed(checkpoint: Checkpoint) -> Json:
    return {"uuid": checkpoint.uuid, "processed_records": checkpoint.records}

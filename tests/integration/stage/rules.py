"""The rules that always hold, as they are seen from the outside.

``Witness`` sees every version of the pipeline and of its pod that the API server tells of, and every write of
the operator before it is carried out. It knows nothing of what the operator has in mind.
"""

from collections import Counter
from typing import Any

from sluice.api import constants
from sluice.api.json_values import Json, child, children, texts
from sluice.api.kinds import PIPELINE
from sluice.kube import Kube, paths

from .cluster import PIPELINES, News
from .kubelet import Kubelet, has_ended, is_maintenance, is_ours

WITH_COMPUTE = ("Provisioning", "Provisioned")
ENDED_BY = ("Failed", "DeadlineExceeded")
"""Reasons of a force stop that nobody asked for by ``force``."""


class Witness:
    """Judges one pipeline. Every breach is an ``AssertionError`` whose message is the rule."""

    def __init__(self, kube: Kube, namespace: str, name: str, kubelet: Kubelet) -> None:
        self._kube = kube
        self._namespace = namespace
        self._pipeline = paths.pipeline(namespace, name)
        self._pod = paths.pod(namespace, PIPELINE.pod_name(name))
        self._claim = paths.claim(namespace, PIPELINE.pod_name(name))
        self._kubelet = kubelet
        self._before: Json = {}
        self._is_gone = False
        self._starts: set[str] = set()
        self._outcomes: dict[tuple[str, str], Json] = {}
        self._pods: set[str] = set()
        """Uids of the pods of ours that are in the API."""
        self._made_before_stop = 0
        """How many checkpoints the volume had seen when the stop under way was recorded."""
        self.is_force_wanted = False
        """Somebody asked for a stop by force that has not come to its end."""
        self._taken: set[tuple[str, str]] = set()
        """Requests that were begun."""
        self._cleared: set[str] = set()
        """Uids of the claims that were deleted to clear the storage."""

    # --- What is about to be written ---------------------------------------------------------------------

    async def inspect(self, method: str, path: str, body: Json) -> None:
        """See a write of the operator before the API server does."""
        if path == self._pipeline:
            assert set(body) == {"metadata"}, f"the operator writes {sorted(body)} of a pipeline"
            assert set(body["metadata"]) <= {"resourceVersion", "finalizers"}
        if path == self._pipeline + "/status":
            assert set(body) == {"metadata", "status"}
            assert "resourceVersion" in body["metadata"], "a status is written whatever it was"
            self._note_stop(child(body["status"], "stop"))
        if method != "DELETE":
            return
        status = child(await self._kube.get(self._pipeline) or {}, "status")
        if path == self._pod:
            await self._inspect_pod_deletion(status, body)
        elif path == self._claim:
            self._inspect_claim_deletion(status, await self._kube.get(self._pipeline) or {}, body["uid"])

    def _note_stop(self, stop: Json) -> None:
        """A stop is recorded; what is not a checkpoint of its own is recorded with it."""
        is_after_another = stop.get("finishedAt", "") is None
        if "requestedAt" not in stop and not is_after_another:
            return
        process, storage = self._kubelet.process, self._kubelet.storage
        self._made_before_stop = storage.made
        is_heard = process is not None and not process.is_mute and not process.has_failed
        if stop.get("attempt") and is_heard and process is not None and process.storage is storage:
            known = stop.get("knownCheckpoints", storage.ids)
            assert set(storage.ids) <= set(known), "a stop begins without a record of what was saved before"

    async def _inspect_pod_deletion(self, status: Json, asked: Json) -> None:
        assert asked["uid"], "a pod is deleted whichever it is"
        assert asked["grace"] != 0, "a pod is taken from the API while its container may run"
        pod = await self._kube.get(self._pod)
        if pod is None or pod["metadata"]["uid"] != asked["uid"] or is_maintenance(pod) or _is_over(pod):
            return
        stop, resources = child(status, "stop"), status.get("deploymentResourcesStatus")
        if resources != "Stopping":
            process = self._kubelet.process
            run = int(texts(pod["metadata"], "labels")[constants.LABEL_RUN_NUMBER])
            is_outdated = run < status["runNumber"]
            assert resources == "Provisioning", f"a pod is deleted while {resources}"
            assert is_outdated, "the pod of the present run is deleted for its next run"
            assert process is None or process.has_failed or _is_asked_to_stop(status)
        elif stop["mode"] == "Force":
            is_explained = stop.get("reason") in ENDED_BY and "deploymentError" in status
            assert self.is_force_wanted or is_explained, f"nobody asked for force: {stop}"
        elif "checkpoint" in stop:
            self._must_be_new(stop)
        else:
            assert stop.get("reason") or "unverifiedError" in stop, (
                f"a graceful stop deletes the pod with neither a checkpoint nor a reason: {stop}"
            )

    def _must_be_new(self, stop: Json) -> None:
        """The checkpoint is there, newer than the request, and holds all that the process had done."""
        made, ids = stop["checkpoint"], self._kubelet.storage.ids
        assert made in ids, f"the stop's checkpoint {made} is none of the volume's: {ids}"
        assert made not in stop.get("knownCheckpoints", []), f"the stop's checkpoint {made} was known before"
        number = int(made.rpartition("-")[2])
        assert number > self._made_before_stop, f"checkpoint {made} was made before the stop was recorded"
        process = self._kubelet.process
        if process is not None and made == ids[-1]:
            assert process.records == self._kubelet.storage.checkpoints[-1].records, "work is lost"

    def _inspect_claim_deletion(self, status: Json, body: Json, uid: str) -> None:
        storage = child(child(body, "spec"), "storage")
        is_discarded = "deletionTimestamp" in child(body, "metadata") and storage.get("onDelete") == "Delete"
        is_clearing = status.get("storageStatus") == "Clearing"
        assert is_clearing or is_discarded, "data is deleted although nobody asked for that"
        assert not self._pods, "data is deleted under a pod"
        if is_clearing:
            self._cleared.add(uid)

    # --- What has become of it ---------------------------------------------------------------------------

    def note(self, news: list[News]) -> None:
        """Judge versions of the pipeline and of its pod, in the order in which the API server made them."""
        for each in sorted(news, key=lambda each: each.version):
            if each.kind == PIPELINES:
                self._note_pipeline(each)
            elif is_ours(each.body):
                self._note_pod(each)
        assert not self._kubelet.storage.breaches, self._kubelet.storage.breaches

    def _note_pod(self, news: News) -> None:
        uid: str = news.body["metadata"]["uid"]
        if news.is_gone:
            self._pods.discard(uid)
        elif uid not in self._pods:
            self._pods.add(uid)
            self._judge_new_pod(news.body)
        assert len(self._pods) <= 1, f"two pods under one name: {self._pods}"

    def _judge_new_pod(self, pod: Json) -> None:
        status = child(self._before, "status")
        labels = texts(pod["metadata"], "labels")
        assert not self._is_gone, "a pod is made for a pipeline that is gone"
        assert _has_finalizer(self._before), "a pod is made for a pipeline without the finalizer"
        assert int(labels[constants.LABEL_RUN_NUMBER]) == status["runNumber"], "its run is not recorded"
        if is_maintenance(pod):
            return
        assert status["deploymentResourcesStatus"] == "Provisioning"
        assert labels[constants.LABEL_DEPLOYMENT_ID] == status["deploymentId"], "its start is not recorded"

    def _note_pipeline(self, news: News) -> None:
        if news.is_gone:
            assert not self._pods, "the pipeline is gone and its pod is not"
            self._is_gone, self._before = True, {}
            return
        self._is_gone = False
        before, after = child(self._before, "status"), child(news.body, "status")
        assert not self._pods or _has_finalizer(news.body), "the finalizer went before the pod"
        self._judge_stop(before, after)
        self._judge_start(before, after)
        self._judge_error(before, after)
        self._judge_requests(after)
        assert after.get("runNumber", 0) >= before.get("runNumber", 0), "run numbers fall"
        self._before = news.body

    def _judge_start(self, before: Json, after: Json) -> None:
        """A deployment id is new for every start, and stays for the automatic restarts in it."""
        was, now = before.get("deploymentResourcesStatus"), after.get("deploymentResourcesStatus")
        if now not in WITH_COMPUTE:
            return
        start: str = after["deploymentId"]
        if was in WITH_COMPUTE and start == before["deploymentId"]:
            return
        is_new_in_stop = was in WITH_COMPUTE and "lastError" in child(after, "stop")
        assert was in (None, "Stopped") or is_new_in_stop, f"a new start follows {was}"
        assert start not in self._starts, "a start has the id of an earlier one"
        self._starts.add(start)

    def _judge_stop(self, before: Json, after: Json) -> None:
        was, now = before.get("deploymentResourcesStatus"), after.get("deploymentResourcesStatus")
        if was == "Stopping":
            assert now in ("Stopping", "Stopped"), f"a stop leads to {now}"
            if child(before, "stop")["mode"] == "Force":
                assert child(after, "stop")["mode"] == "Force", "a force stop became a graceful one"
        if now == "Stopped" and was not in (None, "Stopped"):
            assert not self._pods, "it is Stopped while its pod is there"
            self.is_force_wanted = False
            self._judge_end(after)

    @staticmethod
    def _judge_end(after: Json) -> None:
        stop = child(after, "stop")
        is_explained = "checkpoint" in stop or "reason" in stop or stop.get("mode") == "Force"
        assert is_explained or "heldGeneration" in after or "deploymentError" in after, (
            f"Stopped without a checkpoint and without a reason: {stop}"
        )

    @staticmethod
    def _judge_error(before: Json, after: Json) -> None:
        if "deploymentError" not in before or "deploymentError" in after:
            return
        is_dismissed = _succeeded(after, "dismiss-error") > _succeeded(before, "dismiss-error")
        is_started = after.get("deploymentResourcesStatus") == "Provisioning"
        assert is_dismissed or is_started, "an error is lost"

    def _judge_requests(self, after: Json) -> None:
        """What a request came to never changes, and a token is carried out once."""
        seen: set[tuple[str, str]] = set()
        for entry in children(after, "requests"):
            key = entry["verb"], entry["token"]
            assert key not in seen, f"{key} is carried out twice"
            seen.add(key)
            known = self._outcomes.get(key)
            # The end of an override that was in force is told late, under the same token.
            assert known is None or known == entry, f"{key} came to {known} and then to {entry}"
            if entry["state"] in ("InProgress", "Succeeded"):
                self._taken.add(key)
            if entry["state"] != "InProgress":
                self._outcomes[key] = entry

    def judge_effects(self, deaths: int) -> None:
        """Each request has at most one effect; a checkpoint one more for each operator that died over it."""
        taken = Counter(verb for verb, _ in self._taken)
        assert len(self._cleared) <= taken["clear-storage"], "storage is cleared more often than asked"
        asked = sum(process.calls.count("checkpoint") for process in self._kubelet.processes)
        assert asked <= taken["checkpoint"] + deaths, (
            f"{asked} checkpoints for {taken['checkpoint']} requests and {deaths} deaths"
        )


def _is_over(pod: Json) -> bool:
    return has_ended(pod) or "nodeName" not in pod["spec"]


def _is_asked_to_stop(status: Json) -> bool:
    return "lastError" in child(status, "stop")


def _has_finalizer(body: Json) -> bool:
    finalizers: Any = child(body, "metadata").get("finalizers") or []
    return constants.FINALIZER in finalizers


def _succeeded(status: Json, verb: str) -> int:
    """How many requests of a kind stand in status as carried out; the list is bounded, tokens are few."""
    done = [entry for entry in children(status, "requests") if entry["verb"] == verb]
    return len([entry for entry in done if entry["state"] == "Succeeded"])

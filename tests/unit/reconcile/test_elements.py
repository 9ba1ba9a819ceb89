"""Elements through the reconciler, on an API server in memory: what is made, kept and taken away."""

import asyncio
import json
from typing import Any

import pytest

from sluice.api import constants
from sluice.api.json_values import Json
from sluice.kube import ApiError, paths
from sluice.reconcile import Reconciler
from sluice.reconcile.batch.memory import FASTEST_WRITE_SECONDS
from sluice.store import Key, Store, project_element_pod, project_job

from .fake_kube import FakeKube

KEY = Key("Pipeline", "lab", "sweep")
PIPELINE = paths.pipeline(KEY.namespace, KEY.name)
TAILS = paths.config_map("lab", "sweep-element-logs-0")
SPEC: Json = {
    "desiredStatus": "Running",
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/sim:1"}]}},
    "elements": [{"name": "a"}, {"name": "b", "dependsOn": ["a"]}],
}


class LoggingKube(FakeKube):
    """It has logs too."""

    log_text = b"one\ntwo\n"

    async def raw(
        self, method: str, path: str, deadline: float, body: Json | None = None
    ) -> tuple[int, bytes]:
        self.log.append((method, path))
        return 200, self.log_text


class Bench:
    """What a watch would bring is brought by :meth:`watch`."""

    def __init__(self, **spec: Any) -> None:
        self.kube, self.store = LoggingKube(), Store()
        self.reconciler = self._reconciler()
        metadata = {"namespace": "lab", "name": "sweep", "uid": "uid-of-sweep", "generation": 1}
        self.kube.put(PIPELINE, {"kind": "Pipeline", "metadata": metadata, "spec": SPEC | spec})
        self.watch()

    def restart_operator(self) -> None:
        """Another process, which has heard of the pipeline and of no Job yet."""
        self.store = Store()
        self.reconciler = self._reconciler()
        self.store.put(json.loads(json.dumps(self.kube.objects[PIPELINE])))

    def _reconciler(self) -> Reconciler:
        return Reconciler(self.kube, self.store, lambda _: pytest.fail("nobody is asked"), "sluice:1")

    def watch(self) -> None:
        if PIPELINE in self.kube.objects:
            self.store.put(json.loads(json.dumps(self.kube.objects[PIPELINE])))
        for path, body in self.kube.objects.items():
            if "/jobs/" in path:
                self.store.elements.put_job(project_job(body))
            if "/pods/" in path:
                self.store.elements.put_pod(project_element_pod(body))

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.kube.log.clear()
            await self.reconciler.reconcile(KEY)
            # What is read beside the looks comes to its end, and the next write of the list is due.
            await asyncio.sleep(FASTEST_WRITE_SECONDS)
            self.watch()

    @property
    def status(self) -> Json:
        found: Json = self.kube.objects[PIPELINE].get("status", {})
        return found

    def where(self) -> dict[str, str]:
        return {each["name"]: each["status"] for each in self.status["elements"]}

    def jobs(self) -> dict[str, str]:
        """Paths of the Jobs, by element."""
        found = {path: body for path, body in self.kube.objects.items() if "/jobs/" in path}
        return {body["metadata"]["labels"][constants.LABEL_ELEMENT]: path for path, body in found.items()}

    def end_job(self, element: str) -> None:
        """Its pod ran and ended well."""
        path = self.jobs()[element]
        job = self.kube.objects[path]
        ended = {"exitCode": 0, "reason": "Completed", "startedAt": "2026-03-01T12:00:00Z"}
        name = f"pod-{element}-{self.status['runNumber']}"
        pod = {
            "metadata": {
                **job["spec"]["template"]["metadata"],
                "name": name,
                "namespace": "lab",
                "creationTimestamp": "2026-03-01T12:00:00Z",
            },
            "spec": job["spec"]["template"]["spec"],
            "status": {
                "phase": "Succeeded",
                "containerStatuses": [{"name": "main", "state": {"terminated": ended}}],
            },
        }
        self.kube.put(paths.pod("lab", name), pod)
        complete = [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-03-01T12:00:01Z"}]
        self.kube.put(path, {**job, "status": {"conditions": complete}})
        self.watch()

    def edit(self, **spec: Any) -> None:
        body = self.kube.objects[PIPELINE]
        body["metadata"]["generation"] += 1
        self.kube.put(PIPELINE, {**body, "spec": {**body["spec"], **spec}})
        self.watch()


async def test_a_start_stands_in_status_before_its_job_is_made() -> None:
    bench = Bench()
    await bench.look()
    assert bench.jobs() == {}
    await bench.look()

    writes = bench.kube.writes()
    assert writes.index("PATCH status") < writes.index("POST jobs")
    assert set(bench.jobs()) == {"a"}


async def test_an_element_that_ended_is_told_with_its_last_words_and_its_log_is_kept() -> None:
    bench = Bench()
    await bench.look(2)
    bench.end_job("a")
    await bench.look()
    assert bench.where()["a"] == "Pending", "its log is being read"
    await bench.look()

    assert bench.where() == {"a": "Completed", "b": "Pending"}
    assert bench.kube.objects[TAILS]["data"] == {"a": "one\ntwo"}
    assert bench.kube.objects[TAILS]["metadata"]["ownerReferences"][0]["uid"] == "uid-of-sweep"
    assert set(bench.jobs()) == {"a", "b"}


async def test_the_next_run_keeps_its_own_logs_and_none_of_the_run_before() -> None:
    bench = Bench(elements=[{"name": "a"}])
    await bench.look(2)
    bench.end_job("a")
    await bench.look(3)
    assert bench.kube.objects[TAILS]["data"] == {"a": "one\ntwo"}
    bench.kube.log_text = b"another\n"
    bench.kube.objects[PIPELINE]["metadata"]["annotations"] = {"requests.sluice.dev/restart": "again"}
    bench.edit()
    await bench.look()
    assert bench.kube.objects[TAILS]["data"] == {}
    await bench.look(2)
    assert bench.kube.objects[TAILS]["data"] == {}
    bench.end_job("a")
    await bench.look(3)

    assert bench.status["runNumber"] == 2
    assert bench.kube.objects[TAILS]["data"] == {"a": "another"}


async def test_somebody_elses_config_map_is_left_alone() -> None:
    bench = Bench()
    bench.kube.put(TAILS, {"metadata": {"name": "sweep-element-logs-0"}, "data": {"mine": "x"}})
    await bench.look(2)
    bench.end_job("a")
    await bench.look(3)

    assert bench.kube.objects[TAILS]["data"] == {"mine": "x"}
    assert bench.where()["a"] == "Completed"


async def test_a_job_that_is_there_already_is_taken_over() -> None:
    bench = Bench()
    await bench.look(2)
    before = dict(bench.jobs())
    bench.restart_operator()
    await bench.look()

    assert bench.jobs() == before
    assert bench.where() == {"a": "Pending", "b": "Pending"}


async def test_a_spec_that_the_api_server_calls_invalid_is_an_error_of_the_configuration() -> None:
    bench = Bench()
    await bench.look()
    bench.kube.fail("POST", "/jobs", ApiError(422, "Invalid", "Job.batch is invalid: a name"))
    await bench.look(3)

    (a, b) = bench.status["elements"]
    assert (a["errorCode"], a["error"]) == ("CONFIGURATION_ERROR", "Job.batch is invalid: a name")
    assert b["status"] == "Canceled"
    assert bench.status["deploymentStatus"] == "Failed"


async def test_what_was_refused_is_forgotten_when_another_operator_takes_the_pipeline() -> None:
    bench = Bench()
    await bench.look()
    bench.kube.fail("POST", "/jobs", ApiError(422, "Invalid", "Job.batch is invalid: a name"))
    await bench.look()
    bench.reconciler.release(KEY)
    await bench.look(2)

    assert bench.where() == {"a": "Pending", "b": "Pending"}
    assert "a" in bench.jobs()


async def test_nothing_is_created_once_a_cancel_was_heard_of_even_in_the_look_that_began_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    await bench.look()
    heard = bench.kube.merge

    async def merge(path: str, patch: Json) -> Json:
        written = await heard(path, patch)
        if path.endswith("/status"):
            # Between the status and the Jobs somebody cancels, and the watch tells of it.
            bench.edit(desiredStatus="Canceled")
        return written

    with monkeypatch.context() as between:
        between.setattr(bench.kube, "merge", merge)
        await bench.look()

    assert bench.jobs() == {}
    await bench.look(3)
    assert bench.status["deploymentStatus"] == "Canceled"
    assert bench.jobs() == {}


async def test_a_conflict_of_the_status_starts_nothing() -> None:
    bench = Bench()
    await bench.look()
    bench.kube.fail("PATCH", "/status", ApiError(409, "Conflict", "somebody else was here"))
    with pytest.raises(ApiError):
        await bench.look()

    assert bench.jobs() == {}


async def test_its_end_leaves_no_finalizer_and_its_deletion_no_revision() -> None:
    bench = Bench(elements=[{"name": "a"}])
    await bench.look(2)
    bench.end_job("a")
    await bench.look(3)
    assert bench.status["deploymentStatus"] == "Completed"
    bench.kube.objects[PIPELINE]["metadata"]["deletionTimestamp"] = "now"
    bench.kube.put(PIPELINE, bench.kube.objects[PIPELINE])
    bench.watch()
    await bench.look()

    assert not [path for path in bench.kube.objects if "controllerrevisions" in path]
    assert bench.kube.objects[PIPELINE]["metadata"]["finalizers"] == []


async def test_a_cancel_takes_many_jobs_in_one_request_and_nobody_elses() -> None:
    names = [f"e{number}" for number in range(20)]
    bench = Bench(elements=[{"name": name} for name in names], batch={"parallelism": 20})
    await bench.look(2)
    assert set(bench.jobs()) == set(names)
    for name in names[:12]:
        bench.end_job(name)
    job = bench.kube.objects[bench.jobs()["e19"]]
    for name, change in (
        ("of-another", {constants.LABEL_UID: "another"}),
        ("of-another-run", {constants.LABEL_RUN_NUMBER: "7"}),
        ("of-another-element", {constants.LABEL_ELEMENT: "e33"}),
    ):
        labels = {**job["metadata"]["labels"], **change}
        metadata = {"name": name, "namespace": "lab", "uid": name, "labels": labels}
        bench.kube.put(paths.job("lab", name), {**job, "metadata": metadata})
    bench.edit(desiredStatus="Canceled")
    bench.kube.log.clear()

    await bench.reconciler.reconcile(KEY)

    left = {path.rsplit("/", 1)[-1] for path in bench.kube.objects if "/jobs/" in path}
    assert {"of-another", "of-another-run", "of-another-element"} <= left
    assert len(left) == 3 + 12, "what has ended keeps its Job"
    assert bench.kube.writes().count("DELETE jobs") == 1

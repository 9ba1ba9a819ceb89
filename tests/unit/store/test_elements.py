"""Jobs and pods of elements: what is kept of them, and for how long."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.api import constants
from sluice.batch_observation import JobState
from sluice.store import ElementStore, is_of_element, project_element_pod, project_job

LABELS = {
    constants.LABEL_NAME: "sweep",
    constants.LABEL_UID: "uid-of-sweep",
    constants.LABEL_RUN_NUMBER: "2",
    constants.LABEL_ROLE: constants.ELEMENT_ROLE,
    constants.LABEL_ELEMENT: "a",
}
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def body_of(name: str, version: int = 1, **fields: Any) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "lab",
        "uid": f"uid-of-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": "2026-03-01T12:00:00Z",
        "labels": LABELS,
    }
    return {"metadata": metadata, **fields}


def job_of(*conditions: str, version: int = 1, **status: Any) -> dict[str, Any]:
    listed = [{"type": kind, "status": "True", "reason": "Why", "message": "because"} for kind in conditions]
    return body_of("job", version, status={"conditions": listed, **status})


def pod_of(version: int = 1, **state: Any) -> dict[str, Any]:
    status = {"phase": "Succeeded" if "terminated" in state else "Running"}
    listed = [{"name": "main", "state": state}]
    spec = {"containers": [{"name": "main"}]}
    return body_of("pod", version, spec=spec, status={**status, "containerStatuses": listed})


@pytest.mark.parametrize(
    ("conditions", "state", "reason"),
    [
        ((), JobState.ACTIVE, ""),
        (("FailureTarget",), JobState.ACTIVE, ""),
        (("SuccessCriteriaMet",), JobState.ACTIVE, ""),
        (("SuccessCriteriaMet", "Complete"), JobState.COMPLETED, ""),
        (("FailureTarget", "Failed"), JobState.FAILED, "Why"),
    ],
)
def test_a_job_has_ended_once_its_last_condition_says_so(
    conditions: tuple[str, ...], state: JobState, reason: str
) -> None:
    job = project_job(job_of(*conditions)).job

    assert (job.state, job.reason) == (state, reason)


def test_a_pod_tells_how_its_container_ended_and_what_it_said() -> None:
    ended = {"exitCode": 70, "reason": "Error", "message": "it diverged", "startedAt": "2026-03-01T12:00:00Z"}
    pod = project_element_pod(pod_of(terminated=ended)).pod

    assert (pod.exit_code, pod.message, pod.has_ended, pod.started_at) == (70, "it diverged", True, MOMENT)
    assert pod.missing_outputs is None


def test_what_the_side_container_found_is_read() -> None:
    body = pod_of(terminated={"exitCode": 0})
    ended = {"terminated": {"exitCode": 0, "message": "x.csv y.csv "}}
    body["status"]["initContainerStatuses"] = [{"name": constants.OUTPUTS_CONTAINER, "state": ended}]
    assert project_element_pod(body).pod.missing_outputs == "x.csv y.csv"

    body["status"]["initContainerStatuses"][0]["state"]["terminated"] = {"exitCode": 137}
    assert project_element_pod(body).pod.missing_outputs is None


def test_only_what_is_newer_is_news() -> None:
    store = ElementStore()
    assert store.put_job(project_job(job_of(version=5)))
    assert not store.put_job(project_job(job_of(version=4)))
    assert not store.put_job(project_job(job_of(version=6))), "newer, and nothing that anybody reads"
    assert store.put_job(project_job(job_of("Complete", version=7)))

    assert [each.job.state for each in store.jobs_of("uid-of-sweep")] == [JobState.COMPLETED]


def test_how_a_pod_ended_is_known_until_its_job_goes() -> None:
    store = ElementStore()
    store.put_job(project_job(job_of()))
    store.put_pod(project_element_pod(pod_of(running={"startedAt": "2026-03-01T12:00:00Z"})))
    store.drop_pod(project_element_pod(pod_of(2, terminated={"exitCode": 1, "message": "bye"})))
    (record,) = store.pods_of("uid-of-sweep")
    assert (record.pod.message, record.pod.has_ended) == ("bye", True)
    assert not store.put_pod(project_element_pod(pod_of(1, running={}))), "an old echo"

    store.drop_job(project_job(job_of()))

    assert store.pods_of("uid-of-sweep") == []


def test_a_pod_without_its_job_is_forgotten_when_it_goes() -> None:
    store = ElementStore()
    store.put_pod(project_element_pod(pod_of(running={})))
    store.drop_pod(project_element_pod(pod_of(2, running={})))

    assert store.pods_of("uid-of-sweep") == []


def test_what_is_of_an_element_is_told_by_its_label() -> None:
    assert is_of_element(job_of())
    assert not is_of_element({"metadata": {"labels": {constants.LABEL_ROLE: "runtime"}}})

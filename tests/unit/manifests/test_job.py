"""The Job of an element: what the template says, and what the operator adds."""

from typing import Any

import pytest

from sluice.api import constants
from sluice.api.spec import PipelineSpec
from sluice.manifests import Identity, JobPlan, build_job, job_name

IDENTITY = Identity("lab", "sweep", "uid-of-sweep")
OWNER = {"name": "sweep-0123456789", "uid": "uid-of-revision"}


def job_of(element: dict[str, Any], image: str | None = "sluice:1", **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "sim:1", "args": ["--all"], "env": [{"name": "RATE", "value": "1"}]}
    template = {"metadata": {"labels": {"team": "a"}}, "spec": {"containers": [container]}}
    given = PipelineSpec.model_validate(
        {"template": template, "elements": [{"name": "a", **element}], **spec}
    )
    assert given.elements is not None
    claim = "sweep-runtime-0" if given.storage else None
    return build_job(IDENTITY, given, JobPlan(given.elements[0], 3, "run-3", OWNER, claim, image))


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = job["spec"]["template"]["spec"]
    return spec


def environment(job: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in pod_of(job)["containers"][0]["env"]}


def test_it_belongs_to_the_revision_and_says_whose_it_is() -> None:
    job = job_of({})

    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == (
        "ControllerRevision",
        "uid-of-revision",
        True,
    )
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels["team"] == "a"
    assert labels | job["metadata"]["labels"] == labels
    assert (labels[constants.LABEL_ELEMENT], labels[constants.LABEL_RUN_NUMBER]) == ("a", "3")
    assert pod_of(job)["restartPolicy"] == "Never"


def test_retries_and_the_deadline_are_the_jobs_and_a_disruption_counts_for_nothing() -> None:
    job = job_of({"retries": 2, "timeoutSeconds": 60})["spec"]

    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (2, 60)
    (rule,) = job["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")


def test_an_element_brings_arguments_and_variables_of_its_own() -> None:
    job = job_of({"args": ["--one"], "env": {"RATE": "3", "MORE": "x"}})

    assert pod_of(job)["containers"][0]["args"] == ["--one"]
    told = environment(job)
    assert (told["RATE"], told["MORE"], told["SLUICE_ELEMENT"]) == ("3", "x", "a")
    assert [each["name"] for each in pod_of(job)["containers"][0]["env"]].count("RATE") == 1
    assert pod_of(job_of({}))["containers"][0]["args"] == ["--all"]


def test_a_variable_of_the_operators_cannot_be_set() -> None:
    with pytest.raises(LookupError, match="SLUICE_ELEMENT is set"):
        job_of({"env": {"SLUICE_ELEMENT": "b"}})


def test_the_volume_is_mounted_and_outputs_are_looked_for_by_a_side_container() -> None:
    job = job_of({"outputs": ["x/y.csv"]}, storage={"mountPath": "/data"})

    (checker,) = pod_of(job)["initContainers"]
    assert (checker["restartPolicy"], checker["image"]) == ("Always", "sluice:1")
    assert checker["command"][-1] == "/data/x/y.csv"
    mounts = {each["name"]: each for each in checker["volumeMounts"]}
    assert mounts["sluice-storage"]["readOnly"] is True
    assert environment(job)["SLUICE_STORAGE"] == "/data"
    assert {each["name"] for each in pod_of(job)["volumes"]} == {"sluice-storage", "sluice-progress"}


def test_without_an_image_outputs_cannot_be_looked_for() -> None:
    with pytest.raises(LookupError, match="set SLUICE_IMAGE"):
        job_of({"outputs": ["x"]}, image=None, storage={"mountPath": "/data"})


def test_a_grace_of_zero_is_a_second() -> None:
    template = {"spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main"}]}}

    assert pod_of(job_of({"template": template}))["terminationGracePeriodSeconds"] == 1


def test_names_are_fixed_short_and_of_one_run_and_one_element_alone() -> None:
    long = Identity("lab", "p" * 45, "uid")
    names = {
        job_name(identity, run, element)
        for identity in (IDENTITY, long, Identity("lab", "sweep", "another-uid"))
        for run in (1, 2)
        for element in ("a", "b", "a" * 63)
    }

    assert len(names) == 18
    assert max(map(len, names)) == 63
    assert job_name(IDENTITY, 1, "a") == job_name(IDENTITY, 1, "a")

"""The runtime's pod: what a template may say, and what the rules add to it whatever it says."""

import copy
from typing import Any

import pytest

from sluice import contract
from sluice.api import constants

from .plans import IDENTITY, MANIFEST, OWNER, build, container, spec_with


def env_of(pod: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in pod["spec"]["containers"][0]["env"]]


def test_the_container_that_the_engine_block_names_comes_first() -> None:
    pod = build(
        spec_with({"containers": [container(name="proxy"), container()]}, feldera={"container": "main"})
    )

    main, proxy = pod["spec"]["containers"]
    assert (main["name"], proxy["name"]) == ("main", "proxy")
    assert contract.ENV_DEPLOYMENT_ID in env_of(pod)
    assert proxy == container(name="proxy")


def test_a_container_that_is_not_there_is_refused_with_the_names_that_are() -> None:
    spec = spec_with(
        {"containers": [container(name="a"), container(name="b")]}, feldera={"container": "main"}
    )

    with pytest.raises(LookupError, match="no container 'main': name one of a, b"):
        build(spec)


def test_a_spec_without_a_template_is_refused_with_what_to_write() -> None:
    with pytest.raises(LookupError, match=r"write template\.spec\.containers"):
        build(spec_with(template=None))


def test_a_variable_that_the_operator_sets_cannot_be_set_by_the_template() -> None:
    env = [{"name": contract.ENV_STORAGE, "value": "/tmp"}, {"name": contract.ENV_PORT, "value": "1"}]
    spec = spec_with({"containers": [container(env=env)]})

    with pytest.raises(LookupError, match=f"sets {contract.ENV_PORT}, {contract.ENV_STORAGE}, .*: remove it"):
        build(spec)


def test_the_templates_own_variables_come_last_so_that_they_can_refer_to_the_operators() -> None:
    reference = {"name": "STATE", "value": f"$({contract.ENV_STORAGE})/state"}
    pod = build(spec_with({"containers": [container(env=[reference])]}))

    assert env_of(pod)[-1] == "STATE"
    assert contract.ENV_STORAGE in env_of(pod)[:-1]


def test_what_the_process_becomes_is_spelled_as_the_contract_spells_it() -> None:
    values = {
        entry["name"]: entry.get("value") for entry in build(spec_with())["spec"]["containers"][0]["env"]
    }

    assert values[contract.ENV_INITIAL] == "paused"
    assert values[contract.ENV_RUN_NUMBER] == "3"
    assert all(isinstance(value, str) for value in values.values())


def test_own_probes_are_kept_and_missing_ones_are_added() -> None:
    own = {"httpGet": {"path": "/ready", "port": 1}}
    main = build(spec_with({"containers": [container(readinessProbe=own)]}))["spec"]["containers"][0]

    assert main["readinessProbe"] == own
    assert main["startupProbe"]["httpGet"] == {"path": "/status", "port": 8080}
    assert "livenessProbe" not in main


def test_fields_that_this_version_does_not_know_are_passed_on_as_they_are() -> None:
    extra = {"schedulerName": "mine", "someNewField": {"deep": [1, None, {"x": "y"}]}}
    pod = build(spec_with({"containers": [container(resizePolicy=[])], **copy.deepcopy(extra)}))

    assert {key: pod["spec"][key] for key in extra} == extra
    assert pod["spec"]["containers"][0]["resizePolicy"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 600),
        ({"terminationGracePeriodSeconds": None}, 600),
        ({"terminationGracePeriodSeconds": 30}, 30),
        pytest.param({"terminationGracePeriodSeconds": 0}, 1, id="0 would hide a container that still runs"),
    ],
)
def test_the_grace_of_a_pod_is_ten_minutes_or_what_the_template_says_but_never_zero(
    given: dict[str, Any], expected: int
) -> None:
    pod = build(spec_with({"containers": [container()], **given}))

    assert pod["spec"]["terminationGracePeriodSeconds"] == expected


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_a_pod_is_never_restarted_by_the_kubelet(policy: str) -> None:
    pod = build(spec_with({"containers": [container()], "restartPolicy": policy}))

    assert pod["spec"]["restartPolicy"] == "Never"


def test_the_pod_is_owned_by_its_revision_and_not_by_the_pipeline() -> None:
    (owner,) = build(spec_with())["metadata"]["ownerReferences"]

    assert owner["kind"] == "ControllerRevision"
    assert (owner["name"], owner["uid"]) == (OWNER["name"], OWNER["uid"])
    assert owner["controller"] is True


def test_the_template_cannot_change_whose_the_pod_is() -> None:
    labels = {constants.LABEL_UID: "somebody", "team": "blue"}
    spec = spec_with(template={"metadata": {"labels": labels}, "spec": {"containers": [container()]}})
    metadata = build(spec)["metadata"]

    assert metadata["labels"][constants.LABEL_UID] == IDENTITY.uid
    assert metadata["labels"]["team"] == "blue"
    assert "annotations" not in metadata


def test_the_volume_is_mounted_beside_the_templates_own_ones() -> None:
    mount = {"name": "tmp", "mountPath": "/tmp"}
    volume: dict[str, Any] = {"name": "tmp", "emptyDir": {}}
    pod = build(spec_with({"containers": [container(volumeMounts=[mount])], "volumes": [volume]}))["spec"]

    assert [entry["name"] for entry in pod["volumes"]] == ["tmp", "sluice-storage"]
    assert pod["containers"][0]["volumeMounts"][0] == mount
    assert pod["containers"][0]["volumeMounts"][1]["mountPath"] == "/var/lib/sluice"


def test_building_a_pod_twice_changes_nothing_in_the_spec() -> None:
    spec = spec_with(
        {"containers": [container(env=[{"name": "A", "value": "1"}], volumeMounts=[])], "volumes": []}
    )
    before = spec.model_copy(deep=True)

    assert build(spec) == build(spec)
    assert spec == before


@pytest.mark.parametrize(
    "pod",
    [
        {"containers": [container(env="A=1")]},
        {"containers": [container(env=["A=1"])]},
        {"containers": [container(env={"A": "1"})]},
        {"containers": [container(volumeMounts="/tmp")]},
        {"containers": [container(volumeMounts=7)]},
        {"containers": [container()], "volumes": 7},
        {"containers": [container()], "volumes": {"name": "tmp"}},
    ],
    ids=str,
)
def test_a_template_that_is_no_pod_at_all_is_refused_and_not_a_defect(pod: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match="write a list"):
        build(spec_with(pod))


def test_the_manifest_that_the_tests_stand_on_is_left_as_it_is() -> None:
    assert MANIFEST["template"]["spec"]["containers"] == [container()]

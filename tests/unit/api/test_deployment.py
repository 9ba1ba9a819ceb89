"""What a deployment is for the lifecycle: machine, environment and hook, from a spec as people write it."""

from typing import Any

import pytest

from sluice.api.deployment import CREDENTIAL, DeploymentRun, DeploymentSpec, UnusableSpecError
from sluice.api.edits import needs_new_start
from sluice.api.json_values import Json

CREDENTIALS: Json = {"secretRef": {"name": "clore"}}
FROM_SECRET = {"name": CREDENTIAL, "valueFrom": {"secretKeyRef": {"name": "clore", "key": CREDENTIAL}}}
PIN = {"key": "metadata.name", "operator": "In", "values": ["gpu-1"]}
ZONE = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
SPARE = {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["spare"]}]}


def run_of(*, pod: Json | None = None, **spec: Any) -> DeploymentRun:
    body = {"containers": [{"name": "main", "image": "example.com/db:1"}], **(pod or {})}
    basis = {"machine": {"nodeName": "gpu-1"}, "template": {"spec": body}}
    return DeploymentSpec.model_validate(basis | spec).as_run()


def pod_of(run: DeploymentRun) -> Json:
    assert run.template is not None
    return run.template.spec.model_dump(by_alias=True)


def terms_of(run: DeploymentRun) -> list[Json]:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    found: list[Json] = pod_of(run)["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"]
    return found


def affinity(*terms: Json) -> Json:
    required = {"nodeSelectorTerms": list(terms)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def test_a_node_is_chosen_by_affinity_on_its_name_and_never_by_node_name() -> None:
    run = run_of()

    assert terms_of(run) == [{"matchFields": [PIN]}]
    assert "nodeName" not in pod_of(run)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), [{"matchFields": [PIN]}]),
        ((ZONE, SPARE), [{**ZONE, "matchFields": [PIN]}, {"matchFields": [*SPARE["matchFields"], PIN]}]),
    ],
    ids=["none", "two alternatives"],
)
def test_each_alternative_of_the_templates_affinity_is_narrowed_to_the_node(
    given: tuple[Json, ...], expected: list[Json]
) -> None:
    spread: Json = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
    run = run_of(pod={"affinity": {**affinity(*given), **spread}})

    assert terms_of(run) == expected
    assert pod_of(run)["affinity"]["podAntiAffinity"] == spread["podAntiAffinity"]


def test_labels_of_the_machine_join_those_of_the_template() -> None:
    run = run_of(pod={"nodeSelector": {"zone": "a"}}, machine={"nodeSelector": {"gpu": "yes"}})

    assert pod_of(run)["nodeSelector"] == {"zone": "a", "gpu": "yes"}
    assert "affinity" not in pod_of(run)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"pod": {"nodeName": "gpu-1"}}, ("nodeName", "write machine.nodeName")),
        (
            {"pod": {"nodeSelector": {"gpu": "no"}}, "machine": {"nodeSelector": {"gpu": "yes"}}},
            ("differ in gpu", "write one of the two"),
        ),
        (
            {
                "pod": {"containers": [{"name": "main", "env": [{"name": "REGION", "value": "eu"}]}]},
                "metadata": {"REGION": "us"},
            },
            ("REGION", "write it once"),
        ),
    ],
    ids=["nodeName", "labels", "environment"],
)
def test_what_does_not_fit_together_is_told_with_what_to_write(
    spec: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(UnusableSpecError) as caught:
        run_of(**spec)

    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("send_to", "in_container", "in_hook"),
    [
        ([], False, False),
        (["Container"], True, False),
        (["Hook"], False, True),
        (["Hook", "Container"], True, True),
    ],
)
def test_the_credential_goes_where_the_manifest_sends_it_and_nowhere_else(
    send_to: list[str], in_container: bool, in_hook: bool
) -> None:
    run = run_of(credentials={**CREDENTIALS, "sendTo": send_to}, hook={"exec": {"command": ["/save"]}})
    container: Json = pod_of(run)["containers"][0]

    assert container.get("env", []) == ([FROM_SECRET] if in_container else [])
    assert run.hook is not None
    assert run.hook.exec is not None
    assert [variable.name for variable in run.hook.exec.env] == ([CREDENTIAL] if in_hook else [])
    assert run.credential is not None, "it is checked for being there all the same"
    assert (run.credential.name, run.credential.key) == ("clore", CREDENTIAL)


def test_metadata_is_the_environment_of_the_container_that_the_hook_serves_alone() -> None:
    containers = [{"name": "log", "image": "l"}, {"name": "db", "image": "d", "env": [{"name": "A"}]}]
    run = run_of(pod={"containers": containers}, hook={"container": "db"}, metadata={"REGION": "eu"})

    log, database = pod_of(run)["containers"]
    assert "env" not in log
    assert database["env"] == [{"name": "REGION", "value": "eu"}, {"name": "A"}]


def test_reading_a_spec_changes_nothing_of_it() -> None:
    body: Json = {"containers": [{"name": "main", "env": []}], "affinity": affinity(ZONE)}
    spec = DeploymentSpec.model_validate(
        {"machine": {"nodeName": "gpu-1"}, "template": {"spec": body}, "metadata": {"A": "b"}}
    )

    assert spec.as_run() == spec.as_run()
    assert body == {"containers": [{"name": "main", "env": []}], "affinity": affinity(ZONE)}


@pytest.mark.parametrize(
    ("edit", "is_rolled"),
    [
        ({"machine": {"nodeName": "gpu-2"}}, True),
        ({"metadata": {"REGION": "us"}}, True),
        ({"credentials": {**CREDENTIALS, "sendTo": ["Container"]}}, True),
        ({"credentials": CREDENTIALS}, False),
        ({"hook": {"exec": {"command": ["/other"]}}}, False),
        ({"stop": {"timeoutSeconds": 5}}, False),
    ],
    ids=["machine", "metadata", "to the container", "to nobody", "hook", "stop"],
)
def test_an_edit_stops_and_starts_it_only_where_its_pod_is_another_one(
    edit: dict[str, Any], is_rolled: bool
) -> None:
    assert needs_new_start(run_of(**edit), run_of()) is is_rolled

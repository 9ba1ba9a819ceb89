"""What a run is told beside its template: where to begin, what may change, and the object store."""

from typing import Any

import pytest

from sluice import contract
from sluice.api import constants
from sluice.api.statuses import MaintenanceTask
from sluice.api.storage import StorageSpec
from sluice.manifests import MaintenancePlan, build_maintenance_pod, claim_labels

from .plans import IDENTITY, OWNER, build, container, spec_with

SYNC = {
    "url": "s3://bucket/orders",
    "options": {"endpoint_url": "https://store.example.com", "allow_http": "no"},
    "secretName": "store",
    "intervalSeconds": 5,
}


def env_of(pod: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0]["env"]}


def maintenance(task: MaintenanceTask = MaintenanceTask.RETAIN, **fields: Any) -> dict[str, Any]:
    name, image, module = "orders-runtime-0", "example.com/sluice:1", "sluice.runtime.maintenance"
    plan = MaintenancePlan(name, image, module, task, 4, name, OWNER)
    return build_maintenance_pod(IDENTITY, spec_with(**fields), plan)


@pytest.mark.parametrize(("start_from", "told"), [("Latest", None), ("Fresh", "Fresh"), ("c1", "c1")])
def test_where_to_begin_is_told_only_where_it_is_not_the_latest(start_from: str, told: str | None) -> None:
    assert env_of(build(spec_with(), start_from=start_from)).get(contract.ENV_START_FROM) == told


@pytest.mark.parametrize(
    ("policy", "told"), [("Allow", "allow"), ("Reject", "reject"), ("AwaitApproval", "await_approval")]
)
def test_the_bootstrap_policy_is_spelled_as_the_contract_spells_it(policy: str, told: str) -> None:
    assert env_of(build(spec_with(), bootstrap_policy=policy))[contract.ENV_BOOTSTRAP_POLICY] == told


def test_the_object_store_is_told_and_its_secret_stays_a_secret() -> None:
    own = {"configMapRef": {"name": "mine"}}
    spec = spec_with({"containers": [container(envFrom=[own])]}, storage={"sync": SYNC})
    pod = build(spec)
    environment = env_of(pod)

    assert environment[contract.ENV_SYNC_URL] == "s3://bucket/orders"
    assert environment[contract.ENV_SYNC_OPTIONS] == (
        '{"allow_http":"no","endpoint_url":"https://store.example.com"}'
    )
    assert environment[contract.ENV_SYNC_INTERVAL_SECONDS] == "5"
    assert pod["spec"]["containers"][0]["envFrom"] == [own, {"secretRef": {"name": "store"}}]


def test_without_an_object_store_nothing_is_told_of_one() -> None:
    pod = build(spec_with())

    assert not {name for name in env_of(pod) if name.startswith("SLUICE_SYNC")}
    assert "envFrom" not in pod["spec"]["containers"][0]


def test_the_age_of_checkpoints_is_told_where_it_matters() -> None:
    limited = spec_with(checkpoint={"retain": {"count": 2, "maxAgeSeconds": 60}})

    assert env_of(build(limited))[contract.ENV_CHECKPOINT_MAX_AGE_SECONDS] == "60"
    assert contract.ENV_CHECKPOINT_MAX_AGE_SECONDS not in env_of(build(spec_with()))


def test_a_pod_for_a_dry_run_has_no_owner() -> None:
    assert "ownerReferences" not in build(spec_with(), owner=None)["metadata"]


@pytest.mark.parametrize(
    ("storage", "on_delete"),
    [({"onDelete": "Delete"}, "Delete"), ({"onDelete": "Delete", "existingClaim": "old"}, "Retain")],
    ids=["own claim", "the user's claim stays the user's"],
)
def test_a_claim_says_what_becomes_of_it_and_where_it_was_started_from(
    storage: dict[str, Any], on_delete: str
) -> None:
    labels = claim_labels(IDENTITY, StorageSpec.model_validate(storage), 7, None, "Fresh")

    assert labels[constants.LABEL_ON_DELETE] == on_delete
    assert (labels[constants.LABEL_RUN_NUMBER], labels[constants.LABEL_START_FROM]) == ("7", "Fresh")
    assert constants.LABEL_CHECKPOINT not in labels


@pytest.mark.parametrize(("task", "word"), [("List", "list"), ("Retain", "retain"), ("Clear", "clear")])
def test_a_maintenance_pod_is_given_its_task_and_the_volume_and_nothing_of_the_job(
    task: str, word: str
) -> None:
    template = {
        "containers": [container(env=[{"name": "SECRET", "value": "x"}], securityContext={"runAsUser": 7})],
        "tolerations": [{"key": "dedicated"}],
        "serviceAccountName": "powerful",
        "initContainers": [container(name="init")],
    }
    pod = maintenance(MaintenanceTask(task), pod=template, storage={"mountPath": "/data"})
    (main,) = pod["spec"]["containers"]

    assert main["command"] == ["python3", "-m", "sluice.runtime.maintenance", word]
    assert main["volumeMounts"] == [{"name": "sluice-storage", "mountPath": "/data"}]
    assert (env_of(pod)[contract.ENV_STORAGE], env_of(pod)[contract.ENV_RUN_NUMBER]) == ("/data", "4")
    assert main["securityContext"] == {"runAsUser": 7}, "it has to read what the runtime wrote"
    assert pod["spec"]["tolerations"] == [{"key": "dedicated"}]
    assert not {"serviceAccountName", "initContainers"} & pod["spec"].keys()
    assert "SECRET" not in env_of(pod)
    assert pod["spec"]["automountServiceAccountToken"] is False


def test_a_maintenance_pod_has_the_runtimes_name_and_says_that_it_is_none() -> None:
    metadata = maintenance()["metadata"]

    assert metadata["name"] == build(spec_with())["metadata"]["name"]
    assert metadata["labels"][constants.LABEL_ROLE] == "maintenance"
    assert metadata["labels"][constants.LABEL_UID] == IDENTITY.uid
    assert constants.LABEL_DEPLOYMENT_ID not in metadata["labels"]

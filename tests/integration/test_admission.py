"""What the API server says to a custom resource: bad ones are refused in words that help, good ones kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import pytest
import yaml
from support.cluster import CRD_FILES
from support.installation import send_operator_home
from support.kubectl import Kubectl, Manifest

from integration.admission_cases import ACCEPTED, POD_SPEC, REFUSED, VALID, Refused, changed, named
from integration.batch_cases import (
    ACCEPTED_BATCHES,
    REFUSED_BATCHES,
    VALID_BATCH,
    a_thousand_elements,
    longest_element,
)
from integration.deployment_cases import ACCEPTED_DEPLOYMENTS, REFUSED_DEPLOYMENTS, VALID_DEPLOYMENT
from integration.flink_cases import ACCEPTED_FLINK, REFUSED_FLINK
from integration.hook_cases import ACCEPTED_HOOKS, REFUSED_HOOKS

ALL_REFUSED: Final = (*REFUSED, *REFUSED_FLINK, *REFUSED_HOOKS, *REFUSED_BATCHES, *REFUSED_DEPLOYMENTS)
KEPT_APART: Final = "a pipeline with elements cannot become one without them"
"""Broken by an edit only."""
ALL_ACCEPTED: Final = ACCEPTED | ACCEPTED_FLINK | ACCEPTED_HOOKS | ACCEPTED_BATCHES | ACCEPTED_DEPLOYMENTS


@pytest.fixture(scope="module", autouse=True)
def no_operator(cluster: Kubectl) -> None:
    """Some tests write status as the operator would: no operator may be at work on the same objects."""
    send_operator_home(cluster)


@pytest.mark.parametrize("case", ALL_REFUSED, ids=lambda case: case.because)
def test_a_bad_manifest_is_refused_with_what_to_write_instead(namespace: Kubectl, case: Refused) -> None:
    manifest = case.manifest()
    answer = namespace.run("create", "--validate=strict", "-f", "-", manifest=manifest)

    if answer.code == 0:
        namespace.must("delete", address(manifest))
        pytest.fail(f"{case.because} was accepted", pytrace=False)
    missing = [word for word in case.words if word not in answer.err]
    assert not missing, f"the refusal does not say {missing}: {answer.err}"


def address(manifest: Manifest) -> str:
    """The object as kubectl takes it."""
    return f"{manifest['kind'].lower()}.sluice.dev/{manifest['metadata']['name']}"


@pytest.mark.parametrize("path", CRD_FILES, ids=lambda path: path.stem)
def test_every_rule_of_a_crd_has_a_manifest_that_breaks_it(path: Path) -> None:
    crd = yaml.safe_load(path.read_text(encoding="utf-8"))
    words = {word for case in ALL_REFUSED for word in case.words} | {KEPT_APART}
    unbroken = [text for text in rule_messages(crd) if not any(word in text for word in words)]

    assert unbroken == []


def rule_messages(part: object) -> Iterator[str]:
    """The message of every rule at any depth of a CRD."""
    if isinstance(part, list):
        for item in cast("list[object]", part):
            yield from rule_messages(item)
    elif isinstance(part, dict):
        fields = cast("Manifest", part)
        yield from (rule["message"] for rule in fields.get("x-kubernetes-validations", ()))
        for value in fields.values():
            yield from rule_messages(value)


@pytest.mark.parametrize("manifest", ALL_ACCEPTED.values(), ids=ALL_ACCEPTED.keys())
def test_a_good_manifest_is_stored_as_it_was_written(namespace: Kubectl, manifest: Manifest) -> None:
    answer = namespace.must("create", "--validate=strict", "-o", "json", "-f", "-", manifest=manifest)
    created = json.loads(answer)
    stored = namespace.get(address(created))
    namespace.must("delete", address(created))

    rewritten = rewritten_fields(manifest["spec"], stored["spec"])
    assert rewritten == [], f"rewritten: {rewritten} in {stored['spec']}"
    assert created["spec"] == stored["spec"]


def rewritten_fields(written: Manifest, stored: Manifest, place: str = "spec") -> list[str]:
    """Fields that a manifest set and that are not stored as it set them."""
    found: list[str] = []
    for key, value in written.items():
        where = f"{place}.{key}"
        if isinstance(value, dict) and isinstance(stored.get(key), dict):
            found += rewritten_fields(cast("Manifest", value), stored[key], where)
        elif key not in stored or stored[key] != value:
            found.append(where)
    return found


def test_a_pipeline_with_elements_stays_one(namespace: Kubectl) -> None:
    namespace.must("create", "-f", "-", manifest=VALID_BATCH)
    other = {**VALID, "metadata": VALID_BATCH["metadata"]}
    answer = namespace.run("replace", "-f", "-", manifest=other)
    namespace.must("delete", address(VALID_BATCH))

    assert answer.code != 0
    assert KEPT_APART in answer.err


def test_a_thousand_elements_fit_through_a_plain_apply_and_so_does_their_status(namespace: Kubectl) -> None:
    manifest = a_thousand_elements()
    namespace.must("apply", "-f", "-", manifest=manifest)
    elements = [longest_element(each["name"]) for each in manifest["spec"]["elements"]]
    patch = "patch", address(manifest), "--subresource=status", "--type=merge", "--patch-file=/dev/stdin"
    namespace.must(*patch, manifest={"status": {"elements": elements}})
    manifest["spec"]["desiredStatus"] = "Canceled"
    namespace.must("apply", "-f", "-", manifest=manifest)
    stored = namespace.get(address(manifest))
    namespace.must("delete", address(manifest))

    assert len(stored["spec"]["elements"]) == len(stored["status"]["elements"]) == 1000
    assert stored["spec"]["desiredStatus"] == "Canceled"
    assert "kubectl.kubernetes.io/last-applied-configuration" in stored["metadata"]["annotations"]


def test_defaults_fill_in_what_a_manifest_leaves_out(namespace: Kubectl) -> None:
    sparse: Manifest = {
        "restart": {"maxRestarts": 3},
        "storage": {"mountPath": "/data"},
        "template": {"spec": POD_SPEC},
        "feldera": {},
    }
    manifest = {**VALID, "spec": sparse}
    answer = namespace.must("create", "--dry-run=server", "-o", "json", "-f", "-", manifest=manifest)

    assert json.loads(answer)["spec"] == {
        "desiredStatus": "Running",
        "force": False,
        "bootstrapPolicy": "AwaitApproval",
        "startFrom": "Latest",
        "provisioningTimeoutSeconds": 600,
        "stop": {"onTimeout": "KeepTrying", "onError": "Force"},
        "restart": {
            "policy": "OnFailure",
            "backoffSeconds": 10,
            "maxBackoffSeconds": 300,
            "maxRestarts": 3,
            "healthyAfterSeconds": 300,
        },
        "checkpoint": {"retain": {"count": 3}, "beforeDelete": True},
        "storage": {"size": "10Gi", "mountPath": "/data", "onDelete": "Retain"},
        "template": {"spec": POD_SPEC},
        "feldera": {"port": 8080},
    }


def test_a_null_counts_as_an_absent_field(namespace: Kubectl) -> None:
    manifest = changed(
        VALID,
        {"spec": {"stop": {"timeoutSeconds": None, "onTimeout": None}, "storage": None, "hook": None}},
    )
    answer = namespace.must("create", "--dry-run=server", "-o", "json", "-f", "-", manifest=manifest)

    spec = json.loads(answer)["spec"]
    assert spec["stop"] == {"onTimeout": "KeepTrying", "onError": "Force"}
    assert not {"storage", "hook"} & spec.keys()


def test_a_bad_change_is_refused_and_leaves_the_pipeline_as_it_was(namespace: Kubectl) -> None:
    namespace.must("create", "-f", "-", manifest=changed(VALID, named("patched")))
    before = namespace.get("pipeline", "patched")["spec"]

    patch = json.dumps({"spec": {"desiredStatus": "Running", "force": True}})
    answer = namespace.run("patch", "pipeline", "patched", "--type=merge", f"--patch={patch}")
    after = namespace.get("pipeline", "patched")["spec"]
    namespace.must("delete", "pipeline", "patched")

    assert answer.code != 0
    assert "remove force, or set desiredStatus to Stopped" in answer.err
    assert after == before


def test_a_newer_operator_can_write_status_under_this_crd(namespace: Kubectl) -> None:
    namespace.must("create", "-f", "-", manifest=changed(VALID, named("newer")))
    status: Manifest = {
        "deploymentStatus": "Hibernating",
        "deploymentError": {"message": "m" * 5000, "details": {"any": [1, {"thing": True}]}},
        "storageStatusDetails": {"checkpoints": [{"uuid": f"c{n}"} for n in range(50)]},
        "stop": {"mode": "Deferred"},
        "conditions": [{"type": "Ready", "status": "Perhaps", "message": "m" * 40_000}],
    }
    patch = json.dumps({"status": status})
    namespace.must("patch", "pipeline", "newer", "--subresource=status", "--type=merge", f"--patch={patch}")
    stored = namespace.get("pipeline", "newer")
    namespace.must("delete", "pipeline", "newer")

    assert stored["status"] == status


def test_the_printer_columns_show_state_checkpoint_and_error(namespace: Kubectl) -> None:
    namespace.must("create", "-f", "-", manifest=changed(VALID, named("columns")))
    status: Manifest = {
        "deploymentStatus": "Stopped",
        "deploymentError": {"message": "it failed", "errorCode": "RuntimeError"},
        "runtime": {"nodeName": "node-1"},
        "lastCheckpointTime": "2020-01-01T00:00:00Z",
        "conditions": [{"type": "Ready", "status": "False", "message": "waiting for a person"}],
    }
    patch = json.dumps({"status": status})
    namespace.must("patch", "pipeline", "columns", "--subresource=status", "--type=merge", f"--patch={patch}")
    narrow = namespace.must("get", "slpl", "columns").splitlines()
    wide = namespace.must("get", "pipeline", "columns", "-o", "wide").splitlines()
    category = namespace.must("get", "sluice", "-o", "name").splitlines()
    namespace.must("delete", "pipeline", "columns")

    assert narrow[0].split() == ["NAME", "DESIRED", "STATUS", "ELEMENTS", "CHECKPOINT", "ERROR", "AGE"]
    assert narrow[1].split()[:3] == ["columns", "Stopped", "Stopped"]
    assert "RuntimeError" in narrow[1]
    assert "pipeline.sluice.dev/columns" in category
    assert "node-1" in wide[1]
    assert "waiting for a person" in wide[1]


def test_the_columns_of_a_deployment_show_state_machine_and_restarts(namespace: Kubectl) -> None:
    namespace.must("create", "-f", "-", manifest=changed(VALID_DEPLOYMENT, named("columns")))
    status: Manifest = {"deploymentStatus": "Stopped", "machine": "gpu-1", "restart": {"count": 2}}
    patch = json.dumps({"status": status})
    namespace.must("patch", "sldep", "columns", "--subresource=status", "--type=merge", f"--patch={patch}")
    head, line = namespace.must("get", "sldep", "columns").splitlines()
    namespace.must("delete", "sldep", "columns")

    assert head.split() == [
        "NAME",
        "DESIRED",
        "STATUS",
        "MACHINE",
        "CHECKPOINT",
        "RESTARTS",
        "ERROR",
        "AGE",
    ]
    assert line.split()[:5] == ["columns", "Stopped", "Stopped", "gpu-1", "2"]


def test_kubectl_explain_tells_what_a_field_is_for(crds: Kubectl) -> None:
    text = crds.must("explain", "pipeline.spec.stop")

    assert "Deadline of a graceful stop" in text
    assert "enum: KeepTrying, Force" in text

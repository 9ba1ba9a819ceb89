"""The chart's admission policy on the real API server: what the published API refuses, in its own words."""

import json
from collections.abc import Iterator

import pytest
from support.chart import render
from support.installation import send_operator_home
from support.kubectl import Answer, Kubectl, Manifest, wait_until

from integration.admission_cases import VALID, changed, named
from integration.deployment_cases import VALID_DEPLOYMENT
from sluice.api.edits import pending_edits
from sluice.api.errors import FORCING_HINT, STOPPING_HINT, ErrorCode, describe

UID = "3f0c7f9e-6a52-4c57-9d1e-8d3a5c1b2a10"
UP = {"deploymentResourcesStatus": "Provisioned", "storageStatus": "InUse"}
STOP = {"mode": "Graceful", "cause": "Requested", "requestedAt": "2026-03-01T12:00:00Z"}
STOPPING: Manifest = {
    "deploymentResourcesStatus": "Stopping",
    "storageStatus": "InUse",
    "stop": STOP,
}
STOPPED = {"deploymentResourcesStatus": "Stopped", "storageStatus": "InUse"}
IN_FORCE_SECONDS = 30
"""The API server takes a policy up some time after it was written."""


@pytest.fixture(scope="module", autouse=True)
def policy(crds: Kubectl, namespace: Kubectl) -> Iterator[None]:
    """The policy in force, in the test's namespace alone."""
    send_operator_home(crds)
    selector = {"matchLabels": {"kubernetes.io/metadata.name": str(namespace.namespace)}}
    values = {
        "admissionPolicy": {
            "enabled": True,
            "namespaceSelector": selector,
            "allowedServiceAccounts": ["default", "runtime"],
        }
    }
    objects = [each for each in render(values).objects if each["kind"].startswith("ValidatingAdmission")]
    for each in objects:
        crds.must("apply", "-f", "-", manifest=each)
    other = made(VALID, "other")
    other["spec"]["template"]["spec"]["serviceAccountName"] = "admin"

    def is_in_force() -> tuple[bool, object]:
        answer = namespace.run("create", "--dry-run=server", "-f", "-", manifest=other)
        return answer.code != 0, answer.err

    wait_until("the policy to be in force", is_in_force, IN_FORCE_SECONDS)
    yield
    for each in objects:
        crds.must("delete", each["kind"], each["metadata"]["name"])


def made(manifest: Manifest, name: str) -> Manifest:
    """A copy under another name."""
    return changed(manifest, named(name))


def place(namespace: Kubectl, manifest: Manifest, status: Manifest, **spec: object) -> str:
    """An object as it is after the operator wrote its status; its address."""
    body: Manifest = {**manifest, "spec": {**manifest["spec"], **spec}}
    address = f"{body['kind'].lower()}.sluice.dev/{body['metadata']['name']}"
    namespace.must("delete", address, "--ignore-not-found")
    namespace.must("create", "-f", "-", manifest=body)
    text = json.dumps({"status": status})
    namespace.must("patch", address, "--subresource=status", "--type=merge", "-p", text)
    return address


def patch(namespace: Kubectl, address: str, **spec: object) -> Answer:
    return namespace.run("patch", address, "--type=merge", "-p", json.dumps({"spec": spec}))


def pipeline(name: str) -> Manifest:
    body = made(VALID, name)
    body["spec"]["storage"] = {"size": "1Gi", "storageClassName": "fast"}
    return body


SEED = (
    "Deployment resources status (current: 'Stopping', desired: 'Stopped') cannot have desired changed to"
    " 'Provisioned'. Cannot restart the pipeline while it is stopping. Wait for it to stop before starting a"
    " new instance of the pipeline."
)


def test_a_start_while_it_stops_is_refused_in_the_words_of_the_seed(namespace: Kubectl) -> None:
    address = place(namespace, pipeline("stopping"), STOPPING, desiredStatus="Stopped")

    answer = patch(namespace, address, desiredStatus="Running")

    assert answer.code != 0
    assert SEED in answer.err
    assert patch(namespace, address, desiredStatus="Stopped", force=True).code == 0, "force always goes"


def test_so_is_one_that_is_asked_for_by_an_override(namespace: Kubectl) -> None:
    address = place(namespace, pipeline("asked"), STOPPING, desiredStatus="Stopped")
    request = {"desiredStatus": "Running", "force": False, "token": "t", "uid": UID}
    key = "requests.sluice.dev/override"

    answer = namespace.run("annotate", address, f"{key}={json.dumps(request)}")
    stop = namespace.run("annotate", address, f"{key}={json.dumps({**request, 'desiredStatus': 'Stopped'})}")

    assert SEED in answer.err
    assert stop.code == 0, stop.err


def test_a_deployment_is_told_so_in_its_own_name(namespace: Kubectl) -> None:
    address = place(namespace, made(VALID_DEPLOYMENT, "stopping"), STOPPING, desiredStatus="Stopped")

    answer = patch(namespace, address, desiredStatus="Running")

    assert STOPPING_HINT.replace("pipeline", "deployment") in answer.err


def test_a_force_stop_is_never_left(namespace: Kubectl) -> None:
    status = {**STOPPING, "stop": {**STOP, "mode": "Force"}}
    address = place(namespace, pipeline("forced"), status, desiredStatus="Stopped", force=True)

    graceful = patch(namespace, address, force=False)
    start = patch(namespace, address, desiredStatus="Running", force=False)

    assert FORCING_HINT.format(noun="pipeline") in graceful.err
    assert SEED in start.err


@pytest.mark.parametrize("field", ["storageClassName", "existingClaim"])
def test_what_a_volume_was_made_with_stays_while_it_holds_state(namespace: Kubectl, field: str) -> None:
    address = place(namespace, pipeline("used"), STOPPED, desiredStatus="Stopped")

    answer = patch(namespace, address, storage={field: "another"})

    assert pending_edits([f"storage.{field}"]).message in answer.err
    assert patch(namespace, address, storage={"size": "2Gi"}).code == 0, "growing is allowed"


def test_a_volume_in_use_is_not_taken_away(namespace: Kubectl) -> None:
    address = place(namespace, pipeline("kept"), STOPPED, desiredStatus="Stopped")

    assert pending_edits(["storage"]).message in patch(namespace, address, storage=None).err


def test_once_it_is_cleared_all_of_it_may_change(namespace: Kubectl) -> None:
    address = place(
        namespace, pipeline("cleared"), {**STOPPED, "storageStatus": "Cleared"}, desiredStatus="Stopped"
    )

    answer = patch(namespace, address, storage={"storageClassName": "slow"}, bootstrapPolicy="Allow")

    assert answer.code == 0, answer.err


def test_nothing_starts_while_its_storage_is_being_cleared(namespace: Kubectl) -> None:
    address = place(
        namespace, pipeline("clearing"), {**STOPPED, "storageStatus": "Clearing"}, desiredStatus="Stopped"
    )

    answer = patch(namespace, address, desiredStatus="Running")

    assert describe(ErrorCode.START_WHILE_CLEARING) in answer.err


def test_the_policy_of_a_changed_program_waits_for_the_stop(namespace: Kubectl) -> None:
    address = place(namespace, pipeline("up"), UP)

    answer = patch(namespace, address, bootstrapPolicy="Allow")

    assert describe(ErrorCode.BOOTSTRAP_POLICY_IMMUTABLE) in answer.err


def test_what_is_no_change_of_the_wish_is_nobodys_business(namespace: Kubectl) -> None:
    """The operator's finalizer, people's labels, and the status itself."""
    address = place(namespace, pipeline("quiet"), STOPPING, desiredStatus="Stopped")

    assert namespace.run("label", address, "team=data").code == 0
    finalizer = json.dumps({"metadata": {"finalizers": ["sluice.dev/operator"]}})
    assert namespace.run("patch", address, "--type=merge", "-p", finalizer).code == 0
    assert namespace.run("delete", address, "--wait=false").code == 0
    free = json.dumps({"metadata": {"finalizers": None}})
    assert namespace.run("patch", address, "--type=merge", "-p", free).code == 0


def test_a_stop_that_a_start_follows_anyway_holds_nobody_up(namespace: Kubectl) -> None:
    status = {**STOPPING, "stop": {**STOP, "cause": "SpecChanged"}}
    address = place(namespace, pipeline("rolling"), status)

    assert patch(namespace, address, desiredStatus="Paused").code == 0


def test_a_runtime_has_one_of_the_service_accounts_that_are_allowed(namespace: Kubectl) -> None:
    stranger, known = made(VALID, "stranger"), made(VALID, "known")
    stranger["spec"]["template"]["spec"]["serviceAccountName"] = "admin"
    known["spec"]["template"]["spec"]["serviceAccountName"] = "runtime"

    refused = namespace.run("create", "-f", "-", manifest=stranger)

    assert "one of these service accounts here: default, runtime" in refused.err
    assert namespace.run("create", "-f", "-", manifest=known).code == 0


def test_the_api_server_finds_nothing_wrong_with_the_rules(crds: Kubectl) -> None:
    policies = crds.get("validatingadmissionpolicies")["items"]
    ours = [each for each in policies if each["metadata"]["name"].endswith(".sluice.dev")]

    assert len(ours) == 3

    def is_checked() -> tuple[bool, object]:
        seen = [
            each.get("status", {})
            for each in crds.get("validatingadmissionpolicies")["items"]
            if each["metadata"]["name"].endswith(".sluice.dev")
        ]
        return all("typeChecking" in status for status in seen), seen

    wait_until("the types in the rules to be checked", is_checked, IN_FORCE_SECONDS)
    for each in crds.get("validatingadmissionpolicies")["items"]:
        if each["metadata"]["name"].endswith(".sluice.dev"):
            assert each["status"]["typeChecking"].get("expressionWarnings") is None, each["status"]

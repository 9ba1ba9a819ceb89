"""The credential goes where the manifest sends it. A whole run is searched for it."""

import base64
import json
import uuid

from support.database import DATA, Database
from support.deployment import DeploymentAtWork, deployment_manifest
from support.kubectl import Kubectl, Manifest, wait_until
from support.localkube import audit_log

TALKATIVE_HOOK = r"""
import os, pathlib, sys

data, key = pathlib.Path(sys.argv[1]), os.environ.get("CLORE_API_KEY")
(data / "hook-key").write_text(str(key))
print("the key is", key)
print("and again", key, file=sys.stderr)
if (data / "fail").exists():
    sys.exit(f"failed with {key}")
"""
HOOK: Manifest = {"exec": {"command": ["python3", "-c", TALKATIVE_HOOK, DATA]}, "timeoutSeconds": 30}


def make_secret(deployment: DeploymentAtWork, value: str, *send_to: str) -> Manifest:
    """A Secret of the deployment's own; returns the block that names it."""
    literal = f"--from-literal=CLORE_API_KEY={value}"
    deployment.kubectl.must("create", "secret", "generic", deployment.name, literal)
    return {"secretRef": {"name": deployment.name}, "sendTo": list(send_to)}


def environment_of_process(database: Database) -> list[str]:
    return database.run_in_container("cat", "/proc/1/environ").split("\0")


def everything(namespace: Kubectl, system: Kubectl) -> dict[str, str]:
    """Whatever was written during the run, by its place. The Secret itself is left out."""
    kinds = "sldep,pods,events,pvc,controllerrevisions"
    found = {
        "objects": namespace.must("get", kinds, "-o", "json"),
        "described": namespace.must("describe", "sldep,pods"),
        "operator's log": system.must("logs", "-l", "app.kubernetes.io/name=sluice-operator", "--tail=-1"),
        "operator's namespace": system.must("get", "events,pods", "-o", "json"),
    }
    path = audit_log()
    if path is not None:
        found["audit log"] = path.read_text(encoding="utf-8", errors="replace")
    return found


def must_be_nowhere(value: str, found: dict[str, str]) -> None:
    spellings = (value, base64.b64encode(value.encode()).decode(), value[4:-4])
    leaks = [place for place, text in found.items() if any(spelling in text for spelling in spellings)]
    assert leaks == []


def test_a_whole_run_with_a_hook_that_tells_it_leaves_it_in_no_log_event_status_error_or_audit_record(
    deployment: DeploymentAtWork, node: str, namespace: Kubectl, system: Kubectl
) -> None:
    value = f"very-secret-{uuid.uuid4()}"
    credentials = make_secret(deployment, value, "Container", "Hook")
    machine = {"nodeName": node}
    deployment.apply(
        deployment_manifest(
            deployment.name, machine, HOOK, credentials=credentials, metadata={"REGION": "eu"}
        )
    )
    deployment.wait_for("Running")
    database = Database(deployment)
    environment = environment_of_process(database)
    assert f"CLORE_API_KEY={value}" in environment
    assert "REGION=eu" in environment

    database.set_flag("fail")
    deployment.stop()
    failed = deployment.wait_until("a failed hook", lambda status: "lastError" in status.get("stop", {}))
    assert "failed with ***" in failed["stop"]["lastError"]
    assert "the key is ***" in failed["stop"]["report"]["output"]
    must_be_nowhere(value, everything(namespace, system))
    database.remove_flag("fail")
    stopped = deployment.wait_for("Stopped")
    assert "the key is ***" in stopped["stop"]["report"]["output"]

    deployment.start()
    deployment.wait_for("Running")
    assert database.run_in_container("cat", f"{DATA}/hook-key") == value
    deployment.stop(force=True)
    deployment.wait_for("Stopped", seconds=90)
    must_be_nowhere(value, everything(namespace, system))


def test_a_credential_for_the_hook_alone_is_not_in_the_containers_environment(
    deployment: DeploymentAtWork, node: str, namespace: Kubectl, system: Kubectl
) -> None:
    value = f"very-secret-{uuid.uuid4()}"
    credentials = make_secret(deployment, value, "Hook")
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, HOOK, credentials=credentials))
    deployment.wait_for("Running")
    database = Database(deployment)
    assert not any("CLORE_API_KEY" in variable for variable in environment_of_process(database))

    deployment.request("checkpoint", "t-1")
    assert deployment.wait_for_outcome("checkpoint", "t-1")["state"] == "Succeeded"

    assert database.run_in_container("cat", f"{DATA}/hook-key") == value
    must_be_nowhere(value, everything(namespace, system))


def test_a_credential_that_is_sent_to_nobody_is_only_checked_and_an_empty_one_starts_nothing(
    deployment: DeploymentAtWork, node: str
) -> None:
    credentials = make_secret(deployment, "")
    deployment.apply(deployment_manifest(deployment.name, {"nodeName": node}, HOOK, credentials=credentials))
    told = deployment.wait_for_condition("Ready", "Refused")
    assert "has no CLORE_API_KEY, or an empty one: write it" in told["message"]
    assert deployment.pod() is None

    encoded = base64.b64encode(b"there-it-is").decode()
    patch = json.dumps({"data": {"CLORE_API_KEY": encoded}})
    deployment.kubectl.must("patch", "secret", deployment.name, "--type=merge", "-p", patch)
    deployment.wait_for("Running")
    database = Database(deployment)
    assert not any("CLORE_API_KEY" in variable for variable in environment_of_process(database))

    def has_hook_run() -> tuple[bool, object]:
        said = database.run_in_container("sh", "-c", f"cat {DATA}/hook-key 2>/dev/null || true")
        return said == "None", said

    deployment.request("checkpoint", "t-1")
    assert deployment.wait_for_outcome("checkpoint", "t-1")["state"] == "Succeeded"
    wait_until("the hook's word", has_hook_run, 10)

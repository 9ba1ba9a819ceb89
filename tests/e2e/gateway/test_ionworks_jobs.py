"""``ionworks-api`` follows and cancels graphs of real jobs through the gateway."""

from typing import Any

from support.clients import tell
from support.gateway import Door
from support.kubectl import Kubectl, Manifest
from support.pipeline import PipelineAtWork

SLEEP = "import time; time.sleep(600)"
FAIL = "import sys; sys.exit(70)"


def batch_manifest(name: str, program: str, elements: list[Manifest]) -> Manifest:
    """A graph of jobs that run a line of Python."""
    container: Manifest = {
        "name": "main",
        "image": "sluice.dev/sluice:dev",
        "command": ["python3", "-c", program],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod: Manifest = {"terminationGracePeriodSeconds": 1, "containers": [container]}
    spec: Manifest = {"desiredStatus": "Running", "template": {"spec": pod}, "elements": elements}
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_a_run_is_followed_and_cancelled_with_all_its_jobs(people: Kubectl, door: Door) -> None:
    study, broken = PipelineAtWork(people, "study"), PipelineAtWork(people, "broken")
    study.apply(batch_manifest("study", SLEEP, [{"name": "load"}, {"name": "fit", "dependsOn": ["load"]}]))
    broken.apply(batch_manifest("broken", FAIL, [{"name": "solve"}]))
    study.wait_for("Running")
    broken.wait_for("Failed")

    told: dict[str, Any] = tell(
        "ionworks_story",
        url=door.url,
        key=door.make_key("ionworks"),
        project=people.namespace,
        running=study.uid,
        failed=broken.uid,
    )

    assert (told["listed"], told["failed ones"]) == (["broken", "study"], ["broken"])
    assert (told["before"], told["elements"]) == ("running", ["load", "fit"])
    assert told["after"] == ["canceled", True, True]
    assert (told["failed"][0], told["failed"][2]) == ("failed", "SOLVER_ERROR")
    assert told["unknown"] == [404, "UnknownPipelineName"]
    assert {each["status"] for each in study.status()["elements"]} == {"Canceled"}

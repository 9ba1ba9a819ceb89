"""Runtimes are closed to everybody but the operator and the gateway, where policies are in force."""

import json

from support.enforcer import enforced
from support.installation import IMAGE, apply_release, install_operator, wait_for_operator
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork, example_manifest

STRANGER: Manifest = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "stranger"},
    "spec": {
        "containers": [
            {
                "name": "main",
                "image": "sluice.dev/sluice:dev",
                "command": ["sleep", "600"],
            }
        ],
        "terminationGracePeriodSeconds": 0,
    },
}
ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=3).status)"


def can_reach(namespace: Kubectl, address: str) -> bool:
    answer = namespace.run("exec", "stranger", "--", "python3", "-c", ASK, f"http://{address}:8080/status")
    return answer.code == 0


def test_a_stranger_no_longer_reaches_a_runtime_and_the_operator_still_does(
    system: Kubectl, namespace: Kubectl, crds: Kubectl, pipeline: PipelineAtWork
) -> None:
    policies = {"enabled": True, "runtimeNamespaces": [str(namespace.namespace)]}
    apply_release(values={**IMAGE, "networkPolicies": policies})
    wait_for_operator(system)
    namespace.must("create", "-f", "-", manifest=STRANGER)
    pipeline.apply(example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pod = pipeline.pod()
    assert pod is not None
    address: str = pod["status"]["podIP"]
    wait_until(
        "the stranger to reach the runtime while nothing forbids it",
        lambda: (can_reach(namespace, address), address),
        30,
    )

    with enforced(crds):
        assert not can_reach(namespace, address)
        pipeline.request("checkpoint", "while-closed")
        assert pipeline.wait_for_outcome("checkpoint", "while-closed")["state"] == "Succeeded"
        pipeline.stop()
        stopped = pipeline.wait_for("Stopped")

    assert stopped["stop"]["checkpoint"], json.dumps(stopped)
    namespace.must("delete", "pod", "stranger", "--wait=false")
    install_operator(crds)

"""Deployments that the API server has to refuse, and ones that it has to take."""

from typing import Any, Final

from support.kubectl import Manifest

from integration.admission_cases import ABSENT, Refused, changed, named, storage

VALID_DEPLOYMENT: Final[Manifest] = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Deployment",
    "metadata": {"name": "admission"},
    "spec": {
        "desiredStatus": "Stopped",
        "machine": {"nodeName": "gpu-1"},
        "template": {"spec": {"containers": [{"name": "main", "image": "example.com/db:1"}]}},
    },
}
SECRET: Final[Manifest] = {"secretRef": {"name": "clore"}}


def refused(
    because: str, words: tuple[str, ...], spec: Manifest | None = None, change: Manifest | None = None
) -> Refused:
    return Refused(because, words, spec or {}, change or {}, VALID_DEPLOYMENT)


def machine(**fields: Any) -> Manifest:
    return {"machine": fields}


REFUSED_DEPLOYMENTS: Final = (
    refused("a deployment without a spec", ("write spec.machine",), change={"spec": ABSENT}),
    refused("a deployment without a machine", ("spec.machine", "Required"), {"machine": ABSENT}),
    refused("a deployment without a template", ("spec.template", "Required"), {"template": ABSENT}),
    refused(
        "a deployment with too long a name",
        ("metadata.name", "write a name of at most 45"),
        change=named("d" * 46),
    ),
    refused(
        "a deployment that is to pause",
        ("spec.desiredStatus", '"Running", "Stopped"'),
        {"desiredStatus": "Paused"},
    ),
    refused(
        "a force stop of a deployment that is to run",
        ("spec.force", "force goes only with desiredStatus Stopped: remove force"),
        {"desiredStatus": "Running", "force": True},
    ),
    refused(
        "a machine by name and by labels",
        ("spec.machine", "write either machine.nodeName or machine.nodeSelector"),
        machine(nodeSelector={"gpu": "a100"}),
    ),
    refused(
        "a machine by nothing",
        ("spec.machine", "write either machine.nodeName or machine.nodeSelector"),
        machine(nodeName=ABSENT),
    ),
    refused(
        "a machine whose name no node can have",
        ("spec.machine.nodeName", "not the name of a Kubernetes object"),
        machine(nodeName="GPU 1"),
    ),
    refused(
        "a deployment's volume that is to be copied",
        ("spec.storage", "remove storage.sync, and let the hook write to the object store"),
        storage(sync={"url": "s3://bucket/folder"}),
    ),
    refused(
        "periodic checkpoints of a deployment's own",
        ("spec.checkpoint", "write checkpoint.schedule instead"),
        {"checkpoint": {"intervalSeconds": 60}},
    ),
    refused(
        "a credential in the manifest",
        ("spec.metadata", "a credential has no place in a manifest: write CLORE_API_KEY into a Secret"),
        {"metadata": {"CLORE_API_KEY": "x"}},
    ),
    refused(
        "metadata that can be no variable",
        ("spec.metadata", "write letters, digits and underscores"),
        {"metadata": {"my key": "x"}},
    ),
    refused(
        "a credential for a hook that has no environment",
        ("spec.credentials", "write hook.exec, or remove Hook from credentials.sendTo"),
        {"credentials": {**SECRET, "sendTo": ["Hook"]}, "hook": {"http": {"port": 80}}},
    ),
    refused(
        "a credential for nobody that exists",
        ("spec.credentials.sendTo", '"Container", "Hook"'),
        {"credentials": {**SECRET, "sendTo": ["Everybody"]}},
    ),
    refused("a credential of no Secret", ("spec.credentials.secretRef", "Required"), {"credentials": {}}),
    refused(
        "a hook's variable that the shell cannot have",
        ("spec.hook.exec.env", "not the name of an environment variable"),
        {
            "hook": {
                "exec": {
                    "command": ["/save"],
                    "env": [{"name": "a;b", "secretKeyRef": {"name": "s", "key": "k"}}],
                }
            }
        },
    ),
)

ACCEPTED_DEPLOYMENTS: Final[dict[str, Manifest]] = {
    "a deployment on a machine": VALID_DEPLOYMENT,
    "a deployment on any machine with these labels": changed(
        VALID_DEPLOYMENT, {"spec": machine(nodeName=ABSENT, nodeSelector={"gpu": "a100"})}
    ),
    "a deployment with all that belongs to it": changed(
        VALID_DEPLOYMENT,
        {
            "spec": {
                **storage(size="1Gi"),
                "hook": {"exec": {"command": ["/save"]}, "timeoutSeconds": 5},
                "checkpoint": {"schedule": "0 3 * * *"},
                "credentials": {**SECRET, "sendTo": ["Container", "Hook"]},
                "metadata": {"REGION": "eu"},
            }
        },
    ),
}

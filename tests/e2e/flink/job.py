"""The counting job of the examples as a pipeline, and the proof that its output is exact."""

from pathlib import Path
from typing import Any

import yaml
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork, runtime_container

from sluice.flink_contract import Checkpoints, checkpoint_id, read_checkpoints, read_job

ROOT = Path(__file__).parents[3]
OUTPUT = "/var/lib/counts"
FAILING = f"{OUTPUT}/snapshots-fail"
"""While this file is there, every snapshot fails."""
START_SECONDS = 120.0
"""A start takes 10 s on two idle cores, and more beside others."""


def flink_manifest(name: str, *arguments: str, **spec: Any) -> Manifest:
    """The manifest that the documents show, under another name and with these further arguments."""
    page = (ROOT / "docs" / "flink.md").read_text(encoding="utf-8")
    manifest: Manifest = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    manifest["metadata"]["name"] = name
    block = manifest["spec"]["flink"]
    block["jobArguments"] = ["--out", f"file://{OUTPUT}", "--rate", "100", *arguments]
    manifest["spec"]["storage"]["size"] = "1Gi"
    manifest["spec"]["checkpoint"] = {"intervalSeconds": 2, "retain": {"count": 20}}
    pod = manifest["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "output", "persistentVolumeClaim": {"claimName": output_claim(name)}}]
    # These JVMs live for seconds: most of what they would compile for speed never runs.
    quick = {"name": "JAVA_TOOL_OPTIONS", "value": "-XX:TieredStopAtLevel=1"}
    runtime_container(manifest)["env"] = [quick]
    runtime_container(manifest)["resources"]["requests"] = {"cpu": "100m", "memory": "512Mi"}
    manifest["spec"] |= spec
    return manifest


def output_claim(name: str) -> str:
    return f"{name}-output"


def make_output_claim(kubectl: Kubectl, name: str) -> None:
    """The claim of the job's output, which is people's own."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": output_claim(name)},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "100Mi"}}},
    }
    kubectl.must("apply", "-f", "-", manifest=claim)


def resume(status: Manifest) -> Manifest:
    """What the run under way began with, and why."""
    found: Manifest = status["deploymentRuntimeStatusDetails"]["resume"]
    return found


def wait_for_own_checkpoint(job: PipelineAtWork) -> str:
    """Wait until the newest that Flink has made in this run is a periodic checkpoint; returns its id."""
    newest = ""

    def look() -> tuple[bool, object]:
        nonlocal newest
        made = _checkpoints(job).completed
        newest = checkpoint_id(made[-1].path) if made else ""
        return "-chk-" in newest, made

    wait_until(f"a periodic checkpoint of {job.name}", look, 60)
    return newest


def _checkpoints(job: PipelineAtWork) -> Checkpoints:
    base = f"/api/v1/namespaces/{job.kubectl.namespace}/pods/{job.pod_name}:8080/proxy/v1/jobs"
    found = read_job(job.kubectl.raw(f"{base}/overview"))
    assert found is not None, "there is no job yet"
    return read_checkpoints(job.kubectl.raw(f"{base}/{found.id}/checkpoints"))


def in_container(job: PipelineAtWork, code: str) -> str:
    """Run Python beside the job."""
    return job.kubectl.must("exec", job.pod_name, "--", "python3", "-c", code)


def verdict(job: PipelineAtWork) -> str:
    """What the example's own verifier says of the output, in a pod of its own."""
    name = f"{job.name}-verify"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "verify",
                    "image": "sluice.dev/flink:dev",
                    "command": ["python3", "-c", _verifier(), OUTPUT],
                    "volumeMounts": [{"name": "output", "mountPath": OUTPUT}],
                }
            ],
            "volumes": [{"name": "output", "persistentVolumeClaim": {"claimName": output_claim(job.name)}}],
        },
    }
    job.kubectl.must("delete", "pod", name, "--ignore-not-found", "--wait=true")
    job.kubectl.must("apply", "-f", "-", manifest=pod)

    def look() -> tuple[bool, object]:
        phase = (job.kubectl.look(f"pod/{name}") or {}).get("status", {}).get("phase")
        return phase in ("Succeeded", "Failed"), phase

    wait_until(f"{name} to end", look, 60)
    return job.kubectl.must("logs", name).strip()


def _verifier() -> str:
    return (ROOT / "examples" / "flink_counts" / "verify.py").read_text(encoding="utf-8")

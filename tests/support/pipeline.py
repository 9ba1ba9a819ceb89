"""A pipeline at work: people's kubectl for what is done to it, and quick looks at what becomes of it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from sluice.api.json_values import child, children
from support.kubectl import Kubectl, Manifest, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"
WAIT_SECONDS = 60.0


def example_manifest(name: str, **spec: Any) -> Manifest:
    """The example pipeline under another name, with these fields of its spec replaced (None: removed)."""
    manifest: Manifest = yaml.safe_load((EXAMPLES / "pipeline.yaml").read_text(encoding="utf-8"))
    manifest["metadata"]["name"] = name
    for field, value in spec.items():
        if value is None:
            manifest["spec"].pop(field, None)
        else:
            manifest["spec"][field] = value
    return manifest


def with_environment(manifest: Manifest, **variables: str) -> Manifest:
    """The manifest with environment variables for its runtime."""
    container = runtime_container(manifest)
    container["env"] = [{"name": name, "value": value} for name, value in variables.items()]
    return manifest


def runtime_container(manifest: Manifest) -> Manifest:
    """The container of the manifest in which the process runs."""
    container: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return container


def killable(manifest: Manifest) -> Manifest:
    """With a shared process namespace, a process started by ``kubectl exec`` can kill the runtime."""
    manifest["spec"]["template"]["spec"]["shareProcessNamespace"] = True
    return manifest


@dataclass(frozen=True)
class PipelineAtWork:
    """One pipeline in a test's namespace."""

    kubectl: Kubectl
    name: str

    resource: ClassVar[str] = "slpl"
    """As kubectl calls it."""

    @property
    def pod_name(self) -> str:
        return f"{self.name}-runtime-0"

    def apply(self, manifest: Manifest) -> None:
        self.kubectl.must("apply", "-f", "-", manifest=manifest)

    def patch(self, **spec: Any) -> None:
        """Declare other fields of the spec, as ``kubectl patch`` does."""
        self.kubectl.must("patch", self.resource, self.name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def stop(self, *, force: bool = False) -> None:
        self.patch(desiredStatus="Stopped", force=force)

    def start(self) -> None:
        self.patch(desiredStatus="Running", force=False)

    def request(self, verb: str, token: str, **arguments: Any) -> None:
        """Ask for something by annotation; with arguments, or with the object's own uid, as a JSON object."""
        value = json.dumps({"token": token, **arguments}) if arguments else token
        annotation = f"requests.sluice.dev/{verb}={value}"
        self.kubectl.must("annotate", self.resource, self.name, "--overwrite", annotation)

    def take_back(self, verb: str) -> None:
        """Remove the annotation of a request."""
        self.kubectl.must("annotate", self.resource, self.name, f"requests.sluice.dev/{verb}-")

    def wait_for_outcome(self, verb: str, token: str, seconds: float = WAIT_SECONDS) -> Manifest:
        """Wait until the request has its outcome; returns it."""
        found: Manifest = {}

        def look() -> tuple[bool, object]:
            nonlocal found
            entries = children(self.status(), "requests")
            mine = [entry for entry in entries if (entry["verb"], entry["token"]) == (verb, token)]
            found = mine[-1] if mine else {}
            return found.get("state") not in (None, "InProgress"), entries

        wait_until(f"the outcome of {verb} {token}", look, seconds)
        return found

    def wait_for_condition(self, kind: str, reason: str, seconds: float = WAIT_SECONDS) -> Manifest:
        """Wait until the condition has this reason; returns it."""
        found: Manifest = {}

        def look() -> tuple[bool, object]:
            nonlocal found
            found = self.condition(kind)
            return found.get("reason") == reason, self.status()

        wait_until(f"{kind} of {self.name} with reason {reason}", look, seconds)
        return found

    @property
    def uid(self) -> str:
        found = self.get()
        assert found is not None, f"{self.resource} {self.name} is not there"
        uid: str = found["metadata"]["uid"]
        return uid

    def get(self) -> Manifest | None:
        """The object, or None when it is not there."""
        return self.kubectl.look(f"{self.resource}/{self.name}")

    def status(self) -> Manifest:
        found = self.get()
        assert found is not None, f"{self.resource} {self.name} is not there"
        return child(found, "status")

    def pod(self) -> Manifest | None:
        return self.kubectl.look(f"pod/{self.pod_name}")

    def claim(self) -> Manifest | None:
        return self.kubectl.look(f"pvc/{self.pod_name}")

    def condition(self, kind: str) -> Manifest:
        """The condition of this type, empty when there is none."""
        found = (entry for entry in children(self.status(), "conditions") if entry["type"] == kind)
        return next(found, Manifest())

    def wait_for(self, deployment_status: str, seconds: float = WAIT_SECONDS) -> Manifest:
        """Wait until it is there, by a status that speaks of the present spec; returns the status."""
        return self.wait_until(
            f"{self.name} to be {deployment_status}",
            lambda status: status.get("deploymentStatus") == deployment_status,
            seconds,
        )

    def wait_until(
        self, what: str, is_so: Callable[[Manifest], bool], seconds: float = WAIT_SECONDS
    ) -> Manifest:
        """Wait for a status of the present generation of which ``is_so`` is true; returns it."""
        seen: Manifest = {}

        def look() -> tuple[bool, object]:
            nonlocal seen
            found = self.get() or {"metadata": {}}
            seen = child(found, "status")
            is_current = seen.get("observedGeneration") == found["metadata"].get("generation")
            return is_current and is_so(seen), seen

        wait_until(what, look, seconds)
        return seen

    def wait_until_gone(self, seconds: float = WAIT_SECONDS) -> None:
        wait_until(f"{self.name} to be gone", lambda: (self.get() is None, self.get()), seconds)

    def send_away(self) -> None:
        """Remove it without ceremony, if it is there."""
        if self.get() is not None:
            self.stop(force=True)
            self.kubectl.must("delete", self.resource, self.name, "--wait=false")

    def stats(self) -> Manifest:
        """The job's ``/stats``."""
        return self.kubectl.raw(
            f"/api/v1/namespaces/{self.kubectl.namespace}/pods/{self.pod_name}:8080/proxy/stats"
        )

    def wait_for_records(self, more_than: int, seconds: float = WAIT_SECONDS) -> int:
        """Wait until the job has counted more records than this; returns how many."""
        total = 0

        def look() -> tuple[bool, object]:
            nonlocal total
            total = self.stats()["job"]["total"]
            return total > more_than, total

        wait_until(f"{self.name} to count more than {more_than} records", look, seconds)
        return total

    def must_be_exact(self) -> int:
        """Nothing is lost and nothing doubled: the state equals one computed anew from the data file."""
        stats = self.stats()
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "zone_census" / "verify.py")],
            input=json.dumps(stats),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        total: int = stats["job"]["total"]
        return total

    def checkpoints(self) -> list[str]:
        """Ids of the checkpoints that status lists, the newest last."""
        details = child(self.status(), "storageStatusDetails")
        return [entry["uuid"] for entry in children(details, "checkpoints")]

    def last_checkpoint_records(self) -> int:
        """How many records the newest checkpoint holds."""
        records: int = self.status()["storageStatusDetails"]["checkpoints"][-1]["processedRecords"]
        return records

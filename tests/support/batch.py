"""A batch pipeline at work: its elements are shell scripts in the operator's own image."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sluice.api.json_values import children, texts
from support.kubectl import Manifest, wait_until
from support.pipeline import WAIT_SECONDS, PipelineAtWork

IMAGE = "sluice.dev/sluice:dev"
VOLUME: Manifest = {"size": "64Mi", "mountPath": "/data", "onDelete": "Delete"}
GRACE_SECONDS = 20


def element(name: str, script: str, *depends_on: str, **fields: Any) -> Manifest:
    """An element that runs a script."""
    given: Manifest = {"name": name, "args": [script], **fields}
    return {**given, "dependsOn": list(depends_on)} if depends_on else given


def template(**container: Any) -> Manifest:
    """A pod template whose container runs its argument as a script."""
    main: Manifest = {"name": "main", "image": IMAGE, "command": ["sh", "-c"], **container}
    pod: Manifest = {"securityContext": {"fsGroup": 65532}, "terminationGracePeriodSeconds": GRACE_SECONDS}
    return {"spec": {**pod, "containers": [main]}}


def batch_manifest(name: str, *elements: Manifest, **spec: Any) -> Manifest:
    """A batch pipeline with a shared volume."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {
            "desiredStatus": "Running",
            "elements": list(elements),
            "template": template(),
            "storage": VOLUME,
            **spec,
        },
    }


@dataclass(frozen=True)
class BatchAtWork(PipelineAtWork):
    """One batch pipeline in a test's namespace."""

    def run(self, *elements: Manifest, **spec: Any) -> None:
        """Apply it."""
        self.apply(batch_manifest(self.name, *elements, **spec))

    def cancel(self, *, force: bool = False) -> None:
        self.patch(desiredStatus="Canceled", force=force)

    def restart(self, token: str) -> Manifest:
        """Ask for the next run, and wait until it was begun."""
        self.request("restart", token)
        return self.wait_for_outcome("restart", token)

    def elements(self) -> dict[str, Manifest]:
        """Where its elements are, by name."""
        return {each["name"]: each for each in children(self.status(), "elements")}

    def where(self) -> dict[str, str]:
        return {name: each["status"] for name, each in self.elements().items()}

    def wait_for_element(
        self, name: str, is_so: Callable[[Manifest], bool], seconds: float = WAIT_SECONDS
    ) -> Manifest:
        """Wait until this is true of the element; returns it."""
        found: Manifest = {}

        def look() -> tuple[bool, object]:
            nonlocal found
            every = self.elements()
            found = every.get(name, {})
            return is_so(found), every

        wait_until(f"element {name} of {self.name}", look, seconds)
        return found

    def wait_for_running(self, *names: str, seconds: float = WAIT_SECONDS) -> None:
        for name in names:
            self.wait_for_element(name, lambda each: each.get("status") == "Running", seconds)

    def pods(self) -> list[Manifest]:
        """Pods of its elements that are there."""
        return self._own("pods")

    def jobs(self) -> list[Manifest]:
        return self._own("jobs")

    def logs(self) -> dict[str, str]:
        """The kept ends of logs, by element."""
        return {name: text for each in self._own("configmaps") for name, text in texts(each, "data").items()}

    def _own(self, kind: str) -> list[Manifest]:
        found: list[Manifest] = self.kubectl.get(kind, "-l", f"sluice.dev/name={self.name}")["items"]
        return found

    def send_away(self) -> None:
        """Remove it without ceremony, if it is there."""
        if self.get() is not None:
            self.cancel(force=True)
            self.kubectl.must("delete", self.resource, self.name, "--wait=false")


def told(elements: dict[str, Manifest]) -> str:
    """For messages of assertions."""
    return json.dumps(elements, indent=1)

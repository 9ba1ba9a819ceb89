"""Questions to the API server, by the kubectl that belongs to the cluster."""

import json
import string
from pathlib import Path
from typing import Any

from localkube.paths import MANIFESTS
from localkube.progress import LocalkubeError
from localkube.shell import run, succeeds


class Kubectl:
    """kubectl with its kubeconfig."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self._base = (program, f"--kubeconfig={kubeconfig}")

    def command(self, *arguments: str) -> list[str]:
        """Give the command line that runs kubectl."""
        return [*map(str, self._base), *arguments]

    def __call__(self, *arguments: str, log: Path | None = None) -> str:
        """Run kubectl and give its output."""
        return run(*self._base, *arguments, log=log)

    def works(self, *arguments: str, seconds: float = 10.0) -> bool:
        """Tell whether a call succeeds in time."""
        return succeeds(*self._base, *arguments, seconds=seconds)

    def get(self, *arguments: str) -> dict[str, Any]:
        """Read objects."""
        document: dict[str, Any] = json.loads(self("get", "--output=json", *arguments))
        return document

    def apply(self, text: str, scratch: Path) -> None:
        """Apply manifests by server-side apply."""
        scratch.write_text(text)
        try:
            self("apply", "--server-side", "--force-conflicts", f"--filename={scratch}")
        finally:
            scratch.unlink()

    def api_answers(self) -> bool:
        """Tell whether the API server is ready."""
        return self.works("get", "--raw=/readyz", "--request-timeout=3s", seconds=5)

    def ready_nodes(self) -> set[str]:
        """Name the nodes that report themselves ready."""
        try:
            nodes = self.get("nodes", "--request-timeout=5s")["items"]
        except LocalkubeError:
            return set()
        return {node["metadata"]["name"] for node in nodes if _is_ready(node)}


def manifest(name: str, **values: str) -> str:
    """Read one of the tool's own manifests and fill its blanks."""
    return string.Template((MANIFESTS / name).read_text()).substitute(values)


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node["status"].get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

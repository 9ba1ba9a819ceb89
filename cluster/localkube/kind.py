"""The same commands by way of kind, for machines where a Docker engine answers."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localkube.kubectl import Kubectl
from localkube.paths import Cache, cache_root
from localkube.progress import LocalkubeError, Progress
from localkube.shell import run
from localkube.toolchain import fetch_go, find_go
from localkube.versions import KIND

if TYPE_CHECKING:
    from localkube.embedded import Wishes


class KindCluster:
    """A cluster whose nodes are Docker containers."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def kubeconfig(self) -> Path:
        """Where the kubeconfig is written."""
        return cache_root() / "kind" / f"{self.name}.kubeconfig"

    @property
    def kubectl(self) -> Kubectl:
        """The kubectl on the path, or one that an embedded cluster left: kind brings none."""
        built = Cache.current().bin / "kubectl"
        program = shutil.which("kubectl") or (str(built) if built.exists() else None)
        if program is None:
            raise LocalkubeError(
                "kubectl is not on the path", hint="install it; kind does not bring it along"
            )
        return Kubectl(Path(program), self.kubeconfig)

    def up(self, wishes: "Wishes") -> None:
        """Make the cluster unless it is there; kind cannot change one that runs."""
        progress = Progress(2)
        with progress.step(f"looking for kind {KIND}"):
            kind = _find_kind()
        with progress.step("creating the kind cluster"):
            if self.name in run(kind, "get", "clusters").split():
                run(kind, "export", "kubeconfig", "--name", self.name, "--kubeconfig", self.kubeconfig)
                return
            self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(json.dumps(kind_config(wishes.nodes or 1, wishes.eviction_hard or {})))
                file.flush()
                arguments = ["--name", self.name, "--config", file.name, "--wait", "180s"]
                run(
                    kind, "create", "cluster", *arguments, "--kubeconfig", self.kubeconfig,
                    log=Cache.current().logs / "kind.log",
                    hint="Docker must be able to pull the node image; LOCALKUBE_ENGINE=embedded needs none",
                )  # fmt: skip

    def down(self) -> None:
        """Delete the cluster."""
        run(_find_kind(), "delete", "cluster", "--name", self.name)
        self.kubeconfig.unlink(missing_ok=True)

    def load_archive(self, archive: Path) -> None:
        """Give an image archive to every node."""
        run(_find_kind(), "load", "image-archive", archive, "--name", self.name)

    def report(self) -> dict[str, Any]:
        """Say how the cluster is."""
        ready = self.kubeconfig.is_file() and self.kubectl.api_answers()
        return {
            "cluster": self.name,
            "engine": "kind",
            "api": "ready" if ready else "down",
            "kubeconfig": str(self.kubeconfig),
        }


def kind_config(nodes: int, eviction_hard: dict[str, str]) -> dict[str, Any]:
    """Give kind's own configuration: the first node is the control plane and takes pods as well."""
    kubelet = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "evictionHard": eviction_hard,
    }
    config: dict[str, Any] = {
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "kind": "Cluster",
        "nodes": [{"role": "control-plane"}] + [{"role": "worker"}] * (nodes - 1),
    }
    if eviction_hard:
        config["kubeadmConfigPatches"] = [json.dumps(kubelet)]
    return config


def _find_kind() -> Path:
    """Find kind on the path or in the cache, else install the pinned version."""
    found = shutil.which("kind")
    if found:
        return Path(found)
    program = cache_root() / f"kind-{KIND}" / "kind"
    if not program.is_file():
        log = cache_root() / "kind" / "install.log"
        go = find_go() or fetch_go(log)
        environment = {
            "GOBIN": str(program.parent),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
            "PATH": os.environ["PATH"],
        }
        run(go, "install", f"sigs.k8s.io/kind@{KIND}", env=environment, log=log)
    return program

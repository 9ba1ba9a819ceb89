"""Which engine serves, and what both of them can do."""

import os
from pathlib import Path
from typing import Any, Protocol

from localkube.embedded import EmbeddedCluster, Wishes
from localkube.kind import KindCluster
from localkube.kubectl import Kubectl
from localkube.progress import LocalkubeError
from localkube.shell import succeeds


class Cluster(Protocol):
    """What the commands need of a cluster, whoever makes it."""

    @property
    def kubeconfig(self) -> Path:
        """Where the administrator's kubeconfig is, or will be."""
        ...

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for this cluster."""
        ...

    def up(self, wishes: Wishes) -> None:
        """Make the cluster be as asked."""
        ...

    def down(self) -> None:
        """Remove it."""
        ...

    def load_archive(self, archive: Path) -> None:
        """Give an image to every node."""
        ...

    def report(self) -> dict[str, Any]:
        """Say how the cluster is."""
        ...


def docker_answers() -> bool:
    """Tell whether a Docker engine serves here: a client program alone is not enough."""
    return succeeds("docker", "info", seconds=10)


def choose(engine: str, name: str) -> Cluster:
    """Give the cluster of that name: by kind where Docker answers, else embedded, or as demanded."""
    if engine == "kind" or (engine == "auto" and docker_answers()):
        return KindCluster(name)
    if os.geteuid() != 0:
        raise LocalkubeError(
            "the embedded cluster needs root",
            hint="run it as root, or start a Docker engine so that kind can serve",
        )
    return EmbeddedCluster(name)

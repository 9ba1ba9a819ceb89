"""Where things are: what is built once (the cache) and what belongs to a running cluster (its state).

The cache lies outside of the checkout, under a key that changes with anything that changes a build,
so that checkouts share it and never meet a stale program.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkube import versions

PACKAGE: Final = Path(__file__).resolve().parent
CLUSTER_FOLDER: Final = PACKAGE.parent
GO_SOURCES: Final = CLUSTER_FOLDER / "go"
MANIFESTS: Final = PACKAGE / "manifests"
STATE_ROOT: Final = Path("/var/lib/sluice-localkube")


def cache_root() -> Path:
    """The folder of every cached build."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "sluice" / "localkube"


def stable_kubectl() -> Path:
    """The kubectl of the cluster that was started last."""
    return cache_root() / "bin" / "kubectl"


def build_key(sources: Path = GO_SOURCES, pinned: Mapping[str, object] | None = None) -> str:
    """A short hash over the pinned versions and the Go sources; comments on versions do not count."""
    constants = vars(versions) if pinned is None else pinned
    pins = {name: repr(value) for name, value in constants.items() if name.isupper()}
    digest = hashlib.sha256(json.dumps(pins, sort_keys=True).encode())
    for file in _go_files(sources):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _go_files(sources: Path) -> Iterable[Path]:
    wanted = (file for file in sources.rglob("*") if file.suffix in {".go", ".mod", ".sum"})
    return sorted(wanted, key=lambda file: file.relative_to(sources).as_posix())


@dataclass(frozen=True)
class Cache:
    """The folder of one build."""

    root: Path

    @classmethod
    def current(cls) -> "Cache":
        """The cache that fits the sources as they are now."""
        return cls(cache_root() / build_key())

    @property
    def bin(self) -> Path:
        """Programs, kubectl among them."""
        return self.root / "bin"

    @property
    def images(self) -> Path:
        """Image layouts, one folder each."""
        return self.root / "images"

    @property
    def logs(self) -> Path:
        """Logs of builds."""
        return self.root / "logs"


@dataclass(frozen=True)
class State:
    """The folder of one running cluster: everything in it goes when the cluster goes."""

    name: str

    @property
    def root(self) -> Path:
        """The folder itself."""
        return STATE_ROOT / self.name

    @property
    def settings(self) -> Path:
        """What the cluster was started with; written last, so that its absence tells an unfinished start."""
        return self.root / "settings.json"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's way in."""
        return self.root / "kubeconfig"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        """One log file a daemon."""
        return self.root / "logs"

    @property
    def audit_log(self) -> Path:
        """Every request that the API server answered."""
        return self.logs / "audit.log"

    @property
    def control(self) -> Path:
        """Files of the control plane."""
        return self.root / "control"

    @property
    def volumes(self) -> Path:
        """The directories behind persistent volumes, by node."""
        return self.root / "volumes"

    def node(self, name: str) -> Path:
        """Files of one node."""
        return self.root / "nodes" / name

    def containerd_socket(self, node: str) -> Path:
        """Where a node's containerd answers, also from the host."""
        return self.node(node) / "containerd.sock"

    def nodes(self) -> list[str]:
        """The names of the nodes made so far, in order."""
        folder = self.root / "nodes"
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return sorted(names, key=node_number)


def node_name(number: int) -> str:
    """The name of a node; nodes are counted from 1."""
    return f"node-{number}"


def node_number(name: str) -> int:
    """The number in a node's name."""
    return int(name.rpartition("-")[2])

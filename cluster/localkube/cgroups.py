"""The cluster's own control groups, in both versions: made before the kubelets, removed after them."""

import contextlib
import time
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/mounts")
_V2_CONTROLLERS: Final = ("cpu", "cpuset", "memory", "pids", "io", "hugetlb")
_REMOVAL_SECONDS: Final = 10.0


def cgroup_root(cluster: str, node: str = "") -> str:
    """Give the control group of a cluster or of one of its nodes, as the kubelet takes it."""
    return f"/localkube-{cluster}" + (f"/{node}" if node else "")


def make_cgroups(path: str) -> None:
    """Make the control group in every hierarchy."""
    for hierarchy, kind in hierarchies(_MOUNTS.read_text()):
        folder = hierarchy
        for part in Path(path).parts[1:]:
            if kind == "cgroup2":
                _delegate(folder)
            folder = folder / part
            folder.mkdir(exist_ok=True)
            _inherit_cpuset(folder)
        if kind == "cgroup2":
            _delegate(folder)


def remove_cgroups(path: str) -> None:
    """Remove the control group with all below it; the kernel may need a moment after the last process."""
    for hierarchy in mounted(_MOUNTS.read_text()):
        top = hierarchy / path.lstrip("/")
        deadline = time.monotonic() + _REMOVAL_SECONDS
        while top.is_dir() and time.monotonic() < deadline:
            for folder in sorted((f for f in top.rglob("*") if f.is_dir()), reverse=True):
                with contextlib.suppress(OSError):
                    folder.rmdir()
            with contextlib.suppress(OSError):
                top.rmdir()
            if top.is_dir():
                time.sleep(0.1)


def hierarchies(mounts: str) -> list[tuple[Path, str]]:
    """Read the hierarchies that count: all of version 1, also that without a controller; else version 2."""
    found = mounted(mounts)
    if "cgroup" in found.values():
        return [(where, kind) for where, kind in found.items() if kind == "cgroup"]
    return list(found.items())


def mounted(mounts: str) -> dict[Path, str]:
    """Read every mounted hierarchy: container runtimes use them all, also where both versions are mixed."""
    fields = [line.split() for line in mounts.splitlines()]
    return {Path(where): kind for _, where, kind, *_ in fields if kind in {"cgroup", "cgroup2"}}


def _inherit_cpuset(folder: Path) -> None:
    """A new group of version 1 has no processors and takes no process before it is given some."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        own, above = folder / file, folder.parent / file
        if own.exists() and above.exists() and not own.read_text().strip():
            own.write_text(above.read_text())


def _delegate(folder: Path) -> None:
    available = (folder / "cgroup.controllers").read_text().split()
    for controller in _V2_CONTROLLERS:
        if controller in available:
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")

"""The embedded cluster: a control plane and nodes in private namespaces of this machine."""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localkube import namespaces
from localkube.addresses import plan_for
from localkube.cgroups import cgroup_root, remove_cgroups
from localkube.control_plane import api_server_url
from localkube.control_start import ControlPlane
from localkube.host import load_kernel_modules, make_mount_points, remove_mount_points
from localkube.images import layout_folder, open_archive
from localkube.kubectl import Kubectl, manifest
from localkube.node import Node
from localkube.packages import install_packages, missing_packages
from localkube.paths import STATE_ROOT, Cache, State, node_name, stable_kubectl
from localkube.progress import LocalkubeError, Progress, wait_until
from localkube.shell import run, succeeds
from localkube.system_images import SYSTEM_IMAGES, make_system_images, missing_images
from localkube.toolchain import build, fetch_go, find_go, missing_builds
from localkube.versions import COREDNS_IMAGE


@dataclass(frozen=True)
class Wishes:
    """What ``up`` was asked for; None leaves what is."""

    nodes: int | None = None
    eviction_hard: dict[str, str] | None = None


class EmbeddedCluster:
    """Brings the cluster up and down, and answers for it."""

    def __init__(self, name: str) -> None:
        self.state = State(name)
        self.plan = plan_for(name)
        started_with = self._read_settings().get("cache")
        self.cache = Cache(Path(started_with)) if started_with else Cache.current()

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for this cluster."""
        return Kubectl(self.cache.bin / "kubectl", self.state.kubeconfig)

    @property
    def kubeconfig(self) -> Path:
        """Where the kubeconfig is."""
        return self.state.kubeconfig

    def node(self, name: str) -> Node:
        """A node that exists."""
        if name not in self.state.nodes():
            known = ", ".join(self.state.nodes()) or "none"
            raise LocalkubeError(f"there is no node {name} (there is: {known})")
        return Node(name, self.state, self.cache, self.plan)

    def up(self, wishes: Wishes) -> None:
        """Make the cluster be as asked, from whatever state it is in."""
        if self._is_healthy():
            self._adjust(wishes)
            return
        self._require_free_addresses()
        settings = self._read_settings()
        self.cache = Cache.current()
        nodes = wishes.nodes or settings.get("nodes", 1)
        eviction = settings.get("eviction_hard", {}) if wishes.eviction_hard is None else wishes.eviction_hard
        built = self._is_built()
        progress = Progress(5 if built else 8 + len(missing_builds(self.cache)))
        if not built:
            self._build(progress)
        with progress.step("removing what an earlier cluster left, if anything"):
            self.down()
        self._start(progress, nodes, eviction)

    def down(self) -> None:
        """Remove the cluster with everything that it made."""
        namespaces.end_supervisors(self.state.root)
        if succeeds("ip", "link", "show", "dev", self.plan.host_interface):
            run("ip", "link", "delete", "dev", self.plan.host_interface)
        remove_cgroups(cgroup_root(self.state.name))
        shutil.rmtree(self.state.root, ignore_errors=True)
        if self.state.root.exists():
            raise LocalkubeError(
                f"{self.state.root} cannot be removed", hint=f"see `grep {STATE_ROOT} /proc/mounts`"
            )
        remove_mount_points()

    def load_archive(self, archive: Path) -> None:
        """Import an image archive into every node that runs."""
        for node in self.running_nodes():
            with open_archive(archive) as stream:
                node.load(stream)

    def load_layout(self, layout: Path) -> None:
        """Import an image layout into every node that runs."""
        for node in self.running_nodes():
            node.load_layout(layout)

    def running_nodes(self) -> list[Node]:
        """The nodes that are switched on."""
        nodes = [self.node(name) for name in self.state.nodes()]
        return [node for node in nodes if node.condition() != "off"]

    def daemons(self) -> dict[str, str]:
        """Say of every daemon whether it runs; those of a node carry the node's name."""
        found: dict[str, str] = {}
        folders = {
            "": self.state.control,
            **{f"{name}/": self.state.node(name) for name in self.state.nodes()},
        }
        for prefix, folder in folders.items():
            if namespaces.find_supervisor(folder) is None:
                continue
            for name, status in namespaces.daemon_status(folder).items():
                if name not in self.state.nodes():
                    again = f", started {status['starts']} times" if status["starts"] > 1 else ""
                    found[prefix + name] = ("running" if status["pid"] else "down") + again
        return found

    def report(self) -> dict[str, Any]:
        """Say how the cluster is."""
        exists = self.state.settings.is_file()
        return {
            "cluster": self.state.name,
            "engine": "embedded",
            "api": "ready" if exists and self.kubectl.api_answers() else "down",
            "server": api_server_url(self.plan),
            "kubeconfig": str(self.state.kubeconfig),
            "kubectl": str(stable_kubectl()),
            "logs": str(self.state.logs),
            "audit log": str(self.state.audit_log),
            "cluster network": str(self.plan.cluster),
            "service network": str(self.plan.services),
            "host as pods see it": str(self.plan.host),
            "nodes": {name: self.node(name).condition() for name in self.state.nodes()},
            "daemons": self.daemons(),
        }

    def _require_free_addresses(self) -> None:
        """Two clusters with the same addresses would break each other without a word."""
        names = [entry.name for entry in STATE_ROOT.iterdir()] if STATE_ROOT.is_dir() else []
        for other in sorted(set(names) - {self.state.name}):
            if plan_for(other) == self.plan:
                raise LocalkubeError(
                    f"the cluster {other} has the addresses that {self.state.name} would get",
                    hint=f"choose another name than {self.state.name}, or take {other} down first",
                )

    def _is_built(self) -> bool:
        return not (missing_packages() or missing_builds(self.cache) or missing_images(self.cache))

    def _build(self, progress: Progress) -> None:
        self.cache.logs.mkdir(parents=True, exist_ok=True)
        with progress.step("installing the Debian packages that are missing"):
            install_packages(missing_packages(), self.cache.logs / "packages.log")
        with progress.step("looking for a Go toolchain"):
            go = find_go() or fetch_go(self.cache.logs / "go.log")
        for what in missing_builds(self.cache):
            with progress.step(f"building {what.output} from its Go modules{what.patience}"):
                build(go, what, self.cache)
        with progress.step("making the cluster's own images"):
            make_system_images(self.cache)

    def _start(self, progress: Progress, nodes: int, eviction: dict[str, str]) -> None:
        load_kernel_modules()
        self.state.logs.mkdir(parents=True)
        make_mount_points()
        control = ControlPlane(self.state, self.cache, self.plan)
        with progress.step("making keys and certificates"):
            control.make_credentials()
        with progress.step("starting the control plane"):
            control.start(self.kubectl.api_answers)
        with progress.step("starting the nodes and loading their images"):
            for number in range(1, nodes + 1):
                self._add_node(number, eviction)
            self._apply_manifests()
        with progress.step("waiting for nodes and cluster DNS"):
            self._wait_for_nodes()
        self._write_settings(nodes, eviction)
        self._link_kubectl()

    def _link_kubectl(self) -> None:
        """Put kubectl where its path does not change with the sources."""
        link = stable_kubectl()
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(self.cache.bin / "kubectl")

    def _add_node(self, number: int, eviction: dict[str, str]) -> None:
        node = Node(node_name(number), self.state, self.cache, self.plan)
        node.create(eviction)
        node.boot()
        for image in SYSTEM_IMAGES:
            node.load_layout(layout_folder(self.cache.images, image))
        node.release_kubelet()

    def _apply_manifests(self) -> None:
        text = manifest("dns.yaml", coredns_image=COREDNS_IMAGE, dns_service=str(self.plan.dns_service))
        self.kubectl.apply(text + "\n---\n" + manifest("storage.yaml"), self.state.root / "manifests.yaml")

    def _wait_for_nodes(self) -> None:
        expected = set(self.state.nodes())
        log = self.state.logs / "node-1-kubelet.log"
        wait_until(
            lambda: expected <= self.kubectl.ready_nodes(),
            seconds=90,
            what="not every node became ready",
            log=log,
        )
        rollout = ("rollout", "status", "deployment/coredns", "--namespace=kube-system", "--timeout=60s")
        if not self.kubectl.works(*rollout, seconds=65):
            raise LocalkubeError(
                "the cluster DNS did not become ready", hint="see the events of kube-system", log=log
            )

    def _is_healthy(self) -> bool:
        """Tell whether the cluster was started to the end and all of it still runs (nodes apart)."""
        if not self._read_settings() or namespaces.find_supervisor(self.state.control) is None:
            return False
        return self._is_built() and self.kubectl.api_answers()

    def _adjust(self, wishes: Wishes) -> None:
        """Change a running cluster: bring nodes back, add nodes, set eviction thresholds."""
        settings = self._read_settings()
        eviction: dict[str, str] = settings["eviction_hard"]
        stopped = [name for name in self.state.nodes() if self.node(name).condition() != "running"]
        new = range(len(self.state.nodes()) + 1, (wishes.nodes or 0) + 1)
        changed = wishes.eviction_hard is not None and wishes.eviction_hard != eviction
        progress = Progress(bool(stopped) + bool(new) + changed + 1)
        if changed and wishes.eviction_hard is not None:
            eviction = wishes.eviction_hard
            with progress.step("giving the kubelets other eviction thresholds"):
                for node in self.running_nodes():
                    node.write_config(eviction)
                    node.restart_kubelet()
        if stopped:
            with progress.step(f"bringing back {', '.join(stopped)}"):
                for name in stopped:
                    self.node(name).bring_back()
        if new:
            with progress.step(f"adding {', '.join(map(node_name, new))}"):
                for number in new:
                    self._add_node(number, eviction)
        with progress.step("waiting for nodes and cluster DNS"):
            self._wait_for_nodes()
        self._write_settings(len(self.state.nodes()), eviction)

    def _read_settings(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            settings: dict[str, Any] = json.loads(self.state.settings.read_text())
            return settings
        return {}

    def _write_settings(self, nodes: int, eviction: dict[str, str]) -> None:
        unfinished = self.state.root / f".settings.{os.getpid()}"
        unfinished.write_text(
            json.dumps({"nodes": nodes, "eviction_hard": eviction, "cache": str(self.cache.root)})
        )
        unfinished.rename(self.state.settings)

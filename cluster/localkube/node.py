"""One node of the embedded cluster: making it, cutting it off, switching it off, and bringing it back."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from localkube import namespaces
from localkube.addresses import AddressPlan
from localkube.certificates import Pki, make_node_certificate
from localkube.cgroups import cgroup_root, make_cgroups
from localkube.control_plane import api_server_url
from localkube.images import pack_layout
from localkube.node_config import NodeConfig
from localkube.paths import Cache, State, node_number
from localkube.progress import LocalkubeError, wait_until
from localkube.shell import run, succeeds
from localkube.supervisor import Daemon

_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Node:
    """A node by its name."""

    name: str
    state: State
    cache: Cache
    plan: AddressPlan

    @property
    def folder(self) -> Path:
        """The node's own files, which its supervisor reads as well."""
        return self.state.node(self.name)

    @property
    def log(self) -> Path:
        """What the node's supervisor says."""
        return self.state.logs / f"{self.name}-supervisor.log"

    @property
    def cable_end(self) -> str:
        """The name of the node's network interface on the control plane's side."""
        return f"to-{self.name}"

    def create(self, eviction_hard: dict[str, str]) -> None:
        """Write everything that the node reads, once in its life."""
        pki = Pki(self.state.pki)
        make_node_certificate(pki, self.name, self.plan.node(node_number(self.name)))
        for folder in ("cni/conf", "cni/state", "kubelet", "pod-logs", "volume-plugins", "containerd"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        (self.state.volumes / self.name).mkdir(parents=True, exist_ok=True)
        config = self.write_config(eviction_hard)
        server = api_server_url(self.plan)
        (self.folder / "kubelet.kubeconfig").write_text(pki.kubeconfig(self.name, server))
        (self.folder / "kube-proxy.kubeconfig").write_text(pki.kubeconfig("kube-proxy", server))
        daemons = config.daemons(self.cache)
        # The kubelet must not start a pod before the image of the pods' first container is there.
        namespaces.prepare_supervisor(
            self.folder, link="eth0", commands=config.setup(), daemons=daemons, held=["kubelet"]
        )

    def write_config(self, eviction_hard: dict[str, str]) -> NodeConfig:
        """Write the daemons' configuration files."""
        cgroup = cgroup_root(self.state.name, self.name)
        snapshotter = "overlayfs" if overlay_works(self.folder) else "native"
        config = NodeConfig(self.name, self.state, self.plan, cgroup, eviction_hard, snapshotter)
        for file, content in config.files().items():
            (self.folder / file).write_text(content)
        return config

    def boot(self) -> None:
        """Start the node's namespaces under the control plane's supervisor, and lay its cable."""
        make_cgroups(cgroup_root(self.state.name, self.name))
        control = self._control_pid()
        namespaces.release(self.state.control, self.name)
        if self.name not in namespaces.daemon_status(self.state.control):
            command = namespaces.supervisor_command(self.folder)
            namespaces.add_daemon(
                self.state.control, Daemon(self.name, command, str(self.log), restart=False)
            )
        pid = namespaces.wait_for_supervisor(self.folder, self.log)
        namespaces.cable(pid, "eth0", control, self.cable_end)
        self._plug_in(control)
        socket = self.state.containerd_socket(self.name)
        wait_until(
            lambda: socket.exists() and succeeds("ctr", f"--address={socket}", "version"),
            seconds=30,
            what=f"containerd of {self.name} did not answer",
            log=self.state.logs / f"{self.name}-containerd.log",
        )

    def release_kubelet(self) -> None:
        """Let the kubelet start."""
        namespaces.release(self.folder, "kubelet")

    def restart_kubelet(self) -> None:
        """Make the kubelet read its configuration again; running pods go on."""
        namespaces.hold_daemon(self.folder, "kubelet")
        namespaces.release_daemon(self.folder, "kubelet")

    def cut_off(self) -> None:
        """Pull the network cable: the pods go on, and nobody can reach them or the kubelet."""
        namespaces.in_network(self._control_pid(), "ip", "link", "set", self.cable_end, "down")

    def switch_off(self) -> None:
        """Kill everything on the node at once, as a power failure does; its disk stays."""
        namespaces.hold_daemon(self.state.control, self.name, kill=True)

    def bring_back(self) -> None:
        """Plug the cable in again, after booting the node if it is off."""
        if namespaces.find_supervisor(self.folder) is None:
            namespaces.hold_daemon(self.state.control, self.name, kill=True)
            self.boot()
        else:
            self._plug_in(self._control_pid())

    def condition(self) -> str:
        """Say in one word how the node is, as seen from the machine and not from Kubernetes."""
        if namespaces.find_supervisor(self.folder) is None:
            return "off"
        control = namespaces.find_supervisor(self.state.control)
        if control is None:
            return "off"
        shown = run(
            "nsenter", "--net", f"--target={control}", "ip", "-oneline", "link", "show", "dev", self.cable_end
        )
        return "running" if "UP" in shown.partition("<")[2].partition(">")[0].split(",") else "cut off"

    def load(self, archive: IO[bytes]) -> None:
        """Import an image archive into the node's containerd."""
        with self._importing() as sink:
            shutil.copyfileobj(archive, sink, _CHUNK)

    def load_layout(self, layout: Path) -> None:
        """Import an image layout, sending only the blobs that the node does not have yet."""
        present = run(*self._ctr(), "content", "list", "--quiet").split()
        with self._importing() as sink:
            pack_layout(layout, sink, without=frozenset(digest.partition(":")[2] for digest in present))

    @contextlib.contextmanager
    def _importing(self) -> Generator[IO[bytes]]:
        command = [*self._ctr(), "images", "import", f"--snapshotter={self._snapshotter()}", "-"]
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said)
            sink = cast("IO[bytes]", process.stdin)
            try:
                with contextlib.suppress(BrokenPipeError):
                    yield sink
            except BaseException:
                process.kill()
                raise
            finally:
                with contextlib.suppress(BrokenPipeError):
                    sink.close()
            if process.wait() != 0:
                said.seek(0)
                raise LocalkubeError(
                    f"{self.name} cannot import the image: {said.read().decode(errors='replace').strip()}",
                    hint="the archive must be one of `docker save`, or an OCI image layout in a tar file",
                )

    def _ctr(self) -> list[str]:
        return ["ctr", f"--address={self.state.containerd_socket(self.name)}", "--namespace=k8s.io"]

    def _snapshotter(self) -> str:
        return "native" if '"native"' in (self.folder / "containerd.toml").read_text() else "overlayfs"

    def _plug_in(self, control: int) -> None:
        number = node_number(self.name)
        namespaces.in_network(control, "ip", "link", "set", self.cable_end, "master", "nodes", "up")
        route = (str(self.plan.pods(number)), "via", str(self.plan.node(number)))
        namespaces.in_network(control, "ip", "route", "replace", *route)

    def _control_pid(self) -> int:
        pid = namespaces.find_supervisor(self.state.control)
        if pid is None:
            raise LocalkubeError("the control plane does not run", hint="`localkube up` repairs it")
        return pid


def overlay_works(folder: Path) -> bool:
    """Tell whether a folder's file system can carry overlay mounts; one that is an overlay cannot."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        lower, upper, work, merged = (Path(scratch) / part for part in ("lower", "upper", "work", "merged"))
        for part in (lower, upper, work, merged):
            part.mkdir()
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        if not succeeds("mount", "-t", "overlay", "overlay", "-o", options, merged):
            return False
        run("umount", merged)
        with contextlib.suppress(OSError):
            shutil.rmtree(work)
        return True

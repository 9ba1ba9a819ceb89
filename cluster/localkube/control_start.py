"""Starting the control plane: its credentials, its namespaces, and the host's way in."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from localkube import namespaces
from localkube.addresses import AddressPlan
from localkube.certificates import Pki, make_cluster_certificates
from localkube.control_plane import NEED_API, api_server_url, control_daemons
from localkube.node_config import kube_proxy
from localkube.paths import Cache, State
from localkube.progress import wait_until
from localkube.shell import run


@dataclass(frozen=True)
class ControlPlane:
    """The control plane of one cluster."""

    state: State
    cache: Cache
    plan: AddressPlan

    def make_credentials(self) -> None:
        """Make the keys, the certificates, and the kubeconfig of every component."""
        pki, server = Pki(self.state.pki), api_server_url(self.plan)
        make_cluster_certificates(pki, self.plan)
        self.state.control.mkdir()
        for who in ("kube-controller-manager", "kube-scheduler", "kube-proxy", "volume-provisioner"):
            (self.state.control / f"{who}.kubeconfig").write_text(pki.kubeconfig(who, server))
        self.state.kubeconfig.touch(mode=0o600)
        self.state.kubeconfig.write_text(pki.kubeconfig("admin", server))

    def start(self, api_answers: Callable[[], bool]) -> None:
        """Start the daemons in their namespaces, lay the host's cable, and wait for the API server."""
        folder, plan = self.state.control, self.plan
        proxy = kube_proxy(plan, plan.control, str(folder / "kube-proxy.kubeconfig"))
        (folder / "kube-proxy.json").write_text(json.dumps(proxy))
        daemons = control_daemons(self.state, self.cache, plan)
        commands = self._setup()
        namespaces.prepare_supervisor(folder, link="eth0", commands=commands, daemons=daemons, held=NEED_API)
        log = self.state.logs / "control-supervisor.log"
        namespaces.start_supervisor(folder, log)
        pid = namespaces.wait_for_supervisor(folder, log)
        link = plan.host_interface
        namespaces.cable(pid, "eth0", None, link)
        run("ip", "address", "add", f"{plan.host}/{plan.host_link.prefixlen}", "dev", link)
        run("ip", "link", "set", link, "up")
        for target in (plan.cluster, plan.services):
            run("ip", "route", "add", str(target), "via", str(plan.gateway))
        log = self.state.logs / "kube-apiserver.log"
        wait_until(api_answers, seconds=90, what="the API server was not ready", log=log)
        for name in NEED_API:
            namespaces.release(folder, name)

    def _setup(self) -> list[list[str]]:
        plan = self.plan
        nodes = f"{plan.control}/{plan.node_network.prefixlen}"
        switches = ("net/ipv4/ip_forward=1", "net/ipv4/conf/all/send_redirects=0")
        return [
            ["mount", "--make-rshared", "/"],
            ["ip", "link", "set", "lo", "up"],
            ["ip", "address", "add", f"{plan.gateway}/{plan.host_link.prefixlen}", "dev", "eth0"],
            ["ip", "link", "set", "eth0", "up"],
            ["ip", "link", "add", "name", "nodes", "type", "bridge"],
            ["ip", "address", "add", nodes, "dev", "nodes"],
            ["ip", "link", "set", "nodes", "up"],
            ["ip", "route", "add", str(plan.services), "dev", "nodes"],
            *(["sh", "-c", "echo {1} > /proc/sys/{0}".format(*switch.split("="))] for switch in switches),
        ]

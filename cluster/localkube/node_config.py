"""What a node's daemons are told: containerd, the pod network, the kubelet and kube-proxy.

Every path that these programs would otherwise share with the host is moved into the node's own
folder or onto the private ``/run`` of its mount namespace.
"""

import json
import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Final

from localkube.addresses import AddressPlan
from localkube.paths import Cache, State, node_number
from localkube.progress import LocalkubeError
from localkube.supervisor import Daemon
from localkube.versions import PAUSE_IMAGE

_SIGNALS: Final = (
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "containerfs.available",
    "containerfs.inodesFree",
    "pid.available",
)


def parse_eviction(text: str) -> dict[str, str]:
    """Read thresholds as the kubelet's own flag has them: ``memory.available<500Mi,nodefs.available<5%``."""
    thresholds: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = re.fullmatch(r"([A-Za-z.]+)<([0-9.]+(?:%|[KMGT]i?)?)", part)
        if found is None or found[1] not in _SIGNALS:
            raise LocalkubeError(
                f"{part!r} is no eviction threshold",
                hint=f"write SIGNAL<QUANTITY; signals: {', '.join(_SIGNALS)}",
            )
        thresholds[found[1]] = found[2]
    return thresholds


@dataclass(frozen=True)
class NodeConfig:
    """Renders every file of one node."""

    name: str
    state: State
    plan: AddressPlan
    cgroup_root: str
    eviction_hard: dict[str, str]
    snapshotter: str = "overlayfs"

    @property
    def address(self) -> IPv4Address:
        """The node's own address."""
        return self.plan.node(node_number(self.name))

    def files(self) -> dict[str, str]:
        """Give the content of each file, by its path under the node's folder."""
        return {
            "containerd.toml": self.containerd(),
            "cni/conf/10-localkube.conflist": json.dumps(self.pod_network(), indent=1),
            "kubelet.json": json.dumps(self.kubelet(), indent=1),
            "kube-proxy.json": json.dumps(
                kube_proxy(self.plan, self.address, self._path("kube-proxy.kubeconfig"))
            ),
            "resolv.conf": "# Pods that ask for the node's name servers get none: nothing is outside.\n",
        }

    def containerd(self) -> str:
        """Give containerd's configuration; the machine may forbid lowering OOM scores, so it must not try."""
        return f"""version = 2
root = "{self._path("containerd")}"
state = "/run/containerd"
oom_score = 0
[grpc]
  address = "{self.state.containerd_socket(self.name)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{self._path("containerd-opt")}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{self._path("cni/conf")}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{self.snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
"""

    def pod_network(self) -> dict[str, Any]:
        """Give the bridge that the node's pods are on. There is no masquerading: pod addresses are routed."""
        subnet = str(self.plan.pods(node_number(self.name)))
        bridge = {
            "type": "bridge",
            "bridge": "pods",
            "isGateway": True,
            "hairpinMode": True,
            "ipMasq": False,
            "ipam": {
                "type": "host-local",
                "dataDir": "/var/lib/cni/networks",
                "ranges": [[{"subnet": subnet}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
        return {"cniVersion": "1.0.0", "name": "localkube", "plugins": [bridge, portmap]}

    def kubelet(self) -> dict[str, Any]:
        """Give the kubelet's configuration; JSON is YAML."""
        pki = self.state.pki
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": str(self.address),
            "tlsCertFile": str(pki / f"{self.name}.crt"),
            "tlsPrivateKeyFile": str(pki / f"{self.name}.key"),
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(pki / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "containerRuntimeEndpoint": f"unix://{self.state.containerd_socket(self.name)}",
            "clusterDNS": [str(self.plan.dns_service)],
            "clusterDomain": "cluster.local",
            "resolvConf": self._path("resolv.conf"),
            "podLogsDir": self._path("pod-logs"),
            "volumePluginDir": self._path("volume-plugins"),
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": self.cgroup_root,
            "failCgroupV1": False,
            "failSwapOn": False,
            "makeIPTablesUtilChains": False,
            "enforceNodeAllocatable": [],
            "evictionHard": self.eviction_hard,
            "imageGCHighThresholdPercent": 100,
            "kubeAPIQPS": 200,
            "kubeAPIBurst": 400,
            "registryPullQPS": 0,
        }

    def daemons(self, cache: Cache) -> list[Daemon]:
        """Give the node's daemons in the order of their start."""
        commands = {
            "containerd": ["/usr/bin/containerd", "--config", self._path("containerd.toml")],
            "kubelet": [
                str(cache.bin / "kubelet"),
                f"--config={self._path('kubelet.json')}",
                f"--kubeconfig={self._path('kubelet.kubeconfig')}",
                f"--root-dir={self._path('kubelet')}",
                f"--cert-dir={self._path('kubelet/pki')}",
                f"--hostname-override={self.name}",
                f"--node-ip={self.address}",
            ],
            "kube-proxy": [
                str(cache.bin / "kube-proxy"),
                f"--config={self._path('kube-proxy.json')}",
                f"--hostname-override={self.name}",
            ],
        }
        logs = self.state.logs
        return [Daemon(name, argv, str(logs / f"{self.name}-{name}.log")) for name, argv in commands.items()]

    def setup(self) -> list[list[str]]:
        """Give the commands that prepare the node's namespaces, as a machine's boot would."""
        bridges = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables")
        return [
            ["mount", "--make-rshared", "/"],
            ["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"],
            ["mkdir", "/run/lock", "/run/containerd"],
            ["mount", "--bind", self._path("cni/state"), "/var/lib/cni"],
            ["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/var/log"],
            ["ip", "link", "set", "lo", "up"],
            ["ip", "address", "add", f"{self.address}/{self.plan.node_network.prefixlen}", "dev", "eth0"],
            ["ip", "link", "set", "eth0", "up"],
            ["ip", "route", "add", str(self.plan.cluster), "via", str(self.plan.control)],
            ["ip", "route", "add", str(self.plan.services), "via", str(self.plan.control)],
            *(["sh", "-c", f"echo 1 > /proc/sys/{key.replace('.', '/')}"] for key in bridges),
        ]

    def _path(self, relative: str) -> str:
        return str(self.state.node(self.name) / relative)


def kube_proxy(plan: AddressPlan, address: IPv4Address, kubeconfig: str) -> dict[str, Any]:
    """Give kube-proxy's configuration; it leaves the kernel's connection tracking limits alone."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": kubeconfig},
        "clusterCIDR": str(plan.cluster),
        "bindAddress": "127.0.0.1",
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "nodePortAddresses": [f"{address}/32"],
        "conntrack": {"maxPerCore": 0, "min": 0},
    }

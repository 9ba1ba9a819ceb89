"""The command lines of the control plane's daemons."""

from typing import Final

from localkube.addresses import AddressPlan
from localkube.paths import MANIFESTS, Cache, State
from localkube.supervisor import Daemon

API_PORT: Final = 6443
# These end at once, and with much noise, where the API server does not answer yet.
NEED_API: Final = ("kube-controller-manager", "kube-scheduler", "volume-provisioner", "kube-proxy")
_ETCD: Final = "http://127.0.0.1:2379"
_ISSUER: Final = "https://kubernetes.default.svc.cluster.local"


def api_server_url(plan: AddressPlan) -> str:
    """Where the API server answers, from the host and from every node."""
    return f"https://{plan.control}:{API_PORT}"


def control_daemons(state: State, cache: Cache, plan: AddressPlan) -> list[Daemon]:
    """Give all daemons of the control plane's namespaces, in the order of their start."""
    commands = {
        "etcd": _etcd(state),
        "kube-apiserver": _api_server(state, plan),
        "kube-controller-manager": _controller_manager(state),
        "kube-scheduler": _scheduler(state),
        "volume-provisioner": _volume_provisioner(state),
        "kube-proxy": [f"--config={state.control / 'kube-proxy.json'}"],
    }
    return [
        Daemon(name, [str(cache.bin / name), *arguments], str(state.logs / f"{name}.log"))
        for name, arguments in commands.items()
    ]


def _etcd(state: State) -> list[str]:
    return [
        "--name=localkube",
        f"--data-dir={state.control / 'etcd'}",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=localkube=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    ]


def _api_server(state: State, plan: AddressPlan) -> list[str]:
    pki = state.pki
    return [
        f"--etcd-servers={_ETCD}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={plan.control}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={plan.services}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={pki / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        f"--requestheader-client-ca-file={pki / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy.key'}",
        f"--audit-policy-file={MANIFESTS / 'audit-policy.yaml'}",
        f"--audit-log-path={state.audit_log}",
        "--audit-log-maxsize=500",
        "--audit-log-maxbackup=2",
    ]


def _controller_manager(state: State) -> list[str]:
    kubeconfig = state.control / "kube-controller-manager.kubeconfig"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={state.pki / 'service-accounts.key'}",
        f"--root-ca-file={state.pki / 'ca.crt'}",
        f"--cluster-signing-cert-file={state.pki / 'ca.crt'}",
        f"--cluster-signing-key-file={state.pki / 'ca.key'}",
        # With the default limits, benchmarks would measure these instead of what they are about.
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
        "--concurrent-statefulset-syncs=50",
        "--concurrent-job-syncs=50",
        "--concurrent-gc-syncs=50",
    ]


def _scheduler(state: State) -> list[str]:
    kubeconfig = state.control / "kube-scheduler.kubeconfig"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
    ]


def _volume_provisioner(state: State) -> list[str]:
    return [f"--kubeconfig={state.control / 'volume-provisioner.kubeconfig'}", f"--root={state.volumes}"]

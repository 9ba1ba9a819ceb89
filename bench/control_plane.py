"""An API server of the run's own, with the controllers that set the floor."""

import http.client
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from bench.builds import Programs
from bench.isolation import ADDRESS, SERVER
from bench.processes import Processes
from localkube.certificates import Pki, Subject

OPERATOR_USER: Final = "system:serviceaccount:sluice-system:sluice-operator"
READY_SECONDS: Final = 60.0
COMPONENTS: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")

_ETCD: Final = "http://127.0.0.1:2379"
_CLIENTS: Final = ("admin", "kube-controller-manager", "kube-scheduler", "kwok")
_UNLIMITED: Final = ("--kube-api-qps=2000", "--kube-api-burst=4000")
"""With the default limits of the controllers' clients, these would be what is measured."""
_AUDIT_POLICY: Final = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: None
    resources:
      - {group: coordination.k8s.io, resources: [leases]}
  - level: None
    nonResourceURLs: ["*"]
  - level: Metadata
"""
"""Of everybody, not of the operator alone: the API server's work for it shall weigh on all sides alike."""


@dataclass(frozen=True)
class ControlPlane:
    """The files of one control plane; everything is inside ``folder``."""

    folder: Path
    programs: Programs

    @property
    def audit_log(self) -> Path:
        """Every request that was answered."""
        return self.folder / "audit.log"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.folder / "pki"

    def kubeconfig(self, who: str) -> Path:
        """The way in of one client."""
        return self.folder / f"{who}.kubeconfig"

    def ssl_context(self) -> ssl.SSLContext:
        """The administrator's way in, for clients of the benchmark's own."""
        context = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        context.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        return context

    def prepare(self) -> None:
        """Make the credentials and the configuration files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pki = Pki(self.pki)
        pki.make_authority("ca", Subject("bench"))
        pki.make_key_pair("service-accounts")
        addresses = [IPv4Address("127.0.0.1"), IPv4Address(ADDRESS)]
        pki.make_certificate("apiserver", Subject("kube-apiserver", dns=("localhost",), addresses=addresses))
        for who in _CLIENTS:
            is_component = who.startswith("kube-")
            subject = Subject(f"system:{who}") if is_component else Subject(f"bench-{who}", "system:masters")
            pki.make_certificate(who, subject)
            self.kubeconfig(who).write_text(pki.kubeconfig(who, SERVER))
        (self.folder / "audit-policy.yaml").write_text(_AUDIT_POLICY)

    def start(self, processes: Processes) -> None:
        """Start everything and wait until the API server is ready."""
        processes.start("etcd", self._etcd())
        processes.start("kube-apiserver", self._api_server())
        processes.wait_until("kube-apiserver", self._is_ready, READY_SECONDS)
        processes.start("kube-controller-manager", self._controller_manager())
        processes.start("kube-scheduler", self._scheduler())
        processes.start("kwok", self._kwok())

    def _is_ready(self) -> bool:
        connection = http.client.HTTPSConnection("127.0.0.1", 6443, timeout=5, context=self.ssl_context())
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _etcd(self) -> list[str | Path]:
        return [
            self.programs.kubernetes / "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
            "--quota-backend-bytes=8589934592",
            "--log-level=warn",
        ]

    def _api_server(self) -> list[str | Path]:
        pki = self.pki
        return [
            self.programs.kubernetes / "kube-apiserver",
            f"--etcd-servers={_ETCD}",
            "--bind-address=127.0.0.1",
            f"--advertise-address={ADDRESS}",
            "--secure-port=6443",
            "--service-cluster-ip-range=198.19.0.0/20",
            "--authorization-mode=Node,RBAC",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            f"--audit-policy-file={self.folder / 'audit-policy.yaml'}",
            f"--audit-log-path={self.audit_log}",
            "--audit-log-maxsize=4000",
        ]

    def _controller_manager(self) -> list[str | Path]:
        return [
            self.programs.kubernetes / "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig('kube-controller-manager')}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self.pki / 'service-accounts.key'}",
            f"--root-ca-file={self.pki / 'ca.crt'}",
            *_UNLIMITED,
            "--concurrent-statefulset-syncs=50",
            "--concurrent-job-syncs=50",
            "--concurrent-gc-syncs=50",
        ]

    def _scheduler(self) -> list[str | Path]:
        return [
            self.programs.kubernetes / "kube-scheduler",
            f"--kubeconfig={self.kubeconfig('kube-scheduler')}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            *_UNLIMITED,
        ]

    def _kwok(self) -> list[str | Path]:
        return [
            self.programs.kwok,
            f"--kubeconfig={self.kubeconfig('kwok')}",
            "--manage-all-nodes=false",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--server-address=127.0.0.1:10247",
            *(f"--config={stage}" for stage in self.programs.stages),
        ]

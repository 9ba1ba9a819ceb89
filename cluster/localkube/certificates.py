"""Keys, certificates and kubeconfig files.

The certificates name their key usage and key identifiers in full, because Python from 3.13 on
refuses those that leave them out.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from localkube.addresses import AddressPlan
from localkube.shell import run

_DAYS: Final = "3650"
_NAMES: Final = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names."""

    name: str
    organization: str = ""
    dns: Sequence[str] = ()
    addresses: Sequence[IPv4Address] = ()

    def render(self) -> str:
        """Give the distinguished name as openssl takes it."""
        return (f"/O={self.organization}" if self.organization else "") + f"/CN={self.name}"

    def extensions(self, authority: bool) -> str:
        """Give the certificate's extensions as an openssl section."""
        if authority:
            usage = "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"
            return "\n".join(["basicConstraints=critical,CA:TRUE", usage, "subjectKeyIdentifier=hash"])
        lines = [
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=serverAuth,clientAuth",
            "subjectKeyIdentifier=hash",
            "authorityKeyIdentifier=keyid",
        ]
        names = [f"DNS:{name}" for name in self.dns] + [f"IP:{address}" for address in self.addresses]
        return "\n".join(lines + ([f"subjectAltName={','.join(names)}"] if names else []))


class Pki:
    """One folder of keys and certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make_authority(self, file: str, subject: Subject) -> None:
        """Make a certificate authority that signs itself."""
        self._key(file)
        extensions = self._write_extensions(file, subject, authority=True)
        self._openssl(
            "req", "-new", "-x509", "-days", _DAYS, "-subj", subject.render(),
            "-key", self._file(file, "key"), "-out", self._file(file, "crt"),
            "-config", extensions, "-extensions", "ext",
        )  # fmt: skip

    def make_certificate(self, file: str, subject: Subject, authority: str = "ca") -> None:
        """Make a key and a certificate that the authority signs."""
        self._key(file)
        extensions = self._write_extensions(file, subject, authority=False)
        self._openssl(
            "req", "-new", "-subj", subject.render(), "-key", self._file(file, "key"),
            "-out", self._file(file, "csr"), "-config", extensions,
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-days", _DAYS, "-in", self._file(file, "csr"), "-out", self._file(file, "crt"),
            "-CA", self._file(authority, "crt"), "-CAkey", self._file(authority, "key"), "-CAcreateserial",
            "-extfile", extensions, "-extensions", "ext",
        )  # fmt: skip
        for leftover in ("csr", "cnf"):
            self._file(file, leftover).unlink()

    def kubeconfig(self, file: str, server: str) -> str:
        """Give a kubeconfig that holds its certificates itself, so that it can be copied elsewhere."""
        return render_kubeconfig(
            server,
            authority=self._file("ca", "crt").read_bytes(),
            certificate=self._file(file, "crt").read_bytes(),
            key=self._file(file, "key").read_bytes(),
        )

    def _key(self, file: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self._file(file, "key"))
        self._file(file, "key").chmod(0o600)

    def make_key_pair(self, file: str) -> None:
        """Make a bare key pair, as service account tokens need it."""
        self._key(file)
        self._openssl("pkey", "-in", self._file(file, "key"), "-pubout", "-out", self._file(file, "pub"))

    def _write_extensions(self, file: str, subject: Subject, *, authority: bool) -> Path:
        path = self._file(file, "cnf")
        path.write_text(f"[req]\ndistinguished_name=dn\n[dn]\n[ext]\n{subject.extensions(authority)}\n")
        return path

    def _file(self, name: str, suffix: str) -> Path:
        return self.folder / f"{name}.{suffix}"

    @staticmethod
    def _openssl(*arguments: str | Path) -> None:
        run("openssl", *arguments)


def render_kubeconfig(server: str, *, authority: bytes, certificate: bytes, key: bytes) -> str:
    """Give a kubeconfig as JSON, which every YAML reader takes."""

    def encoded(content: bytes) -> str:
        return base64.b64encode(content).decode()

    cluster = {"server": server, "certificate-authority-data": encoded(authority)}
    user = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "localkube",
        "clusters": [{"name": "localkube", "cluster": cluster}],
        "users": [{"name": "localkube", "user": user}],
        "contexts": [{"name": "localkube", "context": {"cluster": "localkube", "user": "localkube"}}],
    }
    return json.dumps(document, indent=2) + "\n"


def make_cluster_certificates(pki: Pki, plan: AddressPlan) -> None:
    """Make everything that the control plane needs."""
    pki.make_authority("ca", Subject("localkube"))
    pki.make_authority("front-proxy-ca", Subject("localkube front proxy"))
    pki.make_key_pair("service-accounts")
    addresses = [IPv4Address("127.0.0.1"), plan.api_service, plan.control, plan.gateway]
    pki.make_certificate("apiserver", Subject("kube-apiserver", dns=_NAMES, addresses=addresses))
    pki.make_certificate("front-proxy", Subject("front-proxy-client"), authority="front-proxy-ca")
    pki.make_certificate("admin", Subject("localkube-admin", "system:masters"))
    pki.make_certificate("kubelet-client", Subject("kube-apiserver-kubelet-client", "system:masters"))
    for component in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
        pki.make_certificate(component, Subject(f"system:{component}"))
    pki.make_certificate("volume-provisioner", Subject("localkube:volume-provisioner", "system:masters"))


def make_node_certificate(pki: Pki, node: str, address: IPv4Address) -> None:
    """Make a kubelet's certificate, with which it both serves and speaks to the API server."""
    pki.make_certificate(node, Subject(f"system:node:{node}", "system:nodes", (node,), (address,)))

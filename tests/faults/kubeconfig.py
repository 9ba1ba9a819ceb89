"""The way to the real API server, and the kubeconfig of one that goes through the proxy."""

import base64
import json
import ssl
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from support.kubectl import KUBECTL


@dataclass(frozen=True)
class Access:
    """Where the API server is, and as whom to talk to it."""

    server: str
    context: ssl.SSLContext
    headers: dict[str, str] = field(default_factory=dict[str, str])


def read_access(folder: Path) -> Access:
    """From the kubeconfig that the tests use; what stands in it goes into files below ``folder``."""
    done = subprocess.run(
        [KUBECTL, "config", "view", "--raw", "--minify", "--flatten", "-o", "json"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    config = cast("dict[str, Any]", json.loads(done.stdout))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    if "client-certificate-data" in user:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            pair = Path(place) / "pair"
            parts = (user["client-certificate-data"], user["client-key-data"])
            pair.write_bytes(b"\n".join(base64.b64decode(part) for part in parts))
            context.load_cert_chain(pair)
    return Access(server=cluster["server"], context=context, headers=headers)


def write_kubeconfig(path: Path, server: str) -> None:
    """For a client of the proxy, which needs no credential: the proxy has it."""
    entry = {"name": "proxy", "cluster": {"server": server}}
    context = {"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "proxy",
        "contexts": [context],
        "clusters": [entry],
        "users": [{"name": "proxy", "user": {"token": "none"}}],
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")

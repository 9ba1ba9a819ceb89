"""An operator that cannot work says why in one line and ends; it never leaves a traceback."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.kubectl import Kubectl

Manifest = dict[str, Any]


def start_operator(kubeconfig: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sluice", "operator", *arguments],
        env={**os.environ, "KUBECONFIG": kubeconfig},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def must_give_up_with(done: subprocess.CompletedProcess[str], words: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("sluice: ")
    assert words in lines[0]


def kubeconfig_for(folder: Path, server: str, user: Manifest, ca: str | None = None) -> str:
    cluster = {"server": server} | ({"certificate-authority-data": ca} if ca else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(path)


@pytest.fixture
def server_and_ca(cluster: Kubectl) -> tuple[str, str]:
    config: Manifest = json.loads(cluster.must("config", "view", "--raw", "--minify", "-o", "json"))
    entry: Manifest = config["clusters"][0]["cluster"]
    if "certificate-authority-data" in entry:
        return entry["server"], entry["certificate-authority-data"]
    content = Path(entry["certificate-authority"]).read_bytes()
    return entry["server"], base64.b64encode(content).decode()


def test_an_api_server_that_is_not_there(tmp_path: Path) -> None:
    done = start_operator(kubeconfig_for(tmp_path, "http://127.0.0.1:9", {"token": "t"}))

    must_give_up_with(done, "The API server cannot be reached")


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    done = start_operator(str(tmp_path / "nowhere"))

    must_give_up_with(done, "No cluster to connect to")


@pytest.mark.parametrize("content", ["", "not: [closed", "just words", "{}"])
def test_a_kubeconfig_that_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content, encoding="utf-8")

    done = start_operator(str(path))

    must_give_up_with(done, "No cluster to connect to")


def test_an_api_server_with_another_certificate_authority(
    tmp_path: Path, server_and_ca: tuple[str, str]
) -> None:
    server, _ = server_and_ca

    done = start_operator(kubeconfig_for(tmp_path, server, {"token": "t"}))

    must_give_up_with(done, "The API server cannot be reached")


def test_a_token_that_the_api_server_does_not_know(tmp_path: Path, server_and_ca: tuple[str, str]) -> None:
    server, ca = server_and_ca

    done = start_operator(kubeconfig_for(tmp_path, server, {"token": "wrong"}, ca))

    must_give_up_with(done, "The API server refuses the operator")
    assert "wrong" not in done.stderr, "a credential never reaches an output"


def test_permissions_that_are_lacking_are_named(
    tmp_path: Path, server_and_ca: tuple[str, str], namespace: Kubectl
) -> None:
    server, ca = server_and_ca
    namespace.must("create", "serviceaccount", "powerless")
    namespace.must("create", "role", "reader", "--verb=list,watch", "--resource=pipelines.sluice.dev")
    namespace.must(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={_account(namespace)}"
    )
    token = namespace.must("create", "token", "powerless").strip()

    done = start_operator(
        kubeconfig_for(tmp_path, server, {"token": token}, ca), "--namespace", str(namespace.namespace)
    )

    must_give_up_with(done, "lacks permissions")
    assert "patch pipelines/status" in done.stderr
    assert "create pods" in done.stderr
    assert "list pipelines " not in done.stderr


def _account(namespace: Kubectl) -> str:
    return f"{namespace.namespace}:powerless"


class _WithoutCrds(BaseHTTPRequestHandler):
    """An API server that knows no kind of ours."""

    def do_GET(self) -> None:
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "code": 404, "reason": "NotFound"}).encode()
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Keep quiet."""


@pytest.fixture
def server_without_crds() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _WithoutCrds)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_cluster_without_the_crds(tmp_path: Path, server_without_crds: str) -> None:
    done = start_operator(kubeconfig_for(tmp_path, server_without_crds, {"token": "t"}))

    must_give_up_with(
        done, "CRDs are not installed: pipelines.sluice.dev, deployments.sluice.dev. Apply crds/"
    )

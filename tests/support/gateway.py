"""The gateway as it is installed: ways to its pods, people with rights, and curl."""

import json
import re
import select
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.kubectl import KUBECTL, Kubectl, Manifest

FORWARD_SECONDS = 20
CURL_SECONDS = 30
LISTENING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")

CLERK = "clerk"
READER = "reader"
RULES: dict[str, list[Manifest]] = {
    CLERK: [
        {
            "apiGroups": ["sluice.dev"],
            "resources": ["pipelines", "deployments"],
            "verbs": ["get", "list", "create", "patch", "delete"],
        },
        {"apiGroups": [""], "resources": ["pods/proxy", "pods/log", "configmaps"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
    ],
    READER: [
        {
            "apiGroups": ["sluice.dev"],
            "resources": ["pipelines", "deployments"],
            "verbs": ["get", "list"],
        }
    ],
}
"""What docs/gateway.md says that callers need."""


@contextmanager
def forwarded(system: Kubectl, target: str) -> Generator[str]:
    """The URL of a port of this machine that leads to ``target``."""
    command = [KUBECTL, f"--namespace={system.namespace}", "port-forward", target, ":8080"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield f"http://127.0.0.1:{_read_port(process)}"
        finally:
            process.terminate()


def _read_port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    deadline, seen = time.monotonic() + FORWARD_SECONDS, ""
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.2)[0]:
            seen += process.stdout.readline()
            found = LISTENING.search(seen)
            if found is not None:
                return int(found[1])
    raise AssertionError(f"kubectl port-forward did not listen: {seen}")


def make_people(namespace: Kubectl) -> None:
    """A clerk who may do everything with pipelines, a reader, a stranger, and API keys for all of them."""
    for name, rules in [*RULES.items(), ("stranger", [])]:
        namespace.must("create", "serviceaccount", name)
        role: Manifest = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": name},
            "rules": rules,
        }
        namespace.must("create", "-f", "-", manifest=role)
        account = f"--serviceaccount={namespace.namespace}:{name}"
        namespace.must("create", "rolebinding", name, f"--role={name}", account)
    gateway = "--serviceaccount=sluice-system:sluice-gateway"
    role_of_keys = "--clusterrole=sluice-gateway-api-keys"
    namespace.must("create", "rolebinding", "sluice-gateway", role_of_keys, gateway)


@dataclass(frozen=True)
class Reply:
    """What curl got."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Somebody who asks by curl."""

    url: str
    headers: tuple[str, ...] = field(repr=False)

    def call(self, method: str, path: str, *more: str) -> Reply:
        """curl, with nothing of its own in the request."""
        command = ["curl", "-sS", "-X", method, "--max-time", str(CURL_SECONDS), "-w", "\n%{http_code}"]
        for header in self.headers:
            command += ["-H", header]
        command += [*more, f"{self.url}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=CURL_SECONDS + 5, check=False)
        assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr}"
        body, _, status = done.stdout.rpartition("\n")
        return Reply(int(status), body)


@dataclass(frozen=True)
class Door:
    """A gateway, seen from a namespace."""

    url: str
    namespace: Kubectl

    def token(self, account: str) -> str:
        """A token of a service account of the namespace."""
        return self.namespace.must("create", "token", account).strip()

    def as_account(self, account: str) -> Caller:
        """A service account, with a token of the cluster."""
        return self.with_bearer(self.token(account))

    def with_bearer(self, token: str) -> Caller:
        """Whoever has this token, or this API key."""
        tenant = f"Feldera-Tenant: {self.namespace.namespace}"
        return Caller(self.url, (f"Authorization: Bearer {token}", tenant))

    def with_key(self, key: str) -> Caller:
        """Whoever has this API key, and says nothing of a namespace."""
        return Caller(self.url, (f"X-API-Key: {key}",))

    def make_key(self, name: str, account: str = CLERK, role: str = "write") -> str:
        """An API key that stands for a service account, made by the clerk."""
        body = json.dumps({"name": name, "role": role, "service_account": account})
        made = self.as_account(CLERK).call("POST", "/v0/api-keys", "-d", body)
        assert made.status == 201, made.body
        return str(made.json["api_key"])

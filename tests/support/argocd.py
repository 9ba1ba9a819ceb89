"""The real Argo CD: its application controller and repository server, over the test cluster."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.chart import render
from support.git import Repository
from support.kubectl import Kubectl, Manifest, wait_until
from support.programs import ARGO_CRDS, ARGOCD, HELM, ask, debian_program

NAMESPACE = "argocd"
LABELS = {"app.kubernetes.io/part-of": "argocd"}
IN_CLUSTER = "https://kubernetes.default.svc"
REFRESH = "argocd.argoproj.io/refresh"
WAIT_SECONDS = 60.0


def settings() -> dict[str, str]:
    """What the chart has to say in argocd-cm."""
    data: dict[str, str] = render({"argocd": {"snippet": True}}).one("ConfigMap", "sluice-argocd")["data"]
    return data


@dataclass(frozen=True)
class Judgement:
    """What Argo CD says of an object, and what an action made of it."""

    status: str
    message: str
    actions: frozenset[str]
    result: Manifest


def judge(*cases: tuple[Manifest, str], data: dict[str, str] | None = None) -> list[Judgement]:
    """Health and actions of objects, each with the name of an action to run or an empty string."""
    question = {
        "settings": data or settings(),
        "cases": [{"object": body, "action": action} for body, action in cases],
    }
    answers: list[Any] = ask(ARGOCD.folder() / "argocd-judge", question)
    return [
        Judgement(said["Status"], said["Message"], frozenset(said["Actions"] or ()), said["Result"] or {})
        for said in answers
    ]


class ArgoCd:
    """A running Argo CD."""

    def __init__(self, cluster: Kubectl) -> None:
        self._kubectl = cluster.in_namespace(NAMESPACE)

    def apply(self, name: str, repository: Repository, namespace: str, **options: Any) -> "Application":
        """An Application that follows the repository, prunes and heals itself."""
        policy = {
            "automated": {"prune": True, "selfHeal": True},
            "retry": {"limit": 20, "refresh": True, "backoff": {"duration": "1s", "maxDuration": "3s"}},
            **options.get("syncPolicy", {}),
        }
        source = {
            "repoURL": repository.url,
            "targetRevision": "main",
            "path": ".",
            **options.get("source", {}),
        }
        metadata = {"name": name, "namespace": NAMESPACE, **options.get("metadata", {})}
        manifest: Manifest = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": metadata,
            "spec": {
                "project": "default",
                "source": source,
                "destination": {"server": IN_CLUSTER, "namespace": namespace},
                "syncPolicy": policy,
            },
        }
        self._kubectl.must("apply", "-f", "-", manifest=manifest)
        return Application(self._kubectl, name)


@dataclass(frozen=True)
class Application:
    """One Application."""

    kubectl: Kubectl
    name: str

    def get(self) -> Manifest:
        return self.kubectl.get(f"application/{self.name}")

    def refresh(self) -> None:
        """Have Argo CD compare now, and wait until it has."""
        self.kubectl.must("annotate", "application", self.name, "--overwrite", f"{REFRESH}=normal")

        def is_done() -> tuple[bool, object]:
            annotations = self.get()["metadata"].get("annotations", {})
            return REFRESH not in annotations, annotations

        wait_until(f"{self.name} to be compared", is_done, WAIT_SECONDS)

    def wait_for_commit(self, commit: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until what this commit says is applied."""
        self.refresh()

        def is_synced() -> tuple[bool, object]:
            status = self.get().get("status", {})
            sync = status.get("sync", {})
            state = status.get("operationState", {})
            seen = [sync.get("status"), sync.get("revision"), state.get("message"), status.get("conditions")]
            return sync.get("status") == "Synced" and sync.get("revision") == commit, seen

        wait_until(f"{self.name} to be synced to {commit[:8]}", is_synced, seconds)

    def wait_for_health(self, health: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until Argo CD judges so."""

        def is_so() -> tuple[bool, object]:
            seen = self.get().get("status", {}).get("health", {})
            return seen.get("status") == health, seen

        wait_until(f"{self.name} to be {health}", is_so, seconds)

    def syncs(self) -> int:
        """How often something was applied."""
        return len(self.get()["status"].get("history", []))

    def is_in_sync(self) -> bool:
        sync: str = self.get()["status"]["sync"]["status"]
        return sync == "Synced"

    def delete(self) -> None:
        self.kubectl.must("delete", "application", self.name, "--wait=false")


@contextmanager
def running_argocd(cluster: Kubectl, folder: Path) -> Generator[ArgoCd]:
    """Argo CD with the chart's health scripts, until the end of the block."""
    _install(cluster)
    ports = {name: _free_port() for name in ("redis", "repo", "repo metrics", "controller metrics")}
    redis, repo = (f"127.0.0.1:{ports[name]}" for name in ("redis", "repo"))
    commands = {
        "redis": [
            debian_program("redis-server"),
            *("--bind", "127.0.0.1", "--port", str(ports["redis"]), "--save", "", "--appendonly", "no"),
        ],
        "repo-server": [
            str(ARGOCD.folder() / "argocd-repo-server"),
            *("--address", "127.0.0.1", "--port", str(ports["repo"]), "--disable-tls", "--redis", redis),
            *("--metrics-address", "127.0.0.1", "--metrics-port", str(ports["repo metrics"])),
            *("--logformat", "text", "--revision-cache-expiration", "1s"),
        ],
        "controller": [
            str(ARGOCD.folder() / "argocd-application-controller"),
            *("--namespace", NAMESPACE, "--repo-server", repo, "--repo-server-plaintext", "--redis", redis),
            *("--metrics-port", str(ports["controller metrics"]), "--app-resync", "30"),
            *("--app-resync-jitter", "0", "--self-heal-backoff-timeout-seconds", "0"),
        ],
    }
    processes = [_start(name, command, folder) for name, command in commands.items()]
    try:
        yield ArgoCd(cluster)
        ended = [name for name, each in zip(commands, processes, strict=True) if each.poll() is not None]
        assert not ended, f"{ended} ended by themselves: {folder}"
    finally:
        for each in reversed(processes):
            each.send_signal(signal.SIGTERM)
        _end(processes)
        # Its controllers are gone: whatever Applications are left would wait for them.
        cluster.must("delete", "crd", "applications.argoproj.io", "appprojects.argoproj.io", "--wait=false")
        cluster.must("delete", "namespace", NAMESPACE, "--wait=false")


def _install(cluster: Kubectl) -> None:
    for name in ARGO_CRDS:
        cluster.must("apply", "--server-side", "-f", str(ARGOCD.folder() / name))
    if cluster.look(f"namespace/{NAMESPACE}") is None:
        cluster.must("create", "namespace", NAMESPACE)
    system = cluster.in_namespace(NAMESPACE)
    for kind, name, data in (("ConfigMap", "argocd-cm", settings()), ("Secret", "argocd-secret", {})):
        metadata = {"name": name, "labels": LABELS}
        system.must(
            "apply", "-f", "-", manifest=_object("v1", kind, metadata) | ({"data": data} if data else {})
        )
    project = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    manifest = _object("argoproj.io/v1alpha1", "AppProject", {"name": "default"}) | {"spec": project}

    def is_taken() -> tuple[bool, object]:
        answer = system.run("apply", "-f", "-", manifest=manifest)
        return answer.code == 0, answer.err

    wait_until("the API server to serve Argo CD's kinds", is_taken, 20)


def _object(version: str, kind: str, metadata: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _start(name: str, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    (folder / "none").mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {
        "PATH": f"{HELM.folder()}:{ARGOCD.folder()}:{os.environ['PATH']}",
        "KUBECONFIG": os.environ["KUBECONFIG"],
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_TLS_DATA_PATH": str(folder / "none"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "none"),
        # Otherwise the destination would be the cluster around this process, which is none.
        "ARGOCD_FAKE_IN_CLUSTER": "true",
    }
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)


def _end(processes: list[subprocess.Popen[bytes]], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    for each in processes:
        try:
            each.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

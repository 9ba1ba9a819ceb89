"""Tries, on the running cluster, everything that the project's own tests rely on."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from localkube.kubectl import Kubectl, manifest
from localkube.paths import cache_root
from localkube.progress import LocalkubeError, wait_until
from localkube.versions import BUSYBOX_IMAGE

_NAMESPACE = "localkube-selfcheck"


@dataclass(frozen=True)
class _Bench:
    """What the checks work with: kubectl, and one pod on every node."""

    kubectl: Kubectl
    nodes: list[str]

    @property
    def pods(self) -> list[str]:
        return [f"check-{node}" for node in self.nodes]

    def __call__(self, *arguments: str) -> str:
        return self.kubectl(f"--namespace={_NAMESPACE}", *arguments)

    def in_pod(self, pod: str, *command: str) -> str:
        return self("exec", pod, "--", *command)

    def get(self, *arguments: str) -> dict[str, Any]:
        return self.kubectl.get(f"--namespace={_NAMESPACE}", *arguments)


def check_cluster(kubectl: Kubectl, *, keep: bool = False) -> int:
    """Run every check, print its outcome, and give 0 only where all went well."""
    bench = _Bench(kubectl, sorted(kubectl.ready_nodes()))
    if not bench.nodes:
        raise LocalkubeError(
            "there is no ready node to check", hint="start the cluster: python3 -m localkube up"
        )
    checks: list[tuple[str, Callable[[_Bench], None]]] = [
        ("pods that are not root write to their claims", _start),
        ("cluster DNS knows the API server, and denies names outside at once", _dns),
        ("a pod reaches the API server by its service address", _api),
        ("a pod reaches a service, and itself by its service", _service),
        ("kubectl exec passes exit codes, kubectl logs reads", _exec_and_logs),
        ("the API server's pod proxy answers", _pod_proxy),
        ("a claim grows", _expansion),
        ("a deleted claim takes its volume along", _reclaim),
    ]
    if len(bench.nodes) > 1:
        checks.insert(4, ("pods on different nodes reach each other", _across_nodes))
    failures = 0
    try:
        for number, (title, check) in enumerate(checks, start=1):
            started = time.monotonic()
            problem = _problem_of(check, bench)
            outcome = f"FAILED: {problem}" if problem else "ok"
            print(
                f"[{number}/{len(checks)}] {title}: {outcome} ({time.monotonic() - started:.1f} s)",
                flush=True,
            )
            failures += bool(problem)
            if problem and number == 1:
                break
    finally:
        if not keep:
            with suppress(LocalkubeError):
                kubectl("delete", "namespace", _NAMESPACE, "--ignore-not-found", "--wait=true")
    return 1 if failures else 0


def _problem_of(check: Callable[[_Bench], None], bench: _Bench) -> str:
    try:
        check(bench)
    except LocalkubeError as failure:
        return failure.message
    except AssertionError as failure:
        return str(failure)
    return ""


def _start(bench: _Bench) -> None:
    bench.kubectl("delete", "namespace", _NAMESPACE, "--ignore-not-found", "--wait=true")
    bench.kubectl("create", "namespace", _NAMESPACE)
    scratch = cache_root() / "selfcheck.yaml"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    values = {"namespace": _NAMESPACE, "image": BUSYBOX_IMAGE}
    for node, pod in zip(bench.nodes, bench.pods, strict=True):
        wait_until(
            lambda: bench.kubectl.works(f"--namespace={_NAMESPACE}", "get", "serviceaccount", "default"),
            seconds=20,
            what="no default service account",
        )
        bench.kubectl.apply(manifest("selfcheck.yaml", pod=pod, node=node, **values), scratch)
    bench("wait", "--for=condition=Ready", "--timeout=60s", *(f"pod/{pod}" for pod in bench.pods))
    for pod in bench.pods:
        _expect(pod, bench.in_pod(pod, "cat", "/data/index.html").strip())
        _expect("65532", bench.in_pod(pod, "id", "-u").strip())


def _dns(bench: _Bench) -> None:
    answer = bench.in_pod(bench.pods[0], "nslookup", "kubernetes.default.svc.cluster.local")
    address = bench.kubectl.get("service/kubernetes", "--namespace=default")["spec"]["clusterIP"]
    if address not in answer:
        raise AssertionError(f"kubernetes.default is {address}, the name server says: {answer!r}")
    started = time.monotonic()
    bench.in_pod(bench.pods[0], "sh", "-c", "! nslookup name.outside.invalid.")
    if time.monotonic() - started > 3:
        raise AssertionError("the denial of an outside name took more than 3 s")


def _api(bench: _Bench) -> None:
    script = "nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT < /dev/null && echo reached"
    _expect("reached", bench.in_pod(bench.pods[0], "sh", "-c", script).strip())


def _service(bench: _Bench) -> None:
    for pod in bench.pods:
        answer = bench.in_pod(
            pod, "wget", "-q", "-O", "-", f"http://web-{pod}.{_NAMESPACE}.svc.cluster.local"
        )
        if answer.strip() not in bench.pods:
            raise AssertionError(f"the service answered {answer!r}")


def _across_nodes(bench: _Bench) -> None:
    addresses = {item["metadata"]["name"]: item["status"]["podIP"] for item in bench.get("pods")["items"]}
    for pod in bench.pods:
        for other in bench.pods:
            answer = bench.in_pod(pod, "wget", "-q", "-O", "-", f"http://{addresses[other]}:8080/")
            _expect(other, answer.strip())


def _exec_and_logs(bench: _Bench) -> None:
    if bench.kubectl.works(f"--namespace={_NAMESPACE}", "exec", bench.pods[0], "--", "false"):
        raise AssertionError("kubectl exec hid a failure")
    _expect("started", bench("logs", bench.pods[0]).strip())


def _pod_proxy(bench: _Bench) -> None:
    for pod in bench.pods:
        path = f"/api/v1/namespaces/{_NAMESPACE}/pods/{pod}:8080/proxy/"
        _expect(pod, bench.kubectl("get", f"--raw={path}").strip())


def _expansion(bench: _Bench) -> None:
    pod = bench.pods[0]
    bench("patch", "pvc", pod, "--patch", '{"spec": {"resources": {"requests": {"storage": "2Mi"}}}}')
    wait_until(
        lambda: bench.get("pvc", pod)["status"]["capacity"]["storage"] == "2Mi",
        seconds=20,
        what="the claim did not grow",
    )


def _reclaim(bench: _Bench) -> None:
    pod = bench.pods[-1]
    volume = bench.get("pvc", pod)["spec"]["volumeName"]
    bench("delete", "pod", pod, "--wait=true")
    bench("delete", "pvc", pod, "--wait=true")
    wait_until(
        lambda: not bench.kubectl.works("get", "pv", volume),
        seconds=30,
        what=f"the volume {volume} was not removed",
    )


def _expect(wanted: str, given: str) -> None:
    if wanted != given:
        raise AssertionError(f"expected {wanted!r}, got {given!r}")

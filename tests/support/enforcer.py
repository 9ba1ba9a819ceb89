"""Network policies in force on the embedded cluster, whose bridges know of none.

Only what the chart's policies are made of is understood: ingress, peers by labels of pods and namespaces, and
ports. Whatever else a policy says is refused here, so that no test proves what is not there.
"""

import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from localkube import namespaces
from localkube.paths import State
from support.kubectl import Kubectl, Manifest
from support.localkube import embedded_status

TABLE = "inet sluice-test"


@contextmanager
def enforced(cluster: Kubectl) -> Generator[None]:
    """All policies of the cluster, for the pods that are there now, until the end of the block."""
    status = embedded_status()
    rules = "\n".join(_rules(cluster))
    chain = f"chain forward {{\n type filter hook forward priority 0; policy accept;\n{rules}\n}}"
    table = f"table {TABLE} {{\n{chain}\n}}"
    nodes = [State(status["cluster"]).node(name) for name in status["nodes"]]
    pids = [pid for node in nodes if (pid := namespaces.find_supervisor(node)) is not None]
    assert len(pids) == len(nodes)
    try:
        for pid in pids:
            _nft(pid, table)
        yield
    finally:
        for pid in pids:
            _nft(pid, f"table {TABLE}\ndelete table {TABLE}")


def _nft(pid: int, text: str) -> None:
    done = subprocess.run(
        ["nsenter", "--net", f"--target={pid}", "nft", "-f", "-"],
        input=text,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\n{text}"


def _rules(cluster: Kubectl) -> Iterator[str]:
    pods = cluster.get("pods", "--all-namespaces")["items"]
    labels = {
        each["metadata"]["name"]: each["metadata"]["labels"] for each in cluster.get("namespaces")["items"]
    }
    closed: set[str] = set()
    yield "  ct state established,related accept"
    for policy in cluster.get("networkpolicies", "--all-namespaces")["items"]:
        spec, home = policy["spec"], policy["metadata"]["namespace"]
        assert spec["policyTypes"] == ["Ingress"], policy
        for target in _select(pods, spec["podSelector"], {home}):
            closed.add(target["status"]["podIP"])
            for rule in spec.get("ingress", []):
                yield from _allow(target, rule, pods, labels, home)
    yield from (f"  ip daddr {address} drop" for address in sorted(closed))


def _allow(
    target: Manifest, rule: Manifest, pods: list[Manifest], labels: dict[str, dict[str, str]], home: str
) -> Iterator[str]:
    ports = [_number(target, each["port"]) for each in rule.get("ports", [])]
    to = f"  ip daddr {target['status']['podIP']}" + (f" tcp dport {{ {', '.join(ports)} }}" if ports else "")
    if "from" not in rule:
        yield f"{to} accept"
    for peer in rule.get("from", []):
        assert peer.keys() <= {"podSelector", "namespaceSelector"}, peer
        places = {
            name
            for name, those in labels.items()
            if ("namespaceSelector" in peer and _matches(those, peer["namespaceSelector"]))
            or ("namespaceSelector" not in peer and name == home)
        }
        for pod in _select(pods, peer.get("podSelector", {}), places):
            yield f"{to} ip saddr {pod['status']['podIP']} accept"


def _select(pods: list[Manifest], selector: Manifest, places: set[str]) -> list[Manifest]:
    return [
        pod
        for pod in pods
        if pod["metadata"]["namespace"] in places
        and "podIP" in pod.get("status", {})
        and _matches(pod["metadata"].get("labels", {}), selector)
    ]


def _matches(labels: dict[str, str], selector: Manifest) -> bool:
    assert selector.keys() <= {"matchLabels"}, selector
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return labels.items() >= wanted.items()


def _number(target: Manifest, port: Any) -> str:
    named = {
        entry["name"]: entry["containerPort"]
        for container in target["spec"]["containers"]
        for entry in container.get("ports", [])
        if "name" in entry
    }
    return str(named.get(port, port))

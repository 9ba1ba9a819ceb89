"""Which cluster is meant, and which namespace in it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.aio import client

from sluice.kube import Cluster, NoClusterError, connect
from sluice.kube import cluster as chosen

CONTEXTS = {"here": "shop", "there": None}


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    contexts: list[dict[str, Any]] = [
        {"name": name, "context": {"cluster": name, "user": "me"} | ({"namespace": ns} if ns else {})}
        for name, ns in CONTEXTS.items()
    ]
    clusters = [{"name": name, "cluster": {"server": f"https://{name}.example"}} for name in CONTEXTS]
    place = tmp_path / "config"
    users = [{"name": "me", "user": {"token": "t"}}]
    place.write_text(
        yaml.safe_dump(
            {"clusters": clusters, "contexts": contexts, "users": users, "current-context": "here"}
        )
    )
    return place


@pytest.mark.parametrize(
    ("context", "namespace", "host"),
    [(None, "shop", "https://here.example"), ("there", "default", "https://there.example")],
)
async def test_a_context_decides_on_the_cluster_and_the_namespace(
    kubeconfig: Path, context: str | None, namespace: str, host: str
) -> None:
    cluster = Cluster(str(kubeconfig), context)
    configuration = client.Configuration()

    await cluster.load(configuration)

    assert (cluster.namespace(), configuration.host) == (namespace, host)


async def test_the_kubeconfig_of_the_environment_is_the_one_without_a_choice(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    assert Cluster().namespace() == "shop"


async def test_a_pod_means_its_own_namespace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    (tmp_path / "namespace").write_text("inside\n")
    monkeypatch.setattr(chosen, "OWN_NAMESPACE", tmp_path / "namespace")

    assert Cluster().namespace() == "inside"


@pytest.mark.parametrize("context", ["nowhere", None])
async def test_what_is_not_there_is_said_in_one_sentence(
    kubeconfig: Path, tmp_path: Path, context: str | None
) -> None:
    place = kubeconfig if context else tmp_path / "missing"

    with pytest.raises(NoClusterError, match=context or "there is no file"):
        async with connect(Cluster(str(place), context)):
            pass

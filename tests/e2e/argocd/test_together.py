"""An operator and its pipeline in one Application: sync waves make them in order, and delete in reverse."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from support.argocd import ArgoCd
from support.chart import render
from support.git import Repository
from support.installation import IMAGE, install_operator, send_operator_home
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork, example_manifest

WAVE = "argocd.argoproj.io/sync-wave"
CASCADE = "resources-finalizer.argocd.argoproj.io"
GONE_SECONDS = 120


@pytest.fixture
def own(namespace: Kubectl, crds: Kubectl) -> Iterator[dict[str, Manifest]]:
    """The manifests of an operator of the test's namespace alone; the usual one is away meanwhile."""
    send_operator_home(crds)
    name = str(namespace.namespace)
    values = {**IMAGE, "watchNamespaces": [name], "crds": {"install": False}, "rbac": {"aggregate": False}}
    objects = render(values, release="own", namespace=name).objects
    yield {f"own{number}": each for number, each in enumerate(objects)}
    install_operator(crds)


def in_wave(manifest: Manifest, wave: int) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": {WAVE: str(wave)}}}


def moment(body: Manifest) -> datetime:
    return datetime.fromisoformat(body["metadata"]["creationTimestamp"])


@pytest.mark.timeout(400)
def test_waves_make_the_operator_first_and_delete_it_last(
    argocd: ArgoCd,
    repository: Repository,
    own: dict[str, Manifest],
    namespace: Kubectl,
    pipeline: PipelineAtWork,
    crds: Kubectl,
) -> None:
    note: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note"}}
    first = in_wave(example_manifest(pipeline.name), 1)
    commit = repository.commit("All of it", **own, pipeline=first, note=in_wave(note, 2))
    metadata = {"finalizers": [CASCADE]}
    app = argocd.apply(f"all-{namespace.namespace}", repository, str(namespace.namespace), metadata=metadata)
    app.wait_for_commit(commit, 120)
    app.wait_for_health("Healthy")

    operator = namespace.get("deployments")["items"][0]
    ready = datetime.fromisoformat(pipeline.condition("Ready")["lastTransitionTime"])
    body = pipeline.get()
    assert body is not None
    assert moment(operator) <= moment(body) <= ready <= moment(namespace.get("configmap/note"))

    pipeline.wait_for_records(more_than=5)
    app.delete()

    def is_gone() -> tuple[bool, object]:
        there = [each["metadata"]["name"] for each in namespace.get("deployments")["items"]]
        left = pipeline.get()
        assert there or left is None, f"nobody is left who could stop {left}"
        return not there and left is None, [there, (left or {}).get("status", {}).get("deploymentStatus")]

    wait_until("pipeline and operator to be gone", is_gone, GONE_SECONDS)
    assert pipeline.claim() is not None, "onDelete is Retain"

    install_operator(crds)
    storage = {"size": "1Gi", "existingClaim": pipeline.pod_name}
    pipeline.apply(example_manifest(pipeline.name, storage=storage))
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() > 5, "its last checkpoint was made before it went"

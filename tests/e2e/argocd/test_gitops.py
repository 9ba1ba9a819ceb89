"""Pipelines driven from Git by the real Argo CD, which prunes and heals."""

import json
from typing import Any

import pytest
from support.argocd import Application, ArgoCd, judge
from support.git import Repository
from support.kubectl import Kubectl, Manifest, wait_until
from support.pipeline import PipelineAtWork, example_manifest

REFRESHES = 100
SERVER_SIDE = {"syncOptions": ["ServerSideApply=true"]}
SERVER_SIDE_DIFF = {"annotations": {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"}}


@pytest.fixture
def app(argocd: ArgoCd, repository: Repository, namespace: Kubectl, pipeline: PipelineAtWork) -> Application:
    """An Application with one running pipeline."""
    commit = repository.commit("Run", pipeline=example_manifest(pipeline.name))
    application = argocd.apply(
        f"app-{namespace.namespace}-{pipeline.name}", repository, str(namespace.namespace)
    )
    application.wait_for_commit(commit)
    pipeline.wait_for("Running")
    application.wait_for_health("Healthy")
    return application


def run_action(pipeline: PipelineAtWork, action: str) -> None:
    """What Argo CD's own server does with an action: run the script, and patch what it changed."""
    body = pipeline.get()
    assert body is not None
    judged = judge((body, action))[0]
    assert action in judged.actions, judged.actions
    before, after = body["metadata"]["annotations"], judged.result["metadata"].get("annotations", {})
    changed: Manifest = {name: value for name, value in after.items() if before.get(name) != value}
    changed |= {name: None for name in before if name not in after}
    assert judged.result["spec"] == body["spec"], "Git's own fields are left alone"
    patch = json.dumps({"metadata": {"annotations": changed}})
    pipeline.kubectl.must("patch", "slpl", pipeline.name, "--type=merge", "-p", patch)


def test_a_commit_stops_and_a_commit_starts(
    app: Application, repository: Repository, pipeline: PipelineAtWork
) -> None:
    pipeline.wait_for_records(more_than=5)
    first = pipeline.status()["deploymentId"]

    app.wait_for_commit(
        repository.commit("Stop", pipeline=example_manifest(pipeline.name, desiredStatus="Stopped"))
    )
    stopped = pipeline.wait_for("Stopped")
    app.wait_for_health("Healthy")
    assert stopped["stop"]["checkpoint"] in pipeline.checkpoints()

    app.wait_for_commit(repository.commit("Start", pipeline=example_manifest(pipeline.name)))
    running = pipeline.wait_for("Running")
    assert running["deploymentId"] != first
    app.wait_for_health("Healthy")
    assert pipeline.must_be_exact() > 5, "it went on from its checkpoint"


def test_a_hand_edited_spec_is_healed_and_an_override_is_not_until_the_next_commit(
    app: Application, repository: Repository, pipeline: PipelineAtWork
) -> None:
    pipeline.stop()

    def is_healed() -> tuple[bool, object]:
        desired = (pipeline.get() or {})["spec"]["desiredStatus"]
        return desired == "Running", desired

    wait_until("the spec to be as Git has it", is_healed, 30)
    pipeline.wait_for("Running")

    run_action(pipeline, "stop")
    pipeline.wait_for("Stopped")
    app.wait_for_health("Healthy")
    for _ in range(5):
        app.refresh()
    assert app.is_in_sync()
    assert pipeline.status()["deploymentStatus"] == "Stopped"
    assert "override" in app_message(pipeline)

    app.wait_for_commit(
        repository.commit("Pause", pipeline=example_manifest(pipeline.name, desiredStatus="Paused"))
    )
    pipeline.wait_for("Paused")
    assert "override" not in pipeline.status()


def app_message(pipeline: PipelineAtWork) -> str:
    body = pipeline.get()
    assert body is not None
    return judge((body, ""))[0].message


@pytest.mark.parametrize(
    ("options", "refreshes"),
    [
        ({}, REFRESHES),
        ({"syncPolicy": SERVER_SIDE}, 10),
        ({"syncPolicy": SERVER_SIDE, "metadata": SERVER_SIDE_DIFF}, 10),
    ],
    ids=["client side", "server side", "server side with server-side diff"],
)
def test_at_rest_nothing_drifts(
    argocd: ArgoCd,
    repository: Repository,
    namespace: Kubectl,
    pipeline: PipelineAtWork,
    options: dict[str, Any],
    refreshes: int,
) -> None:
    commit = repository.commit("Run", pipeline=example_manifest(pipeline.name))
    app = argocd.apply(f"rest-{pipeline.name}", repository, str(namespace.namespace), **options)
    app.wait_for_commit(commit)
    pipeline.wait_for("Running")
    app.wait_for_health("Healthy")
    syncs, generation = app.syncs(), (pipeline.get() or {})["metadata"]["generation"]

    for _ in range(refreshes):
        app.refresh()
        assert app.is_in_sync(), app.get()["status"]

    assert app.syncs() == syncs, "nothing was applied again"
    assert (pipeline.get() or {})["metadata"]["generation"] == generation


def test_what_git_no_longer_has_is_stopped_with_a_checkpoint_and_pruned(
    app: Application, repository: Repository, namespace: Kubectl, pipeline: PipelineAtWork
) -> None:
    pipeline.wait_for_records(more_than=5)
    note: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note"}}
    commit = repository.commit("Leave a note instead", pipeline=None, note=note)
    app.refresh()
    pipeline.wait_until_gone()
    app.wait_for_commit(commit)

    assert pipeline.claim() is not None, "onDelete is Retain"
    assert namespace.look(f"pod/{pipeline.pod_name}") is None

    storage = {"size": "1Gi", "existingClaim": pipeline.pod_name}
    app.wait_for_commit(
        repository.commit("Go on", pipeline=example_manifest(pipeline.name, storage=storage), note=None)
    )
    pipeline.wait_for("Running")
    assert pipeline.must_be_exact() > 5, "its last checkpoint was made before it went"

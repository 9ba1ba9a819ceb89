"""What has to be there before the commands of a page can be run: the pipelines that the page speaks of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from sluice.api.constants import GATEWAY_FIELD_MANAGER, LABEL_MANAGED_BY
from support.batch import BatchAtWork, element
from support.chart import NAMESPACE as GATEWAY_NAMESPACE
from support.kubectl import Kubectl, Manifest
from support.pages import ROOT, blocks_of
from support.pipeline import PipelineAtWork, example_manifest, with_environment

Stage = Callable[[Kubectl], None]
SHOP = "shop"
"""The namespace that the pages of the gateway speak of."""
PEOPLE: list[Manifest] = [
    {"apiGroups": ["sluice.dev"], "resources": ["pipelines"], "verbs": ["get", "list", "create", "patch"]},
    {"apiGroups": [""], "resources": ["configmaps", "pods/proxy"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
]


def nothing(_: Kubectl) -> None:
    """The page brings everything itself."""


def running(*names: str, is_declared: bool = False, **environment: str) -> Stage:
    """These pipelines at work. Declared: a manifest owns their fields, as with a Git tool."""

    def set_the_stage(kubectl: Kubectl) -> None:
        for name in names:
            manifest = with_environment(example_manifest(name), **environment)
            kubectl.must("apply" if is_declared else "create", "-f", "-", manifest=manifest)
        for name in names:
            PipelineAtWork(kubectl, name).wait_for("Running")
            PipelineAtWork(kubectl, name).wait_for_records(more_than=5)

    return set_the_stage


def several(*stages: Stage) -> Stage:
    """One after the other."""

    def set_the_stage(kubectl: Kubectl) -> None:
        for stage in stages:
            stage(kubectl)

    return set_the_stage


def sweep(kubectl: Kubectl) -> None:
    """A batch pipeline that has come to its end."""
    batch = BatchAtWork(kubectl, "sweep")
    batch.run(element("slow", "echo slow"), element("fit", "echo fit", "slow"))
    batch.wait_for("Completed")


def stopped_from(page: Path) -> Stage:
    """The first pipeline that the page shows, wanted Stopped, so that nothing of it has to be there."""

    def set_the_stage(kubectl: Kubectl) -> None:
        shown = next(block for block in blocks_of(page) if block.language == "yaml")
        manifest: dict[str, Any] = yaml.safe_load(shown.text)
        manifest["spec"]["desiredStatus"] = "Stopped"
        kubectl.must("create", "-f", "-", manifest=manifest)

    return set_the_stage


def forget_api_keys() -> None:
    """The keys of the namespace, which are kept beside the gateway."""
    label = f"{LABEL_MANAGED_BY}={GATEWAY_FIELD_MANAGER}"
    Kubectl().in_namespace(GATEWAY_NAMESPACE).must("delete", "secrets", "-l", label)


def shop(kubectl: Kubectl) -> None:
    """The namespace of the pages about the gateway, with somebody who may do what those pages do."""
    cluster = Kubectl()
    namespace = cluster.in_namespace(SHOP)
    del kubectl
    if cluster.look(f"namespace/{SHOP}") is not None:
        cluster.must("delete", "namespace", SHOP, seconds=90)
    forget_api_keys()
    cluster.must("create", "namespace", SHOP)
    for name in ("me", "ci"):
        namespace.must("create", "serviceaccount", name)
    role: Manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "me"},
        "rules": PEOPLE,
    }
    namespace.must("create", "-f", "-", manifest=role)
    namespace.must("create", "rolebinding", "me", "--role=me", f"--serviceaccount={SHOP}:me")
    running("orders", is_declared=True)(namespace)


def same_shop(kubectl: Kubectl) -> None:
    """The namespace as another page left it, its pipeline at work again; a new one where there is none."""
    namespace = Kubectl().in_namespace(SHOP)
    if namespace.look("slpl/orders") is None:
        shop(kubectl)
        return
    PipelineAtWork(namespace, "orders").take_back("override")
    PipelineAtWork(namespace, "orders").wait_for("Running")


STAGES: dict[str, Stage] = {
    "docs/backup.md": running("census"),
    "docs/batch.md": sweep,
    "docs/cli.md": several(
        running("census", is_declared=True),
        running("orders"),
        running("stuck", ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="600"),
    ),
    "docs/drain.md": running("parcels"),
    "docs/flink.md": stopped_from(ROOT / "docs" / "flink.md"),
    "docs/flux.md": running("orders"),
    "docs/from-feldera.md": same_shop,
    "docs/gateway.md": shop,
    "docs/lifecycle.md": running("orders"),
    "docs/stuck-stop.md": running("orders", ZONE_CENSUS_TEST_DELAYED_UNTIL="/tmp/ready"),
    "docs/tutorial.md": nothing,
    "examples/zone_census/README.md": nothing,
}
"""By page. A page with commands and no stage is found by a test."""
LANES = (("docs/gateway.md", "docs/from-feldera.md"),)
"""Pages that share something, and so are run one after the other."""
ALONE = ("docs/drain.md",)
"""Pages that keep others from having pods meanwhile."""

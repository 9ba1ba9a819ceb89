"""``deploy/``: the chart's default rendering as plain manifests, for clusters without Helm.

Run as a module this writes it.
"""

import yaml

from support.chart import CHART, NAMESPACE, render
from support.kubectl import Manifest

PLACE = CHART.parents[1] / "deploy" / "operator.yaml"
HEADER = (
    "# Made from charts/sluice by `make chart`. Do not edit.\n"
    "# kubectl apply --server-side -f crds/ && kubectl apply -f deploy/\n"
)
VALUES: Manifest = {"crds": {"install": False}, "image": {"tag": "dev"}, "rbac": {"aggregate": False}}
NAMESPACE_MANIFEST: Manifest = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
}


def build_manifests() -> str:
    """The file's content."""
    objects = [NAMESPACE_MANIFEST, *render(VALUES).objects]
    return HEADER + "---\n".join(yaml.safe_dump(each, sort_keys=False, width=110) for each in objects)


if __name__ == "__main__":
    PLACE.write_text(build_manifests())

"""Suites that need the cluster are told where it is, by the tool that made it."""

import os
from pathlib import Path

from .cluster_access import with_cluster

TOOL = "import sys\nprint('/etc/cluster/kubeconfig' if sys.argv[1:] == ['kubeconfig'] else '')\n"
PATHS = "class Cache:\n    bin = '/opt/programs'\n    current = classmethod(lambda cls: cls)\n"


def environment(root: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}


def test_kubeconfig_and_kubectl_come_from_the_tool(tmp_path: Path) -> None:
    package = tmp_path / "localkube"
    package.mkdir()
    (package / "__main__.py").write_text(TOOL)
    (package / "paths.py").write_text(PATHS)

    found = with_cluster(environment(tmp_path), tmp_path)

    assert found["KUBECONFIG"] == "/etc/cluster/kubeconfig"
    assert found["PATH"].startswith("/opt/programs:")


def test_without_a_cluster_nothing_is_added(tmp_path: Path) -> None:
    (tmp_path / "localkube").mkdir()

    assert with_cluster(environment(tmp_path), tmp_path) == environment(tmp_path)

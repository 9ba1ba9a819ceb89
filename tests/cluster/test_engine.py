"""Which engine serves, and what is asked of the machine."""

import json
from pathlib import Path

import pytest

from localkube import embedded, engine, paths
from localkube.addresses import plan_for
from localkube.cgroups import hierarchies, mounted
from localkube.embedded import EmbeddedCluster, Wishes
from localkube.kind import KindCluster, kind_config
from localkube.packages import missing_packages
from localkube.progress import LocalkubeError
from localkube.toolchain import is_new_enough


def _docker(monkeypatch: pytest.MonkeyPatch, *, answers: bool) -> None:
    monkeypatch.setattr(engine, "docker_answers", lambda: answers)
    monkeypatch.setattr("os.geteuid", lambda: 0)


def test_kind_serves_where_a_docker_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(monkeypatch, answers=True)

    assert isinstance(engine.choose("auto", "sluice"), KindCluster)


def test_the_embedded_cluster_serves_where_only_the_docker_client_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _docker(monkeypatch, answers=False)

    assert isinstance(engine.choose("auto", "sluice"), EmbeddedCluster)


def test_a_second_cluster_with_the_addresses_of_the_first_is_refused_before_it_breaks_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "STATE_ROOT", tmp_path)
    monkeypatch.setattr(embedded, "STATE_ROOT", tmp_path)
    (tmp_path / "lead").mkdir()
    assert plan_for("lead") == plan_for("second"), "the pair that this is about"

    with pytest.raises(LocalkubeError, match="lead has the addresses that second would get"):
        EmbeddedCluster("second").up(Wishes())

    assert [entry.name for entry in tmp_path.iterdir()] == ["lead"]


def test_a_demanded_engine_is_not_second_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(monkeypatch, answers=True)

    assert isinstance(engine.choose("embedded", "sluice"), EmbeddedCluster)


def test_the_embedded_cluster_without_root_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(monkeypatch, answers=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(LocalkubeError) as refusal:
        engine.choose("auto", "sluice")

    assert "Docker" in refusal.value.hint


def test_kind_gets_workers_for_every_node_after_the_first() -> None:
    assert [node["role"] for node in kind_config(3, {})["nodes"]] == ["control-plane", "worker", "worker"]


def test_kind_gets_eviction_thresholds_as_a_kubelet_patch() -> None:
    patch = json.loads(kind_config(1, {"memory.available": "1Gi"})["kubeadmConfigPatches"][0])

    assert patch["evictionHard"] == {"memory.available": "1Gi"}


@pytest.mark.parametrize(
    ("answer", "enough"),
    [
        ("go version go1.26.8 linux/amd64", True),
        ("go version go1.27rc1 linux/amd64", True),
        ("go version go1.19.8 linux/amd64", False),
        ("", False),
    ],
)
def test_a_go_that_is_too_old_is_not_used(answer: str, enough: bool) -> None:
    assert is_new_enough(answer) is enough


def test_a_package_is_asked_for_once_and_only_where_a_program_is_missing() -> None:
    assert missing_packages({"sh": "dash", "/nowhere/a": "containerd", "/nowhere/b": "containerd"}) == [
        "containerd"
    ]


V1 = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
HYBRID = V1 + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"


def test_control_groups_are_made_in_version_1_where_it_is_mounted() -> None:
    assert [kind for _, kind in hierarchies(HYBRID)] == ["cgroup"]
    assert [kind for _, kind in hierarchies(V2)] == ["cgroup2"]


def test_control_groups_are_removed_from_every_hierarchy() -> None:
    assert len(mounted(HYBRID)) == 2

"""What a node's daemons are told."""

import json
import tomllib

import pytest

from localkube.addresses import AddressPlan
from localkube.control_plane import NEED_API, control_daemons
from localkube.node_config import NodeConfig, parse_eviction
from localkube.paths import Cache, State
from localkube.progress import LocalkubeError


@pytest.fixture
def config() -> NodeConfig:
    return NodeConfig("node-2", State("sluice"), AddressPlan(0), "/localkube-sluice/node-2", {})


def test_eviction_thresholds_are_read_as_the_kubelets_flag_writes_them() -> None:
    assert parse_eviction("memory.available<500Mi, nodefs.available<5%") == {
        "memory.available": "500Mi",
        "nodefs.available": "5%",
    }


def test_an_empty_text_means_no_eviction() -> None:
    assert parse_eviction("") == {}


@pytest.mark.parametrize("text", ["memory.available>1Gi", "memory<1Gi", "memory.available<lots"])
def test_a_threshold_that_cannot_be_read_is_refused_with_the_known_signals(text: str) -> None:
    with pytest.raises(LocalkubeError) as refusal:
        parse_eviction(text)

    assert "memory.available" in refusal.value.hint


def test_containerd_never_lowers_oom_scores_and_keeps_its_state_inside(config: NodeConfig) -> None:
    parsed = tomllib.loads(config.containerd())

    assert parsed["plugins"]["io.containerd.grpc.v1.cri"]["restrict_oom_score_adj"] is True
    assert parsed["root"].startswith(str(config.state.root))
    assert parsed["grpc"]["address"].startswith(str(config.state.root))


def test_pods_get_addresses_of_their_nodes_network_without_masquerading(config: NodeConfig) -> None:
    bridge = config.pod_network()["plugins"][0]

    assert bridge["ipam"]["ranges"] == [[{"subnet": "198.18.1.0/24"}]]
    assert bridge["ipMasq"] is False


def test_eviction_thresholds_reach_the_kubelet(config: NodeConfig) -> None:
    told = NodeConfig("node-1", config.state, config.plan, "/x", {"memory.available": "1Gi"}).kubelet()

    assert told["evictionHard"] == {"memory.available": "1Gi"}


def test_every_rendered_json_file_is_json(config: NodeConfig) -> None:
    for name, content in config.files().items():
        if name.endswith((".json", ".conflist")):
            json.loads(content)


def test_a_node_gets_no_default_route(config: NodeConfig) -> None:
    routes = [command for command in config.setup() if command[:3] == ["ip", "route", "add"]]

    assert routes
    assert not any("default" in command for command in routes)


def test_services_and_other_nodes_pods_are_routed_by_the_control_plane(config: NodeConfig) -> None:
    assert ["ip", "route", "add", "198.18.0.0/20", "via", "198.18.14.1"] in config.setup()
    assert ["ip", "route", "add", "198.19.0.0/20", "via", "198.18.14.1"] in config.setup()


def test_unix_sockets_stay_below_the_kernels_limit(config: NodeConfig) -> None:
    assert len(str(config.state.containerd_socket("node-12"))) < 104


def test_the_daemons_that_need_the_api_server_are_daemons_of_the_control_plane(config: NodeConfig) -> None:
    names = {daemon.name for daemon in control_daemons(config.state, Cache(config.state.root), config.plan)}

    assert set(NEED_API) < names


def test_the_api_server_writes_an_audit_log_and_knows_the_front_proxys_authority(config: NodeConfig) -> None:
    daemons = control_daemons(config.state, Cache(config.state.root), config.plan)
    arguments = next(daemon.argv for daemon in daemons if daemon.name == "kube-apiserver")

    assert f"--audit-log-path={config.state.audit_log}" in arguments
    assert any(argument.startswith("--requestheader-client-ca-file=") for argument in arguments)

"""Where addresses lie, and that no two things share one."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from localkube.addresses import MAX_NODES, AddressPlan, plan_for

BENCHMARK_RANGE = IPv4Network("198.18.0.0/15")


@pytest.mark.parametrize("slot", range(16))
def test_every_cluster_stays_inside_the_range_that_meets_no_real_network(slot: int) -> None:
    plan = AddressPlan(slot)

    assert plan.cluster.subnet_of(BENCHMARK_RANGE)
    assert plan.services.subnet_of(BENCHMARK_RANGE)


def test_no_two_clusters_overlap() -> None:
    networks = [
        network for slot in range(16) for network in (AddressPlan(slot).cluster, AddressPlan(slot).services)
    ]

    assert not any(first.overlaps(second) for first, second in combinations(networks, 2))


def test_pod_networks_node_network_and_host_link_of_one_cluster_do_not_overlap() -> None:
    plan = AddressPlan(3)
    networks = [plan.node_network, plan.host_link, *(plan.pods(number) for number in range(1, MAX_NODES + 1))]

    assert all(network.subnet_of(plan.cluster) for network in networks)
    assert not any(first.overlaps(second) for first, second in combinations(networks, 2))


def test_no_node_has_the_address_of_the_control_plane() -> None:
    plan = AddressPlan(0)

    assert plan.control not in {plan.node(number) for number in range(1, MAX_NODES + 1)}


def test_the_default_name_has_a_slot_that_no_other_name_gets() -> None:
    assert plan_for("sluice").slot == 0
    assert all(plan_for(f"cluster-{number}").slot != 0 for number in range(200))


def test_a_name_has_the_same_addresses_every_time() -> None:
    assert plan_for("dev2") == plan_for("dev2")


def test_interface_names_fit_the_kernels_limit() -> None:
    assert len(AddressPlan(15).host_interface) <= 15


@pytest.mark.parametrize("number", [0, MAX_NODES + 1])
def test_a_node_outside_of_the_plan_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="nodes"):
        AddressPlan(0).node(number)

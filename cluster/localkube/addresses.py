"""Which address belongs to what.

Everything lies in 198.18.0.0/15, the range set aside for benchmarks, so that it meets no real
network. A cluster takes one of sixteen slots, told by its name alone: 198.18.(16 * slot).0/20 for
nodes and pods, and the same part of 198.19.0.0/16 for services. Two clusters with different slots
can run side by side; one whose slot is taken is refused.
"""

import zlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

DEFAULT_NAME: Final = "sluice"
MAX_NODES: Final = 12

_SLOTS: Final = 16
_SLOT_SIZE: Final = 16 * 256
_MACHINES: Final = IPv4Address("198.18.0.0")
_SERVICES: Final = IPv4Address("198.19.0.0")


@dataclass(frozen=True)
class AddressPlan:
    """The addresses of one cluster, computed from its slot."""

    slot: int

    @property
    def cluster(self) -> IPv4Network:
        """Everything that has a network interface: nodes, pods and the link to the host."""
        return IPv4Network((_MACHINES + self.slot * _SLOT_SIZE, 20))

    @property
    def services(self) -> IPv4Network:
        """The cluster addresses of services."""
        return IPv4Network((_SERVICES + self.slot * _SLOT_SIZE, 20))

    @property
    def api_service(self) -> IPv4Address:
        """The address of the service ``kubernetes``: always the first of its range."""
        return self.services[1]

    @property
    def dns_service(self) -> IPv4Address:
        """The address of the cluster's name server."""
        return self.services[10]

    @property
    def node_network(self) -> IPv4Network:
        """The network between the control plane and the nodes."""
        return IPv4Network((self.cluster[14 * 256], 24))

    @property
    def control(self) -> IPv4Address:
        """The control plane, and the router between the nodes."""
        return self.node_network[1]

    @property
    def host_link(self) -> IPv4Network:
        """The point-to-point network between the host and the control plane."""
        return IPv4Network((self.cluster[15 * 256], 30))

    @property
    def host(self) -> IPv4Address:
        """The host's own end of the link; pods can reach the host here and nowhere else."""
        return self.host_link[1]

    @property
    def gateway(self) -> IPv4Address:
        """The control plane's end of the link."""
        return self.host_link[2]

    @property
    def host_interface(self) -> str:
        """The name of the host's interface; at most 15 characters, as the kernel demands."""
        return f"localkube{self.slot}"

    def node(self, number: int) -> IPv4Address:
        """The address of a node; nodes are counted from 1."""
        return self.node_network[10 + _checked(number)]

    def pods(self, number: int) -> IPv4Network:
        """The pod network of a node."""
        return IPv4Network((self.cluster[(_checked(number) - 1) * 256], 24))


def plan_for(name: str) -> AddressPlan:
    """Give a cluster's addresses: the default name has the first slot, every other name one of the rest."""
    if name == DEFAULT_NAME:
        return AddressPlan(0)
    return AddressPlan(1 + zlib.crc32(name.encode()) % (_SLOTS - 1))


def _checked(number: int) -> int:
    if not 1 <= number <= MAX_NODES:
        raise ValueError(f"a cluster has 1 to {MAX_NODES} nodes, there is no node {number}")
    return number

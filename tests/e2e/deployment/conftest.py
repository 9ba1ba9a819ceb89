"""Deployments on real pods."""

import itertools
from collections.abc import Iterator

import pytest
from support.deployment import DeploymentAtWork, MakeDeployment, node_name
from support.kubectl import Kubectl

_numbers = itertools.count(1)


@pytest.fixture
def make_deployment(system: Kubectl, namespace: Kubectl) -> Iterator[MakeDeployment]:
    """Gives deployments of the test's own, not yet applied; afterwards they are removed without ceremony."""
    made: list[DeploymentAtWork] = []

    def make() -> DeploymentAtWork:
        made.append(DeploymentAtWork(namespace, f"d{next(_numbers)}"))
        return made[-1]

    yield make
    for each in made:
        each.send_away()


@pytest.fixture
def deployment(make_deployment: MakeDeployment) -> DeploymentAtWork:
    return make_deployment()


@pytest.fixture(scope="session")
def node(system: Kubectl) -> str:
    """The machine that is there."""
    return node_name(system)

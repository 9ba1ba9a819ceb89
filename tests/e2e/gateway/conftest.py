"""The gateway as an installed Deployment, and people with tokens and keys."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest
import yaml
from support.deployment import DeploymentAtWork
from support.gateway import Door, forwarded, make_people
from support.installation import install_gateway
from support.kubectl import Kubectl
from support.pipeline import example_manifest

TEMPLATE = "sluice-pipeline-template"
_numbers = itertools.count(1)


def pytest_configure() -> None:
    """Nobody gets an event loop that nobody made: one that is made on demand would never be closed."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def gateways(system: Kubectl) -> Iterator[list[str]]:
    """URLs of the gateway's pods, each of its own."""
    install_gateway(system)
    pods = system.get("pods", "-l", "app.kubernetes.io/name=sluice-gateway")["items"]
    there = [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert len(there) == 2, there
    with forwarded(system, f"pod/{there[0]}") as first, forwarded(system, f"pod/{there[1]}") as second:
        yield [first, second]


@pytest.fixture(scope="module")
def people(namespace: Kubectl, gateways: list[str]) -> Kubectl:
    """kubectl in the module's namespace, where there are people with rights, and a template."""
    make_people(namespace)
    template = yaml.safe_dump(example_manifest("template")["spec"])
    namespace.must("create", "configmap", TEMPLATE, f"--from-literal=pipelineTemplate={template}")
    return namespace


@pytest.fixture
def door(people: Kubectl, gateways: list[str]) -> Door:
    """The way in."""
    return Door(gateways[0], people)


@pytest.fixture
def other_door(people: Kubectl, gateways: list[str]) -> Door:
    """The way in by the other replica."""
    return Door(gateways[1], people)


@pytest.fixture
def deployment(people: Kubectl) -> Iterator[DeploymentAtWork]:
    """A deployment of the test's own, not yet applied."""
    at_work = DeploymentAtWork(people, f"d{next(_numbers)}")
    yield at_work
    at_work.send_away()

"""One acted cluster for the tests of a module that drive the real reconciler."""

import asyncio
from collections.abc import Iterator

import pytest
from support.installation import send_operator_home
from support.kubectl import Kubectl

from integration.stage.cluster import Cluster, open_cluster


@pytest.fixture(scope="module")
def acted(cluster: Kubectl, namespace: Kubectl, runner: asyncio.Runner) -> Iterator[Cluster]:
    """A namespace in which everything but the operator and the API server is acted."""
    send_operator_home(cluster)
    opened = open_cluster(str(namespace.namespace))
    yield runner.run(opened.__aenter__())
    runner.run(opened.__aexit__(None, None, None))

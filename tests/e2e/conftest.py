"""The operator as it is installed, and pipelines on real pods."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from support.installation import install_operator
from support.kubectl import Kubectl
from support.pipeline import PipelineAtWork

MakePipeline = Callable[[str], PipelineAtWork]


@pytest.fixture(scope="session")
def system(crds: Kubectl) -> Kubectl:
    """kubectl in the namespace of the installed operator."""
    return install_operator(crds)


@pytest.fixture
def pipeline(system: Kubectl, namespace: Kubectl, request: pytest.FixtureRequest) -> Iterator[PipelineAtWork]:
    """A pipeline of the test's own, not yet applied; afterwards it is removed without ceremony."""
    name = f"p{next(_numbers)}"
    at_work = PipelineAtWork(namespace, name)
    yield at_work
    at_work.send_away()


_numbers = itertools.count(1)

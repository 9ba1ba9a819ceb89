"""Batch pipelines on real pods."""

import itertools
from collections.abc import Iterator

import pytest
from support.batch import BatchAtWork
from support.kubectl import Kubectl

_numbers = itertools.count(1)


@pytest.fixture
def batch(system: Kubectl, namespace: Kubectl) -> Iterator[BatchAtWork]:
    """A batch pipeline of the test's own, not yet applied; afterwards it is removed without ceremony."""
    at_work = BatchAtWork(namespace, f"b{next(_numbers)}")
    yield at_work
    at_work.send_away()


@pytest.fixture
def other(system: Kubectl, namespace: Kubectl) -> Iterator[BatchAtWork]:
    """A second one."""
    at_work = BatchAtWork(namespace, f"b{next(_numbers)}")
    yield at_work
    at_work.send_away()

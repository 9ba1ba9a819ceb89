from collections.abc import Iterator
from pathlib import Path

import pytest

from .harness import Jobs, Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    started = Nursery()
    yield started
    started.close()


@pytest.fixture
def jobs(nursery: Nursery, tmp_path: Path) -> Iterator[Jobs]:
    """Starts example jobs that share one storage."""
    started = Jobs(nursery, tmp_path)
    yield started
    started.kill_all()

from collections.abc import Iterator
from pathlib import Path

import pytest

from .application import CONTEXT, Applications


@pytest.fixture
def applications(tmp_path: Path) -> Iterator[Applications]:
    """Starts runs of the example that share one volume."""
    if not (CONTEXT / ".made").exists():
        pytest.fail("Flink's libraries are missing: run these tests by `make flink`")
    started = Applications(tmp_path)
    yield started
    started.kill_all()

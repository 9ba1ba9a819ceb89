from pathlib import Path

import pytest
from support.volumes import Volume

from sluice.runtime.flink import maintenance

from .volume import fence


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A volume on which something ran."""
    made = Volume(tmp_path, maintenance.main)
    fence(made.directory)
    return made

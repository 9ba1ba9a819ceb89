"""What several tests look at is explored once."""

import pytest

from .settings import DEFAULT
from .side_by_side import survey_all
from .survey import Survey


@pytest.fixture(scope="session")
def surveys() -> dict[str, Survey]:
    """The survey of each setting of the default size, by its name."""
    return survey_all(DEFAULT)

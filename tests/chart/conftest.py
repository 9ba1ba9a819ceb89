"""As for the unit tests: nobody gets an event loop that nobody made."""

from unit.conftest import pytest_configure

__all__ = ["pytest_configure"]

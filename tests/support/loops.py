"""An event loop that goes on from one test of a module to the next, for watches and whoever acts in it."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The loop, for tests that are no coroutines themselves."""
    # With a factory it leaves the thread's own loop alone, which belongs to the tests that are coroutines.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as made:
        yield made

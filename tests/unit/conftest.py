"""For all unit tests."""

import asyncio


def pytest_configure() -> None:
    """Nobody gets an event loop that nobody made: one that is made on demand would never be closed."""
    asyncio.set_event_loop(None)

"""One Chromium for the suite, and for each test a context of its own with nothing in it."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from support.browser import find_chromium
from unit.conftest import pytest_configure

__all__ = ["pytest_configure"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one event loop: the browser lives in it."""
    for item in items:
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """Debian's own; as root it cannot have its sandbox, and it opens nothing but the page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"], timeout=30_000
        )
        try:
            yield browser
        finally:
            await browser.close()

"""Somebody with a browser, and what the browser noticed meanwhile."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, ConsoleMessage, Page, Request, expect

PICTURES: Final = Path(__file__).resolve().parents[2] / "build" / "web"
WAIT_MS: Final = 20_000
TELL_REFUSALS: Final = """addEventListener("securitypolicyviolation", (event) => {
    console.error(`refused: ${event.effectiveDirective}`);
});"""
"""The browser tells nobody but the page itself what it refused by the page's policy."""
expect.set_options(timeout=WAIT_MS)


@dataclass
class Visitor:
    """A page of the gateway in a browser."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list[str])
    """Errors of scripts, and whatever the browser refused because of the page's policy."""
    requests: list[Request] = field(default_factory=list[Request])

    async def open(self, fragment: str = "") -> None:
        await self.page.goto(f"{self.url}/ui/{fragment}")

    async def sign_in(self, token: str) -> None:
        await self.page.get_by_label("Token").fill(token)
        await self.page.get_by_role("button", name="Use it").click()

    async def press(self, action: str) -> None:
        await (
            self.page.get_by_role("group", name="Actions")
            .get_by_role("button", name=action, exact=True)
            .click()
        )

    async def picture(self, name: str) -> Path:
        """A screenshot, kept as an artefact."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        # As tall as it is: what sticks to the window's edge would lie over the middle of a longer picture.
        size = self.page.viewport_size or {"width": 1280, "height": 860}
        height = await self.page.evaluate("document.documentElement.scrollHeight")
        await self.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        await self.page.screenshot(path=path, animations="disabled")
        await self.page.set_viewport_size(size)
        return path


@asynccontextmanager
async def visit(browser: Browser, url: str, **options: Any) -> AsyncGenerator[Visitor]:
    """A visit that ends with nothing for the browser to complain of."""
    size = options.pop("viewport", {"width": 1280, "height": 860})
    context = await browser.new_context(viewport=size, locale="en-GB", timezone_id="UTC", **options)
    context.set_default_timeout(WAIT_MS)
    try:
        await context.add_init_script(TELL_REFUSALS)
        visitor = Visitor(await context.new_page(), url)

        def complain(message: ConsoleMessage) -> None:
            # The browser itself writes a line for each answer that is an error: those are asserted elsewhere.
            if message.type in ("error", "warning") and "the server responded with" not in message.text:
                visitor.complaints.append(message.text)

        visitor.page.on("console", complain)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.on("request", lambda request: visitor.requests.append(request))
        yield visitor
        assert visitor.complaints == []
    finally:
        await context.close()

"""For everybody: keyboards, screen readers, small windows, dark rooms, and those whom motion makes ill."""

from importlib import resources
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from .cast import bring_on
from .theatre import CLERK, open_theatre
from .visitor import visit

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
"""axe-core, as its package ships it."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOK = """async (rules) => {
    const found = await axe.run(document, rules);
    const tell = (each) => each.nodes.map((node) => `${each.id}: ${each.help}: ${node.html}`);
    return { passes: found.passes.length, violations: found.violations.flatMap(tell) };
}"""
"""Only what is looked at: all that it found is as large as the page, ten times over."""
SIGHTS = (
    "#/shop",
    "#/shop/pipelines/census",
    "#/shop/pipelines/fraud-rules",
    "#/shop/pipelines/battery-sweep",
)


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, each with the elements that are."""
    await page.evaluate(AXE)
    found: dict[str, Any] = await page.evaluate(LOOK, RULES)
    assert found["passes"] > 10, "it looked at the page"
    violations: list[str] = found["violations"]
    return violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wrong_by_the_rules_of_wcag(chromium: Browser, scheme: str) -> None:
    async with open_theatre() as (world, url), visit(chromium, url, color_scheme=scheme) as visitor:
        bring_on(world.kube)
        page = visitor.page
        await page.emulate_media(reduced_motion="reduce")
        await visitor.open()
        await expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
        assert await violations(page) == []
        await visitor.sign_in(CLERK)
        for sight in SIGHTS:
            await page.goto(f"{url}/ui/{sight}")
            await expect(page.locator("#freshness")).to_contain_text("Live")
            await expect(page.locator("table").first).to_be_visible()
            assert await violations(page) == [], sight
        await page.goto(f"{url}/ui/#/shop/pipelines/census")
        await expect(page.get_by_role("heading", level=1)).to_have_text("census")
        await visitor.picture(f"census-{scheme}")
        await visitor.press("Force stop")
        assert await violations(page) == []


async def test_everything_can_be_done_with_a_keyboard(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        page = visitor.page
        await visitor.open()
        await expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
        await page.get_by_label("Token").focus()
        await page.keyboard.type(CLERK)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        link = page.get_by_role("link", name="orders")
        for _ in range(8):
            await page.keyboard.press("Tab")
            if await link.evaluate("(element) => element === document.activeElement"):
                break
        await expect(link).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("orders")
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await page.get_by_role("button", name="Pause").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".told")).to_contain_text("wanted Paused")
        await expect(page.locator(".state .badge").first).to_have_text("Paused")
        await expect(page.get_by_role("button", name="Pause")).to_be_focused()
        assert world.orders["deploymentStatus"] == "Paused"


async def test_the_header_can_be_skipped(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()
        await visitor.page.keyboard.press("Tab")
        await expect(visitor.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.get_by_role("main")).to_be_focused()


async def test_a_look_at_the_same_moves_nothing_and_closes_nothing(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open("#/shop/pipelines/census")
        await visitor.sign_in(CLERK)
        summary = visitor.page.get_by_text("Why not everything can be asked for now")
        await summary.click()
        refusals = visitor.page.locator(".refusals dl")
        await expect(refusals).to_be_visible()
        for _ in range(2):
            async with visitor.page.expect_response(lambda answer: "objects" in answer.url):
                await visitor.page.get_by_role("button", name="Look again").click()
        await expect(refusals).to_be_visible()


async def test_motion_is_for_those_who_do_not_mind_it(chromium: Browser) -> None:
    script = "getComputedStyle(document.getElementById('freshness'), '::before').animationName"
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in(CLERK)
        await expect(visitor.page.locator("#freshness")).to_contain_text("Live")
        assert await visitor.page.evaluate(script) == "pulse"
        await visitor.page.emulate_media(reduced_motion="reduce")
        assert await visitor.page.evaluate(script) == "none"


@pytest.mark.parametrize("width", [320, 768])
async def test_a_small_window_is_never_scrolled_sideways(chromium: Browser, width: int) -> None:
    size = {"width": width, "height": 800}
    async with open_theatre() as (world, url), visit(chromium, url, viewport=size) as visitor:
        bring_on(world.kube)
        await visitor.open()
        await visitor.sign_in(CLERK)
        for sight in SIGHTS:
            await visitor.page.goto(f"{url}/ui/{sight}")
            await expect(visitor.page.locator("table").first).to_be_visible()
            wide = await visitor.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, sight
        await visitor.picture(f"narrow-{width}")

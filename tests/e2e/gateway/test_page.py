"""The page of the installed gateway in a headless Chromium: real people, a real pipeline."""

from playwright.async_api import Page, async_playwright, expect
from support.browser import find_chromium
from support.gateway import CLERK, READER, Door
from support.kubectl import Kubectl
from support.pipeline import PipelineAtWork, example_manifest
from web.visitor import visit

STATE_MS = 60_000


async def see(page: Page, state: str) -> None:
    """Wait until the page shows this state, by its own looks."""
    await expect(page.locator(".state .badge").first).to_have_text(state, timeout=STATE_MS)


async def test_a_person_stops_and_starts_a_pipeline_and_a_reader_may_not(people: Kubectl, door: Door) -> None:
    census = PipelineAtWork(people, "paged")
    census.apply(example_manifest("paged"))
    census.wait_for("Running")
    fragment = f"#/{people.namespace}/pipelines/paged"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        async with visit(browser, door.url) as visitor:
            await visitor.open(fragment)
            await visitor.sign_in(door.token(READER))
            await see(visitor.page, "Running")
            await visitor.press("Stop")
            await expect(visitor.page.locator(".told")).to_contain_text("cannot patch resource")
        assert census.status()["deploymentStatus"] == "Running"
        async with visit(browser, door.url) as visitor:
            await visitor.open(fragment)
            await visitor.sign_in(door.token(CLERK))
            await see(visitor.page, "Running")
            await visitor.press("Stop")
            await expect(visitor.page.locator(".told")).to_contain_text("requests.sluice.dev/override")
            await see(visitor.page, "Stopped")
            stop = census.status()["stop"]
            assert stop["checkpoint"], "a graceful stop made its checkpoint"
            await expect(visitor.page.locator("main")).to_contain_text(stop["checkpoint"])
            await visitor.press("Start")
            await see(visitor.page, "Running")
            await visitor.picture("real-pipeline")
        await browser.close()

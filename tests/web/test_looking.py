"""What people see, how fresh it is, and that it is only looked for while somebody sees it."""

from playwright.async_api import Browser, expect

from sluice.telling.words import duration

from .cast import HOSTILE, bring_on
from .theatre import CLERK, open_theatre
from .visitor import visit

VIEWS = {
    "pipelines/census": "declared: every 5 min",
    "pipelines/fraud-rules": "no space left on device",
    "pipelines/audit-trail": "RunnerCheckError",
    "pipelines/battery-sweep": "cycle 310 of 500",
    "pipelines/prices": "an approval of the changed program",
    "deployments/ledger": "node-b",
}
"""By the fragment of its address: what stands only there."""
SECONDS = (0, 0.44, 9.96, 10, 59.4, 60, 61, 185, 3600, 7800, 86400, 356400, 31536000)
TABLE_ROWS = 9
"""The headings, and eight objects."""


async def test_the_list_shows_every_object_with_its_state_and_narrows_down(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open()
        await visitor.sign_in(CLERK)
        page = visitor.page
        rows = page.get_by_role("table", name="Pipelines and deployments").get_by_role("row")

        await expect(rows).to_have_count(TABLE_ROWS)
        await expect(page.get_by_role("row", name="census")).to_contain_text("Running")
        await expect(page.get_by_role("row", name="fraud-rules")).to_contain_text(
            "cannot make its checkpoint"
        )
        await expect(page.get_by_role("row", name="battery-sweep")).to_contain_text("2/6 elements")
        await visitor.picture("list")
        await page.get_by_label("Find").fill("fraud")
        await expect(rows).to_have_count(2)
        await page.get_by_label("Find").fill("nothing is called so")
        await expect(page.get_by_text("Nothing here is called so")).to_be_visible()
        await page.get_by_label("Find").fill("")
        await page.get_by_role("button", name="Stopped 2").click()
        await expect(rows).to_have_count(3)


async def test_each_object_has_a_view_of_its_own_and_what_others_wrote_stays_text(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open()
        await visitor.sign_in(CLERK)
        page = visitor.page
        for fragment, words in VIEWS.items():
            await page.goto(f"{url}/ui/#/shop/{fragment}")
            await expect(page.get_by_role("heading", level=1)).to_have_text(fragment.split("/")[1])
            await expect(page.locator("main")).to_contain_text(words)
            await visitor.picture(fragment.split("/")[1])
            if fragment.endswith(("fraud-rules", "audit-trail")):
                await expect(page.locator("main")).to_contain_text(HOSTILE)
        assert await page.locator("main img").count() == 0


async def test_the_plots_say_in_words_what_they_show(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open("#/shop/pipelines/census")
        await visitor.sign_in(CLERK)
        plots = visitor.page.get_by_role("img")

        await expect(plots).to_have_count(3)
        names = [await plot.get_attribute("aria-label") or "" for plot in await plots.all()]
        assert "Running, then Suspending, then Stopping, then Provisioning" in names[0]
        assert "at most 5 min 6 s" in names[1]
        assert "the longest is Stop (graceful), as a whole: 48 s" in names[2]
        checkpoints = visitor.page.get_by_role("table", name="Checkpoints").get_by_role("row")
        await expect(checkpoints).to_have_count(7)


async def test_times_are_said_as_the_command_line_says_them(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        script = "async (all) => { const time = await import('./time.js'); return all.map(time.duration); }"

        assert await visitor.page.evaluate(script, SECONDS) == [duration(each) for each in SECONDS]


async def test_what_is_seen_is_live_then_stale_with_its_reason_then_live_again(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in(CLERK)
        page, freshness = visitor.page, visitor.page.locator("#freshness")
        again = page.get_by_role("button", name="Look again")

        await expect(freshness).to_contain_text("Live: seen at")
        world.is_down = True
        await again.click()
        await expect(freshness).to_contain_text("Stale:")
        await expect(freshness).to_contain_text("did not answer in time")
        await expect(page.get_by_role("row", name="orders")).to_be_visible()
        await visitor.picture("stale")
        world.is_down = False
        await again.click()
        await expect(freshness).to_contain_text("Live: seen at")


async def test_the_rate_of_looks_is_bounded_and_nobody_looks_at_a_page_that_nobody_sees(
    chromium: Browser,
) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.open()
        await visitor.sign_in(CLERK)
        await expect(page.locator("#freshness")).to_contain_text("Live")
        world.asked.clear()
        for _ in range(12):
            await page.clock.run_for(5000)
            await page.wait_for_timeout(20)
        looks = world.count("list") / 2

        assert 3 <= looks <= 12, "at most one look in five seconds, each at both kinds"
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { configurable: true, value: true });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        await expect(page.locator("#freshness")).to_contain_text("Nobody sees this page")
        world.asked.clear()
        await page.clock.run_for(600_000)
        assert world.asked == []
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { configurable: true, value: false });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        await expect(page.locator("#freshness")).to_contain_text("Live")
        assert world.asked


async def test_a_list_that_did_not_change_is_not_sent_again(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        codes: list[int] = []
        visitor.page.on("response", lambda answer: codes.append(answer.status))
        await visitor.open()
        await visitor.sign_in(CLERK)
        await expect(visitor.page.locator("#freshness")).to_contain_text("Live")
        codes.clear()
        async with visitor.page.expect_response(lambda answer: "objects" in answer.url) as answered:
            await visitor.page.get_by_role("button", name="Look again").click()

        assert (await answered.value).status == 304
        await expect(visitor.page.get_by_role("row", name="census")).to_be_visible()


async def test_a_pipeline_that_is_not_there_is_said_to_be_so_and_another_namespace_can_be_chosen(
    chromium: Browser,
) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open("#/shop/pipelines/nothing")
        await visitor.sign_in(CLERK)
        await expect(visitor.page.get_by_role("alert")).to_contain_text("Unknown pipeline name 'nothing'")
        await expect(visitor.page.locator("#freshness")).to_contain_text("Not live")

        await visitor.page.get_by_label("Namespace").fill("elsewhere")
        await visitor.page.get_by_role("button", name="Show").click()
        await expect(visitor.page.get_by_role("alert")).to_contain_text('in the namespace "elsewhere"')

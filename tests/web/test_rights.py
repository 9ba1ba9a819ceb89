"""Nobody sees what nobody was shown, a token goes nowhere, and the browser keeps strangers' code out."""

import logging

import pytest
from playwright.async_api import Browser, expect

from .cast import bring_on
from .theatre import CLERK, STRANGER, open_theatre
from .visitor import visit

NOTHING_KEPT = """async () => ({
    local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie,
    databases: (await indexedDB.databases()).map((each) => each.name), caches: await caches.keys(),
})"""


async def test_without_a_token_there_is_an_invitation_and_nothing_of_the_cluster(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        world.asked.clear()
        await visitor.open("#/shop/pipelines/orders")
        await expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()
        await expect(visitor.page.get_by_text("kubectl -n NAMESPACE create token NAME")).to_be_visible()
        await visitor.picture("invitation")

        assert world.asked == []
        assert "orders" not in await visitor.page.content()


async def test_a_token_that_the_cluster_does_not_know_is_told_so_and_forgotten(
    chromium: Browser,
) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in("some-token-or-other")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("does not accept the token")
        await expect(visitor.page.get_by_label("Token")).to_be_focused()
        await visitor.sign_in("this is none")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("This is no token")


async def test_a_token_without_the_role_reads_the_api_servers_own_sentence(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in(STRANGER)

        sentence = 'User "system:serviceaccount:shop:stranger" cannot list resource "pipelines"'
        await expect(visitor.page.get_by_role("alert")).to_contain_text(sentence)
        await expect(visitor.page.locator("#freshness")).to_contain_text("Not live")
        assert "orders" not in await visitor.page.content()


async def test_a_gateway_that_shows_itself_to_everybody_shows_and_does_no_more(chromium: Browser) -> None:
    async with open_theatre(anonymous_reads=True) as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open()
        await visitor.page.get_by_role("link", name="census").click()
        buttons = visitor.page.get_by_role("group", name="Actions").get_by_role("button")
        await expect(buttons.first).to_be_visible()
        for button in await buttons.all():
            await expect(button).to_have_attribute("aria-disabled", "true")
        await buttons.first.click(force=True)
        await expect(visitor.page.locator(".told")).to_contain_text("Give a token to act")
        await visitor.picture("without-a-token")
        answer = await visitor.page.request.post(f"{url}/ui/data/objects/pipelines/census/stop")

        assert answer.status == 401
        assert world.count("patch") == 0

        await visitor.sign_in(CLERK)
        await visitor.press("Pause")
        await expect(visitor.page.locator(".told")).to_contain_text("Wrote the annotation")


async def test_a_token_is_in_no_address_no_storage_no_log_and_gone_with_a_reload(
    chromium: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="sluice"):
        async with open_theatre() as (_, url), visit(chromium, url) as visitor:
            await visitor.open()
            await visitor.sign_in(CLERK)
            await visitor.page.get_by_role("link", name="orders").click()
            await visitor.press("Checkpoint")
            await expect(visitor.page.locator(".told")).to_contain_text("Wrote the annotation")
            kept = await visitor.page.evaluate(NOTHING_KEPT)

            assert kept == {"local": [], "session": [], "cookies": "", "databases": [], "caches": []}
            assert CLERK not in await visitor.page.content()
            assert CLERK not in visitor.page.url
            assert not [request.url for request in visitor.requests if CLERK in request.url]
            sent = [await request.all_headers() for request in visitor.requests if "/data/" in request.url]
            assert any(headers.get("authorization") == f"Bearer {CLERK}" for headers in sent)
            await visitor.page.reload()
            await expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert "ui/data/objects" in caplog.text
    assert CLERK not in caplog.text


async def test_forgetting_the_token_takes_away_what_it_showed(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in(CLERK)
        await expect(visitor.page.get_by_role("row", name="orders")).to_be_visible()
        await visitor.page.get_by_role("button", name="Forget the token").click()
        await expect(visitor.page.get_by_role("heading", name="Who are you?")).to_be_visible()

        assert "orders" not in await visitor.page.content()


async def test_the_page_asks_nobody_but_its_gateway_and_is_quick(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        await visitor.sign_in(CLERK)
        await expect(visitor.page.get_by_role("row", name="orders")).to_be_visible()

        assert {request.url.startswith(f"{url}/ui/") for request in visitor.requests} == {True}
        assert len(visitor.requests) <= 15, "files, the session and the first look"


async def test_the_browser_refuses_code_and_markup_that_are_not_the_pages_own(chromium: Browser) -> None:
    async with open_theatre() as (_, url), visit(chromium, url) as visitor:
        await visitor.open()
        refused = await visitor.page.evaluate(
            """() => {
                try { document.body.innerHTML = "<b>x</b>"; } catch (error) { return error.name; }
                return "written";
            }"""
        )
        ran = await visitor.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.append("window.hasRun = true");
                document.body.append(script);
                return window.hasRun ?? false;
            }"""
        )
        fetched = await visitor.page.evaluate(
            """async () => {
                new Image().src = "http://127.0.0.1:1/picture.png";
                return fetch("http://127.0.0.1:1/").then(() => "answered", () => "refused");
            }"""
        )
        assert (refused, ran, fetched) == ("TypeError", False, "refused")
        await visitor.page.wait_for_timeout(200)
        told = {text for text in visitor.complaints if text.startswith("refused: ")}
        parts = ("require-trusted-types-for", "img-src", "connect-src")
        assert told == {f"refused: {part}" for part in parts}
        visitor.complaints.clear()

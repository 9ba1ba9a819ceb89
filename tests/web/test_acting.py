"""Buttons: each says what it wrote, the real operator carries it out, and the page shows it happen."""

import json
from typing import Any

from playwright.async_api import Browser, expect
from unit.reconcile.bench import PIPELINE as ORDERS
from unit.reconcile.fake_kube import FakeKube

from sluice.api.constants import REQUESTS_PREFIX
from sluice.kube import paths

from .cast import bring_on
from .theatre import CLERK, READER, Theatre, open_theatre
from .visitor import Visitor, visit


def asked(kube: FakeKube, path: str = ORDERS) -> dict[str, Any]:
    """What the object's annotations ask for, by verb."""
    annotations: dict[str, str] = kube.objects[path]["metadata"].get("annotations", {})
    return {key.removeprefix(REQUESTS_PREFIX): json.loads(text) for key, text in annotations.items()}


async def see(visitor: Visitor, state: str) -> None:
    """The state that the page shows, looked for as a person would."""
    badge = visitor.page.locator(".state .badge").first
    for _ in range(20):
        if await badge.text_content() == state:
            return
        await visitor.page.get_by_role("button", name="Look again").click()
        await visitor.page.wait_for_timeout(150)
    await expect(badge).to_have_text(state)


async def must_be_told(visitor: Visitor, *words: str) -> None:
    for each in words:
        await expect(visitor.page.locator(".told")).to_contain_text(each)


async def open_orders(visitor: Visitor, token: str = CLERK) -> None:
    await visitor.open("#/shop/pipelines/orders")
    await visitor.sign_in(token)
    await see(visitor, "Running")


async def test_a_whole_life_by_the_buttons(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        await open_orders(visitor)
        await visitor.press("Pause")
        await must_be_told(visitor, "Wrote the annotation requests.sluice.dev/override", "wanted Paused")
        await see(visitor, "Paused")
        await expect(visitor.page.locator("#news")).to_contain_text("orders is Paused")
        await visitor.press("Resume")
        await see(visitor, "Running")
        await visitor.press("Checkpoint")
        await must_be_told(visitor, "requests.sluice.dev/checkpoint", "a checkpoint is asked for")
        await expect(visitor.page.get_by_role("table", name="Checkpoints")).to_contain_text("checkpoint-2")
        await visitor.press("Stop")
        await must_be_told(visitor, "orders is wanted Stopped until spec.desiredStatus or spec.force changes")
        await see(visitor, "Stopped")
        assert world.orders["stop"]["checkpoint"] == "checkpoint-3", "a graceful stop made its checkpoint"
        assert world.orders["stop"]["mode"] == "Graceful"
        await expect(visitor.page.locator("main")).to_contain_text("wanted Stopped (by a request)")
        await visitor.press("Start")
        await see(visitor, "Running")
        assert world.kube.objects[ORDERS]["spec"]["desiredStatus"] == "Running", "nobody wrote the spec"


async def test_a_force_stop_is_asked_about_first(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        await open_orders(visitor)
        dialog = visitor.page.get_by_role("dialog")
        await visitor.press("Force stop")
        await expect(dialog).to_contain_text("the work since the last one is lost")
        await visitor.picture("question")
        await dialog.get_by_role("button", name="No, leave it").click()
        await expect(dialog).to_be_hidden()
        await visitor.press("Force stop")
        await visitor.page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        assert asked(world.kube) == {}

        await visitor.press("Force stop")
        await dialog.get_by_role("button", name="Force stop").click()
        await must_be_told(visitor, "without a checkpoint")
        await see(visitor, "Stopped")
        assert asked(world.kube)["override"]["force"] is True
        assert world.orders["stop"]["mode"] == "Force"


async def test_who_may_only_read_gets_the_api_servers_own_sentence(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        await open_orders(visitor, READER)
        await visitor.press("Stop")

        sentence = 'User "system:serviceaccount:shop:reader" cannot patch resource "pipelines"'
        await must_be_told(visitor, sentence)
        await expect(visitor.page.locator("main")).to_contain_text("Without the cluster's events")
        await visitor.picture("refused")
        assert asked(world.kube) == {}
        assert world.orders["deploymentStatus"] == "Running"


async def test_a_button_that_would_do_nothing_says_why_and_does_nothing(chromium: Browser) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        await open_orders(visitor)
        button = visitor.page.get_by_role("button", name="Start", exact=True)
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.click(force=True)
        await must_be_told(visitor, "There is nothing to do")
        assert world.count("patch") == 0


async def test_a_batch_is_canceled_an_error_dismissed_a_change_approved_and_a_deployment_stopped(
    chromium: Browser,
) -> None:
    async with open_theatre() as (world, url), visit(chromium, url) as visitor:
        bring_on(world.kube)
        await visitor.open()
        await visitor.sign_in(CLERK)
        for fragment, button, verb in (
            ("pipelines/battery-sweep", "Cancel", "override"),
            ("pipelines/audit-trail", "Dismiss error", "dismiss-error"),
            ("pipelines/prices", "Approve", "approve"),
            ("deployments/ledger", "Stop", "override"),
        ):
            await visitor.page.goto(f"{url}/ui/#/shop/{fragment}")
            await visitor.press(button)
            if button == "Cancel":
                await visitor.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
            await must_be_told(visitor, f"requests.sluice.dev/{verb}")
            assert verb in asked(world.kube, f"/apis/sluice.dev/v1alpha1/namespaces/shop/{fragment}")


async def test_two_people_at_once_both_see_what_one_of_them_asked_for(chromium: Browser) -> None:
    async with (
        open_theatre() as (world, url),
        visit(chromium, url) as clerk,
        visit(chromium, url) as reader,
    ):
        await reader.open()
        await reader.sign_in(READER)
        await open_orders(clerk)
        await clerk.press("Pause")
        await must_be_told(clerk, "wanted Paused")
        row = reader.page.get_by_role("row", name="orders")

        await expect(row).to_contain_text("Paused (by a request)")
        await expect(row.locator(".badge")).to_have_text("Paused")
        await expect(reader.page.locator("#news")).to_contain_text("orders is Paused")
        assert asked(world.kube, paths.pipeline("shop", "orders"))["override"]["desiredStatus"] == "Paused"
        assert isinstance(world, Theatre)

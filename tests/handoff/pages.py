"""The desk's pages in a real browser, for tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.handoff.support import PASSWORD
from tests.support.browser import CHROMIUM

LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed"),
]

expect.set_options(timeout=60_000)


async def open_desk(browser: Browser, url: str, user: str, **options: object) -> Page:
    """Sign in at the desk in a window of its own and wait until it can be rung."""
    context = await browser.new_context(
        permissions=["microphone", "notifications"],
        **({"viewport": {"width": 1366, "height": 820}} | options),  # type: ignore[arg-type]
    )
    return await sign_in_at(context, url, user)


async def sign_in_at(context: BrowserContext, url: str, user: str) -> Page:
    """Sign in at the desk in a new page of a window."""
    page = await context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(url)
    await page.fill("#user", user)
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await expect(page.locator("#ready")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".person")).not_to_have_count(0)
    return page


async def line_says(page: Page, text: str) -> None:
    """Wait until the strip under the card's head says so."""
    await expect(page.locator("#line-state")).to_contain_text(text)

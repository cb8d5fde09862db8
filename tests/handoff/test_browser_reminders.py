"""Feedback that falls due, on the page: countdown, sound, done with a note, after hang-up too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import yaml
from playwright.async_api import Browser, expect

from handoff.app import build_app
from handoff.clock import ClockRules
from tests.handoff.conftest import desk_settings, running, write_site
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import NEEDS_BROWSER, line_says, open_desk
from tests.handoff.support import ask_for_person
from tests.support.stores import Stores

pytestmark = NEEDS_BROWSER


@asynccontextmanager
async def _desk(stores: Stores, redis_url: str, first: float, every: float) -> AsyncIterator[str]:
    """A desk whose elevator feedback is due after so many minutes."""
    site = write_site(stores.folder)
    path = site / "sop.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    (timer,) = content["kinds"]["elevator_trapped"]["reminders"]
    timer |= {"first_minutes": first, "every_minutes": every}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    settings = desk_settings(stores, redis_url, site)
    async with running(build_app(settings, ClockRules()), settings):
        yield f"http://127.0.0.1:{settings.desk_port}"


async def test_feedback_counts_down_sounds_and_is_done_with_a_note(
    stores: Stores, redis_url: str, browser: Browser
) -> None:
    async with (
        _desk(stores, redis_url, first=0.2, every=30) as url,
        open_floor(stores, redis_url) as gateway,
    ):
        page = await open_desk(browser, url, "agent")
        leader = await open_desk(browser, url, "leader")
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await line_says(page, "正在通话")
        beside = page.locator(".sop .reminder")
        await expect(beside).to_contain_text("向被困人反馈救援进展")
        await expect(beside.locator("[data-due]")).to_contain_text("还有")
        await page.keyboard.press("Shift+H")
        await page.get_by_text("处理中，继续跟进").click()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".idle")).to_be_visible()

        for desk in (page, leader):  # the call is over and closed, the clock goes on
            due = desk.locator("#lists .reminder.over")
            await expect(due.locator("[data-due]")).to_contain_text("已超")
            await expect(desk.locator(".toast.warn")).to_contain_text("到时提醒")
        await page.locator("#lists .reminder button").click()
        await expect(page.locator("#reminder-note")).to_be_focused()
        await page.keyboard.type("已告知还需十分钟")
        await page.keyboard.press("Enter")
        await expect(page.locator("#lists .reminder.over")).to_have_count(0)
        await expect(leader.locator("#lists .reminder.over")).to_have_count(0)
        await expect(page.locator("#lists .reminder [data-due]")).to_contain_text("还有 29:")
    ticket = await stores.tickets.get(record.ticket_number)
    (line,) = ticket["details"]["feedback"]
    assert (line["name"], line["note"]) == ("agent-name", "已告知还需十分钟")


async def test_a_reminder_sounds_once_even_over_a_reload(
    stores: Stores, redis_url: str, browser: Browser
) -> None:
    async with (
        _desk(stores, redis_url, first=0.05, every=30) as url,
        open_floor(stores, redis_url) as gateway,
    ):
        page = await open_desk(browser, url, "agent")
        await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await expect(page.locator(".toast.warn")).to_contain_text("到时提醒")
        await page.reload()
        await expect(page.locator(".sop .reminder.over")).to_be_visible()
        await page.wait_for_timeout(1500)
        assert await page.locator(".toast.warn").count() == 0

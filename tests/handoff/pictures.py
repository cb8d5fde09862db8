"""Takes the pictures of the desk in docs/images: ``python -m tests.handoff.pictures``."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, async_playwright, expect

from handoff.app import build_app
from handoff.clock import ClockRules
from tests.handoff.conftest import add_users, desk_settings, running
from tests.handoff.pages import open_desk
from tests.handoff.support import PASSWORD, ask_for_person, open_gateway
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.site import write_site
from tests.support.stores import Stores, open_stores, redis_server
from zhiban.settings import ROOT
from zhiban.timeline import EventName

IMAGES = ROOT / "docs" / "images"

TALK = (
    (EventName.BOT_SAID, "请您不要着急，电梯里空气是够的，我马上为您转接值班人员，请不要扒门。"),
    (EventName.BOT_SAID, "请告诉我，在哪一栋，哪个单元，几零几？"),
    (EventName.CALLER_TURN, "三栋二单元，二号梯，大概停在十二楼"),
    (EventName.BOT_SAID, "里面有几个人？有没有老人或者小孩？"),
    (EventName.CALLER_TURN, "两个人，一位老人，有点喘不上气"),
)


async def _speak(stores: Stores, call_id: str) -> None:
    await stores.timeline.append(
        call_id, EventName.EMERGENCY_DETECTED, {"kind": "elevator_trapped", "level": 3}
    )
    for name, text in TALK:
        await stores.timeline.append(call_id, name, {"text": text})


async def _shoot(page: Page, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=IMAGES / name)


async def _take(stores: Stores, url: str, redis_url: str, browser: Browser) -> None:
    page = await open_desk(browser, url, "agent", viewport={"width": 1366, "height": 820})
    async with open_gateway(stores, redis_url) as gateway:
        left = await ask_for_person(stores, "c0", kind="burst_pipe", words="厨房水管爆了，水止不住")
        await stores.timeline.append("c0", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
        await expect(page.locator(".group.alarm .case")).to_have_count(1)
        assert left.priority == 0
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await _speak(stores, "c1")
        await ask_for_person(
            stores, "c2", kind="human", priority=1, words="我想问一下物业费的事，转人工"
        )
        await expect(page.locator(".card.ring")).to_be_visible()
        await expect(page.locator(".row.caller:not(.interim) .said").last).to_contain_text(
            "喘不上气"
        )
        await _shoot(page, "desk-ring.png")
        await page.click("#accept")
        await expect(page.locator("#line-state")).to_have_text("正在通话")
        await stores.tickets.change(
            record.ticket_number, {"place": "二号梯 12 层"}, by="bot", what="caller_said"
        )
        await stores.timeline.append(
            "c1",
            EventName.AGENT_TURN,
            {"text": "我是值班室小王，维保已经出发，大概十分钟到，您靠墙站稳。"},
        )
        await stores.timeline.append("c1", EventName.CALLER_INTERIM, {"text": "好的好的，老人家她"})
        await page.get_by_role("button", name="维保已通知").click()
        await page.keyboard.press("1")
        await page.keyboard.press("2")
        await expect(page.locator(".steps .done")).to_have_count(2)
        await page.wait_for_timeout(800)
        await _shoot(page, "desk.png")
        phone = await open_desk(browser, url, "agent2", viewport={"width": 390, "height": 844})
        await expect(phone.locator(".case").first).to_be_attached()
        await ask_for_person(stores, "c3", node=gateway.url, words="我们被关在电梯里了，有老人")
        await expect(phone.locator(".card.ring.grave")).to_be_visible()
        await _shoot(phone, "desk-phone-ring.png")
        await phone.click("#accept")
        await expect(phone.locator("#line-state")).to_have_text("正在通话")
        await _shoot(phone, "desk-phone.png")


async def main() -> None:
    """Run a desk on data of its own and photograph it."""
    folder = Path(tempfile.mkdtemp())
    with redis_server(folder) as redis_url:
        async with open_stores(redis_url, folder) as stores, async_playwright() as playwright:
            await add_users(stores, PasswordHasher().hash(PASSWORD), names=True)
            settings = desk_settings(stores, redis_url, write_site(folder))
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            async with running(build_app(settings, ClockRules()), settings):
                url = f"http://127.0.0.1:{settings.desk_port}"
                await _take(stores, url, redis_url, browser)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())

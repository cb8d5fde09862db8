"""The desk in pictures: a night with a trapped lift, a colleague, a leader (README's images).

``ZHIBAN_PICTURES=1 pytest tests/handoff/test_pictures.py`` renews them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from handoff.app import build_app
from handoff.clock import ClockRules
from tests.handoff.conftest import add_users, desk_settings, running, write_site
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import LAPTOP, NEEDS_BROWSER, PHONE, line_says, open_desk
from tests.handoff.support import ask_for_person, wait_for_state
from tests.support.browser import pictures
from tests.support.stores import Stores, open_stores
from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName, TimelineArchive

pytestmark = NEEDS_BROWSER

TALK = (
    (EventName.BOT_SAID, "请您不要着急，电梯里空气是够的，我马上为您转接值班人员，请不要扒门。"),
    (EventName.BOT_SAID, "请告诉我，在哪一栋，哪个单元，几零几？"),
    (EventName.CALLER_TURN, "三栋二单元，二号梯，大概停在十二楼"),
    (EventName.BOT_SAID, "里面有几个人？有没有老人或者小孩？"),
    (EventName.CALLER_TURN, "两个人，一位老人，有点喘不上气"),
)


@asynccontextmanager
async def _desk(
    redis_url: str, folder: Path, password_hash: str
) -> AsyncIterator[tuple[Stores, str]]:
    async with open_stores(redis_url, folder) as stores:
        await add_users(stores, password_hash, names=True)
        settings = desk_settings(stores, redis_url, write_site(folder))
        async with running(build_app(settings, ClockRules()), settings):
            yield stores, f"http://127.0.0.1:{settings.desk_port}"


async def _shoot(page: Page, folder: Path, name: str) -> None:
    await page.mouse.move(2, 400)
    path = pictures(folder) / name
    await page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size > 20_000


async def _speak(stores: Stores, call_id: str) -> None:
    await stores.timeline.append(
        call_id, EventName.EMERGENCY_DETECTED, {"kind": "elevator_trapped", "level": 3}
    )
    for name, text in TALK:
        await stores.timeline.append(call_id, name, {"text": text})


async def test_a_night_in_pictures(
    redis_url: str, tmp_path: Path, password_hash: str, browser: Browser
) -> None:
    async with (
        _desk(redis_url, tmp_path, password_hash) as (stores, url),
        open_floor(stores, redis_url) as gateway,
    ):
        page = await open_desk(browser, url, "agent", viewport=LAPTOP)
        left = await ask_for_person(stores, "c0", kind="burst_pipe", words="厨房水管爆了")
        await stores.timeline.append("c0", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
        await wait_for_state(stores, left.id, HandoffState.CALLBACK_DUE)
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await stores.tickets.change(
            record.ticket_number,
            {"place": "二号梯 12 层", "special_flags": ["elderly_alone"]},
            by="bot",
            what="caller_said",
        )
        await _speak(stores, "c1")
        await expect(page.locator(".card.ring .flag")).to_have_text("独居老人")
        await _shoot(page, tmp_path, "desk-ringing.png")
        phone = await open_desk(browser, url, "agent2", viewport=PHONE)
        await page.keyboard.press("a")
        await line_says(page, "正在通话")
        await ask_for_person(stores, "c2", node=gateway.url, words="我们被关在电梯里了，有老人")
        await expect(phone.locator(".card.ring.grave")).to_be_visible()
        await phone.click("#accept")
        await expect(phone.locator("#transfer")).to_be_visible()
        await _shoot(phone, tmp_path, "desk-phone.png")

        leader = await open_desk(browser, url, "leader", viewport=LAPTOP)
        await stores.timeline.append(
            "c1",
            EventName.AGENT_TURN,
            {"text": "我是值班室小王，维保已经出发，大概十分钟到，您靠墙站稳。"},
        )
        await stores.timeline.append("c1", EventName.CALLER_INTERIM, {"text": "好的，老人家她"})
        await page.get_by_role("button", name="维保已通知").click()
        await page.keyboard.press("1")
        await page.keyboard.press("2")
        await expect(page.locator(".steps .done")).to_have_count(2)
        await _shoot(page, tmp_path, "desk-call.png")
        await page.keyboard.press("w")
        await page.click("#picker [data-to=leader]")
        await leader.click("#join")
        await expect(page.locator(".participants .third")).to_contain_text("陈班长")
        await _shoot(page, tmp_path, "desk-people.png")
        await leader.click("#leave")
        await expect(page.locator(".participants")).to_have_count(0)

        await ask_for_person(stores, "c3", kind="human", priority=1, words="物业费怎么算，转人工")
        await stores.redis.sadd(redis_keys.ACTIVE_CALLS, "c9")
        await stores.redis.hset(
            redis_keys.call_info("c9"),
            mapping={"caller": "13700001111", "started_at": iso_ms(utc_now())},
        )
        archive = TimelineArchive(stores.redis, stores.engine, "pictures")
        while await archive.copy_pending():
            pass
        async with leader.context.expect_page() as opened:
            await leader.click("#wallboard")
        wall = await opened.value
        listen = wall.get_by_role("group", name="电梯困人").first
        await listen.get_by_role("button", name="监听").click()
        await expect(wall.locator("#ear")).to_contain_text("双方都听不到您")
        await expect(wall.locator("[data-key=今日来电] dd")).to_have_text("4")
        await _shoot(wall, tmp_path, "wallboard.png")

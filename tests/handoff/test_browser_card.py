"""The card: what has to be known in three seconds, and that it is the largest."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.pages import LAPTOP, NEEDS_BROWSER, open_desk
from tests.handoff.support import ask_for_person
from tests.support.stores import Stores

pytestmark = NEEDS_BROWSER

_SIZE = "one => parseFloat(getComputedStyle(one).fontSize)"


async def test_card_shows_everything_known_and_what_is_not_certain(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    earlier = await ask_for_person(stores, "c0", kind="human", priority=1, words="灯坏了，转人工")
    page = await open_desk(browser, desk.url, "agent", viewport=LAPTOP)
    record = await ask_for_person(stores, "c1")
    await stores.tickets.change(
        record.ticket_number, {"special_flags": ["elderly_alone"]}, by="bot"
    )
    await page.keyboard.press("d")
    await page.keyboard.press("1")
    card = page.locator(".card.ring.grave")
    await expect(card).to_be_visible()
    await expect(card.locator("h2")).to_contain_text("电梯困人")
    await expect(card.locator("h2 .level")).to_have_text("三级")
    await expect(card.locator(".big")).to_have_text("3栋2单元")
    await expect(card.locator(".unsure")).to_have_text(["2单元"])
    await expect(card.locator(".doubt")).to_have_text("待确认")
    await expect(card.locator(".flag")).to_have_text("独居老人")
    await expect(card.get_by_text("李明 先生")).to_be_visible()
    await expect(card.locator(".phone")).to_have_text("138 1234 5678")
    await expect(card.get_by_text("登记业主 5栋2单元1001")).to_be_visible()
    await expect(card.locator(".strong")).to_have_text("人员：两个人，一位老人")
    await expect(card.locator(".words")).to_contain_text("我被困在电梯里了")
    await expect(card).to_contain_text("请按住轿厢里的呼叫按钮")
    await expect(card.locator(".ticket")).to_contain_text(earlier.ticket_number)
    waited = card.locator(".wait [data-since]")
    before = await waited.inner_text()
    await expect(waited).not_to_have_text(before)
    await expect(card).to_be_in_viewport(ratio=1)
    kind, place, rest = [
        await card.locator(name).first.evaluate(_SIZE) for name in ("h2", ".big", ".soft")
    ]
    assert kind >= 28
    assert place >= 24
    assert rest <= 18


async def test_told_buttons_say_who_and_when_on_every_desk(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    record = await ask_for_person(stores, "c1", kind="fire", words="着火了")
    await page.click("#accept")
    for label in ("119 已拨", "主管已通知"):
        await page.get_by_role("button", name=label).click()
        done = page.locator(".told .done", has_text=label)
        await expect(done.locator("small")).to_contain_text("agent-name")
        assert ":" in await done.locator("small").inner_text()
        await expect(done).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(page.locator(".told .done")).to_have_count(2)
    await page.get_by_role("button", name="119 已拨").click()  # a slip is taken back
    await expect(page.locator(".told .done")).to_have_count(1)
    marks = (await stores.tickets.get(record.ticket_number))["details"]["sop"]
    assert {key: mark["name"] for key, mark in marks.items()} == {"supervisor": "agent-name"}

"""Colleagues in a call, in real browsers: hold, consult, three-way, handing over, transfer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import NEEDS_BROWSER, line_says, open_desk
from tests.handoff.support import ask_for_person, wait_for_state
from tests.support.stores import Stores
from zhiban.handoffs import HandoffRecord, HandoffState

pytestmark = NEEDS_BROWSER


@asynccontextmanager
async def _talking(stores: Stores, redis_url: str, page: Page) -> AsyncIterator[HandoffRecord]:
    """Have the page's agent talk with a caller."""
    async with open_floor(stores, redis_url) as gateway:
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await line_says(page, "正在通话")
        yield record


async def _controls(page: Page) -> list[str]:
    return await page.locator(".bar button").evaluate_all("all => all.map((one) => one.id)")


async def test_hold_is_seen_and_ends(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with _talking(stores, redis_url, page):
        await page.keyboard.press("k")
        await line_says(page, "业主听音乐等待")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#hold")).to_contain_text("恢复通话")
        await page.reload()
        await line_says(page, "业主听音乐等待")
        await page.keyboard.press("k")
        await line_says(page, "正在通话")


async def test_consult_becomes_three_way_and_is_handed_over(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    colleague = await open_desk(browser, desk.url, "agent2")
    async with _talking(stores, redis_url, page) as record:
        await page.keyboard.press("c")
        await expect(page.locator("#picker [data-to=agent2] .state")).to_have_text("就绪")
        await page.keyboard.press("Enter")
        await expect(page.locator(".participants .called")).to_contain_text("agent2-name")

        card = colleague.locator(".card.ring.invitation")
        await expect(card.locator("h2")).to_have_text("agent-name 想请教您")
        await expect(card).to_contain_text("电梯困人 · 3栋2单元")
        await colleague.wait_for_function("() => document.title.startsWith('☎')")
        await colleague.keyboard.press("a")
        await line_says(colleague, "正在与agent-name单独商量")
        await line_says(page, "正在与agent2-name单独商量")
        await expect(page.locator(".participants li")).to_have_count(3)
        assert await _controls(colleague) == ["mute", "leave"]

        await page.keyboard.press("w")
        await line_says(page, "正在通话")
        await line_says(colleague, "正在通话")
        await expect(colleague.locator(".participants .third")).to_contain_text("我")
        await colleague.reload()
        await line_says(colleague, "正在通话")
        await expect(colleague.locator(".participants .third")).to_contain_text("我")

        await page.keyboard.press("t")
        await expect(page.locator(".idle")).to_be_visible()
        await expect(colleague.locator("#hangup")).to_be_visible()
        await expect(colleague.locator(".participants")).to_have_count(0)
    assert (await stores.ledger.get(record.id)).agent_id == "agent2"


async def test_owner_is_told_who_does_not_come(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    colleague = await open_desk(browser, desk.url, "agent2")
    async with _talking(stores, redis_url, page):
        await page.click("#three-way")
        await page.click("#picker [data-to=agent2]")
        await expect(colleague.locator(".invitation h2")).to_contain_text("请您加入通话")
        await colleague.keyboard.press("d")
        await expect(colleague.locator(".card.invitation")).to_have_count(0)
        await expect(page.locator(".toast.warn")).to_have_text("agent2-name没有加入")
        await expect(page.locator("#three-way")).to_be_visible()

        await page.click("#consult")
        await page.click("#picker [data-to=agent2]")
        await expect(colleague.locator(".card.invitation")).to_be_visible()
        await page.click("#uninvite")
        await expect(colleague.locator(".card.invitation")).to_have_count(0)
        await expect(colleague.locator(".idle")).to_be_visible()


async def test_third_person_leaves_and_can_be_sent_away(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    colleague = await open_desk(browser, desk.url, "agent2")
    async with _talking(stores, redis_url, page) as record:
        for leaves_by_itself in (True, False):
            await page.click("#three-way")
            await page.click("#picker [data-to=agent2]")
            await colleague.click("#join")
            await line_says(colleague, "正在通话")
            await expect(page.locator(".participants .third")).to_be_visible()
            await (colleague.click("#leave") if leaves_by_itself else page.click("#uninvite"))
            await expect(colleague.locator(".idle")).to_be_visible()
            await expect(page.locator(".participants")).to_have_count(0)
            await line_says(page, "正在通话")
    assert (await stores.ledger.get(record.id)).agent_id == "agent"


async def test_transfer_to_a_person_rings_there_and_ends_here(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    colleague = await open_desk(browser, desk.url, "leader")
    busy = await open_desk(browser, desk.url, "agent2")
    await busy.click("#dnd")
    async with _talking(stores, redis_url, page) as record:
        await page.keyboard.press("t")
        disturbed = page.locator("#picker [data-to=agent2]")
        await expect(disturbed).to_be_disabled()
        await expect(disturbed).to_contain_text("请勿打扰")
        await expect(page.locator("#picker [data-role=leader]")).to_contain_text("1 人就绪")
        await page.click("#picker [data-to=leader]")
        await expect(page.locator(".toast", has_text="已转给leader-name")).to_be_visible()
        await expect(page.locator("#hangup")).to_have_count(0)
        await expect(colleague.locator(".card.ring.grave")).to_be_visible()
        await colleague.keyboard.press("a")
        await line_says(colleague, "正在通话")
        moved = await wait_for_state(stores, record.id, HandoffState.BRIDGED)
        assert moved.agent_id == "leader"


async def test_briefing_can_be_skipped(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with open_floor(stores, redis_url, briefing=True) as gateway:
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await line_says(page, "正在播报案情，业主还听不到您")
        assert await _controls(page) == ["skip", "hangup"]
        await page.keyboard.press("s")
        await line_says(page, "正在通话")
        await wait_for_state(stores, record.id, HandoffState.BRIDGED)


async def test_a_second_window_waits_and_takes_over_when_the_first_is_closed(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with _talking(stores, redis_url, page):
        second = await page.context.new_page()
        await second.goto(desk.url)
        await line_says(second, "通话在另一个窗口中进行")
        await line_says(page, "正在通话")
        await page.close()
        await line_says(second, "正在通话")


async def test_no_control_without_its_operation(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    """A page that meets an older desk shows nothing that would do nothing."""
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")

    async def older(route: object) -> None:
        answer = await route.fetch()  # type: ignore[attr-defined]
        body = await answer.json()
        known = ["accept", "decline", "rejoin", "command", "dispose", "return", "tick", "edit"]
        await route.fulfill(response=answer, json=body | {"actions": known})  # type: ignore[attr-defined]

    await page.route("**/api/boot", older)
    await page.reload()
    async with _talking(stores, redis_url, page):
        assert await _controls(page) == ["mute", "return", "hangup"]

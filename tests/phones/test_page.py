"""The button 电话回拨 in a real browser, with a real microphone line to the gateway."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.conference.conftest import OpenFloor
from tests.handoff.conftest import browser
from tests.handoff.pages import NEEDS_BROWSER, line_says, open_desk
from tests.handoff.support import wait_for_state
from tests.support.dialled import Exchange, fails
from zhiban.dialling import Outcome
from zhiban.handoffs import HandoffState

__all__ = ["browser"]

pytestmark = NEEDS_BROWSER


async def test_an_agent_calls_back_from_the_page(
    open_floor: OpenFloor, exchange: Exchange, browser: Browser
) -> None:
    """Busy first, said on the page; then reached, talked with, hung up and disposed of."""
    exchange.behaviour["13812345678"] = fails(Outcome.BUSY, 486)
    floor = await open_floor()
    await floor.ask_for_help()
    await floor.caller.tell({"type": "hangup"})
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CALLBACK_DUE)
    page = await open_desk(browser, floor.people["agent"].base, "agent")
    await page.locator(".group.alarm .case").click()
    await page.click("#claim")
    await page.click("#call-back")
    await expect(page.locator(".toast").last).to_have_text("回拨没有接通：占线")
    del exchange.behaviour["13812345678"]
    await page.click("#call-back")
    phone = await exchange.telephone(2)
    await expect(page.locator("#stop-dialling")).to_be_visible()
    await phone.answer()
    await line_says(page, "正在通话")
    await page.click("#hangup")
    await phone.told("ended")
    await page.get_by_text("已当场解决").click()
    await page.click(".wrapup button[type=submit]")
    await wait_for_state(floor.stores, floor.handoff_id, HandoffState.CLOSED)

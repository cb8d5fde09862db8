"""The agent's page in a real browser: ring, accept, talk, hang up, dispose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.pages import NEEDS_BROWSER, open_desk
from tests.handoff.support import Cable, ask_for_person, open_gateway, wait_for_state
from tests.support.stores import Stores
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName

pytestmark = NEEDS_BROWSER


def loudness(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(float) / 32768
    return float(np.sqrt(np.mean(samples**2)))


async def test_from_ring_to_disposition(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with open_gateway(stores, redis_url) as gateway:
        record = await ask_for_person(stores, "c1", node=gateway.url)
        ring = page.locator(".card.ring")
        await expect(ring.locator("h2")).to_contain_text("电梯困人")
        await expect(ring.locator(".big")).to_have_text("3栋2单元")
        await expect(ring.locator(".doubt")).to_have_text("待确认")
        await expect(ring).to_contain_text("两个人，一位老人")
        await expect(ring).to_contain_text("我被困在电梯里了")
        await page.keyboard.press("a")
        await expect(page.locator("#line-state")).to_have_text("正在通话")

        await stores.timeline.append("c1", EventName.CALLER_INTERIM, {"text": "有个老人"})
        await expect(page.locator(".row.interim .said")).to_have_text("有个老人")
        await stores.timeline.append("c1", EventName.CALLER_TURN, {"text": "有个老人喘不上气"})
        await stores.timeline.append("c1", EventName.AGENT_TURN, {"text": "维保已经出发了"})
        await expect(page.locator(".row.agent .said")).to_have_text("维保已经出发了")
        await expect(page.locator(".row.interim")).to_be_hidden()
        await expect(page.locator(".card .words")).to_contain_text("有个老人喘不上气")

        await stores.tickets.change(record.ticket_number, {"room": "1201"}, by="bot")
        await expect(page.locator("#field-room")).to_have_value("1201")
        await page.fill("#field-place", "二号梯 12 层")
        await page.press("#field-place", "Tab")
        await page.get_by_role("button", name="维保已通知").click()
        await expect(page.locator(".told .done")).to_contain_text("维保已通知")
        await page.keyboard.press("1")
        await expect(page.locator(".steps .done")).to_have_count(1)

        await page.wait_for_function(
            "() => document.documentElement.style.getPropertyValue('--heard') > 0.3"
        )
        while len(gateway.heard) < 640 * 50:
            await page.wait_for_timeout(50)
        assert len(gateway.heard) % 640 == 0
        assert loudness(bytes(gateway.heard)) > 0.01
        await page.keyboard.press("m")
        await expect(page.locator("#line-state")).to_contain_text("已静音")
        muted_from = len(gateway.heard) + 640 * 10
        while len(gateway.heard) < muted_from + 640 * 20:
            await page.wait_for_timeout(50)
        assert loudness(bytes(gateway.heard[muted_from:])) == 0

        await page.keyboard.press("Shift+H")
        await page.get_by_text("已派人处理").click()
        await page.fill("#notes", "维保 10 分钟到")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".idle")).to_be_visible()
    closed = await wait_for_state(stores, record.id, HandoffState.CLOSED)
    ticket = await stores.tickets.get(closed.ticket_number)
    assert (ticket["place"], ticket["status"]) == ("二号梯 12 层", "dispatched")
    assert set(ticket["details"]["sop"]) == {"lift_maintenance", "trapped_confirmed"}


async def test_reload_in_mid_call_joins_again(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with open_gateway(stores, redis_url) as gateway:
        await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await expect(page.locator("#line-state")).to_have_text("正在通话")
        await page.reload()
        await expect(page.locator("#line-state")).to_have_text("正在通话")
        await expect(page.locator(".row.caller:not(.interim)")).to_have_count(1)
        assert gateway.joins == 2


async def test_loser_of_two_presses_is_told_who_has_the_call(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    other = await desk.sign_in("agent2")
    record = await ask_for_person(stores, "c1")
    await expect(page.locator(".card.ring")).to_be_visible()
    answer = page.wait_for_event("requestfinished", lambda r: r.url.endswith("/accept"))
    # The other's press is on its way when this one is made.
    await page.route("**/accept", lambda route: _after(other.act(record.id, "accept"), route))
    await page.click("#accept")
    assert (await (await (await answer).response()).json())["error"]["by"] == "agent2-name"  # type: ignore[union-attr]
    await expect(page.locator(".toast")).to_have_text("已由agent2-name接听")


async def _after(first: object, route: object) -> None:
    assert (await first)[0] == 200  # type: ignore[misc]
    await route.continue_()  # type: ignore[attr-defined]


async def test_decline_with_reason_and_callback_turns_red(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk(pause_seconds=30)
    page = await open_desk(browser, desk.url, "agent")
    record = await ask_for_person(stores, "c1")
    await expect(page.locator(".card.ring")).to_be_visible()
    await page.keyboard.press("d")
    await page.keyboard.press("3")
    await expect(page.locator(".card.ring")).to_have_count(0)
    await expect(page.locator(".case.alarm")).to_contain_text("电梯困人")
    await stores.timeline.append("c1", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
    due = page.locator(".group.alarm .case")
    await expect(due).to_contain_text("待回拨")
    await due.click()
    await page.click("#claim")
    await expect(page.locator(".dial")).to_have_text("回拨 138 1234 5678")
    await page.get_by_text("已当场解决").click()
    await page.click(".wrapup button[type=submit]")
    await wait_for_state(stores, record.id, HandoffState.CLOSED)
    await expect(page.locator(".group.alarm")).to_have_count(0)


async def test_what_a_caller_says_is_never_markup(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
    await ask_for_person(stores, "c1", words=evil)
    await stores.timeline.append("c1", EventName.CALLER_TURN, {"text": evil})
    await expect(page.locator(".card.ring .words")).to_contain_text("<img src=x")
    await expect(page.locator(".row.caller:not(.interim) .said").last).to_contain_text("<script>")
    assert await page.locator("#work img, #talk img, #lists img, #work script").count() == 0
    assert "owned" not in await page.title()


async def test_lost_network_comes_back_by_itself(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    cable = Cable(desk.url)
    page = await open_desk(browser, await cable.mend(), "agent")
    await cable.cut()
    await expect(page.locator("#offline")).to_be_visible()
    await page.click("#away")  # nobody could be told: the page does not claim it
    await expect(page.get_by_text("状态没有改变")).to_be_visible()
    await expect(page.locator("#ready")).to_have_attribute("aria-pressed", "true")
    record = await ask_for_person(stores, "c1")
    await cable.mend()
    await expect(page.locator("#offline")).to_be_hidden()
    await expect(page.locator(".card.ring")).to_be_visible()
    assert (await stores.ledger.get(record.id)).offered_to == "agent"
    await cable.cut()


@pytest.mark.parametrize("width", [1366, 390])
async def test_nothing_overflows_sideways(
    stores: Stores, start_desk: StartDesk, browser: Browser, width: int, tmp_path: Path
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent", viewport={"width": width, "height": 800})
    await ask_for_person(stores, "c1", words="电梯" * 80)
    await expect(page.locator(".card.ring")).to_be_visible()
    sizes = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1]
    assert await page.locator("#accept").is_visible()

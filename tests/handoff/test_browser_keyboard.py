"""The pages by keyboard alone, for weak eyes, and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import LAPTOP, NEEDS_BROWSER, PHONE, line_says, open_desk
from tests.handoff.support import PASSWORD, ask_for_person, wait_for_state
from tests.support.stores import Stores
from zhiban.handoffs import HandoffState

pytestmark = NEEDS_BROWSER

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8").split("\n", 1)[1]

# What has the focus: how it is called, where it is, and how its focus is shown.
FOCUSED = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return { tag: at.tagName, id: at.id, text: (at.innerText || at.getAttribute("aria-label") || at.title).trim(),
           x: box.x, y: box.y, seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
           outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
           area: at.closest(".top, .lists, .work, .talk, .tabs, .skip")?.className ?? "" };
}"""


async def _tab_through(page: Page, most: int = 80) -> list[dict[str, object]]:
    """Press Tab from the beginning of the page until the focus leaves it."""
    await page.focus(".skip")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Shift+Tab")
    found: list[dict[str, object]] = [await page.evaluate(FOCUSED)]
    for _ in range(most):
        await page.keyboard.press("Tab")
        now = await page.evaluate(FOCUSED)
        if now["tag"] == "BODY":
            break
        found.append(now)
    return found


async def _sign_in_by_keyboard(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#user")).to_be_focused()
    await page.keyboard.type("agent")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#ready")).to_have_attribute("aria-pressed", "true")


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if await page.locator(selector).evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {selector}")


async def test_a_whole_call_without_a_mouse(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    """Only Tab, Enter, space, Escape and arrows: no shortcut has to be known."""
    desk = await start_desk()
    context = await browser.new_context(permissions=["microphone"], viewport=LAPTOP)  # type: ignore[arg-type]
    page = await context.new_page()
    await _sign_in_by_keyboard(page, desk.url)
    other = await desk.sign_in("agent2")
    await other.sit_down()
    await expect(page.locator(".person")).to_have_count(2)
    async with open_floor(stores, redis_url) as gateway:
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await _tab_to(page, "#accept")
        await page.keyboard.press("Enter")
        await line_says(page, "正在通话")
        await _tab_to(page, ".told button >> nth=0")
        await page.keyboard.press("Enter")
        await expect(page.locator(".told .done")).to_contain_text("agent-name")
        await _tab_to(page, ".steps input >> nth=1")
        await page.keyboard.press("Space")
        await expect(page.locator(".steps .done")).to_have_count(1)
        await _tab_to(page, "#hold")
        await page.keyboard.press("Enter")
        await line_says(page, "业主听音乐等待")
        await expect(page.locator("#hold")).to_be_focused()
        await page.keyboard.press("Enter")
        await line_says(page, "正在通话")
        await _tab_to(page, "#consult")
        await page.keyboard.press("Enter")
        await expect(page.locator("#picker [data-to=agent2]")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.locator("#picker")).to_be_hidden()
        await expect(page.locator("#consult")).to_be_focused()
        await _tab_to(page, "#hangup")
        await page.keyboard.press("Enter")
        await _tab_to(page, ".outcomes input >> nth=0")
        await page.keyboard.press("Space")
        await _tab_to(page, "#notes")
        await page.keyboard.type("维保十分钟到")
        await page.keyboard.press("Control+Enter")
        await wait_for_state(stores, record.id, HandoffState.CLOSED)
    await expect(page.locator(".idle")).to_be_visible()


async def test_tab_goes_through_the_page_in_reading_order_and_is_seen(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent", viewport=LAPTOP)
    async with open_floor(stores, redis_url) as gateway:
        await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await expect(page.locator("#transfer")).to_be_visible()
        stops = await _tab_through(page)
        names = [str(stop["id"]) for stop in stops if stop["id"]]
        order = ["ready", "away", "dnd", "help-open", "theme"]
        order += ["field-building", "field-problem"]
        order += ["mute", "hold", "consult", "three-way", "transfer", "return", "survey", "hangup"]
        assert [name for name in names if name in order] == order
        areas = [str(stop["area"]) for stop in stops]
        assert list(dict.fromkeys(areas)) == ["skip", "top", "lists", "work", "talk"]
        for stop in stops:
            assert stop["seen"], stop
            assert stop["outline"] >= 2, stop  # type: ignore[operator]
        buttons = await page.locator("button:visible").count()
        assert sum(stop["tag"] == "BUTTON" for stop in stops) == buttons


async def test_first_stop_leads_past_everything_to_the_call(
    start_desk: StartDesk, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    await page.evaluate("() => document.activeElement.blur()")
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("跳到当前来电")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#work")).to_be_focused()


async def test_question_mark_lists_every_shortcut(start_desk: StartDesk, browser: Browser) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    await page.keyboard.press("?")
    listed = await page.locator("#help dt").all_inner_texts()
    for key in ["A", "D", "M", "K", "C", "W", "T", "S", "Shift+H", "1–9", "R", "?"]:
        assert key in listed
    await page.keyboard.press("Escape")
    await expect(page.locator("#help")).to_be_hidden()
    for status in ("away", "dnd", "ready"):
        await page.keyboard.press("r")
        await expect(page.locator(f"#{status}")).to_have_attribute("aria-pressed", "true")
    await page.click("#help-open")
    await page.keyboard.press("r")  # no shortcut acts behind an open window
    await page.keyboard.press("Enter")
    await expect(page.locator("#ready")).to_have_attribute("aria-pressed", "true")


async def test_a_key_counts_in_the_very_moment_a_window_closes(
    start_desk: StartDesk, browser: Browser
) -> None:
    """Until the page is drawn again the focus is still on the closed window's button."""
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    await page.keyboard.press("?")
    inside = await page.evaluate(
        """() => {
          document.getElementById("help").close();
          const focused = document.activeElement;
          focused.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true }));
          return focused.closest("dialog") !== null;
        }"""
    )
    assert inside
    await expect(page.locator("#away")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("theme", ["night", "day"])
async def test_text_can_be_read_by_weak_eyes(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser, theme: str
) -> None:
    """WCAG AA: 4.5 to 1, large text 3 to 1, in every state of the pages."""
    desk = await start_desk()
    entrance = await browser.new_page()
    await entrance.goto(f"{desk.url}/login")
    assert await entrance.evaluate(CONTRAST) == []
    page = await open_desk(browser, desk.url, "leader", reduced_motion="reduce")
    await page.evaluate(f"() => localStorage.setItem('theme', '{theme}')")
    await page.reload()
    await expect(page.locator(".idle")).to_be_visible()
    assert await page.evaluate(CONTRAST) == []
    async with open_floor(stores, redis_url) as gateway:
        await ask_for_person(stores, "c1", node=gateway.url)
        await expect(page.locator(".card.ring.grave")).to_be_visible()
        assert await page.evaluate(CONTRAST) == []
        await page.click("#accept")
        await expect(page.locator("#transfer")).to_be_visible()
        await page.locator(".told button").first.click()
        await page.keyboard.press("1")
        await expect(page.locator(".steps .done")).to_have_count(1)
        await page.keyboard.press("k")
        await line_says(page, "业主听音乐等待")
        assert await page.evaluate(CONTRAST) == []
        await page.keyboard.press("?")
        assert await page.evaluate(CONTRAST) == []
        await page.keyboard.press("Escape")
        await ask_for_person(stores, "c2", kind="human", priority=1, words="转人工")
        wall = await page.context.new_page()
        await wall.goto(f"{desk.url}/wallboard")
        await expect(wall.locator("#calls .row")).not_to_have_count(0)
        assert await wall.evaluate(CONTRAST) == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
async def test_everything_has_its_place_on(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser, size: dict[str, int]
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "leader", viewport=size)
    fits = "() => document.documentElement.scrollWidth <= innerWidth"
    async with open_floor(stores, redis_url) as gateway:
        await ask_for_person(stores, "c1", node=gateway.url)
        for button in ("#accept", "#decline"):
            await expect(page.locator(button)).to_be_in_viewport(ratio=1)
        assert await page.evaluate(fits)
        await page.click("#accept")
        await expect(page.locator("#transfer")).to_be_visible()
        for button in ("#mute", "#hold", "#consult", "#three-way", "#transfer", "#hangup"):
            await expect(page.locator(button)).to_be_in_viewport(ratio=1)
        await expect(page.locator(".card .big")).to_be_in_viewport(ratio=1)
        assert await page.evaluate(fits)
        small = await page.locator(".bar button, .answer button").evaluate_all(
            "all => all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.id)"
        )
        assert small == []
        wall = await page.context.new_page()
        await wall.goto(f"{desk.url}/wallboard")
        await expect(wall.locator("#calls .row")).to_have_count(1)
        assert await wall.evaluate(fits)

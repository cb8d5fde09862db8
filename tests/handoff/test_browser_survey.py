"""The survey on the desk page: leaving a caller to the bot, and having it call a finished ticket."""

from __future__ import annotations

import json
from dataclasses import replace

from playwright.async_api import Browser, expect

from tests.handoff.conftest import StartDesk
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import NEEDS_BROWSER, line_says, open_desk
from tests.handoff.support import CALLER, ask_for_person, wait_for_state
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.calls.survey_orders import SurveyOrder
from zhiban.calls.surveys import begun_survey, end_survey, note_answer
from zhiban.handoffs import HandoffState
from zhiban.tickets import Category, Promise, Status, TicketDraft
from zhiban.timeline import EventName

pytestmark = NEEDS_BROWSER


async def test_an_agent_leaves_the_caller_to_the_survey(
    stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
) -> None:
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "agent")
    async with open_floor(stores, redis_url) as gateway:
        record = await ask_for_person(stores, "c1", node=gateway.url)
        await page.click("#accept")
        await line_says(page, "正在通话")
        await page.get_by_role("button", name="转满意度回访").click()
        await expect(page.locator(".toast", has_text="满意度回访")).to_be_visible()
        closed = await wait_for_state(stores, record.id, HandoffState.CLOSED)
        assert closed.reason == "survey"
        ((_, fields),) = await stores.redis.xrange(redis_keys.call_commands("c1"))
        order = json.loads(fields["command"])
        assert (order["command"], order["ticket_number"]) == ("survey", record.ticket_number)
        await expect(page.locator(".idle")).to_be_visible()


async def test_a_finished_ticket_is_asked_about_and_its_grade_is_shown(
    stores: Stores, start_desk: StartDesk, browser: Browser
) -> None:
    await stores.redis.set(redis_keys.SIP_ALIVE, "1")
    await stores.redis.set(redis_keys.node("http://127.0.0.1:9"), "1")
    draft = TicketDraft(
        category=Category.LEAK,
        problem="厨房水管漏水",
        caller_name="李明",
        building="3",
        room="1201",
        phone=CALLER,
    )
    numbers = []
    for status in (Status.DISPATCHED, Status.DONE):
        ticket = await stores.tickets.file(draft, by="bot")
        await stores.tickets.change(ticket["number"], {"status": status.value}, by="agent")
        numbers.append(ticket["number"])
    desk = await start_desk()
    page = await open_desk(browser, desk.url, "leader")
    ask = page.get_by_role("button", name="机器人回访")
    await expect(ask).to_have_count(1)  # the other is still in hand
    await ask.click()
    talk = page.locator("#talk")
    await expect(talk).to_contain_text(f"回访 {numbers[1]}")
    await expect(talk).to_contain_text("机器人正在拨打 138****5678")
    ((_, fields),) = await stores.redis.xrange(redis_keys.SURVEY_ORDERS)
    order = SurveyOrder.from_json(fields["order"])
    assert (order.ticket_number, order.to, order.by) == (numbers[1], CALLER, "leader")

    await stores.timeline.append(order.call_id, EventName.CALL_STARTED, {"channel": "survey"})
    begun = begun_survey(order.call_id, "leader")
    promise = Promise("不满意跟进", "2030-01-02T10:00:00.000Z")

    await note_answer(
        stores,
        numbers[1],
        begun,
        lambda survey: replace(survey, solved=True, grade="satisfied"),
        promise,
    )
    await end_survey(stores, numbers[1], begun, "answered")
    await expect(talk).to_contain_text("满意度回访：已评价，已解决，满意")
    await expect(page.locator("#lists")).to_contain_text("已完成 · 满意")
    wall = await page.context.new_page()
    await wall.goto(f"{desk.url}/wallboard")
    await expect(wall.locator("[data-key='满意度 / 评价'] dd")).to_have_text("4 / 1")

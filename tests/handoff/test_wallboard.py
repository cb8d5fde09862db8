"""The leaders' board: who may see it, what it counts, and the live page with listen-in."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import Browser, expect

from handoff.board_figures import Moment, start_of_day, waits_of
from tests.handoff.conftest import StartDesk
from tests.handoff.floor_gateway import open_floor
from tests.handoff.pages import NEEDS_BROWSER, line_says, open_desk
from tests.handoff.support import CALLER, Agent, ask_for_person, wait_for_state
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.handoffs import HandoffState
from zhiban.timeline import EventName, TimelineArchive


async def _board(agent: Agent) -> tuple[int, dict[str, object]]:
    async with agent.http.get(f"{agent.base}/api/wallboard") as answer:
        return answer.status, await answer.json()


async def test_only_leaders_see_the_board(start_desk: StartDesk) -> None:
    desk = await start_desk()
    agent, leader, admin = [await desk.sign_in(user) for user in ("agent", "leader", "admin")]
    assert (await _board(agent))[0] == 403
    async with agent.http.get(f"{desk.url}/wallboard", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    async with agent.http.get(f"{desk.url}/ws/wallboard") as answer:
        assert answer.status == 403
    for allowed in (leader, admin):
        assert (await _board(allowed))[0] == 200
        async with allowed.http.get(f"{desk.url}/wallboard") as answer:
            assert answer.status == 200


async def test_board_counts_the_day_and_hides_numbers(
    stores: Stores, start_desk: StartDesk
) -> None:
    desk = await start_desk()
    agent, leader = await desk.sign_in("agent"), await desk.sign_in("leader")
    await agent.sit_down()
    answered = await ask_for_person(stores, "c1")
    await agent.rung()
    assert (await agent.act(answered.id, "accept"))[0] == 200
    await ask_for_person(stores, "c2", kind="human", priority=1, words="转人工")
    left = await ask_for_person(stores, "c3", kind="burst_pipe", words="水管爆了")
    await stores.timeline.append("c3", EventName.CALL_ENDED, {"reason": "caller_hung_up"})
    await wait_for_state(stores, left.id, HandoffState.CALLBACK_DUE)
    await stores.redis.sadd(redis_keys.ACTIVE_CALLS, "c9")
    await stores.redis.hset(
        redis_keys.call_info("c9"),
        mapping={"caller": CALLER, "started_at": answered.created_at},
    )
    archive = TimelineArchive(stores.redis, stores.engine, "test")
    while await archive.copy_pending():
        pass
    await agent.until(
        lambda: agent.board.get(left.id, {}).get("state") == HandoffState.CALLBACK_DUE.value
    )

    _, board = await _board(leader)
    today = board["today"]
    assert isinstance(today, dict)
    wait = today.pop("median_wait_seconds")
    assert 0 <= wait < 600
    assert today == {
        "calls": 3,
        "emergencies": 2,
        "handoffs": 3,
        "answered": 1,
        "abandoned": 1,
        "callbacks_open": 1,
        "surveyed": 0,
        "satisfaction": None,
    }
    states = {call["call_id"]: call["state"] for call in board["calls"]}  # type: ignore[attr-defined]
    assert states == {"c1": "accepted", "c2": "requested", "c9": "bot"}
    assert [case["state"] for case in board["queue"]] == ["requested"]  # type: ignore[attr-defined]
    assert [who["doing"] for who in board["agents"]] == ["busy"]  # type: ignore[attr-defined]
    assert board["oldest_wait_seconds"] >= 0  # type: ignore[operator]
    assert CALLER not in str(board)
    assert "138****5678" in str(board)


def test_waits_are_first_acceptances_and_who_left_unheard_is_abandoned() -> None:
    def at(second: int) -> str:
        return f"2026-01-02T03:04:{second:02d}.000Z"

    moments = [
        Moment("a", "handoff.requested", "requested", at(0)),
        Moment("b", "handoff.requested", "requested", at(1)),
        Moment("c", "handoff.requested", "requested", at(2)),
        Moment("a", "handoff.accepted", "accepted", at(10)),
        Moment("a", "handoff.failed", "agent_lost", at(20)),
        Moment("a", "handoff.accepted", "accepted", at(30)),
        Moment("b", "handoff.failed", "caller_left", at(31)),
        Moment("c", "handoff.failed", "agent_lost", at(32)),
        Moment("yesterday", "handoff.accepted", "accepted", at(33)),
    ]
    assert waits_of(moments) == ([10.0], 1)


def test_the_day_begins_at_midnight_in_china() -> None:
    late = datetime(2026, 1, 2, 15, 59, 59, tzinfo=UTC)
    assert start_of_day(late) == "2026-01-01T16:00:00.000Z"
    assert start_of_day(late.replace(hour=16)) == "2026-01-02T16:00:00.000Z"


class TestPage:
    """The page, live."""

    pytestmark = NEEDS_BROWSER

    async def test_live_board_and_listening_in(
        self, stores: Stores, start_desk: StartDesk, redis_url: str, browser: Browser
    ) -> None:
        desk = await start_desk()
        page = await open_desk(browser, desk.url, "agent")
        assert await page.locator("#wallboard").is_hidden()
        leader = await open_desk(browser, desk.url, "leader")
        async with leader.context.expect_page() as opened:
            await leader.click("#wallboard")
        wall = await opened.value
        await expect(wall.locator("#calls .empty")).to_have_text("没有通话")
        async with open_floor(stores, redis_url) as gateway:
            record = await ask_for_person(stores, "c1", node=gateway.url)
            await expect(wall.locator("#queue .row.grave")).to_contain_text("3栋2单元")
            await expect(wall.locator("[data-key=最久等待] dd")).to_contain_text(":")
            await page.click("#accept")
            await line_says(page, "正在通话")
            talking = wall.locator("#calls .row.talking")
            await expect(talking).to_contain_text("agent-name")
            await expect(wall.locator("#queue .row")).to_have_count(0)

            await talking.get_by_role("button", name="监听").click()
            await expect(wall.locator("#ear")).to_contain_text("双方都听不到您")
            await expect(page.locator(".participants .listener")).to_contain_text("leader-name")
            await line_says(leader, "通话在另一个窗口中进行")
            await talking.get_by_role("button", name="耳语指导").click()
            await expect(wall.locator("#ear")).to_contain_text("只有坐席听得到您")
            await expect(page.locator(".participants .coach")).to_contain_text("leader-name")
            await talking.get_by_role("button", name="加入通话").click()
            await expect(wall.locator("#ear")).to_contain_text("双方都听得到您")
            await expect(page.locator(".participants .third")).to_contain_text("leader-name")
            await wall.get_by_role("button", name="退出").click()
            await expect(page.locator(".participants")).to_have_count(0)
            await line_says(page, "正在通话")
        assert (await stores.ledger.get(record.id)).agent_id == "agent"

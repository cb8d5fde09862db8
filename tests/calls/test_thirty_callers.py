"""Thirty callers at three gateways and three agents: the right order, and nobody lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.calls.support import View, at_desk, finish, on_the_line
from tests.handoff.support import Agent
from tests.support.browser import add_agent
from tests.support.house import House, further_gateways
from zhiban.callers import TextCaller

pytestmark = pytest.mark.call

AGENTS = ("thirty-a", "thirty-b", "thirty-c")
WISHES = ("我要转人工", "我家着火了快来人", "帮我找一个人工客服")
CALLERS = 30


async def test_thirty_callers_and_three_agents(house: House) -> None:
    """Emergencies first, then requests, each in the order they came; every one is bridged."""
    await asyncio.gather(*(add_agent(house.settings, user) for user in AGENTS))
    async with AsyncExitStack() as stack:
        nodes = await stack.enter_async_context(further_gateways(house, 2))
        gateways = [house.gateway, *nodes.urls.values()]
        watch = await stack.enter_async_context(at_desk(house, AGENTS[0], status="away"))
        phones = []
        for number in range(CALLERS):
            caller = TextCaller(gateways[number % 3], caller=f"139000003{number:02d}")
            phones.append(await stack.enter_async_context(caller))
        for number, phone in enumerate(phones):
            await phone.wait_turn(0)
            await phone.say(WISHES[number % 3])
        calls = {phone.call_id for phone in phones}
        await watch.until(lambda: len(_of(watch, calls)) == CALLERS)
        waiting = _of(watch, calls)
        wanted = sorted(waiting, key=lambda view: (view["priority"], view["created_at"]))
        others = [await stack.enter_async_context(at_desk(house, u)) for u in AGENTS[1:]]
        await watch.choose("ready")
        served: list[str] = []
        await asyncio.gather(*(_serve(agent, calls, served) for agent in (watch, *others)))
        for phone in phones:
            assert await phone.wait(lambda one=phone: bool(one.ended), 10)
    assert sorted(served) == sorted(view["id"] for view in wanted)
    assert [phone.ended for phone in phones] == ["agent_hung_up"] * CALLERS
    offered = [
        (event["at"], event["data"]["handoff_id"])
        for phone in phones
        for event in [e for e in phone.events if e["name"] == "handoff.offered"][:1]
    ]
    assert [handoff_id for _, handoff_id in sorted(offered)] == [view["id"] for view in wanted]


def _of(agent: Agent, calls: set[str]) -> list[View]:
    return [view for view in agent.board.values() if view["call_id"] in calls]


async def _serve(agent: Agent, calls: set[str], served: list[str]) -> None:
    """Answer whatever rings until all of these callers have been served."""

    def mine() -> View | None:
        return next(
            (
                view
                for view in _of(agent, calls)
                if (view["state"], view["offered_to"]) == ("offered", agent.user)
            ),
            None,
        )

    while True:
        await agent.until(lambda: mine() is not None or not _of(agent, calls))
        view = mine()
        if view is None:
            return
        async with on_the_line(agent, view["id"]):
            served.append(view["id"])
            await finish(agent, view["id"])

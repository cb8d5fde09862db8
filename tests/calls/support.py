"""Agents in call tests who work at the real desk and join the real audio, without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.handoff.support import Agent
from tests.support.browser import PASSWORD
from tests.support.house import House

View = dict[str, Any]


@asynccontextmanager
async def at_desk(
    house: House, user: str = "e2e", *, status: str = "ready"
) -> AsyncIterator[Agent]:
    """Sign in, sit down, and choose a status; close the page at the end."""
    agent = Agent(house.desk, user)
    try:
        assert (await agent.sign_in(PASSWORD)).status == 303
        await agent.sit_down()
        await agent.choose(status)
        yield agent
    finally:
        await agent.close()


async def rung_for(agent: Agent, call_id: str) -> View:
    """Wait until this desk rings for the call and return the case."""

    def ringing() -> View | None:
        return next(
            (
                view
                for view in agent.board.values()
                if view["call_id"] == call_id
                and (view["state"], view["offered_to"]) == ("offered", agent.user)
            ),
            None,
        )

    await agent.until(ringing)
    found = ringing()
    assert found is not None
    return found


async def of_call(agent: Agent, call_id: str, *states: str) -> View:
    """Wait until the call's case is shown in one of the states, and return it."""

    def shown() -> View | None:
        return next((v for v in agent.board.values() if v["call_id"] == call_id), None)

    await agent.until(lambda: (shown() or {}).get("state") in states)
    found = shown()
    assert found is not None
    return found


@asynccontextmanager
async def on_the_line(
    agent: Agent, handoff_id: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Accept, join the audio, and be bridged; a briefing is cut short."""
    status, body = await agent.act(handoff_id, "accept")
    assert status == 200, body
    async with agent.http.ws_connect(body["bridge_url"]) as audio:
        async for message in audio:
            kind = (
                json.loads(message.data)["type"] if message.type == aiohttp.WSMsgType.TEXT else ""
            )
            if kind == "ready" and agent.board[handoff_id]["priority"] > 0:
                await agent.act(handoff_id, "skip_briefing")
            if kind == "bridged":
                break
        yield audio


async def finish(agent: Agent, handoff_id: str, outcome: str = "dispatched") -> None:
    """Hang up if somebody is on the line, and write how it ended; the case is closed then."""
    view = agent.board.get(handoff_id, {})
    if view.get("state") == "callback_due" and view["agent_id"] != agent.user:
        assert (await agent.act(handoff_id, "claim"))[0] == 200
    status, body = await agent.act(handoff_id, "dispose", outcome=outcome, notes="")
    assert status == 200, body
    await agent.until(lambda: handoff_id not in agent.board)


async def tickets_of(house: House, call_id: str) -> list[dict[str, Any]]:
    """Return the call's tickets in the order they were filed."""
    tickets = []
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{house.gateway}/api/calls/{call_id}") as answer:
            numbers = (await answer.json())["tickets"]
        for number in numbers:
            async with session.get(f"{house.gateway}/api/tickets/{number}") as answer:
                tickets.append(await answer.json())
    return tickets


async def back_again(house: House) -> None:
    """Wait until every part of the house answers again."""
    await asyncio.to_thread(house.wait_ready)

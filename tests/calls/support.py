"""People in call tests: callers who answer questions, agents at the real desk without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp

from tests.handoff.support import Agent
from tests.sip.peer import until
from tests.support.browser import PASSWORD
from tests.support.house import House
from tests.support.speech import Samples, pcm

View = dict[str, Any]
_MOST_TURNS = 12


class Speaker(Protocol):
    """A caller who speaks, by whatever link."""

    events: list[dict[str, Any]]

    async def ask(self, name: str, pcm: bytes) -> object:
        """Say something and listen until the bot has answered."""
        ...


async def converse(
    caller: Speaker,
    synthesise: Callable[[str], Awaitable[Samples]],
    line: str,
    replies: Mapping[str, str],
    wanted: str,
) -> tuple[dict[str, Any] | None, list[str]]:
    """Say a line, then answer what the bot asks, until an event comes.

    Args:
        caller: whose turn it is.
        synthesise: makes speech of the lines.
        line: said first.
        replies: what is said when a question has these words in it; 对的 to any other.
        wanted: name of the event.

    Returns:
        The event, None when it did not come in twelve turns; and all that was said and heard.
    """

    def found() -> dict[str, Any] | None:
        return next((e for e in caller.events if e["name"] == wanted), None)

    for _ in range(_MOST_TURNS):
        seen = len(caller.events)
        asking = asyncio.create_task(caller.ask(line, pcm(await synthesise(line))))
        await until(lambda asking=asking: asking.done() or found() is not None, 60.0)  # type: ignore[misc]
        if found() is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            break
        await asking
        said = (e["data"]["text"] for e in caller.events[seen:] if e["name"] == "bot.said")
        asked = "".join(said)
        line = next((reply for key, reply in replies.items() if key in asked), "对的")
    talk = [e["data"]["text"] for e in caller.events if e["name"] in ("bot.said", "caller.turn")]
    return found(), talk


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

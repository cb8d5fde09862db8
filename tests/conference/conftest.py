"""One caller, four people at the desk, every way over the real routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from handoff.app import build_app
from handoff.clock import ClockRules
from tests.conference.support import (
    CALLER_HZ,
    COACH_HZ,
    GUEST_HZ,
    LISTENER_HZ,
    OWNER_HZ,
    Line,
    gateway_services,
    open_gateway,
)
from tests.gateway.conftest import Engine, engine
from tests.handoff.conftest import (
    desk_settings,
    password_hash,
    redis_url,
    running,
    stores,
    write_site,
)
from tests.handoff.support import Agent
from tests.support.house import free_ports
from tests.support.stores import Stores
from voice_gateway.routes import agents as agent_routes
from zhiban.handoffs import HandoffState

__all__ = ["engine", "password_hash", "redis_url", "stores"]

PITCH = {"agent": OWNER_HZ, "agent2": GUEST_HZ, "leader": LISTENER_HZ, "admin": COACH_HZ}
_TELEPHONE = 8_000


@dataclass
class Floor:
    """A call with a caller at 8 kHz and people at 16 kHz.

    Attributes:
        people: who sits at the desk.
        lines: who is in the call, by user.
    """

    stores: Stores
    engine: Engine
    gateway: str
    people: dict[str, Agent]
    caller: Line
    lines: dict[str, Line] = field(default_factory=dict)
    handoff_id: str = ""

    async def ask_for_help(self, words: str = "我家着火了快来人") -> None:
        """Let the caller say words that ring the desk, and wait for the ring."""
        await self.caller.say(words)
        self.handoff_id = (await self.people["agent"].rung())["id"]

    async def ask_for_person(self) -> None:
        """Let the caller press 0, and wait for the ring."""
        await self.caller.tell({"type": "dtmf", "digit": "0"})
        self.handoff_id = (await self.people["agent"].rung())["id"]

    async def act(self, user: str, action: str, **body: Any) -> dict[str, Any]:
        """Let somebody do something with the call; it must be allowed."""
        status, answer = await self.people[user].act(self.handoff_id, action, **body)
        assert status == 200, answer
        return answer

    async def bridge(self) -> None:
        """Let the first agent accept, and wait until they talk with the caller."""
        answer = await self.act("agent", "accept")
        await self.connect("agent", answer["bridge_url"])
        await self.shown(lambda view: view["state"] == "bridged")

    async def connect(self, user: str, url: str) -> Line:
        """Let somebody's audio come in."""
        line = self.lines[user] = Line(PITCH[user])
        await line.join(url)
        return line

    async def bring(self, mode: str) -> None:
        """Let the owner invite the second agent, and the second agent come."""
        await self.act("agent", "invite", to="agent2", mode=mode)
        await self.answer_invitation()

    async def answer_invitation(self) -> None:
        """Let the second agent come once their desk rings."""
        guest = self.people["agent2"]
        await guest.until(lambda: guest.invitations)
        status, answer = await guest.post(f"/api/invitations/{guest.invitations[0]['id']}/accept")
        assert status == 200, answer
        line = await self.connect("agent2", answer["bridge_url"])
        await line.noted("bridged")

    async def listen(self, user: str, mode: str) -> None:
        """Let a leader come in."""
        answer = await self.act(user, "listen", mode=mode)
        line = await self.connect(user, answer["bridge_url"])
        await line.noted("bridged")

    async def shown(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait until the owner's desk shows the call so, and return what it shows."""
        desk = self.people["agent"]
        await desk.until(
            lambda: self.handoff_id in desk.board and condition(desk.board[self.handoff_id])
        )
        return desk.board[self.handoff_id]

    async def state(self) -> HandoffState:
        """Return where the handoff stands."""
        return (await self.stores.ledger.get(self.handoff_id)).state


OpenFloor = Callable[..., Awaitable[Floor]]


@pytest.fixture
async def open_floor(
    stores: Stores, redis_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenFloor]:
    """Open a house with a call in it; everything is closed at the end."""
    async with AsyncExitStack() as stack:
        floors: list[Floor] = []

        async def hang_up() -> None:
            for floor in floors:
                for line in (floor.caller, *floor.lines.values()):
                    await line.close()
                for person in floor.people.values():
                    await person.close()

        async def start(*, grace_seconds: float = 5.0, **site: object) -> Floor:
            monkeypatch.setattr(agent_routes, "GRACE_SECONDS", grace_seconds)
            (port,) = free_ports(1)
            folder = write_site(stores.folder, ring_seconds=20, **site)
            settings = replace(desk_settings(stores, redis_url, folder), gateway_port=port)
            services = await gateway_services(stores, settings, engine.url)
            url = await stack.enter_async_context(open_gateway(settings, services))
            desk = build_app(settings, ClockRules(join_seconds=8, pause_seconds=0.2))
            await stack.enter_async_context(running(desk, settings))
            stack.push_async_callback(hang_up)
            people = {}
            for user in PITCH:
                people[user] = Agent(f"http://127.0.0.1:{settings.desk_port}", user)
                await people[user].sign_in()
            floor = Floor(stores, engine, url, people, Line(CALLER_HZ, _TELEPHONE))
            floors.append(floor)
            for user in PITCH:
                await people[user].sit_down()
                if user != "agent":
                    await people[user].choose("away")
            await floor.caller.join(
                f"{url}/v1/voice",
                {"type": "start", "caller": "13812345678", "sample_rate": _TELEPHONE},
            )
            await floor.caller.noted("started")
            return floor

        async with asyncio.timeout(120):
            yield start

"""SIP calls as calls of the real gateway: what its timeline tells of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conference.support import BOT_HZ, gateway_services, open_gateway, pitches
from tests.gateway.conftest import engine, stores
from tests.sip.agent import TOKEN, Agent, user_agent
from tests.sip.phone import phone
from tests.support.house import free_port
from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.settings import Settings
from zhiban.timeline import TimelineEvent

__all__ = ["engine", "stores"]


@dataclass
class House:
    """A gateway and the user agent before it."""

    agent: Agent
    stores: Stores

    async def event(self, name: str, seconds: float = 10.0) -> TimelineEvent:
        """Wait for an event of any call.

        Raises:
            TimeoutError: it does not come.
        """
        last = "0"
        async with asyncio.timeout(seconds):
            while True:
                read = await self.stores.redis.xread({redis_keys.TIMELINE: last}, block=200)
                for _, entries in read or []:
                    for entry_id, fields in entries:
                        last = entry_id
                        event = TimelineEvent.from_fields(fields)
                        if event.name == name:
                            return event


@pytest.fixture
async def house(
    stores: Stores, engine: object, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Open a gateway that takes a claimed number for one only with the machine token."""
    monkeypatch.setenv("ZHIBAN_API_TOKEN", TOKEN)
    settings = Settings(
        data_dir=tmp_path, redis_url=redis_url, gateway_port=free_port(), access="token"
    )
    services = await gateway_services(stores, settings, engine.url)  # type: ignore[attr-defined]
    async with (
        open_gateway(settings, services) as url,
        user_agent(tmp_path, url, redis_url=redis_url) as agent,
    ):
        yield House(agent, stores)


async def test_a_telephone_hears_the_greeting_and_is_known(
    house: House, tmp_path: Path, spoken_file: Path
) -> None:
    """The caller's number counts, the bot is heard, keys are written down, BYE ends the call."""
    async with phone(tmp_path / "phone", source=spoken_file) as telephone:
        await telephone.dial(f"sip:4001@{house.agent.listen}")
        started = await house.event("call.started")
        await house.event("bot.said")
        await asyncio.sleep(1.0)  # so much of it is listened to
        await telephone.press("5")
        digit = await house.event("dtmf")
        await telephone.command("hangup")
        ended = await house.event("call.ended", 5.0)
    assert (started.data["caller"], started.data["channel"]) == ("13812345678", "sip")
    assert started.data["dialled"] == "4001"
    assert started.data["sip_call_id"]
    assert digit.data["digit"] == "5"
    assert (ended.data["reason"], ended.data["cause"]) == ("caller_hung_up", "bye")
    heard = telephone.heard()
    pieces = [heard[at : at + 2_000] for at in range(0, len(heard) - 2_000, 2_000)]
    assert any(pitches(piece, 8_000, {"bot": BOT_HZ}) for piece in pieces)


async def test_a_telephone_that_crashes_ends_its_call(
    house: House, tmp_path: Path, spoken_file: Path
) -> None:
    """Written with its cause within five seconds of the last packet."""
    async with phone(tmp_path / "phone", source=spoken_file) as telephone:
        await telephone.dial(f"sip:4001@{house.agent.listen}")
        await house.event("bot.said")
        telephone.process.send_signal(signal.SIGKILL)
        ended = await house.event("call.ended", 8.0)
    assert (ended.data["reason"], ended.data["cause"]) == ("link_lost", "no_media")


async def test_a_user_agent_that_crashes_ends_its_calls(
    house: House, tmp_path: Path, spoken_file: Path
) -> None:
    """Written with its cause at once: the link is torn."""
    async with phone(tmp_path / "phone", source=spoken_file) as telephone:
        await telephone.dial(f"sip:4001@{house.agent.listen}")
        await house.event("bot.said")
        house.agent.kill()
        ended = await house.event("call.ended", 8.0)
    assert (ended.data["reason"], ended.data["cause"]) == ("link_lost", "socket_lost")


async def test_a_user_agent_that_hangs_ends_its_calls(
    house: House, tmp_path: Path, spoken_file: Path
) -> None:
    """Stopped without being dead: noticed by the heartbeat."""
    async with phone(tmp_path / "phone", source=spoken_file) as telephone:
        await telephone.dial(f"sip:4001@{house.agent.listen}")
        await house.event("bot.said")
        house.agent.process.send_signal(signal.SIGSTOP)
        try:
            ended = await house.event("call.ended", 8.0)
        finally:
            house.agent.process.send_signal(signal.SIGCONT)
    assert ended.data["reason"] == "link_lost"

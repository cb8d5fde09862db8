"""A gateway that takes calls from an Asterisk, with a voice of tones and ears for one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest

from tests.conference.support import Deaf, gateway_services, open_gateway
from tests.gateway.conftest import Engine, redis_url, stores
from tests.gateway.conftest import engine as engine
from tests.support.asterisk import AudioSocketChannel, WebSocketChannel, basic
from tests.support.house import free_ports
from tests.support.stores import Stores
from voice_gateway.speech.recognition.base import Recognition
from zhiban import redis_keys
from zhiban.settings import Settings
from zhiban.timeline import TimelineEvent

__all__ = ["engine", "pbx", "redis_url", "stores"]

USER, PASSWORD = "zhiban", "correct-horse-battery"
WORDS = "我要报修水管"


class OneSentence(Deaf):
    """Understands the same words in whatever voice it is fed."""

    name = "one-sentence"

    def __init__(self) -> None:
        self._fed = False

    def open(self, sample_rate: int) -> OneSentence:
        """Return the ears of one call."""
        return OneSentence()

    def begin(self, hint: str) -> None:
        """Nothing has been heard yet."""
        self._fed = False

    async def feed(self, pcm16: bytes) -> None:
        """Something is heard."""
        self._fed = True

    async def partial(self) -> Recognition | None:
        """Return the words at once."""
        return await self.final() if self._fed else None

    async def final(self) -> Recognition:
        """Return the words."""
        text = WORDS if self._fed else ""
        return Recognition(text, 0.9, 0.0, (), self.name, 1.0, 500.0)


@dataclass
class Pbx:
    """The Asterisk side of a house.

    Attributes:
        gateway: base URL of the gateway.
        audiosocket: port of the AudioSocket server.
        channels: what has been dialled; closed at the end.
    """

    gateway: str
    audiosocket: int
    stores: Stores
    engine: Engine
    stack: AsyncExitStack
    channels: list[Any] = field(default_factory=list)

    @property
    def media_url(self) -> str:
        """Where the WebSocket channel dials."""
        return self.gateway.replace("http", "ws", 1) + "/v1/asterisk/media"

    async def dial(
        self, query: str = "call=pbx-1.1&caller=13812345678", **options: Any
    ) -> WebSocketChannel:
        """Let a call come by the WebSocket channel, and wait until it is answered."""
        channel = WebSocketChannel(**options)
        self.channels.append(channel)
        await channel.dial(f"{self.media_url}?{query}", USER, PASSWORD)
        await channel.told("ANSWER")
        return channel

    async def request(
        self, method: str, path: str, *, password: str = PASSWORD, **options: Any
    ) -> tuple[int, str]:
        """Ask as the dialplan's CURL does; return status and text."""
        async with (
            aiohttp.ClientSession(headers=basic(USER, password)) as http,
            http.request(method, self.gateway + path, **options) as answer,
        ):
            return answer.status, await answer.text()

    async def connect(self, **announced: str) -> AudioSocketChannel:
        """Announce a call and let it come by AudioSocket."""
        form = {"call": "pbx-2.1", "caller": "13812345678", **announced}
        status, key = await self.request("POST", "/v1/asterisk/calls", data=form)
        assert status == 200, key
        return await self.connect_as(key)

    async def connect_as(self, key: str | None) -> AudioSocketChannel:
        """Let a connection come by AudioSocket with a UUID."""
        channel = AudioSocketChannel()
        self.channels.append(channel)
        await channel.connect("127.0.0.1", self.audiosocket, key)
        return channel

    async def events(self) -> list[TimelineEvent]:
        """Return all events of all calls so far."""
        entries = await self.stores.redis.xrange(redis_keys.TIMELINE)
        return [TimelineEvent.from_fields(fields) for _, fields in entries]

    async def event(
        self, name: str, matches: Callable[[TimelineEvent], bool] = lambda _event: True
    ) -> TimelineEvent:
        """Wait for an event."""
        last = "0"
        async with asyncio.timeout(15):
            while True:
                read = await self.stores.redis.xread({redis_keys.TIMELINE: last}, block=500)
                for _, entries in read or []:
                    for entry_id, fields in entries:
                        last = entry_id
                        event = TimelineEvent.from_fields(fields)
                        if event.name == name and matches(event):
                            return event


@pytest.fixture
async def pbx(
    stores: Stores, redis_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pbx]:
    """Open a gateway that an Asterisk may bring calls to."""
    port, audiosocket, manager = free_ports(3)
    asterisk = {
        "PASSWORD": PASSWORD,
        "AUDIOSOCKET": f"127.0.0.1:{audiosocket}",
        "MAX_CALLS": "2",
        "AMI": f"ami://zhiban:secret@127.0.0.1:{manager}",
    }
    for name, value in asterisk.items():
        monkeypatch.setenv(f"ZHIBAN_ASTERISK_{name}", value)
    settings = Settings(data_dir=stores.folder, redis_url=redis_url, gateway_port=port)
    services = replace(
        await gateway_services(stores, settings, engine.url), recogniser=OneSentence()
    )
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings, services))
        house = Pbx(gateway, audiosocket, stores, engine, stack)
        try:
            yield house
        finally:
            for channel in house.channels:
                await channel.close()

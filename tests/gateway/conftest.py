"""Stores and a call whose dialogue engine is a small HTTP server at the turn channel's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.language.emergency import EmergencySpotter
from tests.support.stores import Stores, open_stores, redis_server
from voice_gateway.call.attending import follow_events
from voice_gateway.call.call import Call
from voice_gateway.conference.room import Room
from voice_gateway.dialogue.client import DialogueClient
from voice_gateway.emergency.spool import EmergencySpool
from voice_gateway.pipeline.frames import Turn
from voice_gateway.pipeline.speaking import Said
from voice_gateway.services import Services
from zhiban.community import load_community
from zhiban.community.roster import roster_of
from zhiban.settings import ROOT, Settings

Reply = dict[str, Any]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for the session."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
async def stores(redis_url: str, tmp_path: Path) -> AsyncIterator[Stores]:
    """Empty stores."""
    async with open_stores(redis_url, tmp_path) as opened:
        yield opened


_OPENING = {
    "messages": [{"text": "请问您反映的问题解决了吗？"}],
    "active_form": "survey_form",
    "expects": "solved",
}


@dataclass
class Engine:
    """The dialogue engine's side of the turn channel.

    Attributes:
        answer: makes the answer to a turn; replace it to play out a case.
        heard: the texts it was asked about.
        bodies: the whole requests.
        opening: what it says when the bot begins by itself; None when it cannot.
        started: those requests.
        meanings: intents of words outside of the conversation; unknown without an entry.
    """

    url: str = ""
    answer: Callable[[str], Reply] = field(default=lambda text: {"messages": [{"text": "好的。"}]})
    heard: list[str] = field(default_factory=list)
    bodies: list[Reply] = field(default_factory=list)
    opening: Reply | None = field(default_factory=lambda: dict(_OPENING))
    started: list[Reply] = field(default_factory=list)
    injected: list[Reply] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    hold: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """A server that speaks the turn channel's protocol."""
    state = Engine()
    state.hold.set()

    async def turn(request: web.Request) -> web.Response:
        body = await request.json()
        state.heard.append(body["text"])
        state.bodies.append(body)
        await state.hold.wait()
        return web.json_response(state.answer(body["text"]))

    async def start(request: web.Request) -> web.Response:
        state.started.append(await request.json())
        if state.opening is None:
            return web.json_response({"error": {}}, status=503)
        return web.json_response(state.opening)

    async def event(request: web.Request) -> web.Response:
        state.injected.append(await request.json())
        return web.json_response({"stored": 1})

    async def parse(request: web.Request) -> web.Response:
        name = state.meanings.get((await request.json())["text"], "nlu_fallback")
        return web.json_response({"intent": {"name": name, "confidence": 0.9}})

    app = web.Application()
    app.router.add_post("/model/parse", parse)
    app.router.add_post("/webhooks/turn/webhook", turn)
    app.router.add_post("/webhooks/turn/event", event)
    app.router.add_post("/webhooks/turn/start", start)
    async with TestServer(app) as server:
        state.url = str(server.make_url("/")).rstrip("/")
        yield state


class Ears:
    """Mouth and leg of a call under test: keeps what was said, plays nothing."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.protected: list[str] = []
        self.interruptions = 0
        self.notes: list[dict[str, Any]] = []
        self.done = asyncio.Event()
        self.busy = False
        self.said_at_parting: list[str] | None = None
        self.room = Room()
        self.sample_rate: int | None = None

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Keep it."""
        self.said.append(text)
        if protected:
            self.protected.append(text)

    async def interrupt(self) -> None:
        """Count it."""
        self.interruptions += 1

    async def wait_quiet(self) -> None:
        """Nothing plays."""

    async def turn_done(self) -> None:
        """Let the test go on."""
        self.done.set()

    async def give_way(self, live: bool) -> None:
        """No audio here."""

    def part(self) -> None:
        """Keep what had been said when the agent's audio was let go."""
        self.said_at_parting = list(self.said)

    async def notify(self, event: dict[str, Any]) -> None:
        """Keep it."""
        self.notes.append(event)


@dataclass
class Line:
    """A call in progress with its stores."""

    call: Call
    ears: Ears
    stores: Stores
    services: Services
    engine: Engine

    async def say(self, text: str, **turn: Any) -> None:
        """Let the caller say a finished turn and wait until the bot is done with it."""
        self.ears.done.clear()
        await self.call.hear_turn(Turn(text, **turn))
        async with asyncio.timeout(10):
            await self.ears.done.wait()

    async def events(self) -> list[str]:
        """Return the names of the call's events so far."""
        return [event.name for event in await self.timeline()]

    async def timeline(self) -> list[Any]:
        """Return the call's events so far."""
        from zhiban.timeline import read_call

        return await read_call(self.call.call_id, self.stores.redis, self.stores.engine)


class _Silent:
    """Stands where recogniser and speaker are not used by these tests."""

    name = "none"


@pytest.fixture
async def line(stores: Stores, engine: Engine, tmp_path: Path) -> AsyncIterator[Line]:
    """A call from a known resident's number, greeted."""
    async for opened in _open(stores, engine, tmp_path, "13812345678"):
        yield opened


@pytest.fixture
async def unknown_line(stores: Stores, engine: Engine, tmp_path: Path) -> AsyncIterator[Line]:
    """A call from a number nobody knows."""
    async for opened in _open(stores, engine, tmp_path, "13000000000"):
        yield opened


async def _open(stores: Stores, engine: Engine, folder: Path, caller: str) -> AsyncIterator[Line]:
    community = load_community(ROOT / "site" / "sample")
    client = DialogueClient(engine.url)
    services = Services(
        settings=Settings(data_dir=folder),
        community=community,
        roster=roster_of(community),
        redis=stores.redis,
        engine=stores.engine,
        timeline=stores.timeline,
        tickets=stores.tickets,
        ledger=stores.ledger,
        dialogue=client,
        spotter=EmergencySpotter(),
        recogniser=cast(Any, _Silent()),
        speaker=cast(Any, _Silent()),
        prompts=cast(Any, _Silent()),
        spool=EmergencySpool(folder / "spool" / "emergencies"),
    )
    call = Call(services, call_id=f"call-{folder.name}", caller=caller, channel="text")
    ears = Ears()
    await call.start(ears)
    following = asyncio.create_task(follow_events(services, call, ears, trusted=True))
    try:
        yield Line(call, ears, stores, services, engine)
    finally:
        await call.end("test_over")
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await client.close()


@pytest.fixture
def said_by_bot() -> Callable[[str], Said]:
    """Make a piece of bot speech."""
    return lambda text: Said(text, "cache", 1.0)

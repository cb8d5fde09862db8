"""A scripted agent and a gateway at the agent protocol, for tests of the desk."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.stores import Stores
from zhiban import redis_keys
from zhiban.handoffs import HandoffReason, HandoffRecord, HandoffState
from zhiban.redis_client import RedisClient, open_redis
from zhiban.tickets import Category, TicketDraft, Urgency
from zhiban.timeline import EventName

PASSWORD = "correct horse battery"
CALLER = "13812345678"
_HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')


class Agent:
    """A person at a desk, driven by a test through the page's own interfaces."""

    def __init__(self, base: str, user: str) -> None:
        self.base = base
        self.user = user
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.csrf = ""
        self.board: dict[str, dict[str, Any]] = {}
        self.agents: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.invitations: list[dict[str, Any]] = []
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def sign_in(self, password: str = PASSWORD) -> aiohttp.ClientResponse:
        async with self.http.get(f"{self.base}/login") as page:
            token = _HIDDEN.search(await page.text())
        assert token is not None
        form = {"user": self.user, "password": password, "csrf": token[1]}
        answer = await self.http.post(f"{self.base}/login", data=form, allow_redirects=False)
        if answer.status == 303:
            async with self.http.get(f"{self.base}/api/boot") as boot:
                self.csrf = (await boot.json())["csrf"]
        return answer

    async def sit_down(self) -> None:
        """Open the socket: from now on this agent can be rung."""
        self.socket = await self.http.ws_connect(f"{self.base}/ws", headers={"Origin": self.base})
        self._reader = asyncio.create_task(self._read(self.socket))
        await self.until(lambda: any(agent["id"] == self.user for agent in self.agents))

    async def stand_up(self) -> None:
        """Close the socket, as closing the tab does."""
        assert self.socket is not None
        await self.socket.close()

    async def choose(self, status: str) -> None:
        assert self.socket is not None
        await self.socket.send_json({"type": "status", "status": status})
        await self.until(
            lambda: any(a["id"] == self.user and a["status"] == status for a in self.agents)
        )

    async def watch(self, call_id: str) -> None:
        assert self.socket is not None
        await self.socket.send_json({"type": "watch", "call_id": call_id})

    async def act(self, handoff_id: str, action: str, **body: Any) -> tuple[int, dict[str, Any]]:
        return await self.post(f"/api/handoffs/{handoff_id}/{action}", **body)

    async def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        async with self.http.post(
            f"{self.base}{path}", json=body, headers={"X-CSRF-Token": self.csrf}
        ) as answer:
            return answer.status, await answer.json()

    async def until(self, condition: Any) -> None:
        """Wait until what the desk pushed makes the condition true."""
        async with self._changed:
            await self._changed.wait_for(condition)

    async def rung(self) -> dict[str, Any]:
        """Wait until this desk rings and return the handoff."""

        def ringing() -> dict[str, Any] | None:
            return next(
                (
                    view
                    for view in self.board.values()
                    if view["state"] == "offered" and view["offered_to"] == self.user
                ),
                None,
            )

        await self.until(ringing)
        found = ringing()
        assert found is not None
        return found

    async def state_of(self, handoff_id: str, *states: str) -> dict[str, Any]:
        """Wait until the handoff is shown in one of these states."""
        await self.until(lambda: self.board.get(handoff_id, {}).get("state") in states)
        return self.board[handoff_id]

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self.http.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            content = json.loads(message.data)
            async with self._changed:
                match content["type"]:
                    case "board":
                        self.board = {view["id"]: view for view in content["handoffs"]}
                        self.agents = content["agents"]
                    case "handoff":
                        self.board[content["handoff"]["id"]] = content["handoff"]
                    case "handoff_closed":
                        self.board.pop(content["id"], None)
                    case "agents":
                        self.agents = content["agents"]
                    case "invitations":
                        self.invitations = content["invitations"]
                    case "event":
                        self.events.append(content["event"])
                self._changed.notify_all()


class Cable:
    """A network between a browser and a desk that can be cut and mended."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._pipes: set[asyncio.StreamWriter] = set()

    async def mend(self) -> str:
        """Connect (again) and return the address on the browser's side."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self._port}"

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        assert self._server is not None
        self._server.close()
        for pipe in list(self._pipes):
            pipe.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port
            )
        except OSError:
            writer.close()  # nobody answers at the far end
            return
        self._pipes |= {writer, far_writer}
        await asyncio.gather(
            _pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True
        )
        self._pipes -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def tone(hz: float, seconds: float) -> bytes:
    """Return a sine as 16 kHz s16le."""
    time = np.arange(int(16_000 * seconds)) / 16_000
    return (0.3 * 32_767 * np.sin(2 * np.pi * hz * time)).astype("<i2").tobytes()


@dataclass
class Gateway:
    """Stands in for the voice gateway, with the protocol of the agent's audio and commands."""

    stores: Stores
    waiting_redis: RedisClient
    url: str = ""
    heard: bytearray = field(default_factory=bytearray)
    commands: list[dict[str, Any]] = field(default_factory=list)
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    joins: int = 0
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    @property
    def lines(self) -> list[web.WebSocketResponse]:
        return self.sockets

    async def agent(self, request: web.Request) -> web.StreamResponse:
        handoff_id = request.query["handoff"]
        raw = await self.stores.redis.getdel(redis_keys.bridge_token(handoff_id))
        if raw is None or json.loads(raw)["token"] != request.query["token"]:
            raise web.HTTPForbidden
        agent_id = json.loads(raw)["agent_id"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "ready", "sample_rate": 16_000})
        record = await self.stores.ledger.get(handoff_id)
        if record.state is not HandoffState.BRIDGED:
            await self.stores.ledger.move(
                handoff_id,
                record.state,
                HandoffState.BRIDGED,
                HandoffReason.AUDIO_JOINED,
                by=agent_id,
            )
        await socket.send_json({"type": "bridged"})
        self.joins += 1
        self.joined.set()
        tasks = [
            asyncio.create_task(self._speak(socket)),
            asyncio.create_task(self._obey(record, socket)),
        ]
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    self.heard += message.data
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return socket

    async def _speak(self, socket: web.WebSocketResponse) -> None:
        speech = tone(440, 1.0)
        frames = [speech[at : at + 640] for at in range(0, len(speech), 640)]
        while True:
            for frame in frames:
                await socket.send_bytes(frame)
                await asyncio.sleep(0.02)  # a caller speaks in real time

    async def _obey(self, record: HandoffRecord, socket: web.WebSocketResponse) -> None:
        last = "0"
        while True:
            answer = await self.waiting_redis.xread(
                {redis_keys.call_commands(record.call_id): last}, block=1_000
            )
            for _, entries in answer or []:
                for entry_id, fields in entries:
                    last = entry_id
                    self.commands.append(json.loads(fields["command"]))
                    await self.stores.timeline.append(
                        record.call_id, EventName.CALL_ENDED, {"reason": "agent_hung_up"}
                    )
                    await socket.send_json({"type": "ended", "reason": "agent_hung_up"})
                    await socket.close()


class StandIn(Protocol):
    """A stand-in for a gateway: where agents join, and who has."""

    url: str

    @property
    def lines(self) -> Iterable[web.WebSocketResponse]:
        """The agents' open sockets."""

    async def agent(self, request: web.Request) -> web.StreamResponse:
        """Join an agent."""


AnyStandIn = TypeVar("AnyStandIn", bound=StandIn)


@asynccontextmanager
async def serving(
    make: Callable[[RedisClient], AnyStandIn], redis_url: str
) -> AsyncIterator[AnyStandIn]:
    """Run a stand-in on a free port.

    Args:
        make: makes it of a Redis client of its own for waiting reads.
        redis_url: of the stores.
    """
    waiting = open_redis(redis_url)
    gateway = make(waiting)
    app = web.Application()
    app.router.add_get("/v1/agent", gateway.agent)
    server = TestServer(app)
    await server.start_server()
    gateway.url = str(server.make_url("")).rstrip("/")
    try:
        yield gateway
    finally:
        for socket in gateway.lines:
            await socket.close()
        await server.close()
        await waiting.aclose()


@asynccontextmanager
async def open_gateway(stores: Stores, redis_url: str) -> AsyncIterator[Gateway]:
    """Run a gateway on a free port."""
    async with serving(lambda waiting: Gateway(stores, waiting), redis_url) as gateway:
        yield gateway


async def ask_for_person(
    stores: Stores,
    call_id: str,
    *,
    words: str = "我被困在电梯里了，三栋二单元",
    node: str = "http://127.0.0.1:9",
    kind: str = "elevator_trapped",
    priority: int = 0,
    phone: str = CALLER,
) -> HandoffRecord:
    """Do what the gateway does when a caller needs a person: ticket first, then the request."""
    await stores.timeline.append(call_id, EventName.CALL_STARTED, {"caller": phone})
    await stores.timeline.append(
        call_id, EventName.CALLER_TURN, {"text": words, "intent": f"emergency_{kind}"}
    )
    emergency = priority == 0
    ticket = await stores.tickets.file(
        TicketDraft(
            category=Category.EMERGENCY if emergency else Category.CALLBACK,
            problem=words,
            urgency=Urgency.EMERGENCY if emergency else Urgency.NORMAL,
            level=3 if emergency else None,
            building="3",
            unit="2",
            caller_name="李明",
            phone=phone,
            verbatim=(words,),
            details={"kind": kind, "unconfirmed": ["unit"]},
            call_id=call_id,
        ),
        by="bot",
    )
    return await stores.ledger.request(
        call_id=call_id,
        ticket_number=ticket["number"],
        kind=kind,
        level=3 if emergency else 0,
        priority=priority,
        reason=HandoffReason.EMERGENCY if emergency else HandoffReason.CALLER_ASKED,
        node=node,
        card={
            "caller": {"phone": phone, "name": "李明", "title": "先生"},
            "where": {"building": "3", "unit": "2", "room": "", "unconfirmed": ["unit"]},
            "words": [words],
            "people": "两个人，一位老人",
            "hurt": "",
            "advice": ["请按住轿厢里的呼叫按钮，不要自己往外爬。"],
        },
    )


async def events_of(stores: Stores, call_id: str, name: EventName) -> list[dict[str, Any]]:
    """Return the data of a call's events of one name."""
    entries = await stores.redis.xrange(redis_keys.call_events(call_id))
    return [json.loads(f["data"]) for _, f in entries if f["name"] == name]


async def wait_for_state(stores: Stores, handoff_id: str, *states: HandoffState) -> HandoffRecord:
    """Wait on the stream of handoff changes until the handoff is in one of the states."""
    last = "0"
    while (record := await stores.ledger.get(handoff_id)).state not in states:
        answer = await stores.redis.xread({redis_keys.HANDOFFS: last}, block=2_000)
        if answer:
            last = answer[0][1][-1][0]
    return record


async def wait_for_event(stores: Stores, call_id: str, name: EventName) -> dict[str, Any]:
    """Wait until the call has an event of this name and return the last one's data."""
    last = "0"
    while not (found := await events_of(stores, call_id, name)):
        answer = await stores.redis.xread({redis_keys.call_events(call_id): last}, block=2_000)
        if answer:
            last = answer[0][1][-1][0]
    return found[-1]

"""A small gateway: speaks the voice link's protocol and keeps what it is told and what it hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

FRAME_SECONDS = 0.02
FRAME_BYTES = 320


@dataclass
class PeerCall:
    """One call as the gateway's side sees it.

    Attributes:
        start: the start message.
        token: what stood in the Authorization header.
        heard: speech of the caller, mono s16le at 8 kHz.
        arrivals: loop time and bytes of each piece.
        messages: control messages after the start.
    """

    socket: web.WebSocketResponse
    start: dict[str, Any]
    token: str
    transport: asyncio.Transport | None
    heard: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def hangup(self) -> dict[str, Any] | None:
        """The hang-up message, if one came."""
        return next((m for m in self.messages if m["type"] == "hangup"), None)

    @property
    def digits(self) -> str:
        """The keys pressed so far."""
        return "".join(m["digit"] for m in self.messages if m["type"] == "dtmf")

    async def say(self, pcm: bytes) -> None:
        """Speak in real time, up to 60 ms ahead as the gateway does."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for at in range(0, len(pcm), FRAME_BYTES):
            await self.socket.send_bytes(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time() - 0.06))

    def crash(self) -> None:
        """Break the connection without a word."""
        assert self.transport is not None
        self.transport.abort()

    async def end(self, reason: str = "completed") -> None:
        """Hang up as the gateway does."""
        await self.socket.send_json({"type": "ended", "reason": reason})
        await self.socket.close()


@dataclass
class Peer:
    """The gateway's side of all calls.

    Attributes:
        url: its base URL.
        refuse: error code that new calls get; none are refused while it is empty.
        echo: send back what is heard.
        hesitate: new calls are taken when it is set, if given.
        calls: in order of arrival.
    """

    url: str = ""
    refuse: str = ""
    echo: bool = False
    hesitate: asyncio.Event | None = None
    calls: list[PeerCall] = field(default_factory=list)

    async def call(self, number: int = 1, seconds: float = 10.0) -> PeerCall:
        """Wait for the first, second… call.

        Raises:
            TimeoutError: none comes.
        """
        await until(lambda: len(self.calls) >= number, seconds)
        return self.calls[number - 1]

    async def _voice(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=3.0)
        await socket.prepare(request)
        start = await socket.receive_json()
        if self.hesitate is not None:
            await self.hesitate.wait()
        if self.refuse:
            await socket.send_json({"type": "error", "code": self.refuse, "message": "no"})
            await socket.close()
            return socket
        call = PeerCall(socket, start, request.headers.get("Authorization", ""), request.transport)
        self.calls.append(call)
        await socket.send_json({"type": "started", "call_id": f"call-{len(self.calls)}"})
        loop = asyncio.get_running_loop()
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                call.heard.extend(message.data)
                call.arrivals.append((loop.time(), len(message.data)))
                if self.echo:
                    await socket.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                call.messages.append(json.loads(message.data))
                if call.messages[-1]["type"] == "hangup":
                    await call.end("caller_hung_up")
        call.over.set()
        return socket


@asynccontextmanager
async def open_peer(port: int = 0) -> AsyncIterator[Peer]:
    """Run a small gateway until the end of the block."""
    peer = Peer()
    app = web.Application()
    app.router.add_get("/v1/voice", peer._voice)
    app.router.add_get("/v1/leg", peer._voice)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield peer
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something holds that nobody announces.

    Raises:
        TimeoutError: it never does.
    """
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)

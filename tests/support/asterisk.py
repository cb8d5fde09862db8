"""Small stand-ins for an Asterisk: its WebSocket channel and its AudioSocket application.

They behave as the real ones were seen to: what is lost, what is ignored and who gives up when.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import uuid
from collections import deque
from contextlib import suppress
from typing import Any

import aiohttp

FRAME_SECONDS = 0.02
RATES = {"slin": 8000, "slin16": 16000}
_COMMANDS = {
    "ANSWER": set(),
    "HANGUP": set(),
    "START_MEDIA_BUFFERING": set(),
    "STOP_MEDIA_BUFFERING": {"correlation_id"},
    "FLUSH_MEDIA": set(),
    "PAUSE_MEDIA": set(),
    "CONTINUE_MEDIA": set(),
    "MARK_MEDIA": {"correlation_id"},
    "GET_STATUS": set(),
    "REPORT_QUEUE_DRAINED": set(),
    "SET_MEDIA_DIRECTION": {"direction"},
}
_MARK = "mark"


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of a Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class WebSocketChannel:
    """A ``chan_websocket`` channel that dials out, with the caller behind it.

    Args:
        codec: what the dial string asks for.
        xoff: frames in the queue at which MEDIA_XOFF is sent.
        xon: frames below which MEDIA_XON is sent.
        capacity: frames the queue holds; more are dropped.
        channel: name of the channel.

    Attributes:
        played: what the caller has heard, frame by frame; None for a tick without a frame.
        commands: what the gateway has told, in order.
        ignored: text messages that were passed over: too long, or not understood.
        stalled: while set nothing is played: a telephone on hold, say.
        dropped: frames that came when the queue was full.
        lost_tails: bytes of messages that made no whole frame.
        answered: loop time of the first ANSWER.
        closed: set when the socket is closed, from either side.
    """

    def __init__(
        self,
        codec: str = "slin16",
        *,
        xoff: int = 900,
        xon: int = 800,
        capacity: int = 1000,
        channel: str = "WebSocket/zhiban-0x1",
    ) -> None:
        self.codec = codec
        self.rate = RATES.get(codec, 8000)
        self.frame_bytes = int(self.rate * FRAME_SECONDS) * 2
        self.levels = (xoff, xon, capacity)
        self.channel = channel
        self.played: list[bytes | None] = []
        self.commands: list[dict[str, Any]] = []
        self.ignored: list[str] = []
        self.stalled = False
        self.dropped = 0
        self.lost_tails = 0
        self.messages: list[tuple[float, int]] = []
        self.events: list[str] = []
        self.answered = 0.0
        self.closed = asyncio.Event()
        self.connection_id = "zhiban"  # the same for every call
        self._queue: deque[bytes | tuple[str, str]] = deque()
        self._leftover = b""
        self._buffering = False
        self._paused = False
        self._full = False
        self._drain_wanted = False
        self._told = asyncio.Condition()
        self._http = aiohttp.ClientSession()
        self._tasks: list[asyncio.Task[None]] = []
        self.socket: aiohttp.ClientWebSocketResponse

    async def dial(
        self,
        url: str,
        user: str,
        password: str,
        *,
        protocols: tuple[str, ...] = ("media",),
        start: str | None = None,
    ) -> None:
        """Connect as ``per_call_config`` does, and say MEDIA_START.

        Args:
            url: with the parameters of ``v()``.
            user: of the Basic authentication.
            password: of it.
            protocols: subprotocols offered.
            start: another first message than MEDIA_START in JSON; ``""`` for none.

        Raises:
            aiohttp.WSServerHandshakeError: refused.
        """
        self.socket = await self._http.ws_connect(
            url,
            protocols=protocols,
            headers=basic(user, password),
            compress=0,
            max_msg_size=65_500,
        )
        if start is None:
            await self._event(
                "MEDIA_START",
                connection_id=self.connection_id,
                channel=self.channel,
                channel_id="pbx-1.2",
                format=self.codec,
                optimal_frame_size=self.frame_bytes,
                ptime=20,
                channel_variables={"DIALEDPEERNUMBER": "zhiban"},
            )
        elif start:
            await self.socket.send_str(start)
        self._tasks = [asyncio.create_task(self._play()), asyncio.create_task(self._read())]

    async def speak(self, pcm: bytes) -> None:
        """Send what the caller says, at once."""
        await self.socket.send_bytes(pcm)

    async def say(self, pcm: bytes) -> None:
        """Send what the caller says in real time, until it is said or the call is over."""
        for place in range(0, len(pcm), self.frame_bytes):
            if self.socket.closed or self.closed.is_set():
                return
            with suppress(ConnectionError):
                await self.speak(pcm[place : place + self.frame_bytes])
            await asyncio.sleep(FRAME_SECONDS)

    async def press(self, digit: str) -> None:
        """Let the caller press a key."""
        await self._event("DTMF_END", channel_id="pbx-1.2", digit=digit)

    async def tell(self, event: str, **fields: Any) -> None:
        """Send any event."""
        await self._event(event, **fields)

    async def told(self, command: str, count: int = 1) -> dict[str, Any]:
        """Wait until the gateway has sent a command so often; return the newest."""

        def found() -> list[dict[str, Any]]:
            return [c for c in self.commands if c["command"] == command]

        async with self._told:
            await self._told.wait_for(lambda: len(found()) >= count)
        return found()[-1]

    def heard(self) -> bytes:
        """Return what the caller has heard: a missing frame is a hole of silence."""
        return b"".join(frame or bytes(self.frame_bytes) for frame in self.played)

    async def hang_up(self) -> None:
        """The caller hangs up: there is no event, the socket closes."""
        await self.socket.close(code=1000)
        await self.close()

    def crash(self) -> None:
        """Asterisk dies: the connection is reset."""
        connection = self.socket._response.connection
        assert connection is not None and connection.transport is not None
        connection.transport.abort()

    async def close(self) -> None:
        """Let everything go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    async def _event(self, name: str, **fields: Any) -> None:
        self.events.append(name)
        if not self.socket.closed:
            await self.socket.send_str(json.dumps({"event": name, **fields}))

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self.messages.append((loop.time(), len(message.data)))
                await self._take_media(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await self._obey(message.data)
                async with self._told:
                    self._told.notify_all()
        self.closed.set()

    async def _take_media(self, data: bytes) -> None:
        if self._buffering:
            data, self._leftover = self._leftover + data, b""
        whole = len(data) - len(data) % self.frame_bytes
        tail = data[whole:]
        if self._buffering:
            self._leftover = tail
        else:
            self.lost_tails += len(tail)
        xoff, _, capacity = self.levels
        for place in range(0, whole, self.frame_bytes):
            if len(self._queue) >= capacity:
                self.dropped += 1
            else:
                self._queue.append(data[place : place + self.frame_bytes])
        if len(self._queue) >= xoff and not self._full:
            self._full = True
            await self._event("MEDIA_XOFF", channel_id="pbx-1.2")

    async def _obey(self, text: str) -> None:
        if len(text.encode()) > 128:
            self.ignored.append(text)
            return
        try:
            body = json.loads(text)
            known = _COMMANDS[body["command"]]
        except (ValueError, KeyError, TypeError):
            self.ignored.append(text)
            await self._event("ERROR", error_text="Command not recognized")
            return
        if not set(body) <= {"command", *known}:
            self.ignored.append(text)
            return
        self.commands.append(body)
        await self._carry_out(body["command"], str(body.get("correlation_id") or ""))

    async def _carry_out(self, command: str, correlation: str) -> None:
        match command:
            case "ANSWER":
                self.answered = self.answered or asyncio.get_running_loop().time()
            case "HANGUP":
                await self.socket.close(code=1000)
            case "START_MEDIA_BUFFERING":
                self._buffering = True
            case "STOP_MEDIA_BUFFERING":
                if self._leftover:
                    self._queue.append(self._leftover.ljust(self.frame_bytes, b"\0"))
                self._buffering, self._leftover = False, b""
                self._queue.append(("MEDIA_BUFFERING_COMPLETED", correlation))
            case "MARK_MEDIA":
                self._queue.append(("MEDIA_MARK_PROCESSED", correlation))
            case "FLUSH_MEDIA":
                self._queue.clear()
                self._buffering, self._leftover, self._paused = False, b"", False
            case "PAUSE_MEDIA":
                self._paused = True
            case "CONTINUE_MEDIA":
                self._paused = False
            case "REPORT_QUEUE_DRAINED":
                self._drain_wanted = True
            case "GET_STATUS":
                xoff, xon, _ = self.levels
                await self._event(
                    "STATUS",
                    channel_id="pbx-1.2",
                    queue_length=len(self._queue),
                    xon_level=xon,
                    xoff_level=xoff,
                    queue_full=self._full,
                    bulk_media=self._buffering,
                    media_paused=self._paused,
                )

    async def _play(self) -> None:
        """Play a frame every 20 ms; without one nothing goes to the caller."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
            if self.stalled or self._paused:
                continue
            while self._queue and isinstance(self._queue[0], tuple):
                event, correlation = self._queue.popleft()
                named = {"correlation_id": correlation} if correlation else {}
                await self._event(str(event), channel_id="pbx-1.2", **named)
            frame = self._queue.popleft() if self._queue else None
            self.played.append(frame if isinstance(frame, bytes) else None)
            if self._full and len(self._queue) < self.levels[1]:
                self._full = False
                await self._event("MEDIA_XON", channel_id="pbx-1.2")
            if self._drain_wanted and not self._queue:
                self._drain_wanted = False
                await self._event("QUEUE_DRAINED", channel_id="pbx-1.2")


class AudioSocketChannel:
    """The ``AudioSocket()`` application with a caller behind it.

    Attributes:
        frames: what came, as (loop time, type, payload).
        ended: why the application returned: ``hangup``, ``lost`` or ``inactive``.
    """

    INACTIVE_SECONDS = 2.0

    def __init__(self) -> None:
        self.frames: list[tuple[float, int, bytes]] = []
        self.ended = ""
        self.over = asyncio.Event()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._task: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int, key: str | None) -> None:
        """Connect and say the UUID; None says nothing."""
        self._reader, self._writer = await asyncio.open_connection(host, port)
        if key is not None:
            await self.send(0x01, uuid.UUID(key).bytes)
        self._task = asyncio.create_task(self._run())

    async def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a frame."""
        await self.send_raw(struct.pack(">BH", kind, len(payload)) + payload)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def say(self, pcm: bytes, kind: int = 0x10) -> None:
        """Send what the caller says in real time, until it is said or the call is over."""
        size = 320 if kind == 0x10 else 640
        for place in range(0, len(pcm), size):
            if self.ended:
                return
            with suppress(ConnectionError):
                await self.send(kind, pcm[place : place + size])
            await asyncio.sleep(FRAME_SECONDS)

    async def press(self, digit: str) -> None:
        """Let the caller press a key."""
        await self.send(0x03, digit.encode())

    async def hang_up(self) -> None:
        """The caller hangs up."""
        await self.send(0x00)
        await self.close()

    def crash(self) -> None:
        """Asterisk dies: the connection is reset."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Let everything go."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    def heard(self) -> bytes:
        """Return what the caller has heard."""
        return b"".join(payload for _, kind, payload in self.frames if kind in (0x10, 0x12))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while not self.ended:
                async with asyncio.timeout(self.INACTIVE_SECONDS):
                    kind, length = struct.unpack(">BH", await self._reader.readexactly(3))
                    payload = await self._reader.readexactly(length)
                self.frames.append((loop.time(), kind, payload))
                if kind == 0x00:
                    self.ended = "hangup"
        except TimeoutError:
            self.ended = "inactive"
        except (asyncio.IncompleteReadError, OSError):
            self.ended = "lost"
        finally:
            self._writer.close()
            self.over.set()

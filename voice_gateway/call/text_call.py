"""The text leg of a caller: JSON lines over a WebSocket (mini-programs, bridges, scripts)."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from aiohttp import WSMsgType, web

from voice_gateway.call.call import Call
from voice_gateway.conference.room import Room
from voice_gateway.pipeline.frames import Turn
from voice_gateway.pipeline.speaking import Said

logger = logging.getLogger(__name__)

_LONGEST_LINE = 2000
_EVENTS_SECONDS = 1.0


class TextLeg:
    """Runs a typed call; it is the call's mouth and its leg.

    Args:
        call: what to say and do.
        socket: prepared; the start message has been read.
    """

    def __init__(self, call: Call, socket: web.WebSocketResponse) -> None:
        self.room = Room()
        self.sample_rate: int | None = None
        self._call = call
        self._socket = socket
        self._news = asyncio.Condition()
        self._delivered = 0

    async def run(self) -> None:
        """Hold the call until either side ends it."""
        await self._call.start(self)
        reader = asyncio.create_task(self._read())
        ended = asyncio.create_task(self._call.ended.wait())
        await asyncio.wait({reader, ended}, return_when=asyncio.FIRST_COMPLETED)
        reader.cancel()
        ended.cancel()
        await self._call.end("caller_hung_up")

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            for line in message.data.splitlines() or [""]:
                if not await self._handle_line(line):
                    return

    async def _handle_line(self, line: str) -> bool:
        try:
            body = json.loads(line)
            kind = body["type"]
        except (ValueError, KeyError, TypeError):
            await self._complain('每行应为 {"type": …} / each line is a JSON object with a type')
            return True
        if kind == "hangup":
            return False
        if kind == "say":
            text = body.get("text")
            if not isinstance(text, str) or not text.strip():
                await self._complain("text 不能为空 / say needs a text")
                await self.turn_done()
            else:
                now = asyncio.get_running_loop().time()
                await self._call.hear_turn(Turn(text.strip()[:_LONGEST_LINE], voiced_until=now))
        elif kind == "dtmf":
            await self._call.hear_digit(str(body.get("digit", ""))[:1])
        else:
            await self._complain(f"不认识的类型 {str(kind)[:20]} / unknown type")
        return True

    async def _complain(self, message: str) -> None:
        await self.notify({"type": "error", "code": "bad_message", "message": message})

    # --- Mouth ----------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Text is said the moment it is sent."""
        return False

    async def say(self, text: str, *, protected: bool = False) -> None:
        """Send a text."""
        await self.notify({"type": "bot", "text": text})
        await self._call.said(Said(text, "text", 0.0))

    async def interrupt(self) -> None:
        """Nothing to stop: what was sent has been read."""

    async def wait_quiet(self) -> None:
        """Return at once."""

    async def turn_done(self) -> None:
        """Tell the client that it is its turn, after the events of this one."""
        try:
            async with asyncio.timeout(_EVENTS_SECONDS), self._news:
                await self._news.wait_for(lambda: self._delivered >= self._call.last_seq)
        except TimeoutError:
            logger.warning("call %s: events are late", self._call.call_id)
        await self.notify({"type": "turn_done"})

    # --- Leg ------------------------------------------------------------------------------

    async def give_way(self, live: bool) -> None:
        """A typed call has no speech; the agent reads along and hears nothing."""

    def part(self) -> None:
        """Nothing was silenced."""

    async def notify(self, event: dict[str, Any]) -> None:
        """Send a message; skipped when the socket is closed, which the reader reports."""
        if self._socket.closed:
            return
        try:
            await self._socket.send_str(json.dumps(event, ensure_ascii=False))
        except ConnectionError:
            return
        if event["type"] == "event":
            async with self._news:
                self._delivered = max(self._delivered, event["seq"])
                self._news.notify_all()

"""The browser link: a WebSocket with binary speech and JSON control messages.

Client to gateway: one ``{"type":"start","caller","sample_rate"}``, then binary frames of mono
s16le, ``{"type":"dtmf","digit"}``, ``{"type":"say","text"}`` (typed instead of spoken) and
``{"type":"hangup","cause"}``; the cause may be left out. Gateway to client:
``{"type":"started","call_id"}``, binary speech, ``{"type":"clear"}``, ``{"type":"event",…}`` and
``{"type":"ended","reason"}``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import WSCloseCode, WSMsgType, web

from voice_gateway.links.link import DIGITS, Audio, Digit, Parting, Received, Text
from voice_gateway.links.samples import WholeSamples


class BrowserLink:
    """A media link over an accepted WebSocket.

    Args:
        socket: already prepared; the start message has been read.
        sample_rate: Hz, both directions; 8000 or 16000.
    """

    def __init__(self, socket: web.WebSocketResponse, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.parting = Parting.HUNG_UP
        self.cause = ""
        self._socket = socket

    async def receive(self) -> AsyncIterator[Received]:
        """Yield speech, digits and typed lines until hang-up or loss of the connection."""
        samples = WholeSamples()
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                pcm = samples.take(message.data)
                if pcm:
                    yield Audio(pcm)
            elif message.type is WSMsgType.TEXT:
                received = _read_control(message.data)
                if isinstance(received, _HangUp):
                    self.cause = received.cause
                    if self.cause in _BROKEN:
                        self.parting = Parting.LOST
                    return
                if received is not None:
                    yield received
            elif message.type is WSMsgType.ERROR:
                break
        if self._socket.close_code in _TORN:
            self.parting, self.cause = Parting.LOST, "socket_lost"

    async def send(self, pcm: bytes) -> bool:
        """Send speech; False when the socket is closed."""
        if self._socket.closed:
            return False
        try:
            await self._socket.send_bytes(pcm)
        except ConnectionError:
            return False
        return True

    async def clear(self) -> None:
        """Tell the client to drop what it has buffered."""
        await self.send_event({"type": "clear"})

    async def send_event(self, event: dict[str, object]) -> None:
        """Send a JSON message; skipped on a closed socket, whose end :meth:`receive` reports."""
        if self._socket.closed:
            return
        try:
            await self._socket.send_str(json.dumps(event, ensure_ascii=False))
        except ConnectionError:
            return

    async def close(self, reason: str) -> None:
        """Say why and close."""
        await self.send_event({"type": "ended", "reason": reason})
        await self._socket.close()


_TORN = (None, WSCloseCode.ABNORMAL_CLOSURE)
"""Close codes of a socket that nobody closed; a page that is left says so."""
_LONGEST_CAUSE = 40
_BROKEN = frozenset({"no_media", "signalling", "user_agent_stopped"})
"""Causes by which the SIP user agent says that nobody hung up."""


@dataclass(frozen=True)
class _HangUp:
    cause: str


def _read_control(raw: str) -> Received | _HangUp | None:
    """Return what a control message means; None for one we do not know."""
    try:
        message = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    match message.get("type"):
        case "hangup":
            return _HangUp(str(message.get("cause") or "")[:_LONGEST_CAUSE])
        case "dtmf" if str(message.get("digit")) in DIGITS:
            return Digit(str(message["digit"]))
        case "say" if isinstance(message.get("text"), str):
            return Text(message["text"][:2000])
        case _:
            return None

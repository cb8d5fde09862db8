"""The browser link: a WebSocket with binary speech and JSON control messages.

Client to gateway: one ``{"type":"start","caller","sample_rate"}``, then binary frames of mono
s16le, ``{"type":"dtmf","digit"}``, ``{"type":"say","text"}`` (typed instead of spoken) and
``{"type":"hangup"}``. Gateway to client: ``{"type":"started","call_id"}``, binary speech,
``{"type":"clear"}``, ``{"type":"event",…}`` and ``{"type":"ended","reason"}``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from aiohttp import WSMsgType, web

from voice_gateway.links.link import Audio, Digit, Received, Text

_DIGITS = frozenset("0123456789*#")


class BrowserLink:
    """A media link over an accepted WebSocket.

    Args:
        socket: already prepared; the start message has been read.
        sample_rate: Hz, both directions; 8000 or 16000.
    """

    def __init__(self, socket: web.WebSocketResponse, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._socket = socket

    async def receive(self) -> AsyncIterator[Received]:
        """Yield speech, digits and typed lines until hang-up or loss of the connection."""
        odd = b""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                data = odd + message.data
                # A sample is two bytes; a split one waits for its other half.
                cut = len(data) - len(data) % 2
                odd = data[cut:]
                if cut:
                    yield Audio(data[:cut])
            elif message.type is WSMsgType.TEXT:
                received = _read_control(message.data)
                if received is None:
                    return
                if received is not _IGNORED:
                    yield received
            elif message.type is WSMsgType.ERROR:
                return

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


_IGNORED = Text("")


def _read_control(raw: str) -> Received | None:
    """Return what a control message means: None for hang-up, _IGNORED for one we do not know."""
    try:
        message = json.loads(raw)
    except ValueError:
        return _IGNORED
    if not isinstance(message, dict):
        return _IGNORED
    match message.get("type"):
        case "hangup":
            return None
        case "dtmf" if str(message.get("digit")) in _DIGITS:
            return Digit(str(message["digit"]))
        case "say" if isinstance(message.get("text"), str):
            return Text(message["text"][:2000])
        case _:
            return _IGNORED

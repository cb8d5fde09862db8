"""The link to Asterisk's WebSocket channel driver, ``chan_websocket``.

Asterisk connects (subprotocol ``media``), one socket a call. Binary messages are bare samples in
both directions; text messages are events and commands in JSON. Asterisk plays what it is sent from
a queue of 1000 frames, says when that is nearly full, and drops it at once when told to: a barge-in
is heard at the next frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web

from voice_gateway.links.asterisk_messages import Command, Event, EventName, decode, encode
from voice_gateway.links.link import DIGITS, Audio, Digit, Parting, Received
from voice_gateway.links.pacing import FRAME_SECONDS, Pacer
from voice_gateway.links.samples import WholeSamples
from zhiban.errors import ErrorCode, ZhibanError

logger = logging.getLogger(__name__)

SUBPROTOCOL = "media"
_RATES = {"slin": 8000, "slin16": 16000}
_START_SECONDS = 5.0
_AHEAD_SECONDS = 0.06
"""Frames in Asterisk's queue: they bridge a late moment here, and FLUSH_MEDIA takes them back."""
_STATUS_SECONDS = 2.0
"""After an XOFF Asterisk is asked so often whether its queue is still full."""
_LAST_WORDS_SECONDS = 1.5
"""Longest wait at the end for Asterisk to play what it has."""


class AsteriskWebSocketLink:
    """A media link over an accepted socket of Asterisk.

    Args:
        socket: prepared; MEDIA_START has been read.
        sample_rate: Hz, 8000 or 16000.
    """

    def __init__(self, socket: web.WebSocketResponse, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.parting = Parting.HUNG_UP
        self.cause = ""
        self._socket = socket
        self._gone = False
        self._pacer = Pacer(
            socket.send_bytes, int(sample_rate * FRAME_SECONDS) * 2, ahead=_AHEAD_SECONDS
        )
        self._sending: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, socket: web.WebSocketResponse) -> AsteriskWebSocketLink:
        """Read how the audio comes, answer the channel, and begin to send.

        Raises:
            ZhibanError: BAD_MESSAGE: no MEDIA_START in time, or a format that is not spoken here;
                the channel has not been answered then.
        """
        try:
            message = await socket.receive(timeout=_START_SECONDS)
        except TimeoutError:
            raise _bad("no MEDIA_START") from None
        event = decode(message.data) if message.type is WSMsgType.TEXT else None
        if event is None or event.start is None:
            raise _bad("the first message is no MEDIA_START in JSON: dial with f(json)")
        start = event.start
        rate = _RATES.get(start.format)
        if rate is None or start.frame_bytes != int(rate * FRAME_SECONDS) * 2:
            raise _bad(f"format {start.format}/{start.frame_bytes}: dial with c(slin16) or c(slin)")
        link = cls(socket, rate)
        await link._tell(Command.ANSWER)
        link._sending = asyncio.create_task(link._pacer.run())
        return link

    async def receive(self) -> AsyncIterator[Received]:
        """Yield speech and digits until the socket closes: there is no other sign of a hang-up."""
        samples = WholeSamples()
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.BINARY:
                pcm = samples.take(message.data)
                if pcm:
                    yield Audio(pcm)
            elif message.type is WSMsgType.TEXT:
                event = decode(message.data)
                if event is None:
                    logger.warning("asterisk: a message of %d bytes unread", len(message.data))
                elif event.name is EventName.DTMF_END and event.digit in DIGITS:
                    yield Digit(event.digit)
                else:
                    await self._handle(event)
            else:
                self._note_end(message.type, self._socket.close_code)
                return

    async def send(self, pcm: bytes) -> bool:
        """Send speech; False when the socket is gone."""
        return await self._pacer.put(pcm)

    async def clear(self) -> None:
        """Drop what waits here and what Asterisk has not played."""
        await self._pacer.clear()
        await self._tell(Command.FLUSH_MEDIA)

    async def send_event(self, event: dict[str, object]) -> None:
        """Nothing: Asterisk has no use for our events."""

    async def close(self, reason: str) -> None:
        """Let what has been said be played, then hang up."""
        try:
            if not self._gone:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_WORDS_SECONDS):
                        await self._played()
        finally:
            await self._stop()
        await self._tell(Command.HANGUP)
        await self._socket.close()

    async def _played(self) -> None:
        await self._pacer.drained()
        # With silence still coming the queue would never run dry.
        await self._stop()
        await self._tell(Command.REPORT_QUEUE_DRAINED)
        while not self._gone:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                event = decode(message.data)
                if event is not None and event.name is EventName.QUEUE_DRAINED:
                    return
            elif message.type is not WSMsgType.BINARY:
                self._gone = True

    async def _stop(self) -> None:
        tasks = [task for task in (self._sending, self._asking) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _handle(self, event: Event) -> None:
        match event.name:
            case EventName.MEDIA_XOFF:
                await self._pacer.hold(True)
                if self._asking is None or self._asking.done():
                    self._asking = asyncio.create_task(self._ask_status())
            case EventName.MEDIA_XON:
                await self._go_on()
            case EventName.STATUS if not event.queue_full:
                await self._go_on()
            case EventName.ERROR:
                logger.error("asterisk: %s", event.text)
            case _:
                logger.debug("asterisk: %s", event.name.value)

    async def _go_on(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
            await self._pacer.hold(False)

    async def _ask_status(self) -> None:
        """A lost XON must not silence a call."""
        while True:
            await asyncio.sleep(_STATUS_SECONDS)
            await self._tell(Command.GET_STATUS)

    async def _tell(self, command: Command) -> None:
        """Send a command; skipped on a closed socket, whose end :meth:`receive` reports."""
        if self._socket.closed:
            return
        with suppress(ConnectionError):
            await self._socket.send_str(encode(command))

    def _note_end(self, kind: WSMsgType, code: int | None) -> None:
        self._gone = True
        if kind is not WSMsgType.CLOSE:
            silent = kind is WSMsgType.ERROR
            self.parting = Parting.LOST
            self.cause = "asterisk_silent" if silent else "asterisk_connection_lost"
        elif code != WSCloseCode.OK:
            self.cause = f"asterisk_closed_{code}"


def _bad(what: str) -> ZhibanError:
    return ZhibanError(f"Asterisk: {what}", code=ErrorCode.BAD_MESSAGE)

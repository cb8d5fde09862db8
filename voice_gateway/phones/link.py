"""The media of an answered telephone: speech for whoever listens, keys apart from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voice_gateway.links.link import Audio, Digit, MediaLink, Parting, Received

_END = Audio(b"")


class PhoneLink:
    """A media link whose speech is dropped until somebody receives it.

    One reader for its whole life, so that keys are heard before, in and after the talk.

    Attributes:
        gone: set when the other side has left.
        keys: pressed and not yet dealt with.
        whole: whether keys go the way of the speech: the other side is a caller like any.

    Args:
        link: the telephone's socket.
    """

    def __init__(self, link: MediaLink) -> None:
        self.sample_rate = link.sample_rate
        self.gone = asyncio.Event()
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.whole = False
        self._link = link
        self._speech: asyncio.Queue[Received] | None = None
        self._reader = asyncio.create_task(self._read())

    @property
    def parting(self) -> Parting:
        """How the other side left."""
        return self._link.parting

    @parting.setter
    def parting(self, parting: Parting) -> None:
        self._link.parting = parting

    @property
    def cause(self) -> str:
        """What was seen of it."""
        return self._link.cause

    @cause.setter
    def cause(self, cause: str) -> None:
        self._link.cause = cause

    async def receive(self) -> AsyncIterator[Received]:
        """Yield the speech that arrives from now on; ends when the other side is gone."""
        speech: asyncio.Queue[Received] = asyncio.Queue()
        self._speech = speech
        if self.gone.is_set():
            return
        while (received := await speech.get()) is not _END:
            yield received

    async def send(self, pcm: bytes) -> bool:
        """Send speech; False when the other side is gone."""
        return await self._link.send(pcm)

    async def clear(self) -> None:
        """Make the other side drop what it has not played."""
        await self._link.clear()

    async def send_event(self, event: dict[str, object]) -> None:
        """Send a control message."""
        await self._link.send_event(event)

    async def close(self, reason: str) -> None:
        """Hang up."""
        await self._link.close(reason)
        self._reader.cancel()
        self._left()

    async def key(self, among: str, seconds: float) -> str:
        """Wait for one of these keys; ``""`` when none comes in time, or the line is gone."""
        gone = asyncio.create_task(self.gone.wait())
        try:
            async with asyncio.timeout(seconds):
                while True:
                    pressed = asyncio.create_task(self.keys.get())
                    await asyncio.wait({gone, pressed}, return_when=asyncio.FIRST_COMPLETED)
                    if not pressed.done():
                        pressed.cancel()
                        return ""
                    if (key := pressed.result()) in among:
                        return key
        except TimeoutError:
            return ""
        finally:
            gone.cancel()

    async def _read(self) -> None:
        try:
            async for received in self._link.receive():
                if self.whole and self._speech is not None:
                    self._speech.put_nowait(received)
                elif isinstance(received, Digit):
                    self.keys.put_nowait(received.digit)
                elif isinstance(received, Audio) and self._speech is not None:
                    self._speech.put_nowait(received)
        finally:
            self._left()

    def _left(self) -> None:
        self.gone.set()
        if self._speech is not None:
            self._speech.put_nowait(_END)

"""Sends whole frames to a telephone at the pace of real time, silence where nothing is said.

A PBX that gets no frames sends none on: behind a bot that thinks, firewalls and carriers then take
the line for dead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

FRAME_SECONDS = 0.02
_STALL_SECONDS = 0.1
"""Lateness that is caught up with; after a longer stall the clock starts again."""
_WAITING_SECONDS = 0.2
"""Speech that may wait here before whoever speaks has to wait."""


class Pacer:
    """The sending side of one leg.

    Args:
        write: sends one frame; may wait for the network, raises OSError when the leg is gone.
        frame_bytes: size of a frame of 20 ms.
        ahead: seconds that speech may be sent before it is due, for a far side that has a queue of
            its own; silence is never sent ahead, so that speech need not wait behind it.
    """

    def __init__(
        self, write: Callable[[bytes], Awaitable[None]], frame_bytes: int, *, ahead: float = 0.0
    ) -> None:
        self._write = write
        self._size = frame_bytes
        self._ahead = ahead
        self._waiting = bytearray()
        self._limit = round(_WAITING_SECONDS / FRAME_SECONDS) * frame_bytes
        self._changed = asyncio.Condition()
        self._open = True
        self._gone = False
        self._due = 0.0

    async def put(self, pcm: bytes) -> bool:
        """Queue speech of any length; waits while much is queued. False when the leg is gone."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._gone or len(self._waiting) < self._limit)
            if self._gone:
                return False
            self._waiting += pcm
            self._changed.notify_all()
        return True

    async def clear(self) -> None:
        """Drop what has not been sent."""
        async with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    async def hold(self, held: bool) -> None:
        """Send nothing (True) while the far side's queue is full, or go on where it stopped."""
        async with self._changed:
            self._open = not held
            self._due = 0.0
            self._changed.notify_all()

    async def drained(self) -> None:
        """Return when everything has been sent, or can no longer be."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._gone or not self._waiting)

    async def run(self) -> None:
        """Send until cancelled or the leg is gone."""
        try:
            while True:
                await self._until_due()
                async with self._changed:
                    frame = bytes(self._waiting[: self._size])
                    del self._waiting[: self._size]
                    self._changed.notify_all()
                # What a turn's last frame lacks is silence: a part of a frame would be dropped.
                await self._write(frame.ljust(self._size, b"\0"))
                self._due += FRAME_SECONDS
        except OSError as error:
            logger.info("leg gone while sending: %s", type(error).__name__)
        finally:
            self._gone = True
            async with self._changed:
                self._changed.notify_all()

    async def _until_due(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._open)
                now = loop.time()
                if self._due < now - _STALL_SECONDS:
                    self._due = now
                whole = len(self._waiting) >= self._size
                wait = self._due - now - (self._ahead if whole else 0.0)
                if wait <= 0:
                    return
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
                except TimeoutError:
                    continue

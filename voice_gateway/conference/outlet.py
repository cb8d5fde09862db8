"""Hands speech to one leg without ever making a speaker wait for a listener."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Deliver = Callable[[bytes], Awaitable[bool]]

_LONGEST_SECONDS = 0.4


class Outlet:
    """A short queue before a leg; a stalled listener loses the oldest speech.

    Args:
        deliver: sends mono s16le at the leg's rate; False when the leg is gone.
        sample_rate: Hz.
    """

    def __init__(self, deliver: Deliver, sample_rate: int) -> None:
        self._deliver = deliver
        self._limit = int(_LONGEST_SECONDS * sample_rate) * 2
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._sender = asyncio.create_task(self._send())

    def put(self, pcm: bytes) -> None:
        """Queue speech."""
        self._queue.append(pcm)
        self._size += len(pcm)
        while self._size > self._limit and len(self._queue) > 1:
            self._size -= len(self._queue.popleft())
        self._filled.set()

    def clear(self) -> None:
        """Drop what has not been sent."""
        self._queue.clear()
        self._size = 0

    def close(self) -> None:
        """Send nothing more."""
        self.clear()
        self._sender.cancel()

    async def _send(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                pcm = self._queue.popleft()
                self._size -= len(pcm)
                await self._deliver(pcm)

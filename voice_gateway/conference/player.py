"""Plays generated sound into a room at the pace of real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voice_gateway.conference.matrix import Voice
from voice_gateway.conference.mixer import FRAME_SECONDS
from voice_gateway.conference.room import Room

_AHEAD_SECONDS = 0.06


class Player:
    """One generated voice in a room, from its first sound to :meth:`close`.

    Args:
        room: where it is heard, by whoever the matrix says.
        voice: which voice it is.
        sample_rate: Hz of what is played.
    """

    def __init__(self, room: Room, voice: Voice, sample_rate: int) -> None:
        self._room = room
        self._voice = voice
        self._frame = int(sample_rate * FRAME_SECONDS) * 2
        self._due = 0.0
        room.seat_voice(voice, sample_rate)

    async def play(self, pcm: bytes) -> None:
        """Play s16le; returns up to 60 ms before its end is heard."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(pcm), self._frame):
            now = loop.time()
            self._due = max(self._due, now)
            await asyncio.sleep(max(0.0, self._due - now - _AHEAD_SECONDS))
            self._room.hear(self._voice.value, pcm[start : start + self._frame])
            self._due += FRAME_SECONDS

    async def play_stream(self, chunks: AsyncIterator[bytes]) -> None:
        """Play what comes, and return when all of it has been heard."""
        async for pcm in chunks:
            await self.play(pcm)
        await asyncio.sleep(max(0.0, self._due - asyncio.get_running_loop().time()))

    def close(self) -> None:
        """Fall silent."""
        self._room.leave(self._voice.value)

"""Keeps a caller on hold: music, and every 30 s a sentence that the agent will be back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from voice_gateway.conference.matrix import Voice
from voice_gateway.conference.music import hold_music
from voice_gateway.conference.player import Player
from voice_gateway.conference.room import Room

logger = logging.getLogger(__name__)

SENTENCE_SECONDS = 30.0
_LONGEST_SENTENCE_SECONDS = 12.0


class HoldMusic:
    """Plays while the caller waits for a person who is, or was, on the line.

    Args:
        room: where the caller sits.
        sample_rate: Hz of the caller's leg; None for a caller who reads.
        tell: says the sentence to the caller and returns when it has been said.
    """

    def __init__(
        self, room: Room, sample_rate: int | None, tell: Callable[[], Awaitable[None]]
    ) -> None:
        self._room = room
        self._rate = sample_rate
        self._tell = tell
        self._told = False
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, told: bool) -> None:
        """Begin, or go on.

        Args:
            told: whether the caller is told that the agent will be back; a caller whose agent's
                line broke a moment ago only hears music.
        """
        if self._task is not None and self._told == told:
            return
        await self.stop()
        self._told = told
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Fall silent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            if self._told:
                await self._say()
            if self._rate is None:
                await asyncio.sleep(SENTENCE_SECONDS)
            else:
                await self._play(self._rate)

    async def _say(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST_SENTENCE_SECONDS):
                await self._tell()
        except TimeoutError:
            logger.error("hold: the sentence did not end; music goes on")

    async def _play(self, rate: int) -> None:
        player = Player(self._room, Voice.MUSIC, rate)
        music = hold_music(rate)
        try:
            left = int(SENTENCE_SECONDS * rate) * 2
            while left > 0:
                await player.play(music[:left])
                left -= len(music)
        finally:
            player.close()

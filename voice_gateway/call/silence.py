"""Notices that a caller has gone silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SilenceWatch:
    """Calls back when nobody has said anything for a while; each time counts.

    Args:
        seconds: returns the silence to wait for (patient callers get more).
        on_silence: called with 1, 2, 3… for silences in a row.
    """

    def __init__(
        self, seconds: Callable[[], float], on_silence: Callable[[int], Awaitable[None]]
    ) -> None:
        self._seconds = seconds
        self._on_silence = on_silence
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    def arm(self) -> None:
        """Start waiting (again): the bot has just finished speaking."""
        self._stop()
        self._task = asyncio.create_task(self._wait())

    def heard(self) -> None:
        """The caller made a voice."""
        self._stop()

    def understood(self) -> None:
        """The caller said something; the count begins anew."""
        self._stop()
        self._count = 0

    def close(self) -> None:
        """Stop for good."""
        self._stop()

    def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _wait(self) -> None:
        await asyncio.sleep(self._seconds())
        self._count += 1
        await self._on_silence(self._count)

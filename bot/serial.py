"""One turn of a call at a time.

Rasa's own lock store would do it, but it polls once a second; a lock in the process hands over
at once. The gateway sends all turns of a call to one process; the lock store still guards
against two processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TurnLocks:
    """A lock for each call, kept only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        """Return how many calls have a turn in progress."""
        return len(self._locks)

    @asynccontextmanager
    async def turn_of(self, call_id: str) -> AsyncIterator[None]:
        """Wait for the call's earlier turns, then hold its lock; first come, first served."""
        lock, users = self._locks.get(call_id, (asyncio.Lock(), 0))
        self._locks[call_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[call_id]
            if users == 1:
                del self._locks[call_id]
            else:
                self._locks[call_id] = (lock, users - 1)

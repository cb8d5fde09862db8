"""Ends what nobody answers: invitations that ring in vain, guests who never come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from zhiban.errors import ZhibanError
from zhiban.floor import Floor

logger = logging.getLogger(__name__)

RING_SECONDS = 30.0
JOIN_SECONDS = 10.0

Overdue = Callable[[str], Awaitable[None]]


class Patience:
    """Watches the clock over one call's floor.

    Args:
        withdraw: takes back the invitation of an id.
        remove: takes away the part of an agent.
    """

    def __init__(self, withdraw: Overdue, remove: Overdue) -> None:
        self._withdraw = withdraw
        self._remove = remove
        self._waiting: dict[tuple[str, str], asyncio.Task[None]] = {}

    def watch(self, floor: Floor) -> None:
        """Wait for what the floor says is awaited, and for nothing else any more."""
        awaited: dict[tuple[str, str], tuple[float, Overdue, str]] = {}
        if floor.invitation is not None:
            invitation = floor.invitation.id
            awaited["invitation", invitation] = (RING_SECONDS, self._withdraw, invitation)
        if floor.guest is not None and not floor.guest.joined:
            guest = floor.guest
            awaited["guest", guest.agent_id + guest.since] = (
                JOIN_SECONDS,
                self._remove,
                guest.agent_id,
            )
        for key in self._waiting.keys() - awaited.keys():
            task = self._waiting.pop(key)
            if task is not asyncio.current_task():
                task.cancel()
        for key in awaited.keys() - self._waiting.keys():
            self._waiting[key] = asyncio.create_task(_after(*awaited[key]))

    def close(self) -> None:
        """Wait for nothing."""
        self.watch(Floor())


async def _after(seconds: float, act: Overdue, what: str) -> None:
    await asyncio.sleep(seconds)
    try:
        await act(what)
    except ZhibanError as error:
        logger.error("conference: %s", error.message)

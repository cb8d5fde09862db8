"""Which telephones the clock can have rung right now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from handoff.phones import Phone, PhoneBook
from zhiban import redis_keys
from zhiban.community import EscalationStage
from zhiban.redis_client import RedisClient

_READ_AGAIN_SECONDS = 5.0


class Telephones:
    """The accounts' telephones, while a line is up.

    Args:
        redis: a client with ``decode_responses=True``.
        book: the accounts.
    """

    def __init__(self, redis: RedisClient, book: PhoneBook) -> None:
        self._redis = redis
        self._book = book
        self._line_up = False
        self._read_at = float("-inf")

    async def refresh(self) -> None:
        """Look whether any user agent dials, and now and then who has a telephone.

        Raises:
            RedisError: Redis is away.
        """
        self._line_up = bool(await self._redis.exists(redis_keys.SIP_ALIVE))
        now = asyncio.get_running_loop().time()
        if self._line_up and now - self._read_at >= _READ_AGAIN_SECONDS:
            self._read_at = now
            await self._book.refresh()

    def of_stage(self, stage: EscalationStage, chain: Sequence[EscalationStage]) -> Sequence[Phone]:
        """Return who is rung at a ``phone`` stage, in order; nobody while no line is up."""
        return self._book.of_stage(stage, chain) if self._line_up else ()

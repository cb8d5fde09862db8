"""Signs of life of gateway nodes: a key in Redis that lives only while it is refreshed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from zhiban import redis_keys
from zhiban.clock import iso_ms, utc_now
from zhiban.redis_client import RedisClient

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.5
LIFE_SECONDS = 6.0
"""A node that has not refreshed its key for so long counts as silent."""


async def is_alive(redis: RedisClient, url: str) -> bool:
    """Return whether a node has shown itself lately."""
    return bool(await redis.exists(redis_keys.node(url)))


async def living(redis: RedisClient) -> list[str]:
    """Return the nodes that have shown themselves lately, in a fixed order."""
    prefix = redis_keys.node("")
    return sorted([key.removeprefix(prefix) async for key in redis.scan_iter(f"{prefix}*")])


class NodeBeat:
    """Refreshes one node's key.

    Args:
        redis: a client with ``decode_responses=True``.
        url: the node, as calls and handoffs name it.
        lapsed: called when the key had run out although this process lives: it was paused, or
            cut off from Redis, and others may have given up on its calls.
    """

    def __init__(
        self, redis: RedisClient, url: str, lapsed: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._redis = redis
        self._url = url
        self._lapsed = lapsed
        self._shown = False

    async def run(self) -> None:
        """Refresh until cancelled; outages of Redis are waited out."""
        while True:
            try:
                async with asyncio.timeout(LIFE_SECONDS):
                    await self.show()
            except (RedisError, OSError) as error:
                logger.error("node: no sign of life given: %s", type(error).__name__)
            except Exception:
                logger.exception("node: what others settled was not taken back")
            await asyncio.sleep(BEAT_SECONDS)

    async def show(self) -> None:
        """Refresh once."""
        before = await self._redis.set(
            redis_keys.node(self._url), iso_ms(utc_now()), px=round(LIFE_SECONDS * 1000), get=True
        )
        was_shown, self._shown = self._shown, True
        if was_shown and before is None and self._lapsed is not None:
            logger.warning("node: was taken for dead")
            await self._lapsed()

    async def leave(self) -> None:
        """Say goodbye in an orderly stop: what is still open is settled at once."""
        await self._redis.delete(redis_keys.node(self._url))
